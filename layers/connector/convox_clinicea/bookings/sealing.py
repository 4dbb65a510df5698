"""Encryption of a request before it goes into the ledger: by KMS, bound to its booking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from convox_clinicea.aws import AWS_ERRORS
from convox_clinicea.errors import ConnectorError, FieldProblem, InvalidRequest

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

MAX_BYTES = 4096
"""What KMS encrypts directly."""


class SealingUnavailable(ConnectorError):
    """KMS did not encrypt or decrypt."""

    retryable = True


class Sealer(Protocol):
    """Encrypts for one booking; a text sealed for one cannot be opened for another."""

    def seal(self, booking_id: str, plain: bytes) -> bytes: ...

    def open(self, booking_id: str, sealed: bytes) -> bytes: ...


class KmsSealer:
    """Encrypts directly under the stack's key, the booking's id as encryption context."""

    def __init__(self, client: KMSClient, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def seal(self, booking_id: str, plain: bytes) -> bytes:
        """Raises InvalidRequest if the request is too long to be kept, SealingUnavailable if KMS fails."""
        if len(plain) > MAX_BYTES:
            raise InvalidRequest(FieldProblem("notes", "the request is too long; shorten the notes"))
        try:
            answer = self._client.encrypt(KeyId=self._key_id, Plaintext=plain, EncryptionContext=_context(booking_id))
        except AWS_ERRORS as error:
            raise SealingUnavailable(f"kms:Encrypt failed: {type(error).__name__}") from None
        return answer["CiphertextBlob"]

    def open(self, booking_id: str, sealed: bytes) -> bytes:
        """Raises SealingUnavailable."""
        try:
            answer = self._client.decrypt(
                KeyId=self._key_id, CiphertextBlob=sealed, EncryptionContext=_context(booking_id)
            )
        except AWS_ERRORS as error:
            raise SealingUnavailable(f"kms:Decrypt failed: {type(error).__name__}") from None
        return answer["Plaintext"]


def _context(booking_id: str) -> dict[str, str]:
    return {"booking_id": booking_id}
