"""A booking is shown to the caller who made it, and to nobody else."""

from __future__ import annotations

import pytest

from convox_clinicea.bookings.status import BookingStatus
from convox_clinicea.errors import NotFound
from tests.support.bench import Bench


@pytest.fixture
def status(bench: Bench) -> BookingStatus:
    return BookingStatus(bench.ledger, bench.calls, bench.drafter.ids)


def test_the_caller_sees_the_booking(bench: Bench, status: BookingStatus) -> None:
    booking = bench.accept()

    assert status.of(booking.booking_id, "convox") == bench.now(booking)


@pytest.mark.parametrize("caller", ["unauthenticated", "", "CONVOX", "somebody"])
def test_another_caller_does_not(bench: Bench, status: BookingStatus, caller: str) -> None:
    booking = bench.accept()

    with pytest.raises(NotFound):
        status.of(booking.booking_id, caller)


@pytest.mark.parametrize("booking_id", ["", "bk_", "session", f"bk_{'a' * 26}", f"bk_{'a' * 26}\n", "bk_" + "é" * 26])
def test_what_never_was_is_not_found(status: BookingStatus, booking_id: str) -> None:
    with pytest.raises(NotFound):
        status.of(booking_id, "convox")


def test_other_items_of_the_ledger_are_no_bookings(bench: Bench, status: BookingStatus) -> None:
    bench.ledger.book(bench.accept(), f"bk_{'a' * 26}")

    with pytest.raises(NotFound):
        status.of(f"bk_{'a' * 26}", "convox")


def test_a_record_of_the_call_that_cannot_be_read_hides_no_other(bench: Bench) -> None:
    broken = bench.accept()
    other = bench.accept(practitioner_id="D-02")
    bench.stack.spoil(f"booking#{broken.booking_id}", state="of a later version")

    found = BookingStatus(bench.ledger, bench.calls, bench.drafter.ids).of_call("CALL-7001", "convox")

    assert [booking.booking_id for booking in found.bookings] == [other.booking_id]
    assert found.unreadable == 1
