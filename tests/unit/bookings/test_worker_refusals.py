"""A refusal that our own appointment can cause counts once it has settled: the calendar may lag behind the work."""

from __future__ import annotations

import pytest

from convox_clinicea.bookings.protocol import ProtocolTimings, Reason, State
from convox_clinicea.bookings.worker import Done
from tests.chaos.clinicea_faults import SAVING_SLOT
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import START, known_request, new_request

POST, CREATE = "postAppointmentByPatientID", "postAppointment"
LOOK = "getAppointmentsByPatient"
TAKEN = "Slot is already booked"
SETTLE = ProtocolTimings().settle.total_seconds()


def takes_the_slot(bench: Bench) -> None:
    """Another patient has the wanted start."""
    visit = {"clinic_id": "C-01", "start": START.isoformat()}
    bench.fake.add_patient(**invented.child(mobile=invented.OTHER_NATIONAL, appointments=[visit]))


@pytest.mark.parametrize("lag", [0, 5, 100])
@pytest.mark.parametrize(("status", "body"), [(400, TAKEN), (409, TAKEN), (200, SAVING_SLOT)])
def test_slot_held_by_our_appointment_is_ours_if_calendar_lags(bench: Bench, status: int, body: str, lag: int) -> None:
    bench.patient()
    bench.fake.switch(read_lag_seconds=lag)
    bench.fake.fault(POST, "status", status=status, body=body, after_work=True, count=1)

    booked = bench.ends(bench.accept())

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert len(bench.fake.standing()) == bench.fake.posted() == 1


def test_so_is_a_newcomer_s(bench: Bench) -> None:
    bench.fake.switch(read_lag_seconds=5)
    bench.fake.fault(CREATE, "status", status=400, body=TAKEN, after_work=True, count=1)

    booked = bench.ends(bench.accept(new_request()))

    bench.clock.advance(5)
    (patient,) = bench.fake.patients()
    assert (booked.state, booked.patient_id) == (State.BOOKED, patient["patient_id"])
    assert len(bench.fake.standing()) == 1


def test_slot_is_taken_after_two_readings_without_ours(bench: Bench) -> None:
    bench.patient()
    takes_the_slot(bench)
    booking = bench.accept()

    bench.waits(booking)
    bench.clock.advance(1)
    assert bench.waits(booking).seconds == pytest.approx(SETTLE)
    in_doubt = bench.now(booking)
    assert (in_doubt.state, in_doubt.refusal) == (State.UNKNOWN, Reason.SLOT_TAKEN)
    assert in_doubt.request is not None, "a request that may have to be posted again is kept"
    bench.clock.advance(SETTLE)
    bench.transport.sent.clear()

    rejected = bench.ends(booking)

    assert (rejected.state, rejected.reason, rejected.request) == (State.REJECTED, Reason.SLOT_TAKEN, None)
    assert [call for call, _ in bench.transport.sent] == [LOOK, LOOK]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"patient_id": "P-nobody"}, Reason.UNKNOWN_PATIENT), ({"clinic_id": "C-99"}, Reason.UNKNOWN_CLINIC)],
)
def test_what_no_appointment_of_ours_can_cause_counts_at_once(
    bench: Bench, changes: dict[str, str], reason: Reason
) -> None:
    bench.patient()

    outcome = bench.work(bench.accept(known_request(**changes)))

    assert isinstance(outcome, Done)
    assert outcome.booking is not None
    assert (outcome.booking.state, outcome.booking.reason) == (State.REJECTED, reason)


def test_patient_made_and_shown_late_is_booked_as_a_known_one(bench: Bench) -> None:
    bench.fake.switch(create_patient_then_refuse_slot=True, read_lag_seconds=5)

    booked = bench.ends(bench.accept(new_request()))

    bench.clock.advance(5)
    (patient,) = bench.fake.patients()
    assert (booked.state, booked.patient_id) == (State.BOOKED, patient["patient_id"])
    calls = [call for call, _ in bench.transport.sent]
    assert (calls.count(CREATE), calls.count(POST)) == (1, 1)


def test_canary_whose_slot_is_taken_blocks_nobody_while_settling(bench: Bench) -> None:
    bench.worker = bench.another_worker(canary=bench.canary())
    bench.patient()
    takes_the_slot(bench)
    first = bench.accept()
    bench.waits(first)
    assert bench.now(first).state is State.UNKNOWN
    other = bench.fake.add_patient(**invented.patient(patient_id="P-51"))

    outcome = bench.work(bench.accept(known_request(patient_id=other, clinic_id="C-02")))

    assert isinstance(outcome, Done)
    assert outcome.booking is not None
    assert outcome.booking.state is State.BOOKED
