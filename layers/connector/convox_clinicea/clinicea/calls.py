"""Names of Clinicea's calls, the dialect of each flow, and upgrades of call tables of schema 1.

`convox`: the four operations that Clinicea's page on ConVox names [doc]. `modern`: the calls that public clients use
[live; the booking: code]. The modern dialect has no call that makes a patient.

A document of schema 1 says what differs from what was packed at its time. Since then the packed defaults have changed:
laid over those of now, a document that held would mean something else. So it is laid over its own defaults.
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
    """Whether the call changes the calendar, whatever verb the call table gives it.

    The help page says GET for a call that creates: the verb must not decide what may be sent twice.
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
        """None: this dialect has no call that makes a patient."""
        return Endpoint.POST_WITH_PATIENT if self.book_new == "convox" else None

    def needed(self) -> tuple[Endpoint, ...]:
        """The calls that the four flows and the read-backs rest on, each once."""
        flows = (self.search_call, self.completed_call, self.book_known_call, self.book_new_call)
        return tuple(
            dict.fromkeys(call for call in (*flows, Endpoint.BY_PATIENT, Endpoint.BY_DATE) if call is not None)
        )


def flows_of(replacement: Mapping[str, Any] | None) -> Flows:
    """Return the flows of a deployer's call table, without reading the rest of it.

    Raises:
        InvalidDocument: its `flows` are none.
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
