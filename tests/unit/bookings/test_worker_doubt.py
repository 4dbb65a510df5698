"""What becomes of a booking whose POST may or may not have been carried out."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.audit import OperatorAction
from convox_clinicea.bookings.protocol import ProtocolTimings, Reason, State
from convox_clinicea.deadline import Deadline
from convox_clinicea.privacy import PersonalText
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import START, known_request
from tests.support.parked import PERSON

POST = "postAppointmentByPatientID"

CARRIED_OUT: list[dict[str, Any]] = [
    {"kind": "timeout_after"},
    {"kind": "reset_after"},
    {"kind": "html", "after_work": True},
    {"kind": "status", "status": 500, "after_work": True},
    {"kind": "status", "status": 503, "after_work": True},
    {"kind": "status", "status": 200, "body": "saved", "after_work": True},
    {"kind": "drip", "seconds": 5},
    {"kind": "late_commit", "seconds": 1},
    {"kind": "late_commit", "seconds": 29},
]
NOT_CARRIED_OUT: list[dict[str, Any]] = [
    {"kind": "timeout_before"},
    {"kind": "reset_before"},
    {"kind": "html"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 302},
    {"kind": "status", "status": 200, "body": "{}"},
]


def named(faults: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(fault, id="-".join(str(value) for value in fault.values())) for fault in faults]


@pytest.mark.parametrize("fault", named(CARRIED_OUT))
def test_appointment_of_a_lost_answer_is_found_not_posted_again(bench: Bench, fault: Any) -> None:
    bench.patient()
    bench.fake.fault(POST, count=1, **fault)
    booking = bench.accept()

    bench.waits(booking)
    assert bench.now(booking).state is State.UNKNOWN
    bench.clock.advance(30)
    booked = bench.ends(booking)

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert booked.appointment_id == bench.fake.standing()[0]["appointment_id"]
    assert bench.fake.made() <= 1
    assert bench.fake.posted() <= 2, "a late commit is logged twice"
    assert len(bench.fake.standing()) == 1


@pytest.mark.parametrize("fault", named(NOT_CARRIED_OUT))
def test_certainly_absent_appointment_is_posted_once_more(bench: Bench, fault: Any) -> None:
    bench.patient()
    bench.fake.fault(POST, count=1, **fault)
    booking = bench.accept()
    bench.waits(booking)
    assert bench.now(booking).state is State.UNKNOWN

    booked = bench.ends(booking)

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert [each["appointment_id"] for each in bench.fake.standing()] == [booked.appointment_id]
    assert (bench.fake.posted(), bench.fake.made()) == (2, 1)
    first, second = (datetime.fromisoformat(entry["at"]) for entry in bench.fake.requests(POST))
    assert second - first >= ProtocolTimings().settle


@pytest.mark.parametrize("switch", [{"shift_zones": 330}, {"shift_zones": -330}, {"round_starts": 60}])
def test_moved_appointment_is_no_proof_and_is_not_posted_again(bench: Bench, switch: Any) -> None:
    bench.fake.switch(**switch)
    bench.patient()
    bench.fake.fault(POST, "timeout_after", count=1)
    booking = bench.accept(start=START + timedelta(minutes=20))

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert bench.fake.posted() == 1


def test_moved_appointment_given_by_a_person_is_not_made_again(bench: Bench) -> None:
    bench.fake.switch(round_starts=60)
    bench.patient()
    bench.fake.fault(POST, "timeout_after", count=1)
    start = START + timedelta(minutes=20)
    mine, other = bench.accept(start=start), bench.accept(start=start, service=PersonalText(invented.SERVICE))
    bench.ends(mine)
    waiting = bench.ends(other)
    assert waiting.reason is Reason.WAITS_FOR_OTHER_BOOKING
    [standing] = bench.fake.standing()
    bench.acting.redrive(mine.booking_id, PERSON)
    bench.acting.resolve(other.booking_id, OperatorAction.BOOKED, PERSON, appointment_id=standing["appointment_id"])

    booked = bench.ends(bench.now(mine))

    assert (booked.state, booked.reason) == (State.BOOKED, Reason.ALREADY_THERE)
    assert booked.appointment_id == standing["appointment_id"]
    assert bench.fake.posted() == 1


def test_appointment_from_before_the_post_does_not_prove_it(bench: Bench) -> None:
    bench.fake.switch(reference_ids=True)
    bench.patient(appointments=[{"clinic_id": "C-01", "start": START.isoformat(), "practitioner_id": "D-02"}])
    bench.fake.fault(POST, "timeout_before", count=1)
    booking = bench.accept(practitioner_id="D-01")
    bench.waits(booking)
    bench.fake.switch(reference_ids=False)  # the practitioner is not told any more, so the old one would agree
    bench.clock.advance(30)

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.BOOKED, Reason.ALREADY_THERE)
    assert bench.fake.posted() == 1


def test_same_start_waits_for_the_doubt_and_makes_no_second(bench: Bench) -> None:
    bench.patient()
    mine = bench.accept()
    bench.fake.fault(POST, "timeout_before", count=1)
    bench.waits(mine)
    other = bench.accept(service=PersonalText(invented.SERVICE))

    assert bench.waits(other).cause is None
    assert bench.now(other).state is State.ACCEPTED
    booked = bench.settles(mine)
    ended = bench.ends(other)

    assert (ended.state, ended.reason) == (State.BOOKED, Reason.ALREADY_THERE)
    assert ended.appointment_id == booked.appointment_id
    assert bench.fake.made() == len(bench.fake.standing()) == 1


def test_answer_naming_another_patients_appointment_is_checked(bench: Bench) -> None:
    bench.patient()
    other = bench.ends(bench.accept())
    start = START + timedelta(days=2)
    answered = {"ID": other.appointment_id, "PatientID": "P-41", "StartDateTime": f"{start:%Y-%m-%dT%H:%M:%S}"}
    bench.fake.fault(POST, "status", status=200, body=json.dumps(answered), count=1)
    booking = bench.accept(start=start)

    bench.waits(booking)
    assert bench.now(booking).state is State.UNKNOWN
    booked = bench.ends(booking)

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert booked.appointment_id != other.appointment_id
    assert len(bench.fake.standing()) == 2


def test_failed_read_keeps_the_state_unknown_until_it_succeeds(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(POST, "timeout_after", count=1)
    booking = bench.accept()
    bench.waits(booking)
    bench.fake.fault("getAppointmentsByPatient", "status", status=404, body="<html/>", count=1)
    bench.fake.fault("getAppointmentsByPatient", "html", count=9)

    bench.waits(booking, received=2)
    assert bench.now(booking).state is State.UNKNOWN
    bench.fake.clear_faults()

    assert bench.ends(booking).state is State.BOOKED
    assert bench.fake.posted() == 1


def test_a_live_lease_is_waited_for(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    bench.claimed(booking, lease=30)

    wait = bench.waits(booking)

    assert 30 < wait.seconds <= 32
    assert wait.cause is None
    assert bench.now(booking).state is State.SENDING
    assert bench.fake.requests() == []


def test_expired_lease_is_unknown_and_settles_from_its_end(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    claimed = bench.claimed(booking)
    bench.clock.advance(46)

    wait = bench.waits(booking)

    unknown = bench.now(booking)
    assert (unknown.state, unknown.owner, unknown.lease_until) == (State.UNKNOWN, None, None)
    assert unknown.unsettled_since == claimed.lease_until
    assert 119 <= wait.seconds <= 121
    assert bench.fake.posted() == 0
    bench.clock.advance(wait.seconds)
    assert bench.ends(booking).state is State.BOOKED
    assert bench.fake.posted() == 1


def test_appointment_of_a_worker_that_died_after_post_is_found(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    bench.claimed(booking)
    wanted = known_request().for_clinicea(reference=booking.booking_id)
    made = bench.clinicea.post_appointment_by_patient_id("P-41", wanted, Deadline.after(bench.clock, 10))
    bench.clock.advance(46)

    booked = bench.ends(booking)

    assert (booked.state, booked.appointment_id) == (State.BOOKED, made.appointment_id)
    assert bench.fake.posted() == 1


def test_the_lease_outlives_the_invocation(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    held: list[float] = []

    def note() -> None:
        claimed = bench.now(booking)
        assert claimed.state is State.SENDING
        assert claimed.owner
        assert claimed.lease_until is not None
        held.append((claimed.lease_until - bench.clock.now()).total_seconds())

    bench.transport.before[POST] = note
    bench.work(booking, seconds=60)

    assert held[0] >= max(ProtocolTimings().lease_seconds, 60 + 15) - 1
