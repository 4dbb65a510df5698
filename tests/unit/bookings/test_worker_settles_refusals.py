"""Refusals of a booking that is, or may be, made all the same."""

from __future__ import annotations

import pytest

from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.worker import Done
from convox_clinicea.clinicea.errors import FormRefused
from tests.support.bench import Bench
from tests.support.bookings import new_request
from tests.support.settling import CREATE, LOOK, POST, by_hand


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
