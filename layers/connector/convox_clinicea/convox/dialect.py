"""The dialect: maps a client's names and words to ours.

The document packed with the layer holds what is known of ConVox; a deployer's document is laid over it, and what
it says for one caller is laid over what it says for all. A list replaces what stands below it, an object adds to it.
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
"""How well a name is known: in two public integrations or more, in one, a guess, or by the deployment itself."""
LONGEST_NAME = 64


def _name(text: str) -> str:
    if not (1 <= len(text) <= LONGEST_NAME and text == text.strip() and all(map(_shows, text)) and normalized(text)):
        raise ValueError(f"must be a name of 1 to {LONGEST_NAME} visible characters, without blanks at its ends")
    return text


def _shows(sign: str) -> bool:
    """Whether a sign is seen, or shapes what is seen."""
    return sign.isprintable() or sign in JOINERS


def _word(text: str) -> str:
    if not normalized(text):
        raise ValueError("must have something to be seen")
    return text


Alias = Annotated[str, AfterValidator(_name)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Word = Annotated[Text, AfterValidator(_word)]
Words = Annotated[list[Word], Field(min_length=1, max_length=200)]
DateOrder = Literal["ymd", "dmy", "mdy"]


def _ours(name: str) -> str:
    if name not in CANONICAL:
        raise ValueError(f"there is no field {name}; there are {', '.join(sorted(CANONICAL))}")
    return name


def _these_alone(written: Any) -> Any:
    if isinstance(written, list) and all(isinstance(name, str) for name in written):
        return {EVERY: None, **dict.fromkeys(written, "site")}
    if not isinstance(written, dict):
        raise ValueError("must be a list of names, or an object of names with their evidence")
    return written


Canonical = Annotated[str, AfterValidator(_ours)]
Names = Annotated[dict[Alias, Evidence | None], BeforeValidator(_these_alone)]
"""ConVox's names for a field. Null takes a name away that a lower layer gave, and `*` stands for all of those."""


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)


class ConsentWords(_Part):
    """Which words mean that the caller consents, and which that not; compared without regard to case."""

    yes: Words | None = None
    no: Words | None = None


class WordLists(_Part):
    """Words and what they mean. What is left out stays as it is."""

    missing: list[Text] | None = None
    """Texts, to the letter, that stand for nothing; blanks and dates of zeros always do."""
    consent: ConsentWords | None = None
    gender: dict[Gender, Words] = {}
    appointment: list[Word] | None = None
    """Dispositions, without regard to case, by which a call ended with an appointment."""
    automatic: list[Word] | None = None
    """Dispositions that ConVox itself sets, compared likewise: such a call books nothing."""


class Speech(_Part):
    """How callers speak."""

    aliases: dict[Canonical, Names] = {}
    stands_in: dict[Canonical, list[Canonical]] = {}
    """Where a field did not come, the first of these that came is taken for it."""
    date_order: DateOrder | None = None
    """Of dates whose year comes last; one that begins with its year needs none."""
    words: WordLists = Field(default_factory=WordLists)

    @field_validator("aliases")
    @classmethod
    def _one_meaning_each(cls, aliases: dict[str, Names]) -> dict[str, Names]:
        """Within one layer; over a lower one an alias may take another meaning."""
        meaning: dict[str, str] = {}
        for canonical, names in aliases.items():
            for alias in (alias for alias, evidence in names.items() if evidence is not None):
                other = meaning.setdefault(normalized(alias), canonical)
                if other != canonical:
                    raise ValueError(f"{alias} stands for {other} and for {canonical}; a name has one meaning")
        return aliases


class CallerSpeech(Speech):
    """How one caller speaks, where it differs from the others."""

    time_zone: ZoneName | None = None


class DialectDocument(Speech):
    """The whole document."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    evidence: dict[str, Evidence] = {}
    callers: dict[CallerName, CallerSpeech] = {}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Raises InvalidDocument that names the places."""
        return read_document(cls, document, "dialect document")


T = TypeVar("T")
NEEDED = frozenset({"call_id", "mobile"})
"""Fields without which no call can be served."""

_CODE_AND_NAME = re.compile(r"\s*(\w{1,40})\s*[-\u2010-\u2015]{3}\s*(\S.{0,200})", re.DOTALL)


class Known(NamedTuple):
    """What a name stands for, and how the alias table spells it."""

    canonical: str
    spelling: str


@dataclass(frozen=True)
class Dialect:
    """The names, words, order of dates and time zone of one caller."""

    names: Mapping[str, Known]
    """By the name, normalized."""
    missing: frozenset[str]
    consent: Mapping[str, bool]
    genders: Mapping[str, str]
    appointment: frozenset[str]
    automatic: frozenset[str]
    stands_in: Mapping[str, Sequence[str]]
    date_order: DateOrder
    zone: ZoneInfo | None
    """Of times that come without an offset, where no clinic says otherwise; None: the deployment's."""

    def known(self, name: str) -> Known | None:
        """Return what a name stands for, whatever its case; None for one that means nothing here."""
        return self.names.get(_key(name))

    def mean_appointment(self, dispositions: Iterable[str]) -> bool:
        """Whether a call's dispositions say that it ended with an appointment.

        Each may be one word or several levels joined by `~` [1x], and a level its code with its name, as the agent's
        screen writes it: `AB --- Appointment Booked` [1x]. One that ConVox itself has set, such as
        `AUTOWRAPUP`, was chosen by nobody, whatever stands beside it [1x].
        """
        levels = {level for each in dispositions for level in (each, *each.split("~"))}
        words = {as_words(word) for level in levels for word in (level, *_code_and_name(level))}
        return not words & self.automatic and bool(words & self.appointment)


def _code_and_name(level: str) -> tuple[str, ...]:
    found = _CODE_AND_NAME.fullmatch(level)
    return () if found is None else found.groups()


class Dialects:
    """The dialects of all callers."""

    def __init__(self, common: Dialect, own: Mapping[str, Dialect]) -> None:
        self._common = common
        self._own = own

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None = None) -> Self:
        """Lay the deployer's document over the packed one; raises InvalidDocument that names the places."""
        layers = [DialectDocument.read(each) for each in (packed("dialect"), document) if each is not None]
        callers = {name for layer in layers for name in layer.callers}
        return cls(_made(layers, None), {name: _made(layers, name) for name in callers})

    def for_client(self, caller: str) -> Dialect:
        """Return a caller's dialect; one of whom the document says nothing speaks as all do."""
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
        # The built-in words for nothing yield to what a deployment says that they mean.
        made = replace(made, missing=frozenset(word for word in made.missing if not _meaning(made, word)))
    if contradictions := list(_contradictions(made, place)):
        raise InvalidDocument("dialect document", contradictions)
    return made


def _contradictions(dialect: Dialect, place: str) -> Iterator[str]:
    """Tell what a document takes away with one hand: fields that no name stands for, words that mean nothing."""
    reached = {known.canonical for known in dialect.names.values()}
    for name in sorted(NEEDED - reached):
        yield f"{place}aliases.{name}: no name stands for it any more, and every call needs it"
    for word in sorted(dialect.missing):
        for kind in _meaning(dialect, word):
            yield f"{place}words.missing: {word} is a word of {kind} too; what is missing means nothing"
    for name, others in dialect.stands_in.items():
        if name in others:
            yield f"{place}stands_in.{name}: nothing stands in for itself"


def _meaning(dialect: Dialect, word: str) -> list[str]:
    """Return the kinds of words to which a word belongs."""
    kinds = {"consent": dialect.consent, "gender": dialect.genders}
    found = [kind for kind, words in kinds.items() if normalized(word) in words]
    return [*found, "appointment"] if as_words(word) in dialect.appointment else found


def _last(said: Any) -> Any:
    """Return what the last layer that says anything says; the packed document says everything."""
    return [each for each in said if each is not None][-1]


def _meanings(words: Iterable[tuple[T, Iterable[str]]], place: str) -> dict[str, T]:
    """Return what each word means; a word that means two things is an error, not a guess."""
    meanings: dict[str, T] = {}
    for meaning, several in words:
        for word in several:
            if meanings.setdefault(normalized(word), meaning) != meaning:
                raise InvalidDocument("dialect document", [f"{place}: {word} has two meanings; a word has one"])
    return meanings


def _key(name: str) -> str:
    """Return a name as names are compared: PHP's `consent[given]` is JSON's `consent.given`, `mobile[]` is `mobile`."""
    return normalized(name.replace("[]", "").replace("[", ".").replace("]", ""))


def _names(speeches: Sequence[Speech]) -> dict[str, Known]:
    """Later speeches win over earlier ones; a canonical name that none of them takes stands for itself."""
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
