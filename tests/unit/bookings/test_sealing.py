"""What is sealed for one booking opens for no other."""

from __future__ import annotations

import boto3
import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.sealing import MAX_BYTES, KmsSealer, SealingUnavailable
from convox_clinicea.errors import InvalidRequest
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import new_request

MINE, YOURS = f"bk_{'a' * 26}", f"bk_{'b' * 26}"
PLAIN = invented.NOTES.encode()


def test_what_was_sealed_for_a_booking_opens_for_it(bench: Bench) -> None:
    sealed = bench.sealer.seal(MINE, PLAIN)

    assert PLAIN not in sealed
    assert bench.sealer.open(MINE, sealed) == PLAIN


def test_it_opens_for_no_other_booking(bench: Bench) -> None:
    sealed = bench.sealer.seal(MINE, PLAIN)

    with pytest.raises(SealingUnavailable) as caught:
        bench.sealer.open(YOURS, sealed)
    assert not invented.leaks(str(caught.value))


def test_the_booking_is_the_only_context(bench: Bench) -> None:
    sealed = bench.sealer.seal(MINE, PLAIN)

    opened = boto3.client("kms").decrypt(CiphertextBlob=sealed, EncryptionContext={"booking_id": MINE})
    assert opened["Plaintext"] == PLAIN


@pytest.mark.parametrize("sealed", [b"", b"not sealed at all", PLAIN * 40])
def test_what_was_never_sealed_does_not_open(bench: Bench, sealed: bytes) -> None:
    with pytest.raises(SealingUnavailable):
        bench.sealer.open(MINE, sealed)


def test_a_key_that_is_not_there_is_said_so(bench: Bench) -> None:
    nowhere = KmsSealer(aws.kms(), "alias/nowhere")

    with pytest.raises(SealingUnavailable):
        nowhere.seal(MINE, PLAIN)


def test_what_kms_cannot_take_at_once_is_the_senders_to_shorten(bench: Bench) -> None:
    assert bench.sealer.seal(MINE, b"x" * MAX_BYTES)
    with pytest.raises(InvalidRequest) as caught:
        bench.sealer.seal(MINE, b"x" * (MAX_BYTES + 1))
    assert [problem.field for problem in caught.value.problems] == ["notes"]


def test_a_booking_that_was_accepted_holds_exactly_the_request(bench: Bench) -> None:
    request = new_request()
    booking = bench.accept(request)

    assert booking.request is not None
    assert bench.sealer.open(booking.booking_id, booking.request) == request.to_bytes()
