"""Ids as they are compared: what distinguishes nothing does not count, and nothing else is lost."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.text import id_key, id_spellings, is_unset_id, same_id
from tests.support.properties import PROPERTY

GUID = "41a0c5de-0000-4000-8000-00000000ab41"


@pytest.mark.parametrize(
    "written",
    [
        GUID, GUID.upper(), "41A0c5de-0000-4000-8000-00000000AB41", f"{{{GUID}}}", f"({GUID.upper()})", f" {GUID} ",
        GUID.replace("-", ""), f"{{{GUID.upper()}}}",
    ],
)  # fmt: skip
def test_a_guid_is_one_however_it_is_written(written: str) -> None:
    assert id_key(written) == GUID
    assert same_id(written, GUID)


@pytest.mark.parametrize("written", ["41", "41.0", "41.00", " 41 "])
def test_a_number_has_no_decimals(written: str) -> None:
    assert id_key(written) == "41"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("41", "041"), ("41", "41.5"), ("P-41", "p-41"), ("P.41", "P-41"), (GUID, GUID[:-1] + "2"), ("410", "41.0"),
        (f"{{{GUID}", f"{GUID}-"), ("1" * 31, "1" * 32), (None, None), (None, "41"), ("", None),
    ],
)  # fmt: skip
def test_other_ids_differ(one: str | None, other: str | None) -> None:
    assert not same_id(one, other)


@pytest.mark.parametrize(
    "written", ["P-41", "41", "A-7", "P.41", "P/41", "P 41", GUID.replace("4", "1").replace("a", "b")]
)
def test_an_id_in_its_plain_form_is_stored_as_before(written: str) -> None:
    assert id_spellings(written)[0] == written


@PROPERTY
@given(st.uuids(), st.sampled_from(["{%s}", "(%s)", "%s", " %s"]), st.booleans(), st.booleans())
def test_any_guid_in_any_form_is_looked_for_where_it_may_stand(
    identifier: uuid.UUID, form: str, upper: bool, bare: bool
) -> None:
    digits = identifier.hex if bare else str(identifier)
    written = form % (digits.upper() if upper else digits)

    assert id_key(written) == str(identifier)
    assert {str(identifier), str(identifier).upper(), written} == set(id_spellings(written))


@PROPERTY
@given(st.text(max_size=20), st.text(max_size=20))
def test_comparing_is_an_equivalence_and_a_key_is_its_own_key(one: str, other: str) -> None:
    assert same_id(one, one)
    assert same_id(one, other) is same_id(other, one)
    assert id_key(id_key(one)) == id_key(one)


@pytest.mark.parametrize(
    "written", ["0", "0.0", "-0", "-1", "-1.0", "-17", "00", "{00000000-0000-0000-0000-000000000000}"]
)
def test_an_id_that_is_not_set(written: str) -> None:
    assert is_unset_id(written)


@pytest.mark.parametrize("written", ["1", "10", "1.0", "P-0", "0A", "none", GUID])
def test_an_id_that_is_set(written: str) -> None:
    assert not is_unset_id(written)
