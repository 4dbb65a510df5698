"""What becomes of messages among the dead letters, on the deployed template: nothing is lost."""

from __future__ import annotations

import json

from tests.end_to_end.api import Api, call, slot
from tests.end_to_end.aws import Aws
from tests.support.waiting import eventually


def test_message_received_too_often_parks_and_notifies(api: Api, aws: Aws) -> None:
    assert eventually(lambda: aws.messages() == 0, seconds=60), "else another booking's message might become one"
    api.clinicea.fault("getAppointmentsByPatient", "status", status=503)
    request = {"clinic_id": "C-01", "start": slot(73, 10), **call(70)}
    before = aws.dead_letters()
    with aws.most_receives(1):
        booking_id = api.post("/patients/P-02/appointments", request).json()["booking_id"]
        assert eventually(lambda: aws.dead_letters() > before or parked(api, booking_id), seconds=60)
    aws.sweep()
    api.clinicea.clear_faults()

    booking = api.get(f"/bookings/{booking_id}").json()

    assert (booking["state"], booking["reason"]) == ("needs_attention", "age_limit")
    assert eventually(lambda: aws.dead_letters() == before, seconds=30)
    assert eventually(lambda: any(json.loads(text)["booking_id"] == booking_id for text in aws.notices()), seconds=30)
    assert api.standing("P-02", slot(73, 10)) == []


def test_unreadable_message_is_kept_and_delays_no_other(api: Api, aws: Aws, stack: dict[str, str]) -> None:
    before = aws.dead_letters()
    aws.client("sqs").send_message(QueueUrl=stack["queue_url"], MessageBody='{"v": 99}')
    request = {"clinic_id": "C-01", "start": slot(74, 10), **call(71)}
    booking_id = api.post("/patients/P-02/appointments", request).json()["booking_id"]

    assert api.ended(booking_id)["state"] == "booked"
    assert eventually(lambda: aws.dead_letters() == before + 1, seconds=30)
    aws.sweep()
    assert aws.dead_letters() == before + 1


def parked(api: Api, booking_id: str) -> bool:
    """The sweeper of the deployed schedule may be faster than the test's."""
    return bool(api.get(f"/bookings/{booking_id}").json()["state"] == "needs_attention")
