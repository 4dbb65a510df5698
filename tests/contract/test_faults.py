"""Every fault that the fake knows, for reads and for writes: what the client says, and what really happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from convox_clinicea.clinicea import Clinicea, errors
from convox_clinicea.clinicea.errors import CliniceaError
from convox_clinicea.deadline import Deadline
from local.clinicea.faults import KINDS
from local.clinicea.testing import RunningFake
from tests.support.canaries import new_appointment, new_patient
from tests.support.clients import client_for, within
from tests.support.clock import SkippingClock
from tests.support.waiting import eventually

SHORT = 0.4
"""Seconds that a test lets a hanging call hang."""
AMPLE = 20.0


def search(client: Clinicea, deadline: Deadline) -> object:
    from convox_clinicea.mobile import Mobile

    return client.search_patient_by_mobile_number(Mobile("91", "9999900001"), deadline)


READS: dict[str, Callable[[Clinicea, Deadline], object]] = {
    "searchPatientByMobileNumber": search,
    "getPatientPastCompletedAppointment": lambda client, by: client.past_completed_appointments("P-01", by),
    "getAppointmentsByPatient": lambda client, by: client.appointments_by_patient("P-01", by),
}
WRITES: dict[str, Callable[[Clinicea, Deadline], object]] = {
    "postAppointmentByPatientID": lambda client, by: client.post_appointment_by_patient_id(
        "P-01", new_appointment(), by
    ),
    "postAppointment": lambda client, by: client.post_appointment(new_patient(), new_appointment(), by),
}


@dataclass(frozen=True)
class Fault:
    """A fault rule, and what is expected of it."""

    kind: str
    fields: dict[str, Any]
    error: type[CliniceaError] | None
    hangs: bool = False
    requests: int = 1
    made: int = 0

    def __str__(self) -> str:
        return "-".join([self.kind, *map(str, self.fields.values())])


READ_FAULTS = [
    Fault("status", {"status": 500}, errors.Unavailable, requests=3),
    Fault("status", {"status": 503}, errors.Unavailable, requests=3),
    Fault("status", {"status": 429}, errors.CliniceaRateLimited, requests=3),
    Fault("status", {"status": 302}, errors.UnexpectedAnswer, requests=3),
    Fault("status", {"status": 403}, errors.PermissionDenied),
    Fault("status", {"status": 401}, errors.AuthenticationFailed),
    Fault("status", {"status": 405}, errors.MethodRefused),
    Fault("status", {"status": 400, "body": "Get Operation Failed"}, errors.Rejected),
    Fault("delay", {"seconds": 30.0}, errors.TimedOut, hangs=True),
    Fault("timeout_before", {}, errors.TimedOut, hangs=True),
    Fault("timeout_after", {}, errors.TimedOut, hangs=True),
    Fault("reset_before", {}, errors.Unavailable, requests=3),
    Fault("reset_after", {}, errors.Unavailable, requests=3),
    Fault("html", {}, errors.UnexpectedAnswer, requests=3),
    Fault("drip", {"seconds": 0.05}, errors.TimedOut, hangs=True),
    Fault("late_commit", {}, errors.TimedOut, hangs=True),
    Fault("late_commit", {"reset": True}, errors.Unavailable, requests=3),
    Fault("steal_token", {}, None),
]
WRITE_FAULTS = [
    Fault("status", {"status": 500}, errors.OutcomeUnknown),
    Fault("status", {"status": 503, "after_work": True}, errors.OutcomeUnknown, made=1),
    Fault("status", {"status": 429}, errors.CliniceaRateLimited),
    Fault("status", {"status": 307, "headers": {"Location": "/elsewhere"}}, errors.OutcomeUnknown),
    Fault("status", {"status": 403}, errors.PermissionDenied),
    Fault("status", {"status": 401}, errors.AuthenticationFailed),
    Fault("status", {"status": 405}, errors.MethodRefused),
    Fault(
        "status", {"status": 400, "body": "Get Operation Failed", "after_work": True}, errors.UnlistedRefusal, made=1
    ),
    Fault("status", {"status": 409, "body": "Slot is already booked"}, errors.Rejected),
    Fault("status", {"status": 204, "after_work": True}, errors.OutcomeUnknown, made=1),
    Fault("delay", {"seconds": 30.0}, errors.OutcomeUnknown, hangs=True, made=1),
    Fault("timeout_before", {}, errors.OutcomeUnknown, hangs=True),
    Fault("timeout_after", {}, errors.OutcomeUnknown, hangs=True, made=1),
    Fault("reset_before", {}, errors.OutcomeUnknown),
    Fault("reset_after", {}, errors.OutcomeUnknown, made=1),
    Fault("html", {}, errors.OutcomeUnknown),
    Fault("html", {"after_work": True}, errors.OutcomeUnknown, made=1),
    Fault("drip", {"seconds": 0.05}, errors.OutcomeUnknown, hangs=True, made=1),
    Fault("late_commit", {"seconds": 3600.0}, errors.OutcomeUnknown, hangs=True),
    Fault("late_commit", {"seconds": 3600.0, "reset": True}, errors.OutcomeUnknown),
    Fault("late_commit", {"seconds": 0.0, "reset": True}, errors.OutcomeUnknown, made=1),
    Fault("steal_token", {}, None, made=1),
]


def test_no_kind_of_fault_is_left_out() -> None:
    assert {fault.kind for fault in READ_FAULTS} == {fault.kind for fault in WRITE_FAULTS} == set(KINDS)


@pytest.mark.parametrize("fault", READ_FAULTS, ids=str)
def test_a_read_under_a_lasting_fault(fake: RunningFake, fault: Fault) -> None:
    call, clock = "searchPatientByMobileNumber", SkippingClock()
    fake.fault(call, fault.kind, **fault.fields)
    client, deadline = client_for(fake.url, clock=clock), within(SHORT if fault.hangs else AMPLE, clock)

    if fault.error is None:
        assert READS[call](client, deadline)
    else:
        with pytest.raises(fault.error) as caught:
            READS[call](client, deadline)
        assert (type(caught.value), caught.value.call) == (fault.error, call)
    assert len(fake.requests(call)) == fault.requests


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("status", {"status": 502}),
        ("reset_before", {}),
        ("reset_after", {}),
        ("html", {}),
        ("delay", {"seconds": 0.02}),
        ("drip", {"seconds": 0.0001}),
    ],
)
def test_a_read_survives_a_fault_that_passes(fake: RunningFake, call: str, kind: str, fields: dict[str, Any]) -> None:
    clock = SkippingClock()
    fake.fault(call, kind, count=2, **fields)
    assert READS[call](client_for(fake.url, clock=clock), within(AMPLE, clock))


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("fault", WRITE_FAULTS, ids=str)
def test_a_write_is_sent_once_and_its_doubt_is_told(fake: RunningFake, call: str, fault: Fault) -> None:
    # count=1: a second request, which must not come, would succeed and be seen.
    clock = SkippingClock()
    fake.fault(call, fault.kind, count=1, **fault.fields)
    client, deadline = client_for(fake.url, clock=clock), within(SHORT if fault.hangs else AMPLE, clock)

    if fault.error is None:
        assert WRITES[call](client, deadline)
    else:
        with pytest.raises(fault.error) as caught:
            WRITES[call](client, deadline)
        assert (type(caught.value), caught.value.call) == (fault.error, call)
        assert fault.made == 0 or not caught.value.outcome_known

    assert eventually(lambda: fake.requests(call))
    assert len([entry for entry in fake.requests(call) if entry["fault"] != "late_commit_done"]) == 1
    assert len([each for each in fake.standing() if each["made_by"] == call]) == fault.made
