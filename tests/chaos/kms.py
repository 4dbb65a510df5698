"""A double of the KMS client: no secrecy, but the binding of a text to its key and its encryption context."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from tests.chaos import parameters
from tests.chaos.aws_errors import client_error

Json = dict[str, Any]
MOST_BYTES = 4096
_MARK = b"sealed:"


class Kms:
    """The client's `encrypt` and `decrypt`."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    def encrypt(self, **given: Any) -> Json:
        parameters.check("kms", "Encrypt", given)
        if given["KeyId"] != self._key_id:
            raise client_error("Encrypt", "NotFoundException", "Key does not exist")
        plain: bytes = given["Plaintext"]
        if not 0 < len(plain) <= MOST_BYTES:
            raise client_error("Encrypt", "ValidationException", "plaintext failed to satisfy constraint: length")
        return {"KeyId": self._key_id, "CiphertextBlob": _MARK + self._bound_to(given) + plain[::-1]}

    def decrypt(self, **given: Any) -> Json:
        parameters.check("kms", "Decrypt", given)
        sealed: bytes = given["CiphertextBlob"]
        bound = _MARK + self._bound_to(given)
        if not sealed.startswith(bound):
            raise client_error("Decrypt", "InvalidCiphertextException", "")
        return {"KeyId": self._key_id, "Plaintext": sealed[len(bound) :][::-1]}

    def _bound_to(self, given: Mapping[str, Any]) -> bytes:
        context = sorted(given.get("EncryptionContext", {}).items())
        return hashlib.sha256(repr((self._key_id, context)).encode()).digest()[:16]


class Keys(Kms):
    """The stack's one key, under each of its names."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names[0])
        self._names = names

    def encrypt(self, **given: Any) -> dict[str, Any]:
        return super().encrypt(**{**given, "KeyId": self._plain(given["KeyId"])})

    def decrypt(self, **given: Any) -> dict[str, Any]:
        return super().decrypt(**given)

    def _plain(self, name: str) -> str:
        return self._names[0] if name in self._names else name
