"""Status callbacks on the bench: a call's three slots, and what has become of the call."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.call import Call
from convox_clinicea.bookings.callback_fields import Grounds
from convox_clinicea.bookings.callbacks import CallbackResult
from convox_clinicea.bookings.record import Booking, key_of
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.privacy import PersonalText
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID, START, known_request, status_callback

LATER = START + timedelta(days=1)
MUCH_LATER = START + timedelta(days=2)
PROBLEM = InvalidRequest(FieldProblem("clinic_id", "is required"))
"""Why a callback cannot be booked."""


def first(**changes: Any) -> BookingRequest:
    return known_request(**changes)


def second(**changes: Any) -> BookingRequest:
    return known_request(start=LATER, **changes)


def third(**changes: Any) -> BookingRequest:
    return known_request(start=MUCH_LATER, **changes)


def takes(bench: Bench, wanted: BookingRequest | None = None, **changes: Any) -> CallbackResult:
    return bench.callbacks.handle(status_callback(wanted, **changes))


def cannot_be_booked(bench: Bench, **changes: Any) -> None:
    """Handle a callback for P-41 that cannot be booked, and is kept for a person."""
    said: dict[str, Any] = {"said": PersonalText("{}"), "grounds": Grounds.PATIENT, "patient_id": "P-41"}
    with pytest.raises(InvalidRequest):
        takes(bench, asks=False, refusal=PROBLEM, **said | changes)


def booking_of(taken: CallbackResult) -> Booking:
    assert taken.booking is not None
    return taken.booking


def content(bench: Bench, booking: Booking) -> BookingRequest:
    """What the ledger has sealed for that booking."""
    sealed = bench.now(booking).request
    assert sealed is not None
    return BookingRequest.from_bytes(bench.sealer.open(key_of(booking.booking_id), sealed))


def call(bench: Bench) -> Call:
    return bench.calls.get("convox", CALL_ID)


def bookings(bench: Bench) -> list[Booking]:
    return bench.ledger.of_call("convox", CALL_ID)


def sent(bench: Bench) -> list[tuple[str, int]]:
    return [(m["booking_id"], m["generation"]) for m in (json.loads(each["Body"]) for each in bench.stack.messages())]


def standing(bench: Bench) -> list[datetime]:
    return sorted(datetime.fromisoformat(each["start"]) for each in bench.fake.standing())


def once(act: Callable[[], object]) -> Callable[[], None]:
    """Let it happen the first time only."""
    left = [act]

    def do() -> None:
        if left:
            left.pop()()

    return do
