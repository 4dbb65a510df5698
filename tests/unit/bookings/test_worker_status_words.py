"""What stands at the wanted start counts by its status: known words, remarks, flags, and words that nobody knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convox_clinicea.bookings.protocol import Reason, State
from tests.support.bench import Bench
from tests.support.bookings import START

READ_BACK = "getAppointmentsByPatient"
POST = "postAppointmentByPatientID"


def stands(bench: Bench, status: str, **more: Any) -> None:
    bench.patient(appointments=[{"clinic_id": "C-01", "start": START.isoformat(), "status": status, **more}])


def answers(bench: Bench, **record: Any) -> None:
    """P-41's calendar shows one appointment at the wanted start, as often as it is read."""
    bench.patient()
    shown = {"ID": "A-1", "PatientID": "P-41", "StartDateTime": START.replace(tzinfo=None).isoformat(), **record}
    bench.fake.fault(READ_BACK, "status", status=200, body=json.dumps([shown]), count=1)


@pytest.mark.parametrize("reason", ["-", "NA", "null", "N/A", ".", "moved from Monday"])
@pytest.mark.parametrize("status", ["Confirmed", "Scheduled", "Waiting", "Check Out"])
def test_reason_beside_a_booked_appointment_makes_no_second(bench: Bench, status: str, reason: str) -> None:
    stands(bench, status, cancellation_reason=reason)

    booked = bench.ends(bench.accept())

    assert (booked.state, booked.reason) == (State.BOOKED, Reason.ALREADY_THERE)
    assert (bench.fake.posted(), len(bench.fake.appointments())) == (0, 1)


@pytest.mark.parametrize("status", ["Cancelled by Patient", "Cancelled (late)", "CANCELED - rebook", "Deleted"])
def test_what_was_cancelled_is_made_again(bench: Bench, status: str) -> None:
    stands(bench, status)

    booked = bench.ends(bench.accept())

    assert (booked.state, booked.reason, bench.fake.posted()) == (State.BOOKED, None, 1)


@pytest.mark.parametrize("flag", ["IsDeleted", "IsCancelled"])
def test_what_a_flag_cancels_is_made_again(bench: Bench, flag: str) -> None:
    answers(bench, AppointmentStatus="Confirmed", **{flag: True})

    booked = bench.ends(bench.accept())

    assert (booked.state, booked.reason, bench.fake.posted()) == (State.BOOKED, None, 1)


@pytest.mark.parametrize(
    "record",
    [
        {"AppointmentStatus": "Rescheduled"},
        {"AppointmentStatus": "Rescheduled", "CancellationReason": "doctor away"},
        {"AppointmentStatus": "Lost"},
        {"AppointmentStatus": "Entered in error"},
        {"AppointmentStatus": "No Show"},
        {"AppointmentStatus": 7},
        {"AppointmentStatus": "Confirmed", "IsInactive": True},
    ],
    ids=str,
)
def test_what_nobody_can_place_goes_to_a_person(bench: Bench, record: dict[str, Any]) -> None:
    answers(bench, **record)

    parked = bench.ends(bench.accept())

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert parked.request is not None
    assert bench.fake.posted() == 0


def test_unclear_one_beside_a_certain_one_does_not_matter(bench: Bench) -> None:
    start = START.isoformat()
    kinds = [{"clinic_id": "C-01", "start": start, "status": status} for status in ("Rescheduled", "Confirmed")]
    bench.patient(appointments=kinds)

    booked = bench.ends(bench.accept())

    assert (booked.state, booked.reason) == (State.BOOKED, Reason.ALREADY_THERE)
    assert bench.fake.appointments()[1]["appointment_id"] == booked.appointment_id


@pytest.mark.parametrize("status", ["Rescheduled", "Lost", "No Show"])
def test_unknown_word_after_lost_post_is_not_booked_nor_absent(bench: Bench, status: str) -> None:
    bench.patient()
    bench.fake.fault(POST, "timeout_after", count=1)
    booking = bench.accept()
    bench.waits(booking)
    (made,) = bench.fake.standing()
    answer = {
        "ID": made["appointment_id"],
        "PatientID": "P-41",
        "StartDateTime": START.replace(tzinfo=None).isoformat(),
        "AppointmentStatus": status,
    }
    for page in range(1, 13):
        body = json.dumps([answer]) if page % 2 else "[]"
        bench.fake.fault(READ_BACK, "status", status=200, body=body, count=1)

    parked = bench.settles(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert bench.fake.posted() == 1


def test_an_unclear_one_at_another_time_holds_up_nothing(bench: Bench) -> None:
    later = START.replace(hour=(START.hour + 2) % 24).isoformat()
    bench.patient(appointments=[{"clinic_id": "C-01", "start": later, "status": "Rescheduled"}])

    booked = bench.ends(bench.accept())

    assert (booked.state, booked.reason, bench.fake.posted()) == (State.BOOKED, None, 1)
