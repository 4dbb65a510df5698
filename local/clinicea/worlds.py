"""Worlds: sets of switches for possible Clinicea accounts, each with its call table.

No real account was available: each world is one reading of the public evidence. `make run WORLD=name` serves one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.clinicea.clock import DEFAULT_ZONE
from local.clinicea.records import DEFAULT_SERVICES

Json = dict[str, Any]
SEARCH, PAST = "searchPatientByMobileNumber", "getPatientPastCompletedAppointment"
KNOWN, NEW, CREATE = "postAppointmentByPatientID", "postAppointment", "createAppointment"
FOUR = (SEARCH, PAST, KNOWN, NEW)
LISTS = ("getAppointmentsByPatient", "getAppointmentsByDate", "getChanges")
_SERVICES = {each.name: each.service_id for each in DEFAULT_SERVICES}
_MODERN: Json = {
    "flows": {"search": "modern", "completed": "modern", "book_known": "modern"},
    "calls": {
        CREATE: {"fixed": {"appointmentServiceID": DEFAULT_SERVICES[0].service_id}, "values": {"service": _SERVICES}}
    },
}


@dataclass(frozen=True)
class World:
    """One account.

    Attributes:
        note: its description.
        switches: the fake's switches.
        call_table: the deployer's document for it, with schema 2 unless it says otherwise.
        time_zone: the clinics' time zone.
        authentication: the connector's authentication.
        new_patients: whether a call creates patients.
    """

    note: str
    switches: Json = field(default_factory=dict)
    call_table: Json = field(default_factory=dict)
    time_zone: str = DEFAULT_ZONE
    authentication: str = "api_key"
    new_patients: bool = True

    @property
    def document(self) -> Json:
        """Return the call table as stored."""
        return {"schema": 2, **self.call_table}


WORLDS: dict[str, World] = {
    "evidence": World("as the best evidence has it: v1, parameters in the query, clinic time both ways"),
    "checked-out": World(
        "completed visits read Checked Out; a new appointment is Modified in getChanges at once",
        {"status_words": {"Check Out": "Checked Out"}, "new_is_modified": True},
    ),
    "utc-writes": World(
        "answers are in the clinic's time, bookings are taken in UTC, as the public booking client sends them",
        {"writing_zone": "utc"},
        {"times": {"writing_zone": "utc"}},
    ),
    "utc-everything": World(
        "answers and bookings are in UTC, in a clinic west of it",
        {"reading_zone": "utc", "writing_zone": "utc"},
        {"times": {"reading_zone": "utc", "writing_zone": "utc"}},
        time_zone="America/New_York",
    ),
    "modern": World(
        "the four named operations are gone; the calls that public clients use are there",
        {"shapes": {call: {"missing": True} for call in FOUR}, "single_objects": False, "guid_ids": True},
        _MODERN | {"flows": {**_MODERN["flows"], "book_new": "modern"}},
        new_patients=False,
    ),
    "mixed": World(
        "search and visits by the modern calls, bookings by the two named ones, in a clinic with summer time",
        {"shapes": {call: {"missing": True} for call in (SEARCH, PAST)}},
        {"flows": {"search": "modern", "completed": "modern"}},
        time_zone="Europe/London",
    ),
    "saving-errors": World(
        "bookings answer 200 with SavingErrorCode and SavingErrorText, a success with the id beside them",
        {"saving_errors": True, "created_answer": "object"},
    ),
    "bodies": World(
        "v2, paths by the operations' names, JSON bodies, digits for the country code: the earlier assumptions",
        {
            "call_versions": {call: ["v2"] for call in FOUR},
            "post_parameters_in_query": False,
            "country_code_form": "digits",
            "date_forms": {"appointmentDate": "stamp"},
        },
        {"schema": 1},
    ),
    "strict": World(
        "stamps everywhere, no encoded colons in starts and ends, 0091, the longer path of the search in v1",
        {
            "v1_search": SEARCH,
            "country_code_form": "zeros",
            "date_forms": {"appointmentDate": "stamp", "lastSyncDTime": "stamp", "DOB": "stamp"},
            "refused_colons": ["StartDateTime", "EndDateTime", "appointmentDate", "lastSyncDTime", "DOB"],
        },
        {
            "calls": {
                SEARCH: {
                    "path": f"/api/{{version}}/patients/{SEARCH}",
                    "country_code_format": "zeros",
                },
                KNOWN: {"colons": {"start": "bare", "end": "bare"}},
                NEW: {
                    "colons": {"start": "bare", "end": "bare", "date_of_birth": "bare"},
                    "country_code_format": "zeros",
                },
                "getAppointmentsByDate": {"formats": {"day": "stamp"}, "colons": {"day": "bare"}},
                "getChanges": {"formats": {"since": "stamp"}},
            }
        },
    ),
    "staff-elsewhere": World(
        "a staff session whose own zone is another than the clinic's, for answers and bookings",
        {"staff_zone": "Asia/Dubai"},
        {"times": {"reading_zone": "Asia/Dubai", "writing_zone": "Asia/Dubai"}},
        authentication="staff_session",
    ),
    "key-in-v3": World(
        "the API key is taken in v3 alone, where it has been seen; all versions take a staff session",
        {"header_versions": ["v3"]},
        authentication="staff_session",
    ),
    "nothing-is-404": World(
        "reads that find nothing answer 404 without a text, lists too",
        {"empty_answer": "404"},
        {"calls": {call: {"not_found": "nothing"} for call in LISTS}},
    ),
    "page-verb": World(
        "postAppointment is called by GET, as Clinicea's page says",
        {"post_appointment_verb": "GET"},
        {"calls": {NEW: {"verb": "GET"}}},
    ),
    "slow-commit": World(
        "what was written is listed two seconds later, and a booking answers its bare id",
        {"read_lag_seconds": 2, "created_answer": "bare", "guid_ids": True},
    ),
}
