"""Settings of the fake that can be changed while it runs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from local.clinicea.clock import is_zone
from local.clinicea.messages import ControlInputError
from local.clinicea.shapes import is_shapes

Check = Callable[[object], bool]
VERSIONS = ("v1", "v2", "v3")
OPERATIONS = ("Add", "Edit", "Cancel", "Delete")
_LOCAL = re.compile(r"http://(127\.0\.0\.1|localhost):[0-9]{1,5}(/[A-Za-z0-9._~/-]*)?")


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _number(low: float, high: float, *, whole: bool = False) -> Check:
    kinds = (int,) if whole else (int, float)

    def check(value: object) -> bool:
        return isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high

    return check


def _one_of(*choices: object) -> Check:
    return lambda value: any(value == choice and type(value) is type(choice) for choice in choices)


def _word(value: object) -> bool:
    return isinstance(value, str) and value.replace("-", "").replace("_", "").isalnum() and value.isascii()


def _names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) and each for pair in value.items() for each in pair)


def _zone(value: object) -> bool:
    return isinstance(value, str) and (value in ("clinic", "utc") or is_zone(value))


def _forms(value: object) -> bool:
    return isinstance(value, dict) and all(form in ("date", "stamp", "any") for form in value.values())


def _hooks(value: object) -> bool:
    return isinstance(value, dict) and all(
        name in OPERATIONS and isinstance(url, str) and _LOCAL.fullmatch(url) for name, url in value.items()
    )


def _versions(value: object) -> bool:
    return isinstance(value, list) and all(version in VERSIONS for version in value)


def _versions_by_call(value: object) -> bool:
    return isinstance(value, dict) and all(_versions(given) for given in value.values())


@dataclass(slots=True)
class Switches:
    """The settings; defaults are the most likely values."""

    # What answers look like
    single_objects: bool = True
    """A patient search with one match answers the bare object; false: always an array."""
    single_appointments: bool = False
    """A list of one appointment is answered as the bare object."""
    empty_answer: str = "204"
    """Form of an empty answer."""
    omit_notes: bool = False
    """Answers do not return the notes."""
    lists_show_number: str = ""
    """Form of a patient's number in appointment lists: "" as stored, "masked" (99XXXXXX41), "remark" or "pair"."""
    reference_ids: bool = False
    """Appointment lists have ClinicID and StaffID, too, which are not known in them."""
    clinic_fields: bool = True
    """Past completed appointments have the clinic's name and address [assumed]."""
    max_page_size: int = 0
    """Longer pages are silently cut to this size."""
    slow_pages: float = 0
    """Delay in seconds of each page of a paged call."""

    requests_per_second: int = 0
    """Requests per second before the answer is 429; 0 for no limit."""
    country_code_form: str = "any"
    """Form of the dialling code in searches: "any", "digits" (91), "plus" (+91) or "zeros" (0091)."""

    status_words: dict[str, str] = field(default_factory=dict)
    """Spelling of stored statuses in answers: {"Check Out": "Checked Out"}."""
    created_answer: str = ""
    """Answer to a booking: "record", "object" (only its ID), "bare" (only the id); "": the ConVox calls
    give the record, createAppointment the object [code]."""
    guid_ids: bool = False
    """New records get GUIDs like Clinicea's own [live]; the fake's own ids are readable."""
    saving_errors: bool = False
    """Bookings answer 200 with SavingErrorCode and SavingErrorText, empty for a success [code: of other v3 writes]."""
    new_is_modified: bool = False
    """getChanges reports a new appointment as Modified."""
    read_lag_seconds: float = 0
    """Seconds until reads show a written record."""

    # Dates and times
    reading_zone: str = "clinic"
    """The zone of times in answers: "clinic", "utc" or a zone's name [live: the clinic's]."""
    writing_zone: str = "clinic"
    """The zone of times in the two ConVox calls [assumed]."""
    create_zone: str = "utc"
    """The zone of createAppointment's time [code]."""
    sync_zone: str = "utc"
    """The zone of getChanges' time [doc]."""
    staff_zone: str = ""
    """A staff session's own zone, instead of reading and writing zone; empty: none."""
    date_forms: dict[str, str] = field(default_factory=lambda: {"appointmentDate": "date"})
    """Parameter → form of its date: "date", "stamp" or "any". Defaults: "stamp" for starts and ends, else "any"."""
    refused_colons: list[str] = field(default_factory=lambda: ["lastSyncDTime"])
    """Parameters whose colons must not be percent-encoded in an address."""

    # Access
    v1_search: str = "searchByMobileNumber"
    """The last part of searchPatientByMobileNumber's path in v1 [code]."""
    denied_status: int = 401
    """The status for a call without permission: 401 [doc] or 403 [code]."""
    denied_calls: list[str] = field(default_factory=list)
    """Calls without permission for every key, even with full access."""
    header_versions: list[str] = field(default_factory=lambda: list(VERSIONS))
    """API versions that accept the key in a header; known for v3 only."""
    call_versions: dict[str, list[str]] = field(default_factory=dict)
    """The versions of a call, if they differ from the route table's."""
    shapes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Differences of calls; see `local.clinicea.shapes.Shape`."""
    api_key_header: str = "api_key"
    """The header that carries an API key."""
    session_parameter: str = "api_key"
    """The query parameter that carries a session's token."""
    token_as_object: bool = False
    """A login answers an object with Token instead of a JSON string."""
    login_single_session: bool = True
    """A login invalidates the user's previous token."""
    token_minutes: float = 60
    """Lifetime of a token in minutes, also of existing ones."""

    # Bookings
    slot_conflicts: bool = True
    """A slot taken by another patient's appointment is refused."""
    own_slot_conflicts: bool = False
    """The patient's own appointments take slots, too: a repeated POST is refused instead of doubled."""
    slot_conflict_status: int = 400
    """The status of that refusal."""
    refuse_past_starts: bool = False
    """A start in the past is refused."""
    round_starts: int = 0
    """Starts are rounded to the nearest multiple of so many minutes when written."""
    shift_zones: int = 0
    """Times are shifted by so many minutes when written."""
    patient_before_slot: bool = False
    """postAppointment creates the patient before it checks clinic and slot."""
    create_patient_then_refuse_slot: bool = False
    """postAppointment creates the patient, and then always refuses the slot."""
    post_appointment_verb: str = "POST"
    """The verb of postAppointment; the help page says GET. With GET its parameters come in the query."""
    post_parameters_in_query: bool = True
    """The ConVox calls take their parameters from the query string, with an empty body, instead of from the body."""
    locked_calendar: bool = False
    """Bookings are refused because old visits have no final status."""
    half_commit_seconds: float = 0
    """postAppointment answers 500: the patient is there at once, the appointment so many seconds later."""
    notifications: bool = True
    """Each booking, change and cancellation sends the patient a message; they are counted."""
    webhooks: dict[str, str] = field(default_factory=dict)
    """Add, Edit, Cancel or Delete → the web hook's address on this machine."""

    def turn(self, wanted: Mapping[str, object], calls: frozenset[str]) -> None:
        """Set all given switches or none; raises ControlInputError."""
        known = {each.name for each in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise ControlInputError(f"unknown switch {name!r}; known are: {', '.join(sorted(known))}")
            check, form = _RULES.get(name, _FLAG)
            if not check(value):
                raise ControlInputError(f"switch {name!r} wants {form}")
            if name in ("denied_calls", "call_versions", "shapes") and isinstance(value, list | dict):
                unknown = sorted(set(value) - calls)
                if unknown:
                    raise ControlInputError(f"switch {name!r} names an unknown call: {', '.join(unknown)}")
        for name, value in wanted.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, object]:
        """Return the current settings."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


_RULES: dict[str, tuple[Check, str]] = {
    "empty_answer": (_one_of("204", "404", "list", "null"), '"204", "404", "list" or "null"'),
    "lists_show_number": (_one_of("", "masked", "remark", "pair"), '"", "masked", "remark" or "pair"'),
    "country_code_form": (_one_of("any", "digits", "plus", "zeros"), '"any", "digits", "plus" or "zeros"'),
    "max_page_size": (_number(0, 10_000, whole=True), "a whole number, 0 for no limit"),
    "slow_pages": (_number(0, 120), "seconds, 0 to 120"),
    "requests_per_second": (_number(0, 10_000, whole=True), "a whole number, 0 for no limit"),
    "denied_calls": (_names, "a list of call names"),
    "header_versions": (_versions, "a list of v1, v2, v3"),
    "call_versions": (_versions_by_call, "an object of call names to versions"),
    "shapes": (is_shapes, "an object of call names to shapes"),
    "api_key_header": (_word, "a header's name"),
    "session_parameter": (_word, "a parameter's name"),
    "token_minutes": (_number(0, 100_000), "minutes, 0 or more"),
    "denied_status": (_one_of(401, 403), "401 or 403"),
    "status_words": (_texts, "an object of words to words"),
    "created_answer": (_one_of("", "record", "object", "bare"), '"", "record", "object" or "bare"'),
    "read_lag_seconds": (_number(0, 86_400), "seconds, 0 to 86400"),
    "half_commit_seconds": (_number(0, 86_400), "seconds, 0 for never"),
    "reading_zone": (_zone, '"clinic", "utc" or a time zone'),
    "writing_zone": (_zone, '"clinic", "utc" or a time zone'),
    "create_zone": (_zone, '"clinic", "utc" or a time zone'),
    "sync_zone": (_zone, '"clinic", "utc" or a time zone'),
    "staff_zone": (lambda value: value == "" or _zone(value), "a time zone, or nothing"),
    "date_forms": (_forms, 'an object of parameter names to "date", "stamp" or "any"'),
    "refused_colons": (_names, "a list of parameter names"),
    "v1_search": (_word, "a path's last part"),
    "webhooks": (_hooks, "an object of Add, Edit, Cancel, Delete to http://127.0.0.1:<port>/<path>"),
    "slot_conflict_status": (_one_of(400, 409), "400 or 409"),
    "round_starts": (_number(0, 240, whole=True), "whole minutes, 0 to 240"),
    "shift_zones": (_number(-1440, 1440, whole=True), "whole minutes, -1440 to 1440"),
    "post_appointment_verb": (_one_of("POST", "GET"), '"POST" or "GET"'),
}
_FLAG: tuple[Check, str] = (_is_bool, "true or false")
