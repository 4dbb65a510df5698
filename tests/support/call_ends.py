"""The end of a call, as ConVox tells it to a deployment, and what is kept of it."""

from __future__ import annotations

import json
from typing import Any

from convox_clinicea import aws
from convox_clinicea.bookings.call import Call, key_of_call
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.record import key_of
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.deadline import SystemClock
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.table import Table
from tests.support.bookings import CALL_ID, known_body, new_body
from tests.support.deployment import Deployment


def known(**changes: Any) -> dict[str, Any]:
    return known_body(**{"patient_id": "P-41", "disposition": "Appointment Booked", **changes})


def new(**changes: Any) -> dict[str, Any]:
    return new_body(**{"disposition": "Appointment Booked", **changes})


def call(deployment: Deployment) -> Call:
    return Calls(Table(aws.dynamodb(), deployment.stack.table), SystemClock()).get("convox", CALL_ID)


def content(deployment: Deployment, booking_id: str) -> BookingRequest:
    """What was sealed of a booking."""
    sealed = deployment.booking(booking_id).request
    assert sealed is not None
    return BookingRequest.from_bytes(
        KmsSealer(aws.kms(), deployment.stack.kms_key_arn).open(key_of(booking_id), sealed)
    )


def kept(deployment: Deployment) -> dict[str, Any]:
    """What was sealed of a callback that could not be booked."""
    sealed = call(deployment).kept
    assert sealed is not None
    opened = KmsSealer(aws.kms(), deployment.stack.kms_key_arn).open(key_of_call("convox", CALL_ID), sealed)
    document: dict[str, Any] = json.loads(opened)
    return document
