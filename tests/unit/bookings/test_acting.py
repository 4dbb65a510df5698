"""What a person's acts on bookings leave behind, and what they are chosen from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from convox_clinicea.bookings.audit import OperatorAction, Person
from convox_clinicea.bookings.listing import Filter
from convox_clinicea.bookings.operator import Obstacle, OperatorService
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Open, timestamp
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID
from tests.support.parked import PERSON, parked


class TestAudit:
    def test_only_a_completed_action_leaves_an_audit_line(self, bench: Bench, acting: OperatorService) -> None:
        booking = parked(bench)
        acting.redrive(booking.booking_id, PERSON, dry_run=True)
        acting.resolve(booking.booking_id, OperatorAction.BOOKED, PERSON, appointment_id="A-7")
        acting.redrive(booking.booking_id, PERSON)

        found = acting.shown(booking.booking_id)

        assert found is not None
        (line,) = [act.line for act in found[1]]
        assert line == {
            "booking_id": booking.booking_id,
            "version": booking.version + 1,
            "at": timestamp(bench.clock.now()),
            "who": PERSON.who,
            "what": "booked",
            "why": PERSON.why,
            "state_before": "needs_attention",
            "reason_before": "age_limit",
            "appointment_id": "A-7",
        }

    def test_the_lines_of_several_acts_stand_in_their_order(self, bench: Bench, acting: OperatorService) -> None:
        booking = parked(bench)
        acting.redrive(booking.booking_id, Person("arn:one", "first"))
        bench.ledger.move(bench.now(booking), State.NEEDS_ATTENTION, reason=Reason.AGE_LIMIT)
        acting.resolve(booking.booking_id, OperatorAction.REJECTED, Person("arn:two", "second"))

        found = acting.shown(booking.booking_id)

        assert found is not None
        assert [(act.who, act.what, act.why) for act in found[1]] == [
            ("arn:one", OperatorAction.REDRIVE, "first"),
            ("arn:two", OperatorAction.REJECTED, "second"),
        ]

    def test_a_line_that_cannot_be_appended_stops_the_act(self, bench: Bench, acting: OperatorService) -> None:
        booking = parked(bench)
        ahead = replace(booking, version=booking.version)
        acting.redrive(booking.booking_id, PERSON)
        # The record as it was before: the line of that version stands already, and is not written over.
        bench.stack.delete(f"booking#{booking.booking_id}")
        bench.ledger.put_if_absent(ahead)

        assert acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.CHANGED_MEANWHILE
        assert bench.now(booking).state is State.NEEDS_ATTENTION

    def test_a_line_outlives_its_booking(self, bench: Bench, acting: OperatorService) -> None:
        booking = parked(bench)
        acting.resolve(booking.booking_id, OperatorAction.REJECTED, PERSON)

        (line,) = [item for item in bench.stack.items() if item["pk"]["S"].startswith("act#")]

        assert int(line["expires_at"]["N"]) >= (bench.clock.now() + timedelta(days=365)).timestamp()
        assert not invented.leaks(str(line))


class TestListing:
    def test_open_ones_are_listed_oldest_first_ended_ones_on_request(
        self, bench: Bench, acting: OperatorService
    ) -> None:
        waiting = parked(bench)
        bench.clock.advance(minutes=5)
        on_its_way = bench.accept(clinic_id="C-02")
        ended = bench.ledger.book(bench.accept(clinic_id="C-03"), "A-7")

        assert [each.booking_id for each in acting.listed(Filter()).bookings] == [
            waiting.booking_id,
            on_its_way.booking_id,
        ]
        (booked,) = acting.listed(Filter(states=frozenset({State.BOOKED}))).bookings
        assert booked.booking_id == ended.booking_id

    def test_a_parked_one_whose_notice_is_due_is_not_forgotten(self, bench: Bench, acting: OperatorService) -> None:
        booking = bench.accept()
        bench.ledger.move(booking, State.NEEDS_ATTENTION, reason=Reason.AGE_LIMIT)

        (found,) = acting.listed(Filter(states=frozenset({State.NEEDS_ATTENTION}))).bookings

        assert (found.booking_id, found.open, found.call_id) == (booking.booking_id, Open.NOTICE_PENDING, CALL_ID)

    def test_filters_leave_out_what_they_say(self, bench: Bench, acting: OperatorService) -> None:
        booking = parked(bench)
        parked_ones = frozenset({State.NEEDS_ATTENTION})

        def ids(wanted: Filter) -> list[str]:
            return [each.booking_id for each in acting.listed(wanted).bookings]

        assert ids(Filter(parked_ones, frozenset({Reason.AGE_LIMIT}))) == [booking.booking_id]
        assert ids(Filter(parked_ones, frozenset({Reason.SEVERAL_PATIENTS}))) == []
        assert ids(Filter(frozenset({State.ACCEPTED}))) == []
        assert ids(Filter(parked_ones, older_than=timedelta(hours=13))) == [booking.booking_id]
        assert ids(Filter(parked_ones, older_than=timedelta(hours=14))) == []

    def test_nothing_is_shown_of_a_booking_that_never_was(self, acting: OperatorService) -> None:
        assert acting.shown("bk_" + "a" * 26) is None
