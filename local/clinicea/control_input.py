"""Parses the control interface's input. Names are plain, and times may have an offset."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from local.clinicea.messages import ControlInputError, Request
from local.clinicea.records import Appointment, Patient, Store

_PATIENT_TEXTS = (
    "patient_id", "file_no", "first_name", "last_name", "mobile", "country_code", "gender", "email",
    "address1", "address2", "city", "state", "postal_code",
)  # fmt: skip
_APPOINTMENT_TEXTS = (
    "appointment_id", "practitioner_id", "service", "status", "notes", "mobile", "cancellation_reason",
)  # fmt: skip
_PATIENT_FIELDS = {*_PATIENT_TEXTS, "date_of_birth", "appointments"}
_APPOINTMENT_FIELDS = {*_APPOINTMENT_TEXTS, "clinic_id", "start", "end", "duration_minutes"}
_DEFAULT_MINUTES = 30
_MOST_MINUTES = 1440


def json_of(request: Request) -> Any:
    """Return the body as JSON."""
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise ControlInputError("the body is not JSON") from None


def object_of(request: Request, known: Collection[str] | None = None) -> dict[str, Any]:
    """Return the body as a JSON object, with no other than the known fields; an empty body is an empty object."""
    value = json_of(request) if request.body else {}
    return _object(value, "the body", known)


def objects_of(request: Request, name: str) -> list[Mapping[str, Any]]:
    """Return the body as objects: one, an array of them, or an object with the array under `name`."""
    value = json_of(request)
    if isinstance(value, dict) and set(value) == {name}:
        value = value[name]
    return [_object(each, f"each of the {name}") for each in (value if isinstance(value, list) else [value])]


def text(given: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    """Return a text; empty if it is optional and missing."""
    value = given.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise ControlInputError(f'"{name}" is wanted as text')
    return value


def patient(given: Mapping[str, Any], store: Store) -> Patient:
    """Return a patient; `mobile` is the national number or begins with + and the country code."""
    _object(given, "a patient", _PATIENT_FIELDS)
    texts = {name: text(given, name) for name in _PATIENT_TEXTS if given.get(name) is not None}
    texts["first_name"] = text(given, "first_name", required=True)
    code = texts.get("country_code", "91").removeprefix("+")
    mobile = text(given, "mobile", required=True).removeprefix(f"+{code}")
    if not re.fullmatch("[0-9]+", mobile) or not re.fullmatch("[0-9]+", code):
        raise ControlInputError('"mobile" and "country_code" are digits; + and the code may stand before the number')
    if texts.get("patient_id", "") in store.patients:
        raise ControlInputError('"patient_id" is taken')
    born = given.get("date_of_birth")
    if born is not None:
        try:
            born = date.fromisoformat(born)
        except (TypeError, ValueError):
            raise ControlInputError('"date_of_birth" is YYYY-MM-DD') from None
    values: dict[str, Any] = {**texts, "mobile": mobile, "country_code": code, "date_of_birth": born}
    return Patient(**values)


def appointment(given: Mapping[str, Any], store: Store, now: datetime, zone: tzinfo) -> Appointment:
    """Return an appointment of a patient yet to be named; `start` and `end` without offset are the clinic's time."""
    _object(given, "an appointment", _APPOINTMENT_FIELDS)
    texts = {name: text(given, name) for name in _APPOINTMENT_TEXTS if given.get(name) is not None}
    clinic = text(given, "clinic_id", required=True)
    if clinic not in store.clinics:
        raise ControlInputError('"clinic_id" is unknown')
    practitioner = texts.pop("practitioner_id", "") or None
    if practitioner is not None and practitioner not in store.practitioners:
        raise ControlInputError('"practitioner_id" is unknown')
    if texts.get("appointment_id", "") in store.appointments:
        raise ControlInputError('"appointment_id" is taken')
    start = moment(given, "start", zone)
    end = moment(given, "end", zone) if given.get("end") is not None else start + _duration(given)
    if end <= start:
        raise ControlInputError('"end" is after "start"')
    plain = Appointment("", clinic, start, end, created_at=now, modified_at=now, practitioner_id=practitioner)
    changes: dict[str, Any] = {**texts}
    return replace(plain, **changes)


def _duration(given: Mapping[str, Any]) -> timedelta:
    minutes = given.get("duration_minutes", _DEFAULT_MINUTES)
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 0 < minutes <= _MOST_MINUTES:
        raise ControlInputError('"duration_minutes" is a whole number from 1 to 1440')
    return timedelta(minutes=minutes)


def moment(given: Mapping[str, Any], name: str, zone: tzinfo) -> datetime:
    """Return a time, in the clinic's zone if it has no offset."""
    try:
        value = datetime.fromisoformat(text(given, name, required=True))
        local = value if value.tzinfo is None else value.astimezone(zone)
    except (ValueError, OverflowError) as error:
        if isinstance(error, ControlInputError):
            raise
        raise ControlInputError(f'"{name}" is an ISO 8601 time') from None
    return local.replace(tzinfo=None, microsecond=0)


def _object(value: object, what: str, known: Collection[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ControlInputError(f"{what} is to be a JSON object")
    unknown = sorted(set(value) - set(known)) if known is not None else []
    if unknown:
        raise ControlInputError(f"{what} has an unknown field: {', '.join(unknown)}")
    return value
