"""The dialect: maps a client's names and words to ours.

The document packed with the layer holds the known names of ConVox. A deployer's document is merged over it, and its
part for one client over its part for all clients. Lists are replaced, objects are merged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from convox_clinicea.convox.fields import CANONICAL, CallerName
from convox_clinicea.deployment_documents import ZoneName, read_document
from convox_clinicea.errors import InvalidDocument
from convox_clinicea.privacy import Gender
from convox_clinicea.settings import packed
from convox_clinicea.text import JOINERS, as_words, normalized

EVERY = "*"
Evidence = Literal["2x", "1x", "assumed", "site"]
"""Evidence for a name: in two or more public integrations, in one, a guess, or set by the deployment."""
LONGEST_NAME = 64


def _name(text: str) -> str:
    if not (1 <= len(text) <= LONGEST_NAME and text == text.strip() and all(map(_shows, text)) and normalized(text)):
        raise ValueError(f"must be a name of 1 to {LONGEST_NAME} visible characters, without blanks at its ends")
    return text


def _shows(sign: str) -> bool:
    """Return whether a character is visible, or shapes a visible one."""
    return sign.isprintable() or sign in JOINERS


def _word(text: str) -> str:
    if not normalized(text):
        raise ValueError("must have a visible character")
    return text


Alias = Annotated[str, AfterValidator(_name)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Word = Annotated[Text, AfterValidator(_word)]
Words = Annotated[list[Word], Field(min_length=1, max_length=200)]
DateOrder = Literal["ymd", "dmy", "mdy"]


def _ours(name: str) -> str:
    if name not in CANONICAL:
        raise ValueError(f"unknown field {name}; known are {', '.join(sorted(CANONICAL))}")
    return name


def _these_alone(written: Any) -> Any:
    if isinstance(written, list) and all(isinstance(name, str) for name in written):
        return {EVERY: None, **dict.fromkeys(written, "site")}
    if not isinstance(written, dict):
        raise ValueError("must be a list of names, or an object of names with their evidence")
    return written


Canonical = Annotated[str, AfterValidator(_ours)]
Names = Annotated[dict[Alias, Evidence | None], BeforeValidator(_these_alone)]
"""ConVox's names for a field. Null removes a name of a lower layer; `*` stands for all of those."""


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)


class ConsentWords(_Part):
    """Words for consent and for its refusal, case-insensitive."""

    yes: Words | None = None
    no: Words | None = None


class WordLists(_Part):
    """Words and their meanings. An omitted list stays as it is."""

    missing: list[Text] | None = None
    """Exact texts that mean a missing value; blanks and dates of zeros always do."""
    consent: ConsentWords | None = None
    gender: dict[Gender, Words] = {}
    appointment: list[Word] | None = None
    """Dispositions of calls that ended with an appointment, case-insensitive."""
    automatic: list[Word] | None = None
    """Dispositions that ConVox itself sets, case-insensitive; such a call books nothing."""


class Speech(_Part):
    """Names, words and formats of clients."""

    aliases: dict[Canonical, Names] = {}
    stands_in: dict[Canonical, list[Canonical]] = {}
    """For a missing field, the fields of which the first received one is used."""
    date_order: DateOrder | None = None
    """Order of dates whose year comes last."""
    words: WordLists = Field(default_factory=WordLists)

    @field_validator("aliases")
    @classmethod
    def _one_meaning_each(cls, aliases: dict[str, Names]) -> dict[str, Names]:
        """Refuse an alias with two meanings within one layer; it may differ from a lower layer."""
        meaning: dict[str, str] = {}
        for canonical, names in aliases.items():
            for alias in (alias for alias, evidence in names.items() if evidence is not None):
                other = meaning.setdefault(normalized(alias), canonical)
                if other != canonical:
                    raise ValueError(f"{alias} is an alias of {other} and of {canonical}; it may have one meaning")
        return aliases


class CallerSpeech(Speech):
    """Names, words and formats of one client, where they differ."""

    time_zone: ZoneName | None = None


class DialectDocument(Speech):
    """The whole document."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    evidence: dict[str, Evidence] = {}
    callers: dict[CallerName, CallerSpeech] = {}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Parse a document; raises InvalidDocument, which names the places."""
        return read_document(cls, document, "dialect document")


T = TypeVar("T")
NEEDED = frozenset({"call_id", "mobile"})
"""Fields that every request needs."""

_CODE_AND_NAME = re.compile(r"\s*(\w{1,40})\s*[-\u2010-\u2015]{3}\s*(\S.{0,200})", re.DOTALL)


class Known(NamedTuple):
    """The canonical name of a received name, and its spelling in the alias table."""

    canonical: str
    spelling: str


@dataclass(frozen=True)
class Dialect:
    """The names, words, order of dates and time zone of one client."""

    names: Mapping[str, Known]
    """By normalized name."""
    missing: frozenset[str]
    consent: Mapping[str, bool]
    genders: Mapping[str, str]
    appointment: frozenset[str]
    automatic: frozenset[str]
    stands_in: Mapping[str, Sequence[str]]
    date_order: DateOrder
    zone: ZoneInfo | None
    """Zone of times without an offset and without a clinic; None: the deployment's."""

    def known(self, name: str) -> Known | None:
        """Return the field of a name, case-insensitive; None for an unknown name."""
        return self.names.get(_key(name))

    def mean_appointment(self, dispositions: Iterable[str]) -> bool:
        """Return whether a call's dispositions mean that it ended with an appointment.

        Each may be one word or several levels joined by `~` [1x]. A level may be a code with its name, as on the
        agent's screen: `AB --- Appointment Booked` [1x]. If one was set by ConVox itself, such as `AUTOWRAPUP`, the
        agent chose none, and the others do not count [1x].
        """
        levels = {level for each in dispositions for level in (each, *each.split("~"))}
        words = {as_words(word) for level in levels for word in (level, *_code_and_name(level))}
        return not words & self.automatic and bool(words & self.appointment)


def _code_and_name(level: str) -> tuple[str, ...]:
    found = _CODE_AND_NAME.fullmatch(level)
    return () if found is None else found.groups()


class Dialects:
    """The dialects of all clients."""

    def __init__(self, common: Dialect, own: Mapping[str, Dialect]) -> None:
        self._common = common
        self._own = own

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None = None) -> Self:
        """Merge the deployer's document over the packed one; raises InvalidDocument, which names the places."""
        layers = [DialectDocument.read(each) for each in (packed("dialect"), document) if each is not None]
        callers = {name for layer in layers for name in layer.callers}
        return cls(_made(layers, None), {name: _made(layers, name) for name in callers})

    def for_client(self, caller: str) -> Dialect:
        """Return a client's dialect; the common one if the document has none for it."""
        return self._own.get(caller, self._common)


def _made(layers: Sequence[DialectDocument], caller: str | None) -> Dialect:
    own = [layer.callers[caller] for layer in layers if caller in layer.callers]
    speeches: list[Speech] = [*layers, *own]
    words = [speech.words for speech in speeches]
    place = f"callers.{caller}." if caller else ""
    consent = [each.consent for each in words if each.consent]
    genders = {gender: meaning for each in words for gender, meaning in each.gender.items()}
    appointment = frozenset(map(as_words, _last(each.appointment for each in words)))
    made = Dialect(
        names=_names(speeches),
        missing=frozenset(_last(each.missing for each in words)),
        consent=_meanings(
            [(True, _last(each.yes for each in consent)), (False, _last(each.no for each in consent))],
            f"{place}words.consent",
        ),
        genders=_meanings(genders.items(), f"{place}words.gender"),
        appointment=appointment,
        automatic=frozenset(map(as_words, _last(each.automatic for each in words))) - appointment,
        stands_in={name: others for speech in speeches for name, others in speech.stands_in.items()},
        date_order=_last(each.date_order for each in speeches),
        zone=next((ZoneInfo(each.time_zone) for each in reversed(own) if each.time_zone), None),
    )
    if all(each.missing is None for each in words[1:]):
        # A deployment's meaning of a word overrides the built-in words for a missing value.
        made = replace(made, missing=frozenset(word for word in made.missing if not _meaning(made, word)))
    if contradictions := list(_contradictions(made, place)):
        raise InvalidDocument("dialect document", contradictions)
    return made


def _contradictions(dialect: Dialect, place: str) -> Iterator[str]:
    """Yield contradictions: required fields without a name, and "missing" words that also have a meaning."""
    reached = {known.canonical for known in dialect.names.values()}
    for name in sorted(NEEDED - reached):
        yield f"{place}aliases.{name}: no alias is left, but every call needs this field"
    for word in sorted(dialect.missing):
        for kind in _meaning(dialect, word):
            yield f"{place}words.missing: {word} is also a word of {kind}; only one is allowed"
    for name, others in dialect.stands_in.items():
        if name in others:
            yield f"{place}stands_in.{name}: a field cannot stand in for itself"


def _meaning(dialect: Dialect, word: str) -> list[str]:
    """Return the kinds of words that contain a word."""
    kinds = {"consent": dialect.consent, "gender": dialect.genders}
    found = [kind for kind, words in kinds.items() if normalized(word) in words]
    return [*found, "appointment"] if as_words(word) in dialect.appointment else found


def _last(said: Any) -> Any:
    """Return the value of the last layer that has one; the packed document has all."""
    return [each for each in said if each is not None][-1]


def _meanings(words: Iterable[tuple[T, Iterable[str]]], place: str) -> dict[str, T]:
    """Return the meaning of each word; raises InvalidDocument for a word with two meanings."""
    meanings: dict[str, T] = {}
    for meaning, several in words:
        for word in several:
            if meanings.setdefault(normalized(word), meaning) != meaning:
                raise InvalidDocument("dialect document", [f"{place}: {word} has two meanings; only one is allowed"])
    return meanings


def _key(name: str) -> str:
    """Normalize a name: PHP's `consent[given]` is JSON's `consent.given`, and `mobile[]` is `mobile`."""
    return normalized(name.replace("[]", "").replace("[", ".").replace("]", ""))


def _names(speeches: Sequence[Speech]) -> dict[str, Known]:
    """Return all names; later layers win, and an unused canonical name means itself."""
    names = {name: Known(name, name) for name in CANONICAL}
    for speech in speeches:
        for canonical, said in speech.aliases.items():
            gone = {_key(alias) for alias, evidence in said.items() if evidence is None}
            if EVERY in gone:
                gone |= {name for name, known in names.items() if known.canonical == canonical != name}
            names = {name: known for name, known in names.items() if name not in gone}
        for canonical, said in speech.aliases.items():
            names |= {_key(alias): Known(canonical, alias) for alias, evidence in said.items() if evidence}
    return names
