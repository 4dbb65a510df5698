"""What is sealed for one item of the ledger opens for no other."""

from __future__ import annotations

import boto3
import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.record import key_of
from convox_clinicea.sealing import MAX_BYTES, KmsSealer, SealingUnavailable
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import new_request

MINE, YOURS = f"booking#bk_{'a' * 26}", "session"
PLAIN = invented.NOTES.encode()


def test_what_was_sealed_for_an_item_opens_for_it(bench: Bench) -> None:
    sealed = bench.sealer.seal(MINE, PLAIN)

    assert PLAIN not in sealed
    assert bench.sealer.open(MINE, sealed) == PLAIN


def test_it_opens_for_no_other_item(bench: Bench) -> None:
    sealed = bench.sealer.seal(MINE, PLAIN)

    with pytest.raises(SealingUnavailable) as caught:
        bench.sealer.open(YOURS, sealed)
    assert not invented.leaks(str(caught.value))


def test_the_item_is_the_only_context(bench: Bench) -> None:
    sealed = bench.sealer.seal(MINE, PLAIN)

    opened = boto3.client("kms").decrypt(CiphertextBlob=sealed, EncryptionContext={"item": MINE})
    assert opened["Plaintext"] == PLAIN


@pytest.mark.parametrize("sealed", [b"", b"not sealed at all", PLAIN * 40])
def test_what_was_never_sealed_does_not_open(bench: Bench, sealed: bytes) -> None:
    with pytest.raises(SealingUnavailable):
        bench.sealer.open(MINE, sealed)


def test_a_key_that_is_not_there_is_said_so(bench: Bench) -> None:
    nowhere = KmsSealer(aws.kms(), "alias/nowhere")

    with pytest.raises(SealingUnavailable):
        nowhere.seal(MINE, PLAIN)


def test_what_kms_takes_at_once_has_a_limit(bench: Bench) -> None:
    assert bench.sealer.seal(MINE, b"x" * MAX_BYTES)
    with pytest.raises(SealingUnavailable):
        bench.sealer.seal(MINE, b"x" * (MAX_BYTES + 1))


def test_a_booking_that_was_accepted_holds_exactly_the_request(bench: Bench) -> None:
    request = new_request()
    booking = bench.accept(request)

    assert booking.request is not None
    assert bench.sealer.open(key_of(booking.booking_id), booking.request) == request.to_bytes()
