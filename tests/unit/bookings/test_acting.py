"""A person acts on parked bookings: redrive and resolve keep every promise of the protocol."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from convox_clinicea.bookings.acting import Acting, Filter, Obstacle
from convox_clinicea.bookings.acts import Person, Word
from convox_clinicea.bookings.record import Booking, Open, timestamp
from convox_clinicea.bookings.states import Reason, State
from convox_clinicea.deadline import Deadline
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID, START, known_request, new_request

POST = "postAppointmentByPatientID"
CREATE = "postAppointment"
PERSON = Person("arn:aws:iam::123456789012:user/front-desk", "looked at the calendar")


@pytest.fixture
def acting(bench: Bench) -> Acting:
    return bench.acting


def parked(bench: Bench) -> Booking:
    """Too old to go on, and never posted."""
    bench.patient()
    booking = bench.accept()
    bench.clock.advance(minutes=13 * 60)
    booking = bench.ends(booking)
    assert (booking.state, booking.reason, booking.posted) == (State.NEEDS_ATTENTION, Reason.TOO_LATE, False)
    return bench.now(booking)


def parked_in_doubt(bench: Bench, kind: str = "timeout_before") -> Booking:
    """Posted, and too old to go on before anybody could say what became of it."""
    bench.patient()
    booking = bench.accept()
    bench.fake.fault(POST, kind, count=1)
    bench.waits(booking)
    bench.clock.advance(minutes=13 * 60)
    booking = bench.ends(booking)
    assert (booking.state, booking.reason, booking.posted) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN, True)
    return bench.now(booking)


class TestRedrive:
    def test_a_parked_booking_goes_on_and_is_made(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)

        done = acting.redrive(booking.booking_id, PERSON)

        assert (done.obstacle, done.sent) == (None, True)
        redriven = bench.now(booking)
        assert (redriven.state, redriven.reason, redriven.generation) == (State.ACCEPTED, None, booking.generation + 1)
        assert redriven.open is Open.ON_ITS_WAY
        assert bench.ends(redriven).state is State.BOOKED
        assert len(bench.fake.standing()) == 1

    def test_its_message_is_a_fresh_one_and_the_old_one_means_nothing(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)

        acting.redrive(booking.booking_id, PERSON)

        bodies = [message["Body"] for message in bench.stack.messages()]
        assert sum('"generation": 2' in body for body in bodies) == 1
        bench.work(booking, generation=1)
        assert bench.now(booking).state is State.ACCEPTED
        assert bench.fake.standing() == []

    def test_a_dry_run_says_what_would_be_and_changes_nothing(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)

        done = acting.redrive(booking.booking_id, PERSON, dry_run=True)

        assert (done.obstacle, done.act, done.sent) == (None, None, False)
        assert bench.now(booking) == booking

    def test_its_age_counts_anew(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)
        acting.redrive(booking.booking_id, PERSON)
        bench.fake.fault("getAppointmentsByPatient", "status", status=503)

        bench.clock.advance(minutes=11 * 60)
        bench.waits(bench.now(booking))
        bench.clock.advance(minutes=2 * 60)

        assert bench.ends(bench.now(booking)).state is State.NEEDS_ATTENTION

    @pytest.mark.parametrize("kind", ["timeout_after", "reset_after"])
    def test_what_was_posted_is_found_and_not_posted_again(self, bench: Bench, acting: Acting, kind: str) -> None:
        booking = parked_in_doubt(bench, kind)

        acting.redrive(booking.booking_id, PERSON)
        ended = bench.ends(bench.now(booking))

        assert (ended.state, ended.reason) == (State.BOOKED, None)
        assert [each["appointment_id"] for each in bench.fake.standing()] == [ended.appointment_id]
        assert len(bench.fake.requests(POST)) == 1

    def test_what_was_posted_waits_for_the_settle_time_before_it_is_posted_again(
        self, bench: Bench, acting: Acting
    ) -> None:
        bench.patient()
        booking = bench.accept()
        bench.fake.fault(POST, "timeout_before", count=1)
        bench.waits(booking)
        in_doubt = bench.ledger.move(bench.now(booking), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
        assert in_doubt.unsettled_since is not None

        acting.redrive(booking.booking_id, PERSON)
        redriven = bench.now(booking)
        assert (redriven.posted, redriven.unsettled_since) == (True, in_doubt.unsettled_since)
        bench.waits(redriven)
        assert len(bench.fake.requests(POST)) == 1

        assert bench.settles(redriven).state is State.BOOKED
        assert len(bench.fake.requests(POST)) == 2
        assert len(bench.fake.standing()) == 1

    def test_what_the_calendar_does_not_tell_is_parked_again_and_not_posted(self, bench: Bench, acting: Acting) -> None:
        booking = parked_in_doubt(bench)
        by_hand = known_request(start=START + timedelta(minutes=15)).for_clinicea(reference="front desk")
        bench.clinicea.post_appointment_by_patient_id("P-41", by_hand, Deadline.after(bench.clock, 10))
        posts = len(bench.fake.requests(POST))

        acting.redrive(booking.booking_id, PERSON)
        again = bench.ends(bench.now(booking))

        assert (again.state, again.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
        assert len(bench.fake.requests(POST)) == posts

    def test_a_refusal_is_forgotten_so_that_it_is_tried_again(self, bench: Bench, acting: Acting) -> None:
        booking = parked_in_doubt(bench)
        accepted = bench.ledger.move(booking, State.ACCEPTED, refusal=Reason.SLOT_TAKEN)
        booking = bench.ledger.move(accepted, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

        acting.redrive(booking.booking_id, PERSON)

        assert bench.now(booking).refusal is None
        assert bench.ends(bench.now(booking)).state is State.BOOKED

    def test_what_has_begun_is_left_unless_it_may_stand_in_the_calendar(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)
        bench.clock.advance(minutes=4 * 24 * 60)

        assert acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.STARTED
        assert bench.now(booking) == booking

        in_doubt = bench.ledger.move(booking, State.ACCEPTED, posted=True)
        bench.ledger.move(in_doubt, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
        assert acting.redrive(booking.booking_id, PERSON).obstacle is None

    @pytest.mark.parametrize("state", [State.ACCEPTED, State.SENDING, State.UNKNOWN, State.BOOKED, State.REJECTED])
    def test_only_what_is_parked_is_redriven(self, bench: Bench, acting: Acting, state: State) -> None:
        booking = bench.now(bench.accept())
        steps: dict[State, list[State]] = {
            State.ACCEPTED: [],
            State.SENDING: [State.SENDING],
            State.UNKNOWN: [State.SENDING, State.UNKNOWN],
            State.BOOKED: [State.BOOKED],
            State.REJECTED: [State.SENDING, State.REJECTED],
        }
        for step in steps[state]:
            booking = bench.ledger.move(booking, step)

        assert acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.NOT_PARKED
        assert bench.now(booking) == booking

    def test_a_booking_that_never_was_and_one_that_cannot_be_read(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)
        bench.stack.spoil(f"booking#{booking.booking_id}", state="of a later version")

        assert acting.redrive("bk_" + "a" * 26, PERSON).obstacle is Obstacle.NOT_FOUND
        assert acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.UNREADABLE

    def test_a_queue_that_is_away_leaves_it_to_the_sweeper(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)
        bench.stack.without_queue()

        done = acting.redrive(booking.booking_id, PERSON)

        assert (done.obstacle, done.sent) == (None, False)
        bench.stack.with_queue_again()
        bench.clock.advance(minutes=31)
        assert bench.sweep().requeued == 1
        assert bench.now(booking).generation == booking.generation + 2

    def test_what_a_dead_letter_had_parked_goes_on_and_the_letter_cannot_park_it_again(
        self, bench: Bench, acting: Acting
    ) -> None:
        bench.patient()
        booking = bench.accept()
        (message,) = bench.stack.messages()
        bench.queue.bury(message["Body"], "letter-1")
        assert bench.sweep().parked == 1

        acting.redrive(booking.booking_id, PERSON)
        bench.queue.bury(message["Body"], "letter-2")

        assert bench.sweep().parked == 0
        assert bench.stack.dead_letters() == []
        assert bench.ends(bench.now(booking)).state is State.BOOKED


class TestResolve:
    def test_booked_makes_the_appointment_its_own(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)

        done = acting.resolve(booking.booking_id, Word.BOOKED, PERSON, appointment_id="A-7")

        assert done.obstacle is None
        ended = bench.now(booking)
        assert (ended.state, ended.reason, ended.appointment_id) == (State.BOOKED, None, "A-7")
        assert (ended.request, ended.patient_id) == (None, "P-41")
        assert bench.ledger.owner_of("A-7") == booking.booking_id

    def test_a_new_patient_s_id_is_told_with_it(self, bench: Bench, acting: Acting) -> None:
        booking = bench.accept(new_request())
        booking = bench.ledger.move(booking, State.NEEDS_ATTENTION, reason=Reason.SEVERAL_PATIENTS)

        acting.resolve(booking.booking_id, Word.BOOKED, PERSON, appointment_id="A-7", patient_id="P-99")

        assert bench.now(booking).patient_id == "P-99"

    def test_an_appointment_of_another_booking_is_refused_and_the_owner_named(
        self, bench: Bench, acting: Acting
    ) -> None:
        other = bench.ledger.book(bench.accept(clinic_id="C-02"), "A-7")
        booking = parked(bench)

        done = acting.resolve(booking.booking_id, Word.BOOKED, PERSON, appointment_id="A-7")

        assert (done.obstacle, done.owner_id) == (Obstacle.APPOINTMENT_OWNED, other.booking_id)
        assert bench.now(booking) == booking

    def test_rejected_keeps_its_reason_and_is_told_to_those_who_listen(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)

        assert acting.resolve(booking.booking_id, Word.REJECTED, PERSON).obstacle is None

        ended = bench.now(booking)
        assert (ended.state, ended.reason, ended.request) == (State.REJECTED, Reason.TOO_LATE, None)
        bench.sweep()
        assert [each["state"] for each in bench.stack.notices()] == ["needs_attention", "rejected"]

    def test_nothing_is_rejected_while_its_post_may_still_be_carried_out(self, bench: Bench, acting: Acting) -> None:
        bench.patient()
        booking = bench.accept()
        bench.fake.fault(POST, "late_commit", count=1, seconds=100)
        bench.waits(booking)
        bench.ledger.move(bench.now(booking), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

        assert acting.resolve(booking.booking_id, Word.REJECTED, PERSON).obstacle is Obstacle.NOT_SETTLED
        bench.clock.advance(121)
        assert len(bench.fake.standing()) == 1, "who had looked before would have seen nothing"
        assert acting.resolve(booking.booking_id, Word.REJECTED, PERSON).obstacle is None

    def test_an_end_frees_what_the_booking_held(self, bench: Bench, acting: Acting) -> None:
        first, second = bench.accept(new_request()), bench.accept(new_request(clinic_id="C-02"))
        bench.fake.fault(CREATE, "timeout_before", count=1)
        bench.waits(first)
        bench.ledger.move(bench.now(first), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
        assert bench.waits(second).cause is None

        bench.clock.advance(minutes=3)
        acting.resolve(first.booking_id, Word.REJECTED, PERSON)

        assert bench.ends(second).state is State.BOOKED

    def test_only_what_is_parked_is_resolved(self, bench: Bench, acting: Acting) -> None:
        booking = bench.accept()

        assert acting.resolve(booking.booking_id, Word.REJECTED, PERSON).obstacle is Obstacle.NOT_PARKED
        assert acting.resolve("bk_" + "a" * 26, Word.REJECTED, PERSON).obstacle is Obstacle.NOT_FOUND

    def test_booked_without_an_appointment_is_no_decision(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)

        with pytest.raises(ValueError, match="needs an appointment"):
            acting.resolve(booking.booking_id, Word.BOOKED, PERSON)


class TestAudit:
    def test_every_act_leaves_a_line_and_a_dry_run_or_an_obstacle_none(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)
        acting.redrive(booking.booking_id, PERSON, dry_run=True)
        acting.resolve(booking.booking_id, Word.BOOKED, PERSON, appointment_id="A-7")
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
            "reason_before": "too_late",
            "appointment_id": "A-7",
        }

    def test_the_lines_of_several_acts_stand_in_their_order(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)
        acting.redrive(booking.booking_id, Person("arn:one", "first"))
        bench.ledger.move(bench.now(booking), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
        acting.resolve(booking.booking_id, Word.REJECTED, Person("arn:two", "second"))

        found = acting.shown(booking.booking_id)

        assert found is not None
        assert [(act.who, act.what, act.why) for act in found[1]] == [
            ("arn:one", Word.REDRIVE, "first"),
            ("arn:two", Word.REJECTED, "second"),
        ]

    def test_a_line_that_cannot_be_appended_stops_the_act(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)
        ahead = replace(booking, version=booking.version)
        acting.redrive(booking.booking_id, PERSON)
        # The record as it was before: the line of that version stands already, and is not written over.
        bench.stack.delete(f"booking#{booking.booking_id}")
        bench.ledger.put_if_absent(ahead)

        assert acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.CHANGED_MEANWHILE
        assert bench.now(booking).state is State.NEEDS_ATTENTION

    def test_a_line_outlives_its_booking(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)
        acting.resolve(booking.booking_id, Word.REJECTED, PERSON)

        (line,) = [item for item in bench.stack.items() if item["pk"]["S"].startswith("act#")]

        assert int(line["expires_at"]["N"]) >= (bench.clock.now() + timedelta(days=365)).timestamp()
        assert not invented.leaks(str(line))


class TestListing:
    def test_the_open_ones_are_listed_oldest_first_and_those_that_have_ended_when_asked_for(
        self, bench: Bench, acting: Acting
    ) -> None:
        waiting = parked(bench)
        bench.clock.advance(minutes=5)
        on_its_way = bench.accept(clinic_id="C-02")
        ended = bench.ledger.book(bench.accept(clinic_id="C-03"), "A-7")

        assert [each.booking_id for each in acting.listed(Filter())] == [waiting.booking_id, on_its_way.booking_id]
        (booked,) = acting.listed(Filter(states=frozenset({State.BOOKED})))
        assert booked.booking_id == ended.booking_id

    def test_a_parked_one_whose_notice_is_due_is_not_forgotten(self, bench: Bench, acting: Acting) -> None:
        booking = bench.accept()
        bench.ledger.move(booking, State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)

        (found,) = acting.listed(Filter(states=frozenset({State.NEEDS_ATTENTION})))

        assert (found.booking_id, found.open, found.call_id) == (booking.booking_id, Open.UNTOLD, CALL_ID)

    def test_filters_leave_out_what_they_say(self, bench: Bench, acting: Acting) -> None:
        booking = parked(bench)
        parked_ones = frozenset({State.NEEDS_ATTENTION})

        def ids(wanted: Filter) -> list[str]:
            return [each.booking_id for each in acting.listed(wanted)]

        assert ids(Filter(parked_ones, frozenset({Reason.TOO_LATE}))) == [booking.booking_id]
        assert ids(Filter(parked_ones, frozenset({Reason.SEVERAL_PATIENTS}))) == []
        assert ids(Filter(frozenset({State.ACCEPTED}))) == []
        assert ids(Filter(parked_ones, older_than=timedelta(hours=13))) == [booking.booking_id]
        assert ids(Filter(parked_ones, older_than=timedelta(hours=14))) == []

    def test_no_more_are_listed_than_were_asked_for(self, bench: Bench, acting: Acting) -> None:
        for number in range(3):
            bench.accept(clinic_id=f"C-{number}")

        assert len(acting.listed(Filter(), limit=2)) == 2

    def test_nothing_is_shown_of_a_booking_that_never_was(self, acting: Acting) -> None:
        assert acting.shown("bk_" + "a" * 26) is None
