"""The texts that agents read out before they register a caller: the versions that a deployment lists.

A proof of consent names a version. What was read, in which language and for which purposes, is in this document, so
that the proof still says something when the text has changed.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from convox_clinicea.validation import read_document, refuse_repeats

Version = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9._:-]{1,64}\z")]
Language = Annotated[str, StringConstraints(pattern=r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\z")]
Purpose = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ConsentText(BaseModel):
    """One version of the text.

    Attributes:
        language: a BCP 47 tag, such as `en` or `hi-IN`.
        purposes: what the data is used for, as the text says.
        since: the first day on which it was read out.
        text: the words themselves.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    version: Version
    language: Language
    purposes: list[Purpose] = Field(min_length=1, max_length=20)
    since: date | None = None
    text: str | None = Field(default=None, min_length=1, max_length=10_000)

    @property
    def digest(self) -> str | None:
        """SHA-256 of the words, by which a proof shows what was read."""
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
    """Looks versions up.

    Args:
        default: the version that is read where a request names none; it is listed, whatever the document says.
    """

    def __init__(self, document: ConsentTextsDocument, default: str) -> None:
        self._texts = {each.version: each for each in document.versions}
        self.default = default

    @classmethod
    def from_document(cls, document: dict[str, Any], default: str) -> ConsentTexts:
        """Build from the parsed JSON document; raises InvalidDocument that names the places."""
        return cls(read_document(ConsentTextsDocument, document, "consent_texts document"), default)

    def lists(self, version: str) -> bool:
        """Whether the deployment has such a version."""
        return version == self.default or version in self._texts

    def get(self, version: str) -> ConsentText | None:
        """Return a version; None for the default where the document does not describe it."""
        return self._texts.get(version)
