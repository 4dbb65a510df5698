"""Ids of ConVox's in a log line: they are free text, and some exchanges make them of the caller's number."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumberType

from convox_clinicea.privacy import MASK, is_telling

_WRITTEN = re.compile(r"\+?[0-9](?:[ -]?[0-9]){7,}")
_DIGITS = re.compile(r"[0-9]{8,}")
LONGEST_NUMBER = 10
"""Digits of a mobile number without its dialling code, where one is looked for at an end of many digits."""
_ANYBODY_S = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def loggable_agent(agent_id: str | None) -> str | None:
    """Return the agent's id, masked if it may hold a telephone number or an address."""
    return MASK if is_telling(agent_id or "") else agent_id


def loggable_call(call_id: str, country: str) -> str:
    """Return the call's id, masked if it holds an address or a mobile number.

    A call's id may be nothing but digits, and without it nobody finds the call. So digits alone mask nothing here, as
    they do in an agent's id: they have to be a mobile number, of the deployment's country or with a dialling code.
    """
    telling = "@" in call_id or any(_is_mobile(digits, country) for digits in _candidates(call_id))
    return MASK if telling else call_id


def _candidates(call_id: str) -> Iterator[str]:
    """Yield what may be a number: written with spaces or hyphens, digits alone, or joined to a moment's digits."""
    yield from (found[0] for found in _WRITTEN.finditer(call_id))
    for found in _DIGITS.finditer(call_id):
        yield found[0]
        if len(found[0]) >= 2 * LONGEST_NUMBER:
            yield found[0][:LONGEST_NUMBER]
            yield found[0][-LONGEST_NUMBER:]


def _is_mobile(digits: str, country: str) -> bool:
    for written, region in ((digits, country), ("+" + digits.lstrip("+0"), "ZZ")):
        try:
            number = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.number_type(number) in _ANYBODY_S:
            return True
    return False
