"""The call table: the HTTP form of each of Clinicea's calls, as data.

Half of it could not be verified with a real account, so it is a document (`documents/call_table.json`)
that a deployer replaces, in whole or in part, without a change of code. Each entry states its evidence: `doc`
(Clinicea's help pages), `live` (public code whose authors saw it), `code` (public code), `assumed` (ours), `confirmed`
(on the deployer's own account).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from convox_clinicea import new_patient
from convox_clinicea.clinicea.calls import Endpoint, Flows, placed, translated
from convox_clinicea.clinicea.formats import Format, Statuses, Times, ZoneRule
from convox_clinicea.deployment_documents import problems
from convox_clinicea.errors import InvalidDocument, raise_alone

Evidence = Literal["doc", "live", "code", "assumed", "confirmed"]
NOTHING_REPLACED: Mapping[str, Any] = {"schema": 2}
"""A deployer's document without changes."""

_LONGEST_SENTENCE = 200
_IN_PATH = re.compile(r"\{([^{}]*)\}")


Variant = Literal["upcoming", "file_number"]


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)


_PERSON = ("patient_id", "national_number", "country_code", "mobile", *new_patient.RULES)
_VISIT = ("clinic_id", "start", "end", "practitioner_id", "service", "notes")
_LISTS = ("page", "page_size", "day", "since", "search", "file_number")
_OURS = frozenset((*_PERSON, *_VISIT, *_LISTS, "api_key", "user_name", "password"))
_STAMPS = frozenset({"start", "end"})
"""Parameters that must include the time of day."""
_ZONED = _STAMPS | {"since"}
_DATED = _ZONED | {"day"} | new_patient.DATES
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
CODE_PREFIXES = {"plus": "+", "digits": "", "zeros": "00"}
"""Form of a country code: +91, 91 or 0091."""


class CallSpec(_Part):
    """One call: its address, and the places and names of its parameters."""

    version: str = Field(pattern=r"^v[0-9]+$")
    path: str = Field(pattern=r"^/[A-Za-z0-9/{}._-]+$")
    verb: Literal["GET", "POST"]
    style: Literal["query", "form", "json"]
    parameters: dict[str, str | None]
    """Our name of each parameter → Clinicea's; null: not sent."""
    """In a JSON body a dot means nesting: `Appointment.Start` is `Start` in the object `Appointment`."""
    fixed: dict[str, str | None] = {}
    """Clinicea's name → a value that is always sent; null removes a value of the packed document."""
    places: dict[str, Literal["query", "header", "path"]] = {}
    """Clinicea's name of a parameter → its place, if that is not the place of `style`."""
    variants: dict[Variant, dict[str, str]] = {}
    """Another use of the same call → the fixed parameters that differ."""
    values: dict[str, dict[str, str]] = {}
    listed: list[str] = []
    """Our names of parameters that must be ids: sent if `values` lists the word, or if it is a GUID."""
    formats: dict[str, Format] = {}
    """Our name of a date or time → `stamp` (with time; the default) or `date`."""
    zones: dict[str, ZoneRule] = {}
    """Our name of a time → the zone in which it is sent, if that is not the one in `times`."""
    colons: dict[str, Literal["encoded", "bare"]] = {}
    """Our name of a time → form of its colons in an address; `encoded` is the default."""
    country_code_format: Literal["plus", "digits", "zeros"] = "plus"
    not_found: Literal["nothing", "error"] = "error"
    """Meaning of a 404 that is not a missing route."""
    page_size: int | None = Field(default=None, ge=10, le=1000)
    last_page: Literal["empty", "short"] = "empty"
    """The page that ends the reading: `short` saves a request, `empty` is safe if pages are cut."""
    evidence: dict[str, Evidence] = {}
    confirmed_on: str | None = Field(default=None, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    """The day on which `evidence` was confirmed on an account."""

    @field_validator("parameters", "values", "listed")
    @classmethod
    def _known_names(cls, named: Any) -> Any:
        unknown = sorted(set(named) - _OURS)
        if unknown:
            raise ValueError(f"unknown parameter {', '.join(unknown)}; known are {', '.join(sorted(_OURS))}")
        return named

    @model_validator(mode="after")
    def _has_a_body(self) -> Self:
        if self.verb == "GET" and self.style != "query":
            raise ValueError("a GET takes its parameters in the query: style must be query")
        return self

    @model_validator(mode="after")
    def _dates_are_dates(self) -> Self:
        for part, allowed in (("formats", _DATED), ("zones", _ZONED), ("colons", _DATED)):
            unknown = sorted(set(getattr(self, part)) - allowed)
            if unknown:
                raise ValueError(
                    f"{part} has {', '.join(unknown)}; only {', '.join(sorted(allowed))} are allowed there"
                )
        if dated := sorted(name for name in _STAMPS if self.formats.get(name) == "date"):
            raise ValueError(f"{', '.join(dated)} needs a time of day: formats must not be date")
        if self.style != "query" and "bare" in self.colons.values():
            raise ValueError("bare colons need style query, because they are in addresses")
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
            raise ValueError(f"places has {', '.join(unknown)}, which this call does not have as a parameter")
        holes = {*_IN_PATH.findall(self.path)} - {"version"}
        if holes != {name for name, place in self.places.items() if place == "path"}:
            raise ValueError(
                "each {name} in path, except {version}, must be a parameter with the place path, and vice versa"
            )
        return self

    @property
    def address(self) -> str:
        """The path with its version; placeholders such as `{name}` are kept."""
        return self.path.replace("{version}", self.version)

    def named(self, arguments: Mapping[str, str | None], variant: Variant | None = None) -> dict[str, str]:
        """Return `arguments` under Clinicea's names, without None and parameters unknown to the call."""
        named = {name: value for name, value in self.fixed.items() if value is not None}
        if variant is not None:
            named |= self.variants.get(variant, {})
        for ours, value in arguments.items():
            theirs = self.parameters.get(ours)
            if theirs is None or value is None:
                continue
            known = self.values.get(ours, {})
            if ours not in self.listed or value in known or _GUID.fullmatch(value):
                named[theirs] = known.get(value, value)
        return named

    @property
    def bare(self) -> frozenset[str]:
        """Clinicea's names of the parameters whose colons are not encoded in an address."""
        names = (self.parameters.get(ours) for ours, form in self.colons.items() if form == "bare")
        return frozenset(name for name in names if name is not None)


class CredentialSpec(_Part):
    """Places of the credentials of the two authentication schemes."""

    api_key_header: str
    token_parameter: str
    token_fields: list[str]
    token_lifetime_minutes: float = Field(gt=0, allow_inf_nan=False)
    evidence: dict[str, Evidence] = {}


class Refusal(_Part):
    """A text with which Clinicea finally refuses a booking, and the booking's reason."""

    status: list[int]
    contains: str = Field(min_length=3)
    reason: Literal["slot_taken", "unknown_patient", "unknown_clinic"]
    evidence: Evidence = "assumed"


class CallTable(_Part):
    """The whole document."""

    schema_version: Literal[2] = Field(alias="schema")
    flows: Flows = Flows()
    times: Times
    login: CallSpec
    credentials: CredentialSpec
    calls: dict[Endpoint, CallSpec]
    patient_fields: dict[str, list[str]]
    appointment_fields: dict[str, list[str]]
    service_fields: dict[str, list[str]]
    change_fields: dict[str, list[str]]
    saving_error_fields: list[str]
    """Error fields of a written record: empty if it was saved, else the cause."""
    statuses: Statuses
    fields_evidence: dict[str, Evidence] = {}
    missing_route_markers: list[str] = []
    nothing_found_markers: list[Annotated[str, Field(min_length=8)]] = []
    """Texts of a 400 or 404 to a read, or of a JSON string, that mean an empty result."""
    refusals: list[Refusal] = []

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [call.value for call in Endpoint if call not in self.calls]
        if missing:
            raise ValueError(f"calls lacks {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        for flow, call, wanted in (
            ("search", self.flows.search_call, "national_number"),
            ("completed", self.flows.completed_call, "patient_id"),
            ("book_known", self.flows.book_known_call, "patient_id"),
            ("book_known", self.flows.book_known_call, "start"),
            ("book_new", self.flows.book_new_call, "national_number"),
            ("book_new", self.flows.book_new_call, "start"),
        ):
            if call is not None and self.calls[call].parameters.get(wanted) is None:
                raise ValueError(f"flows.{flow} uses {call}, but calls.{call}.parameters does not send {wanted}")
        if self.flows.book_known == "modern" and not self._names_a_service():
            raise ValueError(
                "flows.book_known is modern, which books services by their ids: give them in "
                f"calls.{Endpoint.CREATE_APPOINTMENT}.values.service, or one for all in .fixed.appointmentServiceID"
            )
        return self

    def _names_a_service(self) -> bool:
        spec = self.calls[Endpoint.CREATE_APPOINTMENT]
        name = spec.parameters.get("service")
        return name is None or bool(spec.values.get("service")) or bool(spec.fixed.get(name))

    @classmethod
    def build(cls, packed: Mapping[str, Any], replacement: Mapping[str, Any] | None = None) -> Self:
        """Return the packed document merged with the deployer's; lists are replaced.

        A document of an earlier schema is merged over the defaults of its time.

        Raises:
            InvalidDocument: the result is not a call table; the text names the places.
        """
        merged = dict(packed)
        if replacement is not None:
            for each in translated(replacement):
                merged = laid_over(merged, each)
        try:
            return cls.model_validate(merged)
        except ValidationError as error:
            raise_alone(InvalidDocument("call table", placed(replacement or merged, problems(error, cls))))

    def says_nothing_found(self, text: str) -> bool:
        """Return whether a short text means an empty result."""
        lowered = text.casefold()
        return len(text) <= _LONGEST_SENTENCE and any(each.casefold() in lowered for each in self.nothing_found_markers)

    def refusal(self, status: int | None, text: str) -> str | None:
        """Return the booking's reason if this answer is one of the known refusals.

        Args:
            status: None for the text of a saving error, which comes with a 2xx status.
        """
        lowered = text.lower()
        for refusal in self.refusals:
            if (status is None or status in refusal.status) and refusal.contains.lower() in lowered:
                return refusal.reason
        return None


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return `below` merged with `above`: objects are merged, everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = laid_over(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged
