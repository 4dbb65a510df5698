"""The configuration document `dialect`: which names, words, dates and time zones the callers use.

The document packed with the layer holds what is known of ConVox; a deployer's document is laid over it, and what
it says for one caller is laid over what it says for all. A list replaces what stands below it, an object adds to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)

from convox_clinicea.characters import JOINERS
from convox_clinicea.clinics import ZoneName
from convox_clinicea.convox.callers import CallerName
from convox_clinicea.convox.vocabulary import CANONICAL
from convox_clinicea.normalization import normalized
from convox_clinicea.privacy import Gender
from convox_clinicea.validation import read_document

EVERY = "*"
Evidence = Literal["2x", "1x", "assumed", "site"]
"""How well a name is known: in two public integrations or more, in one, a guess, or by the deployment itself."""
LONGEST_NAME = 64


def _name(text: str) -> str:
    if not (1 <= len(text) <= LONGEST_NAME and text == text.strip() and all(map(_shows, text)) and normalized(text)):
        raise ValueError(f"must be a name of 1 to {LONGEST_NAME} characters that can be seen, no blank at its ends")
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
