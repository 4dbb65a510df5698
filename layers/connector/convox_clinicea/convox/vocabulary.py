"""The canonical names of everything that ConVox may send, whatever it calls them."""

from __future__ import annotations

import re
from typing import NamedTuple

from convox_clinicea.normalization import is_unset_id


class MomentParts(NamedTuple):
    """The canonical names under which a moment comes in pieces; ConVox's forms have a field for each [1x]."""

    date: str
    time: str
    hours: str
    minutes: str
    half: str
    """AM or PM, where a form has a field for it."""


MOMENT_PARTS = {
    "start": MomentParts("start_date", "start_time", "start_hours", "start_minutes", "start_am_pm"),
    "follow_up": MomentParts(
        "follow_up_date", "follow_up_time", "follow_up_hours", "follow_up_minutes", "follow_up_am_pm"
    ),
    "called_at": MomentParts("call_date", "call_time", "call_hour", "call_minute", "call_am_pm"),
}
MOMENTS = frozenset({*MOMENT_PARTS, "consent.at", "recorded_at"})
DATES = frozenset({"date_of_birth"})
DURATIONS = frozenset({"duration_minutes"})
DISPOSITIONS = frozenset({"disposition", "disposition_2", "disposition_3"})
TEXTS = frozenset({*DISPOSITIONS, "first_name", "last_name", "email", "service", "notes", "remarks"})
"""What people typed, which programs send with HTML's entities in it."""
CHOSEN = frozenset({"patient_id", "clinic_id", "practitioner_id", "duration_minutes", "date_of_birth", "gender"})
"""What is chosen from a list or found: 0 is nothing chosen."""
NOT_CHOSEN = re.compile(r"-?0+(?:\.0+)?|-1(?:\.0+)?", re.ASCII)
IDS = frozenset({"patient_id", "clinic_id", "practitioner_id"})
"""Clinicea's ids."""
_ROUND_AN_ID = " \"'<>(){}[],;"
_NO_ID = frozenset(
    {
        "null",
        "none",
        "nil",
        "n/a",
        "na",
        "nan",
        "undefined",
        "unknown",
        "false",
        "no",
        "new",
        "new patient",
        "not found",
    }
)


def stands_for_no_id(text: str) -> bool:
    """Whether a text is what databases, lists and programs give for no id at all, in any case and in brackets or not.

    Taken for an id, it would make of a newcomer's wish a known patient's, whom nobody knows.
    """
    bare = text.strip(_ROUND_AN_ID)
    return not bare or bare.casefold() in _NO_ID or is_unset_id(bare)


_PIECES = (name for parts in MOMENT_PARTS.values() for name in parts)
_CALL = ("call_id", "agent_id", "mobile", "country_code", "process", "queue", "lead_id", "did", "call_type")
_AFTER = ("call_status", "disposition", "disposition_2", "disposition_3", "remarks")
_BOOKING = ("patient_id", "clinic_id", "practitioner_id", "service", "notes", "limit")
_PERSON = ("first_name", "last_name", "gender", "email")
_CONSENT = ("consent.given", "consent.text_version", "consent.given_by")

CANONICAL = frozenset((*_CALL, *_AFTER, *_BOOKING, *_PERSON, *_CONSENT, *MOMENTS, *_PIECES, *DATES, *DURATIONS))
"""A dot is nesting: `consent.given` may come as `{"consent": {"given": …}}`."""
GROUPS = frozenset(name.split(".")[0] for name in CANONICAL if "." in name)
