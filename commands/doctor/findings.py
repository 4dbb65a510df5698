"""The assumptions, and the finding about each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from convox_clinicea.clinicea.call_table import CODE_PREFIXES, CallSpec, CallTable
from convox_clinicea.clinicea.calls import LOGIN, Endpoint

DOCUMENT = "Swagger"
ACCOUNT = "account"
IN_THE_ADDRESS = "patients' data would then be in the address: ask Clinicea for a POST"
"""Remark about bookings by GET."""


class Verdict(StrEnum):
    """Verdict on an assumption."""

    CONFIRMED = "confirmed"
    HARMLESS = "differs, harmless"
    """It does not hold, but the connector works without it."""
    WRONG = "wrong"
    UNCHECKED = "could not check"


@dataclass(frozen=True)
class Finding:
    """One assumption and its verdict. No text holds a secret or a patient's data."""

    subject: str
    """Its place in the call table, or a name of its own."""
    assumption: str
    """The assumption."""
    verdict: Verdict = Verdict.UNCHECKED
    use: str = ""
    """For a wrong assumption: what to use instead, if known."""
    detail: str = ""
    by: str = ""
    """Source: Swagger, or the account itself."""


BEHAVIOUR = {
    "authentication": "the account takes the configured credential",
    "patient_id": "patient ids have 1 to 64 visible characters",
    "nothing_found": "an unknown number is answered by 204, 404 or an empty array",
    "missing_route_markers": "an unknown address is answered differently from an unknown record",
    "times.stamp": "times are written and read as YYYY-MM-DDTHH:MM:SS",
    "times": "times carry no offset",
    "times.reading_zone": "a time without an offset is in the table's zone",
    "completed.status": "past completed appointments are checked out, in a known spelling",
    "completed.clinic": "past completed appointments carry the clinic's name or address",
    "read_back.complete": "a patient's appointments can be read to the last page",
    "read_back.all": "that list has past and future appointments",
    "read_back.cancelled": "a cancelled appointment is known by its status",
    "read_back.clinic_id": "lists carry the clinic's id",
    "read_back.practitioner_id": "lists carry the practitioner's id",
    "read_back.notes": "lists return the notes, which hold the booking's reference",
    "post.answer": "a successful POST answers with the created appointment or its bare id",
    "times.writing_zone": "an appointment's start is read in the zone in which it was sent",
    "post.read_back": "an appointment is listed at once, at the sent start",
}

_TEST = "make a test appointment: --book-test"
HINTS = {
    "calls.postAppointment.verb": "Clinicea's own page says GET: ask whether it is called by POST or by GET",
    "times.reading_zone": "name a visit's time on Clinicea's screen: --known-visit YYYY-MM-DDTHH:MM",
    "read_back.notes": _TEST,
    "post.answer": _TEST,
    "post.read_back": _TEST,
    "times.writing_zone": _TEST,
}
"""Steps for a person to check what no read can show."""


def catalogue(table: CallTable) -> Iterator[Finding]:
    """Yield every assumption of the code, unchecked."""
    yield from _of_call("login", LOGIN, table.login)
    yield Finding("credentials.api_key_header", f"the API key goes in the header {table.credentials.api_key_header}")
    yield Finding("credentials.token_parameter", f"a token goes in the parameter {table.credentials.token_parameter}")
    minutes = table.credentials.token_lifetime_minutes
    yield Finding("credentials.token_lifetime_minutes", f"a token lasts {minutes:g} minutes", detail="watch the logins")
    for call in table.flows.needed():
        yield from _of_call(f"calls.{call}", call, table.calls[call])
    for subject, assumption in BEHAVIOUR.items():
        yield Finding(subject, assumption, detail=HINTS.get(subject, ""))
    for refusal in table.refusals:
        hint = "only a refused booking shows it; unlisted ones are for a person"
        said = f'{refusal.reason} is reported as "{refusal.contains}"'
        yield Finding(f"refusals.{refusal.reason}", said, detail=hint)


def _of_call(place: str, call: str, spec: CallSpec) -> Iterator[Finding]:
    yield Finding(f"{place}.version", f"{call} is in {spec.version}")
    yield Finding(f"{place}.path", f"it is at {spec.path}")
    yield Finding(f"{place}.verb", f"it takes {spec.verb}", detail=HINTS.get(f"{place}.verb", ""))
    yield Finding(
        f"{place}.style", f"its parameters come in the {'body, as ' if spec.style != 'query' else ''}{spec.style}"
    )
    for ours, theirs in spec.parameters.items():
        yield Finding(f"{place}.parameters.{ours}", f"{ours} is {theirs or 'not sent'}")
    for theirs, value in spec.fixed.items():
        if value is not None:
            yield Finding(f"{place}.fixed.{theirs}", f"{theirs}={value} is always sent")
    if "country_code" in spec.parameters:
        example = f"{CODE_PREFIXES[spec.country_code_format]}91"
        yield Finding(f"{place}.country_code_format", f"the country code is written {example}")
    if spec.values:
        yield Finding(f"{place}.values", "values are written as in the table: " + _values(spec))
    if spec.page_size is not None:
        yield Finding(f"{place}.page_size", f"a page may have {spec.page_size} records")
    if place != "login":
        yield Finding(f"answers.{call}", f"{call}'s answer has the fields that are read")
        yield Finding(f"permission.{call}", f"the role may call {call}")


def _values(spec: CallSpec) -> str:
    return "; ".join(f"{ours} {', '.join(known.values())}" for ours, known in spec.values.items())


class Register:
    """The findings, one for each subject, in the catalogue's order."""

    def __init__(self, table: CallTable) -> None:
        self._found = {each.subject: each for each in catalogue(table)}

    def note(
        self, subject: str, verdict: Verdict, by: str, *, use: str = "", detail: str = "", assumption: str = ""
    ) -> None:
        """Store a finding. "Wrong" stays, even if a corrected table works, and "confirmed" stays, too.

        Only a later "wrong" replaces "confirmed": the account outweighs its description.
        """
        known = self._found.get(subject, Finding(subject, assumption or subject))
        if verdict is known.verdict is Verdict.CONFIRMED and by not in known.by:
            self._found[subject] = replace(known, by=f"{known.by}, {by}", detail=known.detail or detail)
            return
        rank = [Verdict.UNCHECKED, Verdict.CONFIRMED, Verdict.HARMLESS, Verdict.WRONG]
        if known.by and rank.index(verdict) <= rank.index(known.verdict):
            return
        self._found[subject] = Finding(subject, known.assumption, verdict, use, detail, by)

    def confirm(self, subject: str, by: str, detail: str = "", assumption: str = "") -> None:
        """Record that an assumption holds."""
        self.note(subject, Verdict.CONFIRMED, by, detail=detail, assumption=assumption)

    def wrong(self, subject: str, by: str, *, use: str = "", detail: str = "", assumption: str = "") -> None:
        """Record that an assumption does not hold."""
        self.note(subject, Verdict.WRONG, by, use=use, detail=detail, assumption=assumption)

    def harmless(self, subject: str, by: str, detail: str) -> None:
        """Record that an assumption does not hold, but needs no change."""
        self.note(subject, Verdict.HARMLESS, by, detail=detail)

    def unchecked(self, subject: str, by: str, detail: str, assumption: str = "") -> None:
        """Record that an assumption could not be checked, and why."""
        self.note(subject, Verdict.UNCHECKED, by, detail=detail, assumption=assumption)

    def overrule(self, place: str) -> None:
        """Confirm the assumptions about a call that the account has shown to hold, against its description.

        Args:
            place: prefix of the subjects; temporary findings below it are removed.
        """
        for subject, known in list(self._found.items()):
            if not subject.startswith(place) or known.verdict is not Verdict.WRONG:
                continue
            if known.by != DOCUMENT:
                del self._found[subject]
                continue
            detail = f"{DOCUMENT} says {known.use or 'otherwise'}, which the account does not take"
            self._found[subject] = replace(known, verdict=Verdict.CONFIRMED, use="", detail=detail, by=ACCOUNT)

    def reconsider(self, subject: str) -> None:
        """Remove a finding before the account gives a better one."""
        self._found[subject] = Finding(subject, self._found[subject].assumption)

    def forget(self, call: Endpoint) -> None:
        """Remove the assumptions about a call that no flow uses any more."""
        for subject in [*self._found]:
            if subject.startswith(f"calls.{call}.") or subject in (f"answers.{call}", f"permission.{call}"):
                del self._found[subject]

    def expect(self, call: Endpoint, spec: CallSpec) -> None:
        """Add the assumptions about a call that a flow now uses."""
        for each in _of_call(f"calls.{call}", call, spec):
            self._found.setdefault(each.subject, each)

    def __contains__(self, subject: str) -> bool:
        return subject in self._found

    def all(self) -> list[Finding]:
        return list(self._found.values())

    def verdict(self, subject: str) -> Verdict:
        return self._found[subject].verdict
