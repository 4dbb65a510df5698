"""Words of any script are compared as their readers compare them, and so are names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.callback_fields import StatusRequest
from convox_clinicea.errors import InvalidDocument
from convox_clinicea.lookups.search import SearchRequest
from convox_clinicea.text import normalized
from tests.support import events
from tests.support.dialects import dialect, read
from tests.support.properties import PROPERTY

CALL = {"call_id": "R-1", "agent_id": "a-1"}
HINDI = "\u0905\u092a\u0949\u0907\u0902\u091f\u092e\u0947\u0902\u091f \u0924\u092f"
BENGALI = "\u0995\u09cb\u09a8"
"""Its vowel sign is one character, or two."""
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u062f"
ARABIC = "\u062a\u0645 \u0627\u0644\u062d\u062c\u0632"
MALAYALAM = "\u0d05\u0d35\u0d28\u0d4d\u200d"


@pytest.mark.parametrize(
    ("configured", "came"),
    [
        (HINDI, HINDI),
        (HINDI, f"  {HINDI.replace(' ', chr(0xA0))}\n"),
        (BENGALI, unicodedata.normalize("NFD", BENGALI)),
        (unicodedata.normalize("NFD", BENGALI), BENGALI),
        (PERSIAN, PERSIAN),
        (PERSIAN, PERSIAN.replace("\u200c", "")),
        (ARABIC, f"\u200f{ARABIC}\u200f"),
        (MALAYALAM, MALAYALAM.replace("\u200d", "")),
        ("RENDEZ-VOUS CONFIRM\u00c9", "rendez-vous confirme\u0301"),
        ("STRASSE", "stra\u00dfe"),
        ("appointment booked", "\uff21ppointment   Booked\x00"),
        ("x" * 64, "X" * 64),
    ],
    ids=ascii,
)
def test_a_disposition_means_an_appointment_however_it_was_typed(configured: str, came: str) -> None:
    spoken = dialect(words={"appointment": [configured]})
    request = read(StatusRequest, events.call_status(CALL | {"disposition": came}), spoken)

    assert spoken.mean_appointment(request.dispositions())


@pytest.mark.parametrize(
    "came",
    [f"{HINDI} \u0928\u0939\u0940\u0902", HINDI[:-1], "\u0d05\u0d35\u0d28", "", "\u200c", "\u200f\u00a0"],
    ids=ascii,
)
def test_another_word_is_another_word(came: str) -> None:
    spoken = dialect(words={"appointment": [HINDI, MALAYALAM]})
    request = read(StatusRequest, events.call_status(CALL | {"disposition": came}), spoken)

    assert not spoken.mean_appointment(request.dispositions())


def test_a_label_may_be_in_any_script() -> None:
    label = "\u092e\u094b\u092c\u093e\u0907\u0932"
    spoken = dialect(aliases={"mobile": {label: "site"}})

    request = read(SearchRequest, events.search(CALL | {unicodedata.normalize("NFD", label): "9999900041"}), spoken)

    assert request.mobile.reveal() == "9999900041"


def test_a_label_with_brackets_is_found_as_php_writes_it() -> None:
    spoken = dialect(aliases={"mobile": {"call[number]": "site"}})

    for label in ("call[number]", "CALL.number"):
        request = read(SearchRequest, events.search(CALL | {label: "9999900041"}), spoken)
        assert request.mobile.reveal() == "9999900041"


@pytest.mark.parametrize("label", ["", " ", "\u200c", " a", "a ", "a\tb", "\u202ea", "x" * 65], ids=ascii)
def test_a_label_that_cannot_be_seen_is_none(label: str) -> None:
    with pytest.raises(InvalidDocument, match="must be a name of 1 to 64 visible characters"):
        dialect(aliases={"mobile": {label: "site"}})


@pytest.mark.parametrize(
    "words", [{"appointment": ["\u200b"]}, {"consent": {"yes": [" "]}}, {"gender": {"male": ["\u200f"]}}], ids=str
)
def test_a_word_that_cannot_be_seen_means_nothing(words: dict[str, object]) -> None:
    with pytest.raises(InvalidDocument, match="must have a visible character"):
        dialect(words=words)


def test_two_spellings_of_one_label_have_one_meaning() -> None:
    with pytest.raises(InvalidDocument, match="it may have one meaning"):
        dialect(aliases={"mobile": {BENGALI: "site"}, "call_id": {unicodedata.normalize("NFD", BENGALI): "site"}})


@PROPERTY
@given(st.text(max_size=40))
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert normalized(normalized(text)) == normalized(text)
