"""Personal values do not show themselves, and digests tell lists of parts apart."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import MASK, Personal, PersonalDate, PersonalGender, PersonalText, digest
from tests.support.properties import PROPERTY

SECRET = "Canarina Vogelwala"
PERCENT = "%s, %r"
WRAPPED: list[tuple[Personal[Any], str]] = [
    (PersonalText(SECRET), SECRET),
    (PersonalDate(date(1987, 6, 5)), "1987"),
    (PersonalGender("female"), "female"),
    (Mobile("91", "9999900042"), "9999900042"),
]


class Person(BaseModel):
    """As the product's own models are."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: PersonalText
    born: PersonalDate | None = None
    age: int = 0


@pytest.mark.parametrize(("value", "secret"), WRAPPED, ids=["text", "date", "gender", "mobile"])
class TestHiding:
    def test_printing_shows_a_mask(self, value: Personal[Any], secret: str) -> None:
        shown = [
            str(value),
            repr(value),
            f"{value}",
            f"{value!r}",
            f"{value:>40}",
            PERCENT % (value, value),
            f"{[value]}",
        ]
        assert all(secret not in text for text in shown)
        assert all(MASK in text for text in shown)

    def test_logging_shows_a_mask(self, value: Personal[Any], secret: str, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            logging.getLogger("anywhere").info("patient %s, %r", value, {"patient": value})
        assert secret not in caplog.text
        assert caplog.text.count(MASK) == 2

    def test_an_exceptions_text_and_traceback_show_a_mask(self, value: Personal[Any], secret: str) -> None:
        error = ValueError("refused", value)
        assert secret not in str(error) + repr(error) + "".join(traceback.format_exception(error))

    def test_plain_json_refuses_it_without_naming_it(self, value: Personal[Any], secret: str) -> None:
        with pytest.raises(TypeError) as caught:
            json.dumps({"patient": value})
        assert secret not in str(caught.value)
        assert json.dumps({"patient": value}, default=str) == f'{{"patient": "{MASK}"}}'

    def test_it_is_neither_pickled_nor_copied_out(self, value: Personal[Any], secret: str) -> None:
        for leak in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError) as caught:
                leak(value)
            assert secret not in str(caught.value)

    def test_it_has_no_other_way_in_than_reveal(self, value: Personal[Any], secret: str) -> None:
        assert secret in str(value.reveal())
        assert secret not in str(getattr(value, "__dict__", {}))


class TestPydantic:
    person = Person(name=PersonalText(SECRET), born=PersonalDate(date(1987, 6, 5)))

    def test_dumps_and_representations_show_masks(self) -> None:
        shown = [
            str(self.person),
            repr(self.person),
            self.person.model_dump_json(),
            str(self.person.model_dump(mode="json")),
        ]
        assert all("Canarina" not in text and "1987" not in text for text in shown)

    def test_plain_values_are_wrapped_as_they_come_in(self) -> None:
        assert Person.model_validate({"name": SECRET, "born": "1987-06-05"}) == self.person

    @pytest.mark.parametrize("wrong", [{"name": 5}, {"name": SECRET, "born": SECRET}, {"name": SECRET, "age": SECRET}])
    def test_errors_of_a_model_that_hides_its_input_name_no_value(self, wrong: dict[str, object]) -> None:
        with pytest.raises(ValidationError) as caught:
            Person.model_validate(wrong)
        assert "Canarina" not in str(caught.value)

    def test_errors_of_any_model_mask_what_was_wrapped_already(self) -> None:
        class Careless(BaseModel):
            age: int

        with pytest.raises(ValidationError) as caught:
            Careless.model_validate({"age": PersonalText(SECRET)})
        assert "Canarina" not in str(caught.value)
        assert MASK in str(caught.value)


class TestComparing:
    def test_equal_values_of_one_kind_are_equal(self) -> None:
        assert PersonalText("a") == PersonalText("a")
        assert len({PersonalText("a"), PersonalText("a"), PersonalText("b")}) == 2

    def test_a_value_equals_neither_its_bare_self_nor_another_kind(self) -> None:
        number = Mobile("91", "9999900042")
        assert PersonalText("a") != "a"
        assert PersonalText("+919999900042") != number

    def test_an_unset_date_stays_unset(self) -> None:
        assert PersonalDate.wrap(None) is None
        assert PersonalDate.wrap(date(1987, 6, 5)) == PersonalDate(date(1987, 6, 5))


@PROPERTY
@given(st.text(min_size=4, alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)), st.text(max_size=8))
def test_no_format_shows_any_part_of_a_text(secret: str, spec: str) -> None:
    value = PersonalText(secret)
    shown = f"{value} {value!r} {value!s} {value!a} {format(value, spec)} {[value]} {(value,)}"
    assert not set(secret) & set(shown)


class TestDigest:
    key = b"k" * 32

    @PROPERTY
    @given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
    def test_different_lists_of_parts_have_different_digests(self, one: list[str], other: list[str]) -> None:
        assert (digest(self.key, one) == digest(self.key, other)) == (one == other)

    def test_a_moved_boundary_is_seen(self) -> None:
        assert digest(self.key, ["ab", "c"]) != digest(self.key, ["a", "bc"])
        assert digest(self.key, ["a"]) != digest(self.key, ["a", ""])

    def test_another_key_gives_another_digest(self) -> None:
        assert digest(self.key, ["a"]) != digest(b"K" * 32, ["a"])

    def test_it_is_256_bits_and_always_the_same(self) -> None:
        assert len(digest(self.key, [])) == 32
        assert digest(self.key, iter(["a", "b"])) == digest(self.key, ["a", "b"])
