"""Proof of consent: it names nobody, and outlives the request."""

from __future__ import annotations

from datetime import timedelta

import pytest

from convox_clinicea.bookings.request import Consent
from convox_clinicea.errors import NotStored
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import AGENT_ID, CALL_ID, known_request, new_request, newcomer
from tests.support.clock import NOON


def test_a_new_patient_s_consent_stands_on_record(bench: Bench) -> None:
    booking = bench.accept(new_request())

    (entry,) = bench.stack.entries()
    assert entry == {
        "subject": {"S": f"number#{booking.number_key}"},
        "entry": {"S": f"consent#{booking.booking_id}"},
        "kind": {"S": "consent"},
        "at": {"S": "2031-03-03T12:00:00.000Z"},
        "day": {"S": "2031-03-03"},
        "booking_id": {"S": booking.booking_id},
        "caller": {"S": "convox"},
        "agent_id": {"S": AGENT_ID},
        "call_id": {"S": CALL_ID},
        "text_version": {"S": "2031-01"},
        "v": {"N": "1"},
        "expires_at": {"N": str(int((NOON + timedelta(days=365)).timestamp()))},
        "write_token": {"S": booking.booking_id},
    }
    assert invented.leaks(repr(entry)) == []


def test_the_request_s_own_version_and_time_count(bench: Bench) -> None:
    heard = Consent(given=True, at=NOON - timedelta(minutes=4), text_version="hi-7")

    bench.accept(new_request(new_patient=newcomer(consent=heard)))

    (entry,) = bench.stack.entries()
    assert (entry["text_version"], entry["heard_at"]) == ({"S": "hi-7"}, {"S": "2031-03-03T11:56:00.000Z"})


def test_the_same_request_again_is_no_second_proof(bench: Bench) -> None:
    bench.accept(new_request())
    (first,) = bench.stack.entries()
    bench.clock.advance(60)

    bench.stack.delete(f"booking#{first['booking_id']['S']}")  # as if only the consent had been written
    bench.accept(new_request())

    assert bench.stack.entries() == [first]


def test_without_the_proof_nobody_is_accepted(bench: Bench) -> None:
    bench.stack.without_register()

    with pytest.raises(NotStored):
        bench.accept(new_request())

    assert bench.stack.items() == []


def test_a_known_patient_s_booking_needs_none(bench: Bench) -> None:
    bench.stack.without_register()

    assert bench.accept(known_request()).booking_id
