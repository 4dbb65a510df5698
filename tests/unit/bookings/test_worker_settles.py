"""When a POST of unknown outcome counts as certainly absent: the settle time, and two complete readings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.worker import Done
from convox_clinicea.clinicea.errors import FormRefused
from convox_clinicea.deadline import Deadline
from tests.support.bench import Bench
from tests.support.bookings import START, known_request, new_request

POST = "postAppointmentByPatientID"
CREATE = "postAppointment"
LOOK = "getAppointmentsByPatient"
SETTLED = 125.0


def in_doubt(bench: Bench, kind: str = "timeout_before", **fault: Any) -> Any:
    """A booking whose POST got no answer."""
    bench.patient()
    bench.fake.fault(POST, kind, count=1, **fault)
    booking = bench.accept()
    bench.waits(booking)
    assert bench.now(booking).state is State.UNKNOWN
    return booking


def by_hand(bench: Bench, **changes: Any) -> str:
    """The front desk books for the same patient, in Clinicea itself."""
    wanted = known_request(**changes).for_clinicea(reference="front desk")
    made = bench.clinicea.post_appointment_by_patient_id("P-41", wanted, Deadline.after(bench.clock, 10))
    return made.appointment_id


def at_the_second_look(bench: Bench, act: Callable[[], object]) -> None:
    """Do something between the two readings."""

    def first() -> None:
        bench.transport.before[LOOK] = second

    def second() -> None:
        act()

    bench.transport.before[LOOK] = first


@pytest.mark.parametrize("seconds", [2, 60, 118])
def test_late_commit_is_found_before_anything_is_posted_again(bench: Bench, seconds: int) -> None:
    booking = in_doubt(bench, "late_commit", seconds=seconds)

    booked = bench.ends(booking)

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert [each["appointment_id"] for each in bench.fake.standing()] == [booked.appointment_id]
    assert [call for call, _ in bench.transport.sent].count(POST) == 1


def test_booked_appointment_is_found_without_the_settle_time(bench: Bench) -> None:
    booking = in_doubt(bench, "timeout_after")
    bench.clock.advance(5)

    outcome = bench.work(booking, received=2)

    assert isinstance(outcome, Done)
    assert bench.now(booking).state is State.BOOKED


def test_until_it_has_settled_the_booking_waits_for_exactly_that(bench: Bench) -> None:
    booking = in_doubt(bench)
    since = bench.now(booking).unsettled_since
    assert since == bench.clock.now()
    bench.clock.advance(50)

    wait = bench.waits(booking, received=2)

    assert 70 <= wait.seconds <= 72
    assert wait.cause is None
    assert bench.now(booking).unsettled_since == since
    assert bench.fake.posted() == 1


def test_absence_takes_two_complete_readings_and_one_more_post(bench: Bench) -> None:
    booking = in_doubt(bench)
    bench.clock.advance(SETTLED)
    before = len(bench.transport.sent)

    outcome = bench.work(booking, received=2)

    assert isinstance(outcome, Done)
    assert [call for call, _ in bench.transport.sent[before:]] == [LOOK, LOOK, POST]
    assert bench.now(booking).state is State.BOOKED


@pytest.mark.parametrize(
    "fault", [{"kind": "html"}, {"kind": "status", "status": 404}, {"kind": "status", "status": 500}]
)
def test_a_reading_that_is_not_complete_shows_nothing(bench: Bench, fault: Any) -> None:
    booking = in_doubt(bench)
    bench.clock.advance(SETTLED)
    at_the_second_look(bench, lambda: bench.fake.fault(LOOK, count=9, **fault))

    bench.waits(booking, received=2)

    assert bench.now(booking).state is State.UNKNOWN
    assert bench.fake.posted() == 1
    bench.fake.clear_faults()
    assert bench.ends(booking).state is State.BOOKED


def test_two_readings_that_differ_prove_nothing(bench: Bench) -> None:
    booking = in_doubt(bench)
    bench.clock.advance(SETTLED)
    at_the_second_look(bench, lambda: by_hand(bench))

    wait = bench.waits(booking, received=2)

    assert wait.cause is None
    assert bench.now(booking).state is State.UNKNOWN
    booked = bench.ends(booking)
    assert booked.state is State.BOOKED
    assert len(bench.fake.standing()) == 1


@pytest.mark.parametrize("moved", [timedelta(minutes=15), timedelta(hours=-5.5), timedelta(hours=24)])
def test_new_unowned_appointment_nearby_is_parked(bench: Bench, moved: timedelta) -> None:
    booking = in_doubt(bench)
    by_hand(bench, start=START + moved)

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert parked.request is not None
    assert len(bench.fake.standing()) == 1


def test_what_another_booking_owns_counts_for_nothing(bench: Bench) -> None:
    booking = in_doubt(bench)
    other = bench.ends(bench.accept(start=START + timedelta(hours=1)))
    assert other.state is State.BOOKED

    booked = bench.settles(booking)

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert booked.appointment_id != other.appointment_id
    assert len(bench.fake.standing()) == 2


@pytest.mark.parametrize("before", [{"status": "Cancelled"}, {"start": (START + timedelta(days=40)).isoformat()}])
def test_what_was_there_before_the_post_counts_for_nothing(bench: Bench, before: dict[str, str]) -> None:
    bench.patient(appointments=[{"clinic_id": "C-01", "start": START.isoformat(), **before}])
    bench.fake.fault(POST, "timeout_before", count=1)
    booking = bench.accept()
    bench.waits(booking)

    assert bench.ends(booking).state is State.BOOKED
    assert bench.fake.made() == 1


@pytest.mark.parametrize(
    ("call", "change"),
    [
        ("cancel", {}),
        ("move", {"start": (START + timedelta(days=7)).isoformat()}),
        ("move", {"start": (START + timedelta(days=200)).isoformat()}),
    ],
)
def test_cancelled_or_moved_while_in_doubt_is_not_made_again(bench: Bench, call: str, change: dict[str, str]) -> None:
    booking = in_doubt(bench, "timeout_after")
    (ours,) = bench.fake.standing()
    bench.fake.call("POST", call, {"appointment_id": ours["appointment_id"], **change})

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert bench.fake.made() == 1


def test_cancellation_before_the_redrive_does_not_block_it(bench: Bench) -> None:
    booking = in_doubt(bench, "timeout_after")
    (ours,) = bench.fake.standing()
    bench.fake.call("POST", "cancel", {"appointment_id": ours["appointment_id"]})
    parked = bench.ends(booking)

    bench.clock.advance(60)
    bench.acting.redrive(parked.booking_id, Person("front desk", "cancelled it, the caller wants it after all"))

    assert bench.ends(bench.now(parked)).state is State.BOOKED
    assert len(bench.fake.standing()) == 1


def test_the_settle_time_begins_anew_with_each_post(bench: Bench) -> None:
    booking = in_doubt(bench)
    bench.fake.fault(POST, "timeout_before", count=1)
    bench.clock.advance(SETTLED)

    bench.waits(booking, received=2)
    assert bench.now(booking).unsettled_since == bench.clock.now()
    bench.clock.advance(90)
    bench.waits(booking, received=3)
    assert bench.now(booking).state is State.UNKNOWN
    assert bench.fake.posted() == 2
    bench.clock.advance(31)

    assert bench.ends(booking).state is State.BOOKED
    assert (bench.fake.posted(), len(bench.fake.standing())) == (3, 1)


def test_each_claim_remembers_all_that_any_look_had_seen(bench: Bench) -> None:
    bench.patient()
    first = by_hand(bench, start=START + timedelta(hours=3))
    bench.fake.fault(POST, "timeout_before", count=2)
    booking = bench.accept()
    bench.waits(booking)
    assert bench.now(booking).seen == (first,)
    bench.clock.advance(SETTLED)
    bench.waits(booking, received=2)

    assert bench.now(booking).seen == (first,)
    assert bench.settles(booking).state is State.BOOKED


@pytest.mark.parametrize("kind", ["reset_after", "timeout_after", "html"])
def test_refusal_after_an_unknown_outcome_may_be_our_own(bench: Bench, kind: str) -> None:
    bench.fake.switch(own_slot_conflicts=True)
    bench.patient()
    bench.fake.fault(POST, kind, count=1, **({"after_work": True} if kind == "html" else {}))
    booking = bench.accept()
    bench.waits(booking)
    bench.fake.switch(single_appointments=False)

    booked = bench.ends(booking)

    assert booked.state is State.BOOKED
    assert len(bench.fake.standing()) == 1


def test_unlisted_refusal_is_parked_settled_with_its_request(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(POST, "status", status=400, body="Get Operation Failed", count=1)
    booking = bench.accept()

    bench.waits(booking)
    doubted = bench.now(booking)
    assert (doubted.state, doubted.refusal, doubted.reason) == (State.UNKNOWN, Reason.REFUSED, None)
    bench.clock.advance(60)
    bench.waits(booking, received=2)
    assert bench.now(booking).state is State.UNKNOWN
    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.REFUSED)
    assert parked.request is not None
    assert bench.fake.posted() == 1


@pytest.mark.parametrize("status", [400, 404, 409, 410, 418, 422, 451])
def test_transient_refusal_loses_no_booking_after_a_redrive(bench: Bench, status: int) -> None:
    bench.patient()
    bench.fake.fault(POST, "status", status=status, body='{"Message": "try again"}', count=1)
    booking = bench.accept()
    assert bench.settles(booking).state is State.NEEDS_ATTENTION

    bench.acting.redrive(booking.booking_id, Person("front desk", "tried by hand, it works"))

    assert bench.ends(bench.now(booking)).state is State.BOOKED
    assert len(bench.fake.standing()) == 1


@pytest.mark.parametrize("after_work", [False, True])
@pytest.mark.parametrize("status", [408, 421, 423, 425, 499])
def test_transient_status_is_unknown_and_booking_is_made_once(bench: Bench, status: int, after_work: bool) -> None:
    bench.patient()
    bench.fake.fault(POST, "status", status=status, body="", count=1, after_work=after_work)
    booking = bench.accept()
    bench.waits(booking)
    assert (bench.now(booking).state, bench.now(booking).refusal) == (State.UNKNOWN, None)

    assert bench.settles(booking).state is State.BOOKED
    assert len(bench.fake.standing()) == 1


def test_a_406_after_the_work_is_found_and_posted_once(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(POST, "status", status=406, body="", after_work=True, count=1)
    booking = bench.accept()

    assert isinstance(bench.waits(booking).cause, FormRefused)
    assert bench.now(booking).state is State.UNKNOWN

    assert bench.ends(booking).state is State.BOOKED
    assert len(bench.fake.standing()) == 1


@pytest.mark.parametrize("status", [407, 415, 426, 431])
def test_wrong_form_keeps_the_booking_waiting_and_rejects_nobody(bench: Bench, status: int) -> None:
    bench.patient()
    bench.fake.fault(POST, "status", status=status, body="", count=3)
    booking = bench.accept()

    for received in (1, 2, 3):
        assert isinstance(bench.waits(booking, received=received).cause, FormRefused)
        assert (bench.now(booking).state, bench.now(booking).posted) == (State.ACCEPTED, False)

    assert bench.ends(booking).state is State.BOOKED
    assert len(bench.fake.standing()) == 1


def test_refusal_is_none_if_its_appointment_appears(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(POST, "status", status=400, body="Get Operation Failed", count=1)
    booking = bench.accept()
    bench.waits(booking)
    made = by_hand(bench)

    booked = bench.ends(booking)

    assert (booked.state, booked.appointment_id, booked.reason) == (State.BOOKED, made, None)


def test_known_refusal_counts_once_it_can_be_read_back(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    bench.fake.fault(POST, "status", status=400, body="Unknown clinic", count=1)
    bench.transport.before[POST] = lambda: bench.fake.fault(LOOK, "html", count=5)
    bench.waits(booking)
    assert bench.now(booking).refusal is Reason.UNKNOWN_CLINIC
    bench.fake.clear_faults()

    outcome = bench.work(booking, received=2)

    assert isinstance(outcome, Done)
    assert (bench.now(booking).state, bench.now(booking).reason) == (State.REJECTED, Reason.UNKNOWN_CLINIC)


def test_half_done_refusal_gives_the_booking_to_the_made_patient(bench: Bench) -> None:
    bench.fake.switch(create_patient_then_refuse_slot=True)
    booking = bench.accept(new_request())

    bench.waits(booking)

    (patient,) = bench.fake.patients()
    half = bench.now(booking)
    assert (half.state, half.patient_id, half.refusal) == (State.UNKNOWN, patient["patient_id"], None)
    assert bench.ends(booking).state is State.BOOKED
    calls = [call for call, _ in bench.transport.sent]
    assert (calls.count(CREATE), calls.count(POST)) == (1, 1)
    assert len(bench.fake.patients()) == 1


def test_answer_with_patient_but_no_appointment_is_checked(bench: Bench) -> None:
    bench.fake.fault(CREATE, "status", status=200, body='{"ID": "P-9"}', after_work=True, count=1)
    booking = bench.accept(new_request())
    bench.waits(booking)

    booked = bench.ends(booking)

    (appointment,) = bench.fake.standing()
    assert (booked.state, booked.appointment_id) == (State.BOOKED, appointment["appointment_id"])
    assert bench.fake.posted() == 1


class TestBesideAnotherInDoubt:
    """A patient's two bookings are in doubt at once: only the second one's appointment was made."""

    LATER = START + timedelta(days=1)

    def both(self, bench: Bench) -> tuple[Booking, Booking]:
        first = in_doubt(bench)
        bench.fake.fault(POST, "timeout_after", count=1)
        second = bench.accept(known_request(start=self.LATER))
        bench.waits(second)
        bench.clock.advance(SETTLED)
        return first, second

    def test_possible_appointment_of_the_other_is_waited_for(self, bench: Bench) -> None:
        first, second = self.both(bench)

        assert bench.waits(first, received=2).cause is None
        assert bench.ends(second).state is State.BOOKED

        assert bench.ends(first).state is State.BOOKED
        assert len(bench.fake.standing()) == 2

    def test_not_once_the_other_is_parked(self, bench: Bench) -> None:
        first, second = self.both(bench)
        bench.ledger.move(bench.now(second), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

        assert bench.ends(first).reason is Reason.OUTCOME_UNKNOWN

    def test_nor_what_stands_where_the_other_did_not_ask_for_it(self, bench: Bench) -> None:
        first, _ = self.both(bench)
        by_hand(bench, start=self.LATER + timedelta(hours=3))

        assert bench.ends(first).reason is Reason.OUTCOME_UNKNOWN
