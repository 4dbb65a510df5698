"""Compares the fields that the client reads with those in the Swagger document or in a record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from commands.doctor.findings import DOCUMENT, Register
from commands.doctor.words import guess
from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.clinicea.calls import Endpoint

_LIST = ("appointment_id", "patient_id", "start", "status")
READ: Mapping[Endpoint, tuple[str, tuple[str, ...]]] = {
    Endpoint.SEARCH_PATIENT: ("patient_fields", ("patient_id", "name")),
    Endpoint.GET_PATIENT: ("patient_fields", ("patient_id", "name")),
    Endpoint.CREATE_APPOINTMENT: ("appointment_fields", ("appointment_id",)),
    Endpoint.PAST_COMPLETED: ("appointment_fields", ("appointment_id", "start", "service", "practitioner")),
    Endpoint.BY_PATIENT: ("appointment_fields", _LIST),
    Endpoint.BY_DATE: ("appointment_fields", _LIST),
    Endpoint.POST_BY_PATIENT: ("appointment_fields", ("appointment_id", "start")),
    Endpoint.POST_WITH_PATIENT: ("appointment_fields", ("appointment_id", "start")),
}
"""Fields that the connector needs in each call's records."""
_PARTS = {"name": ("first_name",), "practitioner": ("practitioner_first_name", "practitioner_last_name")}


def compare_answer(
    call: Endpoint,
    shown: Collection[str] | None,
    table: CallTable,
    register: Register,
    correction: dict[str, Any],
    by: str = DOCUMENT,
) -> None:
    """Record the findings about a call's fields, and add spellings to the correction."""
    subject = f"answers.{call}"
    if not shown:
        register.unchecked(subject, by, "the document does not show the answer")
        return
    group, wanted = READ[call]
    known: Mapping[str, list[str]] = getattr(table, group)
    lower = {name.lower() for name in shown}
    lacking = [ours for ours in wanted if not any(_there(name, known, lower) for name in (ours, *_PARTS.get(ours, ())))]
    if not lacking:
        register.confirm(subject, by)
        return
    ours_already = {name.lower() for names in known.values() for name in names}
    offered = sorted(name for name in shown if name.lower() not in ours_already)
    for ours in lacking:
        found = guess(ours, known.get(ours, []), offered)
        place = f"{group}.{ours} in {call}"
        assumption = f"{ours} is {' or '.join(known.get(ours, []))}"
        if found.name is not None:
            register.wrong(place, by, use=found.name, assumption=assumption)
            spelled: list[str] = correction.setdefault(group, {}).setdefault(ours, [*known.get(ours, [])])
            if found.name not in spelled:
                spelled.append(found.name)
        elif found.candidates:
            detail = "perhaps " + " or ".join(found.candidates)
            register.wrong(place, by, detail=detail, assumption=assumption)
        else:
            register.wrong(place, by, detail="no fitting field is shown", assumption=assumption)
    register.wrong(subject, by, detail="other names: see below")


def _there(ours: str, known: Mapping[str, list[str]], lower: Collection[str]) -> bool:
    return any(name.lower() in lower for name in known.get(ours, []))
