"""Records put back from a backup are older than the truth: nothing is written over, and nothing posted blindly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commands.restore import entries_of, put_back_missing
from convox_clinicea import aws
from convox_clinicea.bookings.audit import OperatorAction, Person
from convox_clinicea.bookings.callback_fields import Grounds
from convox_clinicea.bookings.ledger import Overtaken
from convox_clinicea.bookings.operator import Obstacle
from convox_clinicea.bookings.person_search import SUBJECT, Journal, Subject
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import Caller
from convox_clinicea.errors import FieldProblem, InvalidRequest, TooManyOpenBookings
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from convox_clinicea.table import TableUnavailable
from tests.support import invented
from tests.support.account import Stack
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID, known_request, new_request, status_callback
from tests.support.callbacks import LATER, MUCH_LATER, booking_of, call, content, first, takes
from tests.support.sweeping import STUCK

POST = "postAppointmentByPatientID"
PERSON = Person("arn:aws:iam::123456789012:user/asha", "a test")
MEERA = Mobile.from_e164(invented.MOBILE)
CALL_STANDS = "call: exists, unchanged"
"""It names the booking, which was taken with a call id."""


def backup(bench: Bench) -> Stack:
    """The ledger as it stands now, in a table of its own."""
    copy = Stack.create()
    for item in bench.stack.items():
        aws.dynamodb().put_item(TableName=copy.table, Item=item)
    return copy


def put_back(bench: Bench, copy: Stack, *, go: bool = True, journal: Journal | None = None) -> dict[str, int]:
    dynamodb: Any = aws.dynamodb()
    return dict(put_back_missing(dynamodb, copy.table, bench.stack.table, bench.clock.now(), go=go, journal=journal))


def journal(bench: Bench) -> Journal:
    dynamodb: Any = aws.dynamodb()
    return Journal(invented.IDENTITY_KEY.encode(), entries_of(dynamodb, bench.stack.disclosures_table))


def erase(bench: Bench, *, open_too: bool = True, ended: bool = False) -> None:
    """Erase what is held on Meera; `ended`: her bookings are rejected first."""
    if ended:
        for each in bench.subjects.part(Subject(MEERA), None).bookings:
            bench.ledger.move(bench.ledger.move(each, State.NEEDS_ATTENTION, reason=Reason.TOO_LATE), State.REJECTED)
    bench.holdings.erase(Subject(MEERA), PERSON, open_too=open_too)


def kept_callback(bench: Bench) -> None:
    """One of Meera's that cannot be booked, and is kept for a person."""
    refused = InvalidRequest(FieldProblem("start", "is missing"))
    said = PersonalText('{"mobile": "…"}')
    with pytest.raises(InvalidRequest):
        bench.callbacks.handle(status_callback(refusal=refused, said=said, grounds=Grounds.CONSENT, mobile=MEERA))


def lose(bench: Bench, *prefixes: str) -> None:
    for item in bench.stack.items():
        if item["pk"]["S"].startswith(prefixes):
            bench.stack.delete(item["pk"]["S"])


def test_a_plan_changes_nothing(bench: Bench) -> None:
    booking = bench.accept()
    copy = backup(bench)
    lose(bench, "booking#")

    assert put_back(bench, copy, go=False) == {"booking: would be put back, needs a person": 1, CALL_STANDS: 1}
    assert bench.ledger.get(booking.booking_id) is None


def redriven(bench: Bench, booking: Booking) -> Booking:
    """A person has looked, and sends the booking on its way."""
    assert bench.acting.redrive(booking.booking_id, PERSON).obstacle is None
    return bench.now(booking)


class TestWhatHadNotEnded:
    def test_it_waits_for_a_person_who_is_told_and_nothing_works_it(self, bench: Bench) -> None:
        bench.patient()
        booking = bench.accept()
        copy = backup(bench)
        lose(bench, "booking#")

        assert put_back(bench, copy) == {"booking: put back, needs a person": 1, CALL_STANDS: 1}
        bench.sweep()
        bench.ends(booking)
        bench.clock.advance(STUCK)
        bench.sweep()

        parked = bench.now(booking)
        assert (parked.state, parked.reason, parked.posted) == (State.NEEDS_ATTENTION, Reason.RESTORED, True)
        assert [notice["reason"] for notice in bench.stack.notices()] == ["restored"]
        assert bench.fake.requests() == []

    def test_appointment_made_after_the_backup_is_found_not_repeated(self, bench: Bench) -> None:
        bench.patient()
        booking = bench.accept()
        copy = backup(bench)
        assert bench.ends(booking).state is State.BOOKED
        lose(bench, "booking#", "appointment#", "slot#")
        put_back(bench, copy)

        ended = bench.settles(redriven(bench, booking))

        assert ended.state is State.BOOKED
        assert [each["appointment_id"] for each in bench.fake.standing()] == [ended.appointment_id]
        assert bench.fake.posted() == 1

    def test_what_clinicea_may_still_carry_out_is_waited_for(self, bench: Bench) -> None:
        bench.patient()
        bench.fake.fault(POST, "late_commit", count=1, seconds=100)
        booking = bench.accept()
        copy = backup(bench)
        bench.waits(booking)
        lose(bench, "booking#", "slot#")
        put_back(bench, copy)

        bench.waits(redriven(bench, booking))
        assert bench.fake.standing() == []
        ended = bench.settles(bench.now(booking))

        assert [each["appointment_id"] for each in bench.fake.standing()] == [ended.appointment_id]

    def test_unmade_booking_is_made_after_a_decision_and_settle_time(self, bench: Bench) -> None:
        bench.patient()
        booking = bench.accept()
        copy = backup(bench)
        lose(bench, "booking#")
        put_back(bench, copy)

        assert bench.settles(redriven(bench, booking)).state is State.BOOKED
        assert bench.fake.posted() == 1

    def test_own_appointment_in_the_calendar_restores_as_booked(self, bench: Bench) -> None:
        bench.patient()
        booking = bench.accept()
        copy = backup(bench)
        ended = bench.ends(booking)
        lose(bench, "booking#")

        assert put_back(bench, copy) == {"booking: put back as booked since": 1, CALL_STANDS: 1}
        standing = bench.now(booking)
        assert (standing.state, standing.appointment_id) == (State.BOOKED, ended.appointment_id)
        assert standing.request is None
        assert standing.expires_at is not None

    def test_one_that_a_person_has_rejected_since_stays_rejected(self, bench: Bench) -> None:
        booking = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
        copy = backup(bench)
        bench.acting.resolve(booking.booking_id, OperatorAction.REJECTED, PERSON)
        lose(bench, "booking#")

        assert put_back(bench, copy)["booking: put back as rejected since"] == 1
        assert (bench.now(booking).state, bench.now(booking).request) == (State.REJECTED, None)

    def test_booking_rejected_since_is_not_posted_again_by_itself(self, bench: Bench) -> None:
        booking = bench.accept()  # for a patient whom Clinicea does not know
        copy = backup(bench)
        assert bench.ends(booking).state is State.REJECTED
        lose(bench, "booking#")

        put_back(bench, copy)
        bench.clock.advance(STUCK)
        bench.sweep()

        assert bench.now(booking).state is State.NEEDS_ATTENTION
        assert bench.fake.posted() == 1

    def test_its_version_is_beyond_any_that_the_lost_record_had(self, bench: Bench) -> None:
        """Else a worker with the lost record in its hands could write over it, and a person's line be in the way."""
        booking = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
        copy = backup(bench)
        bench.acting.redrive(booking.booking_id, PERSON)
        stale = bench.now(booking)
        lose(bench, "booking#")
        put_back(bench, copy)

        with pytest.raises(Overtaken):
            bench.ledger.move(stale, State.SENDING)
        assert redriven(bench, booking).state is State.ACCEPTED


class TestReplacedSince:
    def test_the_old_content_is_neither_made_nor_can_be(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))
        copy = backup(bench)
        takes(bench, first(start=LATER))
        lose(bench, "booking#")

        counts = put_back(bench, copy)

        assert counts["booking: put back, replaced since: needs a person, without its content"] == 1
        assert (bench.now(booking).reason, bench.now(booking).request) == (Reason.RESTORED, None)
        assert bench.acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.NO_CONTENT
        bench.clock.advance(STUCK)
        bench.sweep()
        assert bench.fake.posted() == 0

    def test_nor_where_another_booking_counts_by_now(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))
        copy = backup(bench)
        takes(bench, first(start=LATER))
        bench.ends(bench.now(booking))
        takes(bench, first(start=MUCH_LATER))
        lose(bench, f"booking#{booking.booking_id}", "appointment#", "slot#")

        put_back(bench, copy)

        assert bench.now(booking).request is None
        assert [each["start"] for each in bench.fake.standing()] == [bench.fake.standing()[0]["start"]]

    def test_a_callback_that_comes_after_it_books_nothing_beside_it(self, bench: Bench) -> None:
        bench.patient()
        takes(bench)
        copy = backup(bench)
        takes(bench, first(start=LATER))
        lose(bench, "booking#")
        put_back(bench, copy)

        assert takes(bench, first(start=LATER)).repeated
        changed = booking_of(takes(bench, first(start=MUCH_LATER)))

        assert (changed.state, changed.reason) == (State.NEEDS_ATTENTION, Reason.CHANGED_AFTER_BOOKING)

    def test_return_to_the_first_wish_restores_its_content(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))
        copy = backup(bench)
        lose(bench, "booking#")

        put_back(bench, copy)

        assert content(bench, bench.now(booking)) == first()


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


def test_what_has_expired_stays_away(bench: Bench) -> None:
    bench.patient()
    bench.ends(bench.accept())
    copy = backup(bench)
    kinds = ("booking", "slot", "appointment", "call")
    lose(bench, *(f"{kind}#" for kind in kinds))
    bench.clock.advance(400 * 86400)

    assert set(put_back(bench, copy)) == {f"{kind}: expired, skipped" for kind in kinds}
    assert [item for item in bench.stack.items() if not item["pk"]["S"].startswith("canary#")] == []


def test_what_a_later_release_wrote_is_left_to_that_release(bench: Bench) -> None:
    booking = bench.accept()
    bench.stack.spoil(f"booking#{booking.booking_id}", state="of_the_next_release")
    copy = backup(bench)
    lose(bench, "booking#", "call#")

    assert put_back(bench, copy) == {"booking: of a later release, skipped": 1, "call: put back": 1}
    assert [item["pk"]["S"].split("#")[0] for item in bench.stack.items()] == ["call"]


def test_existing_records_are_untouched_and_ends_restored(bench: Bench) -> None:
    bench.patient()
    ended = bench.ends(bench.accept())
    waiting = bench.ledger.move(bench.accept(clinic_id="C-02"), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
    copy = backup(bench)
    lose(bench, f"booking#{ended.booking_id}")
    resolved = bench.ledger.move(waiting, State.REJECTED)

    counts = put_back(bench, copy)

    assert (counts["booking: put back as it ended"], counts["booking: exists, unchanged"]) == (1, 1)
    assert same(bench.now(ended), ended)
    assert same(bench.now(waiting), resolved)


def test_sessions_and_counters_stay_where_they_are(bench: Bench) -> None:
    copy = Stack.create()
    for key in ("session", "pace#1"):
        aws.dynamodb().put_item(TableName=copy.table, Item={"pk": {"S": key}})

    assert put_back(bench, copy) == {}
    assert bench.stack.items() == []


def same(one: Booking, other: Booking) -> bool:
    return (one.state, one.version, one.appointment_id) == (other.state, other.version, other.appointment_id)
