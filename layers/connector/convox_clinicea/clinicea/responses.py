"""Parses Clinicea's answers into records or one error of the tree."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from convox_clinicea.clinicea.call_table import CallSpec, CallTable
from convox_clinicea.clinicea.calls import Endpoint, writes
from convox_clinicea.clinicea.errors import (
    AnswerFormRefused,
    AuthenticationFailed,
    CliniceaError,
    CliniceaRateLimited,
    FormRefused,
    MethodRefused,
    NotFoundInClinicea,
    OutcomeUnknown,
    PermissionDenied,
    Rejected,
    RouteMissing,
    TimedOut,
    Unavailable,
    UnexpectedAnswer,
    UnlistedRefusal,
)
from convox_clinicea.clinicea.formats import zone_of
from convox_clinicea.clinicea.wire import NoAnswer, WireAnswer
from convox_clinicea.errors import raise_alone
from convox_clinicea.text import is_unset_id, may_be_an_id, same_id

Record = dict[str, Any]

# A bare id is a number or a GUID; any other text of a success is not an id.
_BARE_ID = re.compile(r"[0-9]{1,20}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BARE_GUID = re.compile(r"^[{(]([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})[)}]$")
_NO_DECIMALS = re.compile(r"^([0-9]+)\.0+$")

_TRANSIENT = frozenset({408, 421, 423, 425, 499})
"""Time-out, misdirected, locked, too early, closed by the client: the outcome is unknown."""
_FORM_REFUSED = frozenset({406, 407, 415, 426, 431})
"""Not acceptable, proxy authentication, media type, upgrade, headers too large: a wrong setting."""


def failure_without_answer(call: str, cause: NoAnswer) -> CliniceaError:
    """Return the error for a request without a complete answer."""
    if writes(call) and cause.left:
        return OutcomeUnknown(call, detail="no answer" if cause.timed_out else "connection lost")
    if cause.timed_out:
        return TimedOut(call)
    return Unavailable(call, detail="connection lost" if cause.left else "no connection")


def failure_of(call: str, spec: CallSpec, answer: WireAnswer, table: CallTable, now: datetime) -> CliniceaError | None:
    """Return the error of an answer, or None if the call succeeded or found nothing."""
    status = answer.status
    is_write = writes(call)
    if 200 <= status < 300:
        if is_write:
            return _saving_error(call, answer, table)
        return UnexpectedAnswer(call, status, "not JSON") if answer.body.lstrip()[:1] == b"<" else None
    if status == 401:
        return AuthenticationFailed(call, status)
    if status == 403:
        return PermissionDenied(call, status, "the API role lacks the permission for this call")
    if status == 405:
        return MethodRefused(call, spec.verb)
    if status == 429:
        return CliniceaRateLimited(call, _seconds(answer.retry_after, now))
    if status == 404 and _route_is_missing(answer, table):
        return RouteMissing(call)
    if status == 406 and is_write:
        return AnswerFormRefused(call, status)
    if status in _FORM_REFUSED:
        return FormRefused(call, status)
    if status in _TRANSIENT:
        return OutcomeUnknown(call, status) if is_write else Unavailable(call, status)
    if 400 <= status < 500:
        if not is_write and _found_nothing(answer, table):
            return None
        reason = table.refusal(status, answer.text)
        if is_write:
            return Rejected(call, status, reason) if reason else UnlistedRefusal(call, status)
        if status == 404 and spec.not_found == "nothing":
            # A gateway may also send 404; taken as "no patient", it would create a patient twice.
            other = "a text without any of nothing_found_markers"
            return UnexpectedAnswer(call, status, other) if answer.body.strip() else None
        if status == 404:
            return NotFoundInClinicea(call, status)
        return Rejected(call, status, reason)
    if is_write:
        return OutcomeUnknown(call, status)
    return Unavailable(call, status) if status >= 500 else UnexpectedAnswer(call, status)


def _found_nothing(answer: WireAnswer, table: CallTable) -> bool:
    # Nothing is published; 400 is documented for wrong calls, so only a known text counts.
    return answer.status in (400, 404) and table.says_nothing_found(answer.text)


def records(call: str, answer: WireAnswer, table: CallTable) -> list[Record]:
    """Return the records of a successful read: an array, one object, or an empty result.

    An empty result is 204 [live], a 400 or 404 that is no error, and 200 with `null`, without a body, or with a known
    text, as ASP.NET may send [assumed]. An answer cut off in its headers has no body either.

    Raises:
        UnexpectedAnswer: not JSON, or JSON that is neither an object nor an array of objects.
    """
    if answer.status in (204, 400, 404) or (answer.framed and not answer.body.strip()):
        return []
    parsed = json_value(call, answer)
    if parsed is None or (isinstance(parsed, str) and table.says_nothing_found(parsed)):
        return []
    found = [parsed] if isinstance(parsed, dict) else parsed
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise UnexpectedAnswer(call, answer.status, "neither an object nor an array of objects")
    return found


def json_value(call: str, answer: WireAnswer) -> Any:
    """Return the parsed body; the content type is not trusted, because HTML with status 200 occurs."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(answer.body)
    # Raised outside a handler: json's own error holds the whole body.
    raise UnexpectedAnswer(call, answer.status, "not JSON")


def fields(record: Mapping[str, Any], spellings: Mapping[str, list[str]]) -> dict[str, list[Any]]:
    """Return the values under Clinicea's spellings by our field names, without empty ones.

    Names are case-insensitive. The order is that of the spellings.
    """
    by_name = {str(name).lower(): value for name, value in record.items()}
    return {
        ours: [value for value in (by_name.get(name.lower()) for name in theirs) if value not in (None, "")]
        for ours, theirs in spellings.items()
    }


def text(value: Any) -> str | None:
    """Return a string or a number as text; an empty string, or anything else, is missing."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        # In JSON 41.0 and 41 are the same number, and ids and telephone numbers have no decimals.
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    # JSON may hold half a surrogate pair (a cut emoji), which cannot be encoded.
    return value.encode("utf-8", "replace").decode().strip() or None if isinstance(value, str) else None


def identifier(value: Any) -> str | None:
    """Return an id as Clinicea wrote it; None if it is unset (0, a negative number, a GUID of zeros).

    Braces round a GUID and `.0` after a number are removed. A value with invisible characters is not an id, and would
    reach keys and operators' terminals, so it counts as unset, too.
    """
    written = text(value)
    if written is None or is_unset_id(written) or not may_be_an_id(written):
        return None
    return _BARE_GUID.sub(r"\1", _NO_DECIMALS.sub(r"\1", written))


def created_ids(
    call: Endpoint, answer: WireAnswer, table: CallTable, start: datetime, patient_id: str | None, zone: ZoneInfo
) -> tuple[str, str | None, bool]:
    """Return a POST's appointment id, its patient id if sent, and whether it shows patient and start.

    The answer is assumed to be the created appointment, its bare id, or an id with an empty saving error. With any
    other answer the outcome is unknown and settled by reading back. A record without a start may be the patient's, so
    it does not count; neither does one with another start or patient than sent.

    Args:
        start: the sent instant, in any zone.
        patient_id: the sent patient, if any.
        zone: the clinic's zone, for times without an offset unless `times.reading_zone` says otherwise.
    """
    try:
        parsed = json_value(call, answer)
    except UnexpectedAnswer:
        raise_alone(OutcomeUnknown(call, answer.status, "the answer is not JSON"))
    if isinstance(parsed, list) and len(parsed) == 1:
        parsed = parsed[0]
    if isinstance(parsed, dict):
        found = fields(parsed, table.appointment_fields)
        made, patient = (_first_identifier(found, name) for name in ("appointment_id", "patient_id"))
        if made is not None and (None in (patient, patient_id) or same_id(patient, patient_id)):
            shown = found.get("start")
            if shown:
                reading = zone_of(table.times.reading_zone, zone)
                if isinstance(shown[0], str) and start.astimezone(UTC) in table.times.instants(shown[0], reading):
                    return made, patient, patient is not None
            elif _saved(parsed, table) and patient_id is not None and not same_id(made, patient_id):
                return made, patient, False
    else:
        bare_id = identifier(parsed)
        if bare_id is not None and _BARE_ID.fullmatch(bare_id):
            return bare_id, None, False
    raise OutcomeUnknown(call, answer.status, "the answer does not name the appointment that was sent")


def _saving_error(call: str, answer: WireAnswer, table: CallTable) -> CliniceaError | None:
    """Return the refusal in a record that came with a 2xx status [code].

    A refusal with an appointment's id contradicts itself, and is read back before it counts.
    """
    with contextlib.suppress(ValueError, RecursionError):
        parsed = json.loads(answer.body)
        record = parsed[0] if isinstance(parsed, list) and len(parsed) == 1 else parsed
        said = _told(record, table) if isinstance(record, dict) else {}
        if text_of_error := " ".join(value for value in said.values() if value):
            reason = table.refusal(None, text_of_error)
            if reason is None or _first_identifier(fields(record, table.appointment_fields), "appointment_id"):
                return UnlistedRefusal(call, answer.status, reason)
            return Rejected(call, answer.status, reason)
    return None


def _saved(record: Mapping[str, Any], table: CallTable) -> bool:
    """Return whether the record has all fields of a saving error, and all are empty."""
    said = _told(record, table)
    return len(said) == len(table.saving_error_fields) > 0 and not any(said.values())


def _told(record: Mapping[str, Any], table: CallTable) -> dict[str, str]:
    """Return the fields of a record's saving error; a code of 0 is empty [assumed]."""
    by_name = {str(name).lower(): value for name, value in record.items()}
    told = {name: by_name[name.lower()] for name in table.saving_error_fields if name.lower() in by_name}
    return {name: "" if value in (None, 0, "0", False) else str(value).strip() for name, value in told.items()}


def _first_identifier(found: Mapping[str, list[Any]], name: str) -> str | None:
    return next(filter(None, map(identifier, found.get(name, []))), None)


def _route_is_missing(answer: WireAnswer, table: CallTable) -> bool:
    # ASP.NET answers an unknown address with this text, IIS with an HTML page [assumed for Clinicea].
    return "html" in answer.content_type.lower() or any(mark in answer.text for mark in table.missing_route_markers)


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """Parse Retry-After, seconds or an HTTP date; None if it is unreadable or negative."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(retry_after) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if 0 <= seconds < float("inf") else None
