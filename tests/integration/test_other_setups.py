"""Every function that uses them, with what a deployment may choose: its own documents, a staff session, a pace."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.support import invented
from tests.support.account import document
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body, new_body
from tests.support.deployment import Deployment

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
CLINICS = {"schema": 1, "clinics": [{"clinic_id": "C-01", "name": "Example Clinic", "time_zone": "Asia/Kolkata"}]}


def looked_up(answer: Any) -> bool:
    return bool(answer.status == 200)


def accepted(answer: Any) -> bool:
    return bool(answer.status == 202)


def delivered(deployment: Deployment) -> bool:
    """The worker makes a booking, of another day each time."""
    start = in_days(next(DAYS))
    assert accepted(deployment.book_known("P-41", known_body(start=start.isoformat())))
    return deployment.deliver().acknowledged


def compared(deployment: Deployment) -> bool:
    """A booking was made; now it is looked for in Clinicea's calendar."""
    day = in_days(next(DAYS))
    assert accepted(deployment.book_known("P-41", known_body(start=day.isoformat())))
    assert deployment.deliver().acknowledged
    deployment.stack.delete("session")
    deployment.configure()
    first = deployment.reconcile(day.date().isoformat())
    deployment.configure()
    return int(first["compared"]) == 1 and deployment.reconcile(day.date().isoformat()) == first


FUNCTIONS: dict[str, Callable[[Deployment], bool]] = {
    "search_patient": lambda d: looked_up(d.search({"mobile": invented.MOBILE, **CALL})),
    "past_appointments": lambda d: looked_up(d.completed("P-41", CALL)),
    "call_popup": lambda d: looked_up(d.popup({"mobile": invented.MOBILE, **CALL})),
    "book_appointment": lambda d: accepted(d.book_known("P-41", known_body())),
    "book_new_patient": lambda d: accepted(d.book_new(new_body(mobile=invented.OTHER_MOBILE))),
    "call_status": lambda d: accepted(
        d.call_status(known_body(patient_id="P-41", disposition="Appointment Booked", start=in_days(2).isoformat()))
    ),
    "booking_worker": delivered,
    "reconcile": compared,
}
DAYS = itertools.count(2)
OF_CLINICEA = [name for name in FUNCTIONS if not name.startswith("book_") and name != "call_status"]


@pytest.fixture
def ready(deployment: Deployment) -> Deployment:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    return deployment


def in_a_parameter() -> str:
    boto3.client("ssm").put_parameter(
        Name="/stack/own-clinics", Value=json.dumps(CLINICS), Type="String", Overwrite=True
    )
    return "ssm:/stack/own-clinics"


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kept", [in_a_parameter, lambda: document(CLINICS)], ids=["parameter", "object"])
def test_a_function_reads_the_deployment_s_own_documents(ready: Deployment, name: str, kept: Callable[[], str]) -> None:
    ready.configure(CLINICS=kept())

    assert FUNCTIONS[name](ready)


@pytest.mark.parametrize("name", OF_CLINICEA)
def test_staff_session_is_created_once_and_shared(ready: Deployment, name: str) -> None:
    ready.configure(CLINICEA_AUTHENTICATION="staff_session")
    assert FUNCTIONS[name](ready)
    ready.configure()  # cold again: nothing is known but what the table has
    assert FUNCTIONS[name](ready)

    assert [item for item in ready.stack.items() if item["pk"]["S"] == "session"]


def test_the_worker_keeps_the_pace(ready: Deployment) -> None:
    ready.configure(CLINICEA_PER_SECOND="1000")

    assert delivered(ready)
    assert [item for item in ready.stack.items() if item["pk"]["S"].startswith("pace#")]
