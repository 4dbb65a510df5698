"""Encryption of the ledger's contents by KMS, bound to their item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from convox_clinicea.aws import AWS_ERRORS
from convox_clinicea.errors import ConnectorError, raise_alone

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

MAX_BYTES = 4096
"""Bytes; KMS's limit for direct encryption."""


class SealingUnavailable(ConnectorError):
    """KMS did not encrypt or decrypt."""

    retryable = True


class Sealer(Protocol):
    """Encrypts for one item; a text sealed for one item cannot be opened for another."""

    def seal(self, item: str, plain: bytes) -> bytes: ...

    def open(self, item: str, sealed: bytes) -> bytes: ...


class KmsSealer:
    """Encrypts directly with the stack's key; the item's key is the encryption context."""

    def __init__(self, client: KMSClient, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def seal(self, item: str, plain: bytes) -> bytes:
        """Encrypt at most MAX_BYTES; raises SealingUnavailable."""
        try:
            answer = self._client.encrypt(KeyId=self._key_id, Plaintext=plain, EncryptionContext=_context(item))
        except AWS_ERRORS as error:
            raise_alone(SealingUnavailable(f"kms:Encrypt failed: {type(error).__name__}"))
        return answer["CiphertextBlob"]

    def open(self, item: str, sealed: bytes) -> bytes:
        """Decrypt a sealed text of the item; raises SealingUnavailable."""
        try:
            answer = self._client.decrypt(KeyId=self._key_id, CiphertextBlob=sealed, EncryptionContext=_context(item))
        except AWS_ERRORS as error:
            raise_alone(SealingUnavailable(f"kms:Decrypt failed: {type(error).__name__}"))
        return answer["Plaintext"]


def _context(item: str) -> dict[str, str]:
    return {"item": item}
