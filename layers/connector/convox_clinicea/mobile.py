"""Mobile numbers: from whatever ConVox sends to E.164, and to the two parts that Clinicea takes."""

from __future__ import annotations

import re
from typing import Any

import phonenumbers
from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from convox_clinicea.privacy import Personal

_WRITTEN = re.compile(r"\+?[0-9() .\-\u00a0]{4,31}")
_MASKED = re.compile(r"(?=[^xX*#•]*[xX*#•])[0-9xX*#•.+() \-]+")
_DIALLING_CODE = re.compile(r"\+?[1-9][0-9]{0,2}")


class InvalidMobile(ValueError):
    """The text is no telephone number; the message never repeats it."""


class InvalidCountryCode(InvalidMobile):
    """The dialling code, sent apart, is none."""


class Mobile(Personal[str]):
    """A telephone number in E.164, such as `+919999900001`."""

    __slots__ = ("country_code", "national_number")

    def __init__(self, country_code: str, national_number: str) -> None:
        super().__init__(f"+{country_code}{national_number}")
        self.country_code = country_code
        self.national_number = national_number

    @classmethod
    def from_e164(cls, text: str) -> Mobile:
        """Read a number that is already in E.164; raises InvalidMobile."""
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
    """Parse a number as ConVox writes it: 10 digits, with `91`, `+91` or a leading `0`, with spaces.

    Args:
        text: the number. A leading space counts as the `+` that a query string loses.
        default_country: ISO 3166 code of the country that numbers without a dialling code belong to.
        country_code: the dialling code, where it was sent apart from the number.

    Raises:
        InvalidMobile: not a valid number, masked digits included; InvalidCountryCode for `country_code`.
    """
    region = default_country
    if country_code is not None:
        country_code = parse_country_code(country_code)
        region = phonenumbers.region_code_for_country_code(int(country_code))
    if _MASKED.fullmatch(text):
        raise InvalidMobile("has masked digits; the whole number is needed")
    if not _WRITTEN.fullmatch(text.strip()):
        raise InvalidMobile("must be a telephone number: digits, and at most spaces, brackets, dots, hyphens and a +")
    readings = [text.strip()]
    if text.startswith(" "):
        readings.insert(0, "+" + text.strip())
    for reading in readings:
        mobile = _read(reading, region)
        if mobile is not None:
            if country_code is not None and mobile.country_code != country_code:
                raise InvalidMobile("has another dialling code than country_code says")
            return mobile
    raise InvalidMobile("is not a valid telephone number; send it with its dialling code")


def _read(text: str, region: str) -> Mobile | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return Mobile(str(number.country_code), phonenumbers.national_significant_number(number))
