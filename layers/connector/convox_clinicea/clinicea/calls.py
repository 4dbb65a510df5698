"""Names of Clinicea's calls, the dialect of each flow, and upgrades of call tables of schema 1.

`convox`: the four operations on Clinicea's page about ConVox [doc]. `modern`: the calls that public clients use [live;
the booking: code]. The modern dialect has no call that creates a patient.

A document of schema 1 holds the differences from the packed defaults of its time, which have changed since. So it is
merged over those earlier defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from convox_clinicea.deployment_documents import read_document
from convox_clinicea.errors import InvalidDocument


class Endpoint(StrEnum):
    """Clinicea's own names of the calls."""

    SEARCH_PATIENT = "searchPatientByMobileNumber"
    PAST_COMPLETED = "getPatientPastCompletedAppointment"
    POST_BY_PATIENT = "postAppointmentByPatientID"
    POST_WITH_PATIENT = "postAppointment"
    BY_PATIENT = "getAppointmentsByPatient"
    BY_DATE = "getAppointmentsByDate"
    GET_PATIENT = "getPatient"
    PATIENT_BY_ID = "getPatientByID"
    CREATE_APPOINTMENT = "createAppointment"
    SERVICES = "getServicesByClinic"
    CHANGES = "getChanges"


LOGIN = "getTokenByStaffUsernamePwd"
_WRITES = frozenset({Endpoint.POST_BY_PATIENT, Endpoint.POST_WITH_PATIENT, Endpoint.CREATE_APPOINTMENT})


def writes(call: str) -> bool:
    """Return whether the call changes the calendar, whatever its verb in the call table.

    The help page has GET for a call that creates, so the verb must not decide what may be sent twice.
    """
    return call in _WRITES


Dialect = Literal["convox", "modern"]


class Flows(BaseModel):
    """The call table's `flows`."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    search: Dialect = "convox"
    completed: Dialect = "convox"
    book_known: Dialect = "convox"
    book_new: Dialect = "convox"
    upcoming: Literal["on", "off"] = "on"
    """The desk's list of appointments ahead: `getAppointmentsByPatient` type 0 [live]; `off`: never asked."""

    @property
    def search_call(self) -> Endpoint:
        return Endpoint.SEARCH_PATIENT if self.search == "convox" else Endpoint.GET_PATIENT

    @property
    def completed_call(self) -> Endpoint:
        return Endpoint.PAST_COMPLETED if self.completed == "convox" else Endpoint.BY_PATIENT

    @property
    def book_known_call(self) -> Endpoint:
        return Endpoint.POST_BY_PATIENT if self.book_known == "convox" else Endpoint.CREATE_APPOINTMENT

    @property
    def book_new_call(self) -> Endpoint | None:
        """The call; None: this dialect has no call that creates a patient."""
        return Endpoint.POST_WITH_PATIENT if self.book_new == "convox" else None

    def needed(self) -> tuple[Endpoint, ...]:
        """Return the calls of the four flows and the read-backs, each once."""
        flows = (self.search_call, self.completed_call, self.book_known_call, self.book_new_call)
        return tuple(
            dict.fromkeys(call for call in (*flows, Endpoint.BY_PATIENT, Endpoint.BY_DATE) if call is not None)
        )


def flows_of(replacement: Mapping[str, Any] | None) -> Flows:
    """Return the flows of a deployer's call table, without validation of the rest.

    Raises:
        InvalidDocument: its `flows` are invalid.
    """
    return read_document(Flows, (replacement or {}).get("flows", {}), "call table")


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
"""The packed defaults of schema 1 that differ."""
_CHANGED = "for a document without it keeps the older defaults of versions, paths and styles"


def of_schema_1(document: Mapping[str, Any]) -> bool:
    """Return whether a deployer's document has schema 1, which could omit the number."""
    return "schema" not in document or (type(document["schema"]) is int and document["schema"] == 1)


def placed(document: Mapping[str, Any], problems: list[str]) -> list[str]:
    """Return the problems of a translated document with their places in the deployer's document."""
    if not of_schema_1(document):
        return problems
    return [problem.replace("times.stamp", "datetime_format", 1) for problem in problems]


def translated(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the documents to merge over the packed call table, in order.

    Raises:
        InvalidDocument: the document mixes the schemas; the text says what to change.
    """
    if not of_schema_1(document):
        if "datetime_format" in document:
            raise InvalidDocument("call table", ["datetime_format: belongs to schema 1; write times.stamp instead"])
        return [document]
    if new := sorted(set(document) & set(_NEW)):
        why = f'belongs to schema 2: write "schema": 2 and compare the rest with docs/clinicea.md, {_CHANGED}'
        raise InvalidDocument("call table", [f"{name}: {why}" for name in new])
    kept = {name: value for name, value in document.items() if name not in ("schema", "datetime_format")}
    if "datetime_format" in document:
        kept["times"] = {"stamp": document["datetime_format"]}
    return [_DEFAULTS, kept]
