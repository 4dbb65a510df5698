"""What Clinicea's pages and the clinic's spreadsheets are shown; and that no text costs more than its length."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from convox_clinicea import text as characters
from convox_clinicea import text as normalization
from convox_clinicea.convox.fields import LONGEST_NOTES, MOST_UNSEEN, Name, Notes, Service
from convox_clinicea.errors import ConnectorError
from convox_clinicea.text import LONGEST_WORD, as_words, normalized, normalized_name
from tests.support.dialects import PACKED

NAME: TypeAdapter[Any] = TypeAdapter(Name)
NOTES: TypeAdapter[Any] = TypeAdapter(Notes)
SERVICE: TypeAdapter[Any] = TypeAdapter(Service)
MARKS = "a" + "\u0301\u0323" * 16_000


def read(kind: TypeAdapter[Any], text: str) -> str:
    return str(kind.validate_python(text).reveal())


@pytest.mark.parametrize("kind", [NAME, SERVICE, NOTES], ids=["name", "service", "notes"])
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("<script>alert(1)</script>", "\u2039script\u203aalert(1)\u2039/script\u203a"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+1+1|cmd", "'+1+1|cmd"),
        ("-fever since Monday", "'-fever since Monday"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("Meera\u200b\u202e Testkar", "Meera Testkar"),
        ("Meera\U000e0041 Testkar\ue000", "Meera Testkar"),
        ("D'Souza-Rao", "D'Souza-Rao"),
        ("मीरा नमूनेवाला", "मीरा नमूनेवाला"),
    ],
)
def test_text_for_clinicea_has_no_markup_formula_or_unseen_signs(kind: TypeAdapter[Any], sent: str, shown: str) -> None:
    assert read(kind, sent) == shown


@pytest.mark.parametrize(
    "sent", ["\u200b", "\u0301", "\u200f", "\u2028\u2029", "\U000e0041", "\ue000", "...", "\u200d"]
)
def test_a_name_that_nobody_can_read_is_none(sent: str) -> None:
    with pytest.raises(ValidationError):
        NAME.validate_python(sent)


def test_notes_of_signs_alone_are_kept() -> None:
    assert read(NOTES, "??") == "??"


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of the texts that were composed."""
    lengths: list[int] = []

    class Recorded:
        def __getattr__(self, name: str) -> Any:
            return getattr(unicodedata, name)

        def normalize(self, form: str, text: str) -> str:
            lengths.append(len(text))
            return unicodedata.normalize(form, text)  # type: ignore[arg-type]  # any form that the product names

    for module in (characters, normalization):
        monkeypatch.setattr(module, "unicodedata", Recorded())
    return lengths


@pytest.mark.parametrize("kind", [NAME, SERVICE, NOTES], ids=["name", "service", "notes"])
def test_text_that_is_too_long_is_refused_before_composing(kind: TypeAdapter[Any], composed: list[int]) -> None:
    with pytest.raises((ValidationError, ConnectorError)):
        kind.validate_python(MARKS)

    assert max(composed, default=0) <= MOST_UNSEEN * LONGEST_NOTES


@pytest.mark.parametrize("fold", [normalized, as_words, normalized_name])
def test_a_word_that_is_too_long_is_compared_as_it_came(fold: Any, composed: list[int]) -> None:
    assert len(fold(MARKS)) == len(MARKS)
    assert max(composed, default=0) <= LONGEST_WORD


def test_a_member_s_name_of_any_length_is_nobody_s(composed: list[int]) -> None:
    assert PACKED.known(MARKS) is None
    assert max(composed, default=0) <= LONGEST_WORD
