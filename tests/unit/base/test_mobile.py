"""Telephone numbers: from what ConVox writes to E.164 and to the two parts that Clinicea takes."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from convox_clinicea.mobile import (
    InvalidCountryCode,
    InvalidMobile,
    Mobile,
    NoCallerNumber,
    parse_country_code,
    parse_mobile,
)
from tests.support.properties import PROPERTY

E164 = "+919999900042"


class TestSpellings:
    @pytest.mark.parametrize(
        "written",
        [
            "9999900042",
            "09999900042",
            "919999900042",
            "+919999900042",
            "00919999900042",
            " 919999900042",
            "  9999900042 ",
            "99999 00042",
            "+91 99999-00042",
            "+91 (99999) 00.042",
            "99999\u00a000042",
            "99999\u202f00042",
            "0919999900042",
            "091 99999 00042",
            "(+91) 99999 00042",
            "+91 (0) 99999 00042",
            "99999/00042",
            "99999\u201300042",
            "99999\u201100042",
            "\u202a+91 99999 00042\u202c",
            "\u200e99999\u200b00042\ufeff",
            "tel:+91-99999-00042",
            "٩٩٩٩٩٠٠٠٤٢",
            "\u096f\u096f\u096f\u096f\u096f\u0966\u0966\u0966\u096a\u0968",
            "\uff0b\uff19\uff11 9999900042",
            "9999900042 ext 5",
            "9999900042x12",
            "9999900042#",
            "9999900042;ext=5",
            "9999900042.0",
            "sip:9999900042@10.0.0.1",
            "sip:+919999900042@pbx.example;user=phone",
            "9999900042\n",
        ],
    )
    def test_all_of_them_are_the_same_number(self, written: str) -> None:
        mobile = parse_mobile(written, default_country="IN")
        assert mobile.reveal() == E164
        assert (mobile.country_code, mobile.national_number) == ("91", "9999900042")

    def test_a_number_with_its_dialling_code_belongs_to_that_country(self) -> None:
        american = parse_mobile("+1 202 555 0142", default_country="IN")  # of the range kept free for fiction
        assert (american.country_code, american.national_number) == ("1", "2025550142")

    def test_the_default_country_is_a_matter_of_configuration(self) -> None:
        assert parse_mobile("(202) 555-0142", default_country="US").reveal() == "+12025550142"

    @pytest.mark.parametrize("code", ["91", "+91", " 91", "91 "])
    def test_a_dialling_code_sent_apart_is_taken_in_every_spelling(self, code: str) -> None:
        assert parse_mobile("9999900042", default_country="AE", country_code=code).reveal() == E164

    def test_a_dialling_code_in_both_places_may_agree(self) -> None:
        assert parse_mobile(E164, default_country="AE", country_code="91").reveal() == E164


class TestRefusals:
    @pytest.mark.parametrize(
        "written",
        [
            "",
            " ",
            "+",
            "12",
            "99999",
            "xxxxxx0042",
            "99999*0042",
            "999990004x5",
            "9" * 40,
            "+9100",
            "٩٩٩٩٩",
            "9999900042/9999900043",
        ],
    )
    def test_what_is_no_number_is_refused_without_repeating_it(self, written: str) -> None:
        with pytest.raises(InvalidMobile) as caught:
            parse_mobile(written, default_country="IN")
        assert len(written) < 2 or written not in str(caught.value)

    def test_a_dialling_code_in_both_places_may_not_differ(self) -> None:
        with pytest.raises(InvalidMobile, match="a different dialling code"):
            parse_mobile("+1 202 555 0142", default_country="IN", country_code="91")

    @pytest.mark.parametrize("code", ["", "0", "+", "00", "999", "210", "9199", "9a", "++91", "-91", "٩١"])
    def test_a_dialling_code_that_is_none_is_refused(self, code: str) -> None:
        with pytest.raises(InvalidCountryCode):
            parse_mobile("9999900042", default_country="IN", country_code=code)

    def test_a_number_without_any_country_is_refused(self) -> None:
        with pytest.raises(InvalidMobile):
            Mobile.from_e164("9999900042")

    @PROPERTY
    @given(st.text(max_size=40), st.text(max_size=5) | st.none(), st.sampled_from(["IN", "AE", "US", "ZZ", "", "xx"]))
    def test_any_text_is_a_number_or_an_invalid_mobile(self, text: str, code: str | None, country: str) -> None:
        with contextlib.suppress(InvalidMobile):
            mobile = parse_mobile(text, default_country=country, country_code=code)
            assert mobile.reveal() == f"+{mobile.country_code}{mobile.national_number}"

    @PROPERTY
    @given(
        st.text(alphabet="+0123456789 ()-.\u00a0", max_size=33),
        st.text(alphabet="+0123456789 ", max_size=5) | st.none(),
        st.sampled_from(["IN", "AE", "US", "ZZ"]),
    )
    def test_any_digits_are_a_readable_number_or_an_invalid_mobile(
        self, text: str, code: str | None, country: str
    ) -> None:
        with contextlib.suppress(InvalidMobile):
            mobile = parse_mobile(text, default_country=country, country_code=code)
            assert Mobile.from_e164(mobile.reveal()) == mobile


class TestNobodysNumber:
    @pytest.mark.parametrize(
        "written",
        [
            *(
                "anonymous",
                "Unknown",
                "PRIVATE",
                " Withheld ",
                "0",
                "-1",
                "1001",
                "+266696687",
                "Out of Area",
                "P",
                "O",
            ),
            *("Private Caller", "UNKNOWN CALLER", "unknown-caller", "Caller_ID_Blocked", "No Caller ID", "<Unknown>"),
            *("Number not available", "Anonymous <anonymous>", "anonymous@anonymous.invalid", "sip:1001@pbx"),
            *("sip:anonymous@anonymous.invalid", '"Anonymous" <sip:anonymous@anonymous.invalid;user=phone>'),
            *("*67", "*67 9999900042", "#31#9999900042", "*31#9999900042"),
        ],
    )
    def test_withheld_or_internal_number_is_no_invalid_mobile(self, written: str) -> None:
        with pytest.raises(NoCallerNumber, match="ask the caller for the number"):
            parse_mobile(written, default_country="IN")

    @pytest.mark.parametrize(
        "written", ["1234567", "", "x", "99999XXX41", "9999900041*", "971501234567", "Asha Caller"]
    )
    def test_a_number_that_was_to_be_one_is_not(self, written: str) -> None:
        with pytest.raises(InvalidMobile) as caught:
            parse_mobile(written, default_country="IN")
        assert not isinstance(caught.value, NoCallerNumber)


class TestDiallingCode:
    @pytest.mark.parametrize(("text", "code"), [("91", "91"), ("+971", "971"), (" 1", "1")])
    def test_its_digits_are_kept(self, text: str, code: str) -> None:
        assert parse_country_code(text) == code


class TestPydanticField:
    class Card(BaseModel):
        model_config = ConfigDict(hide_input_in_errors=True)

        mobile: Mobile

    def test_e164_and_ready_made_numbers_are_taken(self) -> None:
        mobile = parse_mobile(E164, default_country="IN")
        assert self.Card.model_validate({"mobile": E164}).mobile == mobile
        assert self.Card(mobile=mobile).mobile is mobile

    @pytest.mark.parametrize("wrong", ["9999900042", "", 5, None])
    def test_anything_else_is_a_validation_error_that_hides_it(self, wrong: object) -> None:
        with pytest.raises(ValidationError) as caught:
            self.Card.model_validate({"mobile": wrong})
        assert "9999900042" not in str(caught.value)
