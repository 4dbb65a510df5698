"""Call tables of schema 1, in terms of schema 2.

A document of schema 1 says what differs from what was packed at its time. Since then the packed defaults have changed:
laid over those of now, a document that held would mean something else. So it is laid over its own defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convox_clinicea.errors import InvalidDocument

_NEW = ("flows", "times", "service_fields", "change_fields", "saving_error_fields")
_DEFAULTS: Mapping[str, Any] = {
    "calls": {
        "searchPatientByMobileNumber": {
            "version": "v2",
            "path": "/api/{version}/patients/searchPatientByMobileNumber",
            "parameters": {"national_number": "patmobile", "country_code": "countrycode"},
            "country_code_format": "digits",
            "evidence": {"version": "assumed", "path": "assumed", "country_code_format": "assumed"},
        },
        "getPatientPastCompletedAppointment": {"version": "v2"},
        "postAppointmentByPatientID": {"version": "v2", "style": "json"},
        "postAppointment": {"version": "v2", "style": "json", "country_code_format": "digits"},
        "getAppointmentsByDate": {"formats": {"day": "stamp"}, "evidence": {"formats": "assumed"}},
    }
}
"""What schema 1 packed, where it differs."""
_CHANGED = "for a document without it keeps the older defaults of versions, paths and styles"


def of_schema_1(document: Mapping[str, Any]) -> bool:
    """Whether a deployer's document is of schema 1, which did not have to say so."""
    return "schema" not in document or (type(document["schema"]) is int and document["schema"] == 1)


def placed(document: Mapping[str, Any], problems: list[str]) -> list[str]:
    """Return the problems of the translated document by their places in the deployer's."""
    if not of_schema_1(document):
        return problems
    return [problem.replace("times.stamp", "datetime_format", 1) for problem in problems]


def translated(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return what is to be laid over the packed call table, one over the other.

    Raises:
        InvalidDocument: the document mixes the schemas; the text says what to change.
    """
    if not of_schema_1(document):
        if "datetime_format" in document:
            raise InvalidDocument("call table", ["datetime_format: is of schema 1; write times.stamp instead"])
        return [document]
    if new := sorted(set(document) & set(_NEW)):
        why = f'belongs to schema 2: write "schema": 2 and compare the rest with docs/clinicea.md, {_CHANGED}'
        raise InvalidDocument("call table", [f"{name}: {why}" for name in new])
    kept = {name: value for name, value in document.items() if name not in ("schema", "datetime_format")}
    if "datetime_format" in document:
        kept["times"] = {"stamp": document["datetime_format"]}
    return [_DEFAULTS, kept]
