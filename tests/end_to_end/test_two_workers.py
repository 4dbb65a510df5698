"""Two workers on one booking, on the deployed template: the worker is invoked twice at once with the same message."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.chaos.clinicea import POSTS
from tests.end_to_end.api import Api, call, slot
from tests.end_to_end.aws import Aws
from tests.support.events import sqs
from tests.support.waiting import eventually

KNOWN = ("/patients/P-03/appointments", {"clinic_id": "C-01", "start": slot(70, 10), **call(60)})
NEW = (
    "/appointments",
    {
        "mobile": "9999900061",
        "first_name": "Asha",
        "last_name": "Inventedova",
        "clinic_id": "C-02",
        "start": slot(71, 10),
        "consent": {"given": True},
        **call(61),
    },
)


@pytest.mark.parametrize(("path", "body"), [KNOWN, NEW], ids=["known patient", "new patient"])
def test_exactly_one_appointment_stands(api: Api, aws: Aws, path: str, body: dict[str, Any]) -> None:
    assert eventually(lambda: aws.messages() == 0, seconds=60), "else the workers would get another booking's message"
    for slow in ("searchPatientByMobileNumber", "getAppointmentsByPatient", *POSTS):
        api.clinicea.fault(slow, "delay", seconds=0.5)
    posted = len(posts(api))
    with aws.worker_unplugged():
        booking_id = api.post(path, body).json()["booking_id"]
        with aws.received() as message, ThreadPoolExecutor(2) as both:
            assert json.loads(message["Body"])["booking_id"] == booking_id
            event = sqs(message, "bookings")
            answers = list(both.map(lambda _: aws.invoke("BookingWorkerFunction", event), range(2)))
    api.clinicea.clear_faults()

    ended = api.ended(booking_id)

    assert ended["state"] == "booked"
    assert len(posts(api)) == posted + 1
    made = [each["appointment_id"] for each in api.clinicea.standing() if booking_id in (each["notes"] or "")]
    assert made == [ended["appointment_id"]]
    assert len(api.standing(ended["patient_id"], body["start"])) == 1
    assert sum(not answer["batchItemFailures"] for answer in answers) >= 1


def posts(api: Api) -> list[dict[str, Any]]:
    return [request for name in POSTS for request in api.clinicea.requests(name)]
