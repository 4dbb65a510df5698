"""Whether a callback that cannot be booked may be kept for a person: decided before, and apart from, all else."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from convox_clinicea.bookings.unbooked import Grounds
from convox_clinicea.convox import fields

_CONFIG = ConfigDict(defer_build=True, hide_input_in_errors=True)
_GIVEN: TypeAdapter[bool] = TypeAdapter(fields.Given, config=_CONFIG)
_PATIENT_ID: TypeAdapter[str] = TypeAdapter(fields.PatientId, config=_CONFIG)


def grounds_of(patient_id: object, consent: object) -> Grounds | None:
    """Return why what a callback says of a person may be stored although it cannot be booked; None: it may not.

    It may for a patient on record, or with consent. An id that has not the form of one counts as naming a patient
    only if nothing is said of consent.

    Args:
        patient_id: the value that came; None if none did.
        consent: the members of `consent` that came, by name; None if none did.
    """
    if _is_given(consent):
        return Grounds.CONSENT
    if patient_id is None:
        return None
    return Grounds.PATIENT if consent is None or named_patient(patient_id) is not None else None


def named_patient(value: object) -> str | None:
    """Return Clinicea's id of a patient; None for what has not the form of one."""
    return None if value is None else _valid(_PATIENT_ID, value)


def _is_given(consent: object) -> bool:
    return isinstance(consent, dict) and _valid(_GIVEN, consent.get("given")) is True


def _valid(adapter: TypeAdapter[Any], value: object) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None
