"""The deployer's documents (clinics, consent texts) and their validation.

A proof of consent names a version of the consent text. The document has its words, language and purposes, so that the
proof keeps its meaning when the text has changed.
"""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from convox_clinicea.errors import InvalidDocument, raise_alone, sentence
from convox_clinicea.text import id_key

M = TypeVar("M", bound=BaseModel)

_KEY = "[key]"


def problems(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return a line for each error: its place, a colon, and what is allowed there, without values."""
    return [
        f"{_place(e['loc'])}: {_sentence(e['type'], e['msg'], e['loc'], model)}"
        for e in error.errors(include_url=False, include_input=False)
    ]


def read_document(model: type[M], document: Any, name: str) -> M:
    """Validate a parsed JSON document; raises InvalidDocument, which names the places."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise_alone(InvalidDocument(name, problems(error, model)))


def refuse_repeats(names: Iterable[str]) -> None:
    """Raise ValueError, for a document's validator, if a name occurs more than once."""
    if several := sorted(name for name, count in Counter(names).items() if count > 1):
        raise ValueError(f"listed more than once: {', '.join(several)}")


def _place(loc: Iterable[int | str]) -> str:
    place = ".".join(str(step) for step in loc if step != _KEY)
    return "".join(sign if sign.isprintable() else "?" for sign in place) or "document"


def _sentence(kind: str, message: str, loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        return f"is not known here; {_known(_at(model, loc[:-1]))}"
    return sentence(kind, message)


def _known(model: Any) -> str:
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return "leave it out"
    return f"known are {', '.join(field.alias or name for name, field in model.model_fields.items())}"


def _at(kind: Any, loc: tuple[int | str, ...]) -> Any:
    """Return the type at a place of a document."""
    kind = _bare(kind)
    if not loc:
        return kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
        return _at(fields.get(str(loc[0])), loc[1:])
    if get_origin(kind) in (dict, list):
        return _at(get_args(kind)[-1], loc[1:])
    return None


def _bare(kind: Any) -> Any:
    """Return a type without annotations and without an optional None."""
    while get_origin(kind) in (Annotated, Union, types.UnionType):
        kind = next(each for each in get_args(kind) if each is not type(None))
    return kind


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        raise_alone(ValueError("is not an IANA time zone such as Asia/Kolkata"))
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]
ClinicId = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_.:-]{1,64}\z")]


class Clinic(BaseModel):
    """One clinic of the chain, as shown to agents.

    Attributes:
        schedule: opening hours and services, for convox_clinicea.schedules, which only few functions load.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    clinic_id: ClinicId
    name: str | None = None
    address: str | None = None
    time_zone: ZoneName | None = None
    schedule: dict[str, Any] | None = None


class ClinicsDocument(BaseModel):
    """The configuration document `clinics`."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(alias="schema")
    clinics: list[Clinic] = []

    @field_validator("clinics")
    @classmethod
    def _each_once(cls, clinics: list[Clinic]) -> list[Clinic]:
        refuse_repeats(id_key(clinic.clinic_id) for clinic in clinics)
        return clinics


class Clinics:
    """The clinics by id. Clinicea's times have no zone: they are in the clinic's own [assumed]."""

    def __init__(self, document: ClinicsDocument, default_zone: str) -> None:
        self._clinics = {id_key(clinic.clinic_id): clinic for clinic in document.clinics}
        self._default = ZoneInfo(default_zone)

    @classmethod
    def from_document(cls, document: dict[str, Any], default_zone: str) -> Clinics:
        """Build from the parsed JSON document; raises InvalidDocument, which names the places."""
        return cls(read_document(ClinicsDocument, document, "clinics document"), default_zone)

    def __iter__(self) -> Iterator[Clinic]:
        return iter(self._clinics.values())

    def get(self, clinic_id: str | None) -> Clinic | None:
        return None if clinic_id is None else self._clinics.get(id_key(clinic_id))

    def zone(self, clinic_id: str | None, otherwise: ZoneInfo | None = None) -> ZoneInfo:
        """Return the clinic's time zone, else `otherwise`, else the deployment's."""
        clinic = self.get(clinic_id)
        return ZoneInfo(clinic.time_zone) if clinic and clinic.time_zone else otherwise or self._default

    @property
    def zones_by_clinic(self) -> dict[str, str]:
        """Return each clinic's time zone, and the deployment's under the empty id."""
        named = {each.clinic_id: each.time_zone or self._default.key for each in self._clinics.values()}
        return {"": self._default.key, **named}

    @property
    def zones(self) -> frozenset[str]:
        """Return the time zones of the deployment and its clinics."""
        named = {clinic.time_zone for clinic in self._clinics.values() if clinic.time_zone}
        return frozenset({self._default.key, *named})


Version = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9._:-]{1,64}\z")]
Language = Annotated[str, StringConstraints(pattern=r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\z")]
Purpose = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ConsentText(BaseModel):
    """One version of the text.

    Attributes:
        language: a BCP 47 tag, such as `en` or `hi-IN`.
        purposes: uses of the data according to the text.
        since: first day on which it was read out.
        text: the words.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    version: Version
    language: Language
    purposes: list[Purpose] = Field(min_length=1, max_length=20)
    since: date | None = None
    text: str | None = Field(default=None, min_length=1, max_length=10_000)

    @property
    def digest(self) -> str | None:
        """SHA-256 of the words; a proof has it as evidence of the text."""
        return None if self.text is None else sha256(self.text.encode()).hexdigest()


class ConsentTextsDocument(BaseModel):
    """The configuration document `consent_texts`."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(alias="schema")
    versions: list[ConsentText] = Field(min_length=1, max_length=200)

    @field_validator("versions")
    @classmethod
    def _each_once(cls, versions: list[ConsentText]) -> list[ConsentText]:
        refuse_repeats(each.version for each in versions)
        return versions


class ConsentTexts:
    """The versions of the consent text.

    Args:
        default: the version that is read out if a request names none; always valid, even if not in the document.
    """

    def __init__(self, document: ConsentTextsDocument, default: str) -> None:
        self._texts = {each.version: each for each in document.versions}
        self.default = default

    @classmethod
    def from_document(cls, document: dict[str, Any], default: str) -> ConsentTexts:
        """Build from the parsed JSON document; raises InvalidDocument, which names the places."""
        return cls(read_document(ConsentTextsDocument, document, "consent_texts document"), default)

    def lists(self, version: str) -> bool:
        """Return whether the deployment has this version."""
        return version == self.default or version in self._texts

    def get(self, version: str) -> ConsentText | None:
        """Return a version; None for a default that is not in the document."""
        return self._texts.get(version)
