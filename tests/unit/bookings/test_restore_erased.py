"""What a restore brings back of a person who was erased since, and of a number's open bookings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.callback_fields import Grounds
from convox_clinicea.bookings.person_search import SUBJECT
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.request import Caller
from convox_clinicea.errors import FieldProblem, InvalidRequest, TooManyOpenBookings
from convox_clinicea.privacy import PersonalText
from convox_clinicea.table import TableUnavailable
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID, known_request, new_request, status_callback
from tests.support.callbacks import LATER, MUCH_LATER, call
from tests.support.restoring import CALL_STANDS, MEERA, backup, erase, journal, kept_callback, lose, put_back


class TestErasedSince:
    def test_withdrawn_booking_restores_as_a_tombstone_only(self, bench: Bench) -> None:
        bench.patient()
        booking = bench.accept(known_request(mobile=MEERA))
        copy = backup(bench)
        erase(bench)
        lose(bench, "booking#", "act#")

        assert put_back(bench, copy, journal=journal(bench)) == {"booking: put back as erased": 1, CALL_STANDS: 1}

        left = bench.now(booking)
        assert (left.state, left.request, left.number_key, left.patient_id) == (State.REJECTED, None, None, None)
        assert left.erased_at is not None
        assert bench.accept(known_request(mobile=MEERA)) == left
        bench.sweep()
        assert bench.stack.notices() == []
        assert bench.fake.posted() == 0

    def test_nothing_of_a_newcomer_comes_back(self, bench: Bench) -> None:
        booking = bench.ends(bench.accept(new_request()))
        assert booking.state is State.BOOKED
        copy = backup(bench)
        erase(bench)
        lose(bench, "booking#", "creating#", "slot#", "appointment#")

        assert put_back(bench, copy, journal=journal(bench))["creating: erased since, skipped"] == 1
        assert bench.now(booking).state is State.BOOKED
        text = str([item for item in bench.stack.items() if not item["pk"]["S"].startswith(("act#", "canary#"))])
        assert booking.number_key is not None
        assert booking.patient_id is not None
        assert booking.number_key not in text
        assert booking.patient_id not in text

    def test_a_kept_callback_comes_back_without_what_was_said(self, bench: Bench) -> None:
        kept_callback(bench)
        copy = backup(bench)
        erase(bench)
        lose(bench, "call#")

        assert put_back(bench, copy, journal=journal(bench)) == {"call: put back, its callback erased": 1}
        assert (call(bench).kept, call(bench).number_key, call(bench).problems) == (None, None, ())

    def test_another_agents_callback_for_another_person_is_restored(self, bench: Bench) -> None:
        kept_callback(bench)
        caller = Caller(name="convox", call_id=CALL_ID, agent_id="agent-77")
        refused = InvalidRequest(FieldProblem("start", "is missing"))
        said: dict[str, Any] = {"said": PersonalText("{}"), "grounds": Grounds.PATIENT, "patient_id": "P-42"}
        with pytest.raises(InvalidRequest):
            bench.callbacks.handle(status_callback(refusal=refused, caller=caller, **said))
        copy = backup(bench)
        erase(bench)
        lose(bench, "call#")

        assert put_back(bench, copy, journal=journal(bench)) == {"call: put back, its callback erased": 1}
        assert [each.agent_id for each in call(bench).legs if each.kept is not None] == ["agent-77"]

    def test_one_that_was_kept_after_the_erasure_comes_back_whole(self, bench: Bench) -> None:
        kept_callback(bench)
        erase(bench)
        bench.clock.advance(60)
        kept_callback(bench)
        copy = backup(bench)
        lose(bench, "call#")

        assert put_back(bench, copy, journal=journal(bench)) == {"call: put back": 1}
        assert call(bench).kept is not None

    def test_journal_holds_nothing_personal_and_is_no_disclosure(self, bench: Bench) -> None:
        booking = bench.accept(new_request())
        kept_callback(bench)
        erase(bench)

        entries = [each for each in bench.stack.entries() if each["subject"]["S"] == SUBJECT]

        assert len(entries) == 2
        assert booking.number_key is not None
        for told in (booking.booking_id, booking.number_key, CALL_ID, "convox", "agent"):
            assert told not in str(entries)
        assert not any(name in each for each in entries for name in ("day", "agent_id", "call_id"))
        age = int(entries[0]["expires_at"]["N"]) - bench.clock.now().timestamp()
        assert timedelta(seconds=age) > timedelta(days=35)

    def test_without_its_entry_in_the_journal_nothing_is_erased(self, bench: Bench) -> None:
        bench.accept(new_request())
        before = bench.stack.items()
        bench.stack.without_register()

        with pytest.raises(TableUnavailable):
            erase(bench, open_too=False, ended=True)
        assert [each for each in bench.stack.items() if "erased_at" in each] == []
        assert len(bench.stack.items()) == len(before)


class TestTheListOfANumbersOpenBookings:
    """`person#…`: without it a number that had as many as it may have could be given as many again."""

    LIMIT = 2

    def fill(self, bench: Bench) -> None:
        intake = bench.another_intake(open_bookings=bench.open_bookings(self.LIMIT))
        for number in range(self.LIMIT):
            intake.accept(known_request(mobile=MEERA, start=LATER + timedelta(days=number)))

    def test_comes_back_and_counts_what_was_open(self, bench: Bench) -> None:
        self.fill(bench)
        copy = backup(bench)
        lose(bench, "booking#", "call#", "person#")

        told = put_back(bench, copy)

        assert told["person: put back"] == 1
        intake = bench.another_intake(open_bookings=bench.open_bookings(self.LIMIT))
        with pytest.raises(TooManyOpenBookings):
            intake.accept(known_request(mobile=MEERA, start=MUCH_LATER + timedelta(days=9)))

    def test_of_one_that_stands_nothing_is_written_over(self, bench: Bench) -> None:
        self.fill(bench)
        copy = backup(bench)
        (before,) = bench.stack.items("person#")
        lose(bench, "booking#")

        put_back(bench, copy)

        assert bench.stack.items("person#") == [before]

    def test_of_a_person_who_was_erased_since_it_stays_away(self, bench: Bench) -> None:
        self.fill(bench)
        copy = backup(bench)
        erase(bench)
        assert bench.stack.items("person#") == []

        told = put_back(bench, copy, journal=journal(bench))

        assert told["person: erased since, skipped"] == 1
        assert bench.stack.items("person#") == []
