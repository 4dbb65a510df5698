"""Mobile numbers: parsed from ConVox's forms to E.164, and to Clinicea's two parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import phonenumbers
from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from convox_clinicea.dialled import has_no_number, is_withheld, plain
from convox_clinicea.privacy import Personal
from convox_clinicea.text import LOST

_WRITTEN = re.compile(r"\(?\+?[0-9() ./\-]{1,39}")
_MASK = r"[xX*#\u2022\u00d7]"
_MASKED = re.compile(rf"[0-9.+() \-]*{_MASK}[0-9xX*#\u2022\u00d7.+() \-]*")
_EXTENSION = re.compile(r"(?<=[0-9)]) ?(?:#|(?:x|#|;ext=|,? ?ext(?:ension)?[.:]?) ?[0-9]{1,7}#?)$", re.IGNORECASE)
_DIALLING_CODE = re.compile(r"\+?[1-9][0-9]{0,2}")
_MASKED_DIGITS = "has masked digits; the whole number is needed"
_NO_NUMBER = "must be one telephone number: digits, with only blanks, brackets, dots, dashes, slashes and a +"
_NOT_VALID = "is not a valid telephone number; send it with its dialling code"


class InvalidMobile(ValueError):
    """The text is not a telephone number; the message never repeats it."""


class NoCallerNumber(InvalidMobile):
    """The caller's number is withheld, or the call is internal; the sender cannot correct it."""


class InvalidCountryCode(InvalidMobile):
    """The separate dialling code is invalid."""


class Mobile(Personal[str]):
    """A telephone number in E.164, such as `+919999900001`."""

    __slots__ = ("country_code", "national_number")

    def __init__(self, country_code: str, national_number: str) -> None:
        super().__init__(f"+{country_code}{national_number}")
        self.country_code = country_code
        self.national_number = national_number

    @classmethod
    def from_e164(cls, text: str) -> Mobile:
        """Parse a number in E.164; raises InvalidMobile."""
        return parse_mobile(text, default_country="ZZ")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return cls._wrapped(core_schema.str_schema(), cls.from_e164)


def parse_country_code(text: str) -> str:
    """Return the dialling code's digits; `91`, `+91` and ` 91` (a `+` lost in a query string) are the same."""
    text = text.strip()
    if not _DIALLING_CODE.fullmatch(text) or not phonenumbers.region_codes_for_country_code(int(text.lstrip("+"))):
        raise InvalidCountryCode("is not a dialling code such as 91 or +91")
    return text.lstrip("+")


def parse_mobile(text: str, *, default_country: str, country_code: str | None = None) -> Mobile:
    """Parse a number as people, exchanges and ConVox write it; ambiguous ones are refused.

    Accepts 10 digits, with `91`, `+91`, a leading `0` or both, in the digits of any script, with blanks, dashes,
    slashes, parentheses and invisible characters, as `tel:`, and with an extension, which is dropped.

    Args:
        text: the number. A leading space counts as a `+`, which query strings turn into a space.
        default_country: ISO 3166 code of the country of numbers without a dialling code.
        country_code: the dialling code, if it was sent separately.

    Raises:
        InvalidMobile: not a valid number, masked digits included; NoCallerNumber for a withheld or internal one;
            InvalidCountryCode for `country_code`.
    """
    region = default_country
    if country_code is not None:
        country_code = parse_country_code(country_code)
        region = phonenumbers.region_code_for_country_code(int(country_code))
    written = plain(text)
    if is_withheld(written):
        raise NoCallerNumber("is withheld; ask the caller for the number and send that")
    if LOST in written:
        raise InvalidMobile("has an undecodable character; send UTF-8")
    number = _EXTENSION.sub("", written)
    masked = _MASKED.fullmatch(number) is not None
    if masked or not _WRITTEN.fullmatch(number):
        raise InvalidMobile(_MASKED_DIGITS if masked else _NO_NUMBER)
    mobile = next(filter(None, (_read(each, region) for each in _readings(text, number, region))), None)
    if mobile is None:
        if has_no_number(number):
            raise NoCallerNumber("is an internal number; ask the caller for the number and send that")
        raise InvalidMobile(_MASKED_DIGITS if _MASKED.fullmatch(written) else _NOT_VALID)
    if country_code is not None and mobile.country_code != country_code:
        raise InvalidMobile("has a different dialling code than country_code")
    return mobile


def _readings(text: str, number: str, region: str) -> Iterator[str]:
    """Yield possible readings of a number; the first valid one counts."""
    if text.startswith(" ") and not number.startswith("+"):
        yield "+" + number
    yield number
    code = str(phonenumbers.country_code_for_region(region))
    digits = re.sub("[^0-9]", "", number)
    # A trunk 0 before the dialling code: some exchanges put it before any number.
    if digits.startswith(f"0{code}"):
        yield f"+{digits[1:]}"


def _read(text: str, region: str) -> Mobile | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return Mobile(str(number.country_code), phonenumbers.national_significant_number(number))
