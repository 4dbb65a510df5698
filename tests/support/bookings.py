"""Builders of booking requests, in the contract's JSON and in the product's own words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest, Caller, Consent, PatientDetails
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from tests.support import invented
from tests.support.clock import NOON, present

INDIA = ZoneInfo("Asia/Kolkata")
CALL_ID = "CALL-7001"
AGENT_ID = "agent-12"
START = (NOON + timedelta(days=3)).astimezone(INDIA)
"""On the hand clock."""


def in_days(days: float) -> datetime:
    """A start so many days ahead on the wall clock, at a full minute, in the clinic's zone."""
    return (present().astimezone(INDIA) + timedelta(days=days)).replace(second=0, microsecond=0)


def known_body(**changes: Any) -> dict[str, Any]:
    """`POST /patients/{patient_id}/appointments`; a change to `...` leaves the field out."""
    body = {
        "call_id": CALL_ID,
        "agent_id": AGENT_ID,
        "clinic_id": "C-01",
        "start": in_days(2).isoformat(),
        "service": invented.SERVICE,
        "notes": invented.NOTES,
    }
    return _changed(body, changes)


def new_body(**changes: Any) -> dict[str, Any]:
    """`POST /appointments`; a change to `...` leaves the field out."""
    body = known_body() | {
        "mobile": invented.MOBILE,
        "first_name": invented.FIRST_NAME,
        "last_name": invented.LAST_NAME,
        "gender": "female",
        "date_of_birth": invented.BIRTH_DATE,
        "email": invented.EMAIL,
        "consent": {"given": True},
    }
    return _changed(body, changes)


def known_request(**changes: Any) -> BookingRequest:
    """A request for patient P-41."""
    values: dict[str, Any] = {
        "caller": Caller(name="convox", call_id=CALL_ID, agent_id=AGENT_ID),
        "clinic_id": "C-01",
        "start": START,
        "duration_minutes": 30,
        "patient_id": "P-41",
        **changes,
    }
    return BookingRequest(**values)


def newcomer(**changes: Any) -> PatientDetails:
    """What the adult told."""
    values: dict[str, Any] = {
        "mobile": Mobile.from_e164(invented.MOBILE),
        "first_name": PersonalText(invented.FIRST_NAME),
        "last_name": PersonalText(invented.LAST_NAME),
        "consent": Consent(given=True),
        **changes,
    }
    return PatientDetails(**values)


def new_request(**changes: Any) -> BookingRequest:
    """A request for somebody who is to become a patient."""
    details = changes.pop("new_patient", None) or newcomer()
    return known_request(patient_id=None, new_patient=details, **changes)


def status_callback(wanted: BookingRequest | None = None, **changes: Any) -> Callback:
    """A status callback of the call, by default for P-41's first slot; `asks=False` asks for no appointment."""
    asks = changes.pop("asks", True)
    values: dict[str, Any] = {
        "caller": Caller(name="convox", call_id=CALL_ID, agent_id=AGENT_ID),
        "call_id": CALL_ID,
        "wanted": (wanted or known_request()) if asks else None,
        **changes,
    }
    return Callback(**values)


def accepted(**changes: Any) -> Booking:
    """A record as the intake makes it, without an intake."""
    values: dict[str, Any] = {
        "booking_id": f"bk_{'a' * 26}",
        "state": State.ACCEPTED,
        "flow": "known_patient",
        "caller": "convox",
        "start": START,
        "patient_key": "g",
        "fingerprint": b"p",
        "accepted_at": NOON,
        "updated_at": NOON,
        "queued_at": NOON,
        **changes,
    }
    return Booking(**values)


def _changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (body | changes).items() if value is not ...}
