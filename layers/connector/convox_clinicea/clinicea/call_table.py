"""The call table: how each of Clinicea's calls looks on the wire, as data.

Half of it could not be checked against a real account, so it is a document (`documents/call_table.json`)
that a deployer replaces, whole or in part, without touching code. Each entry states its evidence: `doc`
(Clinicea's help pages), `live` (public code whose authors saw it), `code` (public code), `assumed` (ours).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from convox_clinicea.clinicea.calls import Call
from convox_clinicea.errors import InvalidDocument, raise_alone
from convox_clinicea.normalization import normalized
from convox_clinicea.validation import problems

Evidence = Literal["doc", "live", "code", "assumed"]


_PLACEHOLDERS = frozenset({"", "na", "nil", "none", "null", "undefined", "notapplicable"})
_LONGEST_SENTENCE = 200
_IN_PATH = re.compile(r"\{([^{}]*)\}")
_SAMPLE = datetime(2026, 11, 22, 17, 45, 9, tzinfo=UTC)


def _has_letters(word: str) -> str:
    if not _bare(word):
        raise ValueError("must have a letter or a digit")
    return word


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)


_PERSON = ("patient_id", "national_number", "country_code", "mobile", "first_name", "last_name", "gender", "email")
_VISIT = ("date_of_birth", "clinic_id", "start", "end", "practitioner_id", "service", "notes")
_OURS = frozenset((*_PERSON, *_VISIT, "page", "page_size", "day", "api_key", "user_name", "password"))


class CallSpec(_Part):
    """One call: where it is, how it takes its parameters and what they are called there."""

    version: str = Field(pattern=r"^v[0-9]+$")
    path: str = Field(pattern=r"^/[A-Za-z0-9/{}._-]+$")
    verb: Literal["GET", "POST"]
    style: Literal["query", "form", "json"]
    parameters: dict[str, str | None]
    """Our name of each parameter → Clinicea's; null: not sent."""
    """In a JSON body a dot nests: `Appointment.Start` is `Start` within the object `Appointment`."""
    fixed: dict[str, str | None] = {}
    """Clinicea's name → a value that is always sent; null: not sent, where a document above drops it."""
    places: dict[str, Literal["query", "header", "path"]] = {}
    """Clinicea's name of a parameter → where it goes, for one that does not go where `style` says."""
    values: dict[str, dict[str, str]] = {}
    country_code_format: Literal["digits", "plus"] = "digits"
    not_found: Literal["nothing", "error"] = "error"
    """What a 404 means that is not a missing route."""
    page_size: int | None = Field(default=None, ge=10, le=1000)
    evidence: dict[str, Evidence] = {}

    @field_validator("parameters", "values")
    @classmethod
    def _known_names(cls, named: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(named) - _OURS)
        if unknown:
            raise ValueError(f"there is no parameter {', '.join(unknown)}; there are {', '.join(sorted(_OURS))}")
        return named

    @model_validator(mode="after")
    def _has_a_body(self) -> Self:
        if self.verb == "GET" and self.style != "query":
            raise ValueError("a GET takes its parameters in the query: style must be query")
        return self

    @model_validator(mode="after")
    def _nests(self) -> Self:
        names = [name for name in (*self.fixed, *self.parameters.values()) if name is not None]
        if self.style == "json" and any(one.startswith(f"{other}.") for one in names for other in names):
            raise ValueError("a parameter of a JSON body cannot be both a value and an object of others")
        return self

    @model_validator(mode="after")
    def _places_are_named(self) -> Self:
        known = {*self.fixed, *(name for name in self.parameters.values() if name is not None)}
        unknown = sorted(set(self.places) - known)
        if unknown:
            raise ValueError(f"places names {', '.join(unknown)}, which is no parameter of this call")
        holes = {*_IN_PATH.findall(self.path)} - {"version"}
        if holes != {name for name, place in self.places.items() if place == "path"}:
            raise ValueError(
                "each {name} in path, {version} apart, is a parameter whose place is path, and the reverse"
            )
        return self

    @property
    def address(self) -> str:
        """The path under its version; `{name}` of parameters in the path is left standing."""
        return self.path.replace("{version}", self.version)

    def named(self, arguments: Mapping[str, str | None]) -> dict[str, str]:
        """Return `arguments` under Clinicea's names; what is None or not taken by this call is left out."""
        named = {name: value for name, value in self.fixed.items() if value is not None}
        for ours, value in arguments.items():
            theirs = self.parameters.get(ours)
            if theirs is not None and value is not None:
                named[theirs] = self.values.get(ours, {}).get(value, value)
        return named


class CredentialSpec(_Part):
    """Where the two authentication schemes put what they send."""

    api_key_header: str
    token_parameter: str
    token_fields: list[str]
    token_lifetime_minutes: float = Field(gt=0, allow_inf_nan=False)
    evidence: dict[str, Evidence] = {}


class Refusal(_Part):
    """A text by which Clinicea refuses a booking for good, and the booking's reason."""

    status: list[int]
    contains: str = Field(min_length=3)
    reason: Literal["slot_taken", "unknown_patient", "unknown_clinic"]
    evidence: Evidence = "assumed"


Meaning = Literal["checked_out", "cancelled", "no_show", "standing"]
StatusWord = Annotated[str, AfterValidator(_has_letters)]


class Statuses(_Part):
    """Status words by what they mean, compared without case, blanks and separators.

    `Check Out`, `Scheduled`, `Confirmed`, `Engaged`, `Cancelled` and `No Show` are [live], `Waiting` is [doc], other
    spellings of these are [code], the rest is [assumed]. `Rescheduled` is on no list on purpose: one product writes it
    on the appointment that was moved away, another on the one that it was moved to.
    """

    checked_out: list[StatusWord]
    cancelled: list[StatusWord]
    no_show: list[StatusWord] = []
    standing: list[StatusWord] = []
    """Words of an appointment that is expected, or under way."""
    show_unfinished: bool = False
    """Whether the last visits include past appointments that nobody set to a completed status."""

    def meaning(self, word: str) -> Meaning | None:
        """Return what a word means; None if no list has it.

        A remark may follow a word (`Cancelled by Patient`, `Checked Out (Billed)`), but not one that an appointment
        stands: `Confirmed, then cancelled` means nothing here.
        """
        bare = _bare(word)
        cancelled = [_bare(each) for each in self.cancelled]
        if bare.startswith(tuple(cancelled)):
            return "cancelled"
        if any(each in bare for each in cancelled):
            return None
        if bare.startswith(tuple(map(_bare, self.checked_out))):
            return "checked_out"
        if bare.startswith(tuple(map(_bare, self.no_show))):
            return "no_show"
        return "standing" if bare in map(_bare, self.standing) else None


class CallTable(_Part):
    """The whole document."""

    schema_version: Literal[1] = Field(alias="schema")
    datetime_format: str
    login: CallSpec
    credentials: CredentialSpec
    calls: dict[Call, CallSpec]
    patient_fields: dict[str, list[str]]
    appointment_fields: dict[str, list[str]]
    statuses: Statuses
    fields_evidence: dict[str, Evidence] = {}
    missing_route_markers: list[str] = []
    nothing_found_markers: list[Annotated[str, Field(min_length=8)]] = []
    """Texts of a 400 or 404 to a read, or of a JSON string, by which Clinicea says that it found nothing."""
    refusals: list[Refusal] = []

    @field_validator("datetime_format")
    @classmethod
    def _tells_the_time(cls, text: str) -> str:
        try:
            told = datetime.strptime(_SAMPLE.strftime(text), text).replace(tzinfo=UTC)
        except re.error:  # one part twice; strptime makes a pattern of the format
            told = None
        if told != _SAMPLE:
            raise ValueError("must tell date and time to the second, as strftime writes them")
        return text

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [call.value for call in Call if call not in self.calls]
        if missing:
            raise ValueError(f"calls lacks {', '.join(missing)}")
        return self

    @classmethod
    def build(cls, packed: Mapping[str, Any], replacement: Mapping[str, Any] | None = None) -> Self:
        """Return the packed document with the deployer's laid over it, objects merged and lists replaced.

        Raises:
            InvalidDocument: the result is not a call table; the text names the places.
        """
        merged = dict(packed) if replacement is None else laid_over(packed, replacement)
        try:
            return cls.model_validate(merged)
        except ValidationError as error:
            raise_alone(InvalidDocument("call table", problems(error, cls)))

    def says_nothing_found(self, text: str) -> bool:
        """Whether a short text is Clinicea's way to say that it found nothing."""
        lowered = text.casefold()
        return len(text) <= _LONGEST_SENTENCE and any(each.casefold() in lowered for each in self.nothing_found_markers)

    def refusal(self, status: int, text: str) -> str | None:
        """Return the booking's reason if this answer is one of the known refusals."""
        lowered = text.lower()
        for refusal in self.refusals:
            if status in refusal.status and refusal.contains.lower() in lowered:
                return refusal.reason
        return None


def is_placeholder(word: str) -> bool:
    """Whether a text stands for nothing: blank, `-`, `NA`, `null`."""
    return _bare(word) in _PLACEHOLDERS


def _bare(word: str) -> str:
    return "".join(letter for letter in normalized(word) if letter.isalnum())


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return one document laid over another: objects merged, everything else replaced."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = laid_over(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged
