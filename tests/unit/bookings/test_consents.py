"""Proof of consent: it names nobody, and outlives the request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.request import BookingRequest, Caller, Consent, count_of_booking
from convox_clinicea.errors import NotStored
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import AGENT_ID, CALL_ID, known_request, new_request, newcomer
from tests.support.callbacks import LATER, booking_of, content, takes
from tests.support.clock import NOON


def test_a_new_patient_s_consent_stands_on_record(bench: Bench) -> None:
    booking = bench.accept(new_request())

    (entry,) = bench.stack.entries()
    assert entry.pop("entry")["S"].startswith(f"consent#{booking.booking_id}#{booking.booking_id}#")
    assert entry == {
        "subject": {"S": f"number#{booking.number_key}"},
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


def test_consent_is_stored_with_its_request_and_nowhere_else(bench: Bench) -> None:
    caller = Caller(name="convox", call_id=CALL_ID, agent_id=AGENT_ID, request_id="request-1")
    booking = bench.accept(new_request(caller=caller))
    takes(bench, new_request(caller=caller.model_copy(update={"request_id": "request-2"})))

    (entry,) = bench.stack.entries()
    assert entry["request_id"] == {"S": "request-1"}
    assert "request-1" not in repr(bench.stack.items())
    assert content(bench, booking).caller == Caller(name="convox", call_id=CALL_ID, agent_id=AGENT_ID)


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


@pytest.mark.parametrize("hours", [-24 * 400, -25, 1, 24 * 365])
def test_impossible_moment_of_consent_is_not_recorded(bench: Bench, hours: int) -> None:
    consent = Consent(given=True, at=NOON + timedelta(hours=hours))
    bench.accept(new_request(new_patient=newcomer(consent=consent)))

    [entry] = bench.stack.entries()

    assert "heard_at" not in entry
    assert entry["at"]["S"].startswith("2031-03-03T12:00")


class TestAChangedMind:
    """Each content that is stored has a proof of its own, and all of them are found."""

    @staticmethod
    def heard(text_version: str, minutes: int = 9, **changes: Any) -> BookingRequest:
        consent = Consent(given=True, at=NOON - timedelta(minutes=minutes), text_version=text_version)
        return new_request(new_patient=newcomer(consent=consent), **changes)

    @staticmethod
    def texts(bench: Bench) -> list[str]:
        return sorted(each["text_version"]["S"] for each in bench.stack.entries())

    def test_replacement_has_its_own_consent_beside_the_first_ones(self, bench: Bench) -> None:
        takes(bench, self.heard("v-one"))

        booking = booking_of(takes(bench, self.heard("v-two", 1, start=LATER)))

        assert self.texts(bench) == ["v-one", "v-two"]
        assert count_of_booking(bench.register, bench.now(booking)) == 2
        registered = content(bench, booking).new_patient
        assert registered is not None
        assert registered.consent is not None
        (last,) = [each for each in bench.stack.entries() if each["text_version"] == {"S": "v-two"}]
        assert registered.consent.text_version == "v-two"
        assert last["heard_at"] == {"S": "2031-03-03T11:59:00.000Z"}

    def test_so_has_a_return_to_the_first_slot_with_another_text(self, bench: Bench) -> None:
        now = bench.clock.now()
        wishes = [self.heard("v-one"), self.heard("v-two", 4, start=LATER), self.heard("v-three", 1)]

        for seconds, wish in enumerate(wishes):
            booking = booking_of(takes(bench, wish, recorded_at=now + timedelta(seconds=seconds)))

        assert self.texts(bench) == ["v-one", "v-three", "v-two"]
        registered = content(bench, booking).new_patient
        assert registered is not None
        assert registered.consent is not None
        assert registered.consent.text_version == "v-three"

    def test_so_has_one_that_waits_for_a_person(self, bench: Bench) -> None:
        bench.claimed(booking_of(takes(bench, self.heard("v-one"))))

        takes(bench, self.heard("v-two", start=LATER))

        assert self.texts(bench) == ["v-one", "v-two"]

    def test_a_repeat_has_none(self, bench: Bench) -> None:
        for _ in range(2):
            takes(bench, self.heard("v-one"))

        assert self.texts(bench) == ["v-one"]

    def test_those_of_a_release_before_are_found_too(self, bench: Bench) -> None:
        booking = booking_of(takes(bench, self.heard("v-one")))
        (entry,) = bench.stack.entries()
        earlier = entry | {"entry": {"S": f"consent#{booking.booking_id}"}}
        aws.dynamodb().put_item(TableName=bench.stack.disclosures_table, Item=earlier)

        assert count_of_booking(bench.register, booking) == 2


def test_without_the_proof_nobody_is_accepted(bench: Bench) -> None:
    bench.stack.without_register()

    with pytest.raises(NotStored):
        bench.accept(new_request())

    assert bench.stack.items() == []


def test_a_known_patient_s_booking_needs_none(bench: Bench) -> None:
    bench.stack.without_register()

    assert bench.accept(known_request()).booking_id
