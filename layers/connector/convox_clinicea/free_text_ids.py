"""Ids of ConVox's: free text, of which some exchanges make a part of the caller's number.

An id that holds a telephone number or an e-mail address is stored nowhere in plain. Its keyed digest stands in its
place: in keys, encryption contexts, the register, notices and logs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from convox_clinicea.privacy import stand_in

_WRITTEN = re.compile(r"\+?[0-9](?:[ -]?[0-9]){7,}")
_DIGITS = re.compile(r"[0-9]{8,}")
LONGEST_NUMBER = 10
"""Digits of a mobile number without its dialling code, where one is looked for at an end of many digits."""


def tells(text: str, country: str) -> bool:
    """Whether an id holds an address or a mobile number, of that country or with a dialling code.

    A call's id may be nothing but digits, and without it nobody finds the call in ConVox. So digits alone tell nothing:
    they have to be a mobile number, alone or at an end of a longer run of digits.
    """
    return (
        "@" in text
        or any(_is_mobile(digits, country) for digits in _candidates(text))
        or any(_is_mobile_of(digits, country) for digits in _ends(text))
    )


class FreeTextIds:
    """Gives the names under which calls and agents are stored.

    Args:
        key: reads the identity key when it is first needed; raises ConfigurationError, SecretUnavailable.
        country: the deployment's own, of numbers without a dialling code.
        earlier: whether records of releases before are looked for, under the plain id. CloudTrail's data events, where
            a deployment has them, show the keys that are asked for.
    """

    def __init__(self, key: Callable[[], bytes], country: str, *, earlier: bool = False) -> None:
        self._key = key
        self._country = country
        self._earlier = earlier

    def call(self, call_id: str) -> str:
        """Return the name of a call: its id, or the stand-in of an id that tells."""
        return self._named("call", call_id)

    def calls(self, call_id: str) -> tuple[str, ...]:
        """Return the name of a call, then the others under which it may be stored.

        A release before has used the plain id; after an erasure it is the stand-in.
        """
        name, hidden = self.call(call_id), self.hidden(call_id)
        return tuple(dict.fromkeys((name, hidden, *([call_id] if self._earlier else []))))

    def shown(self, call_id: str) -> tuple[str, ...]:
        """Return the same without the name that a call has after an erasure: it is not asked for any more."""
        name = self.call(call_id)
        return (name, call_id) if self._earlier and name != call_id else (name,)

    def hidden(self, call_id: str) -> str:
        """Return the stand-in of a call, whatever its id is like."""
        return stand_in(self._key(), "call", call_id)

    def agent(self, agent_id: str) -> str:
        """Return the name of an agent: the id, or the stand-in of an id that tells."""
        return self._named("agent", agent_id)

    def _named(self, kind: str, text: str) -> str:
        return stand_in(self._key(), kind, text) if tells(text, self._country) else text


def _candidates(text: str) -> Iterator[str]:
    """Yield what may be a number: written with spaces or hyphens, or digits alone."""
    yield from (found[0] for found in _WRITTEN.finditer(text))
    yield from (found[0] for found in _DIGITS.finditer(text))


def _ends(text: str) -> Iterator[str]:
    """Yield both ends of each longer run of digits: a number may be joined to a moment's digits, or to a counter's."""
    for found in _DIGITS.finditer(text):
        if len(found[0]) > LONGEST_NUMBER:
            yield found[0][:LONGEST_NUMBER]
            yield found[0][-LONGEST_NUMBER:]


def _is_mobile(digits: str, country: str) -> bool:
    return _is_mobile_of(digits, country) or _is_mobile_of("+" + digits.lstrip("+0"), "ZZ")


def _is_mobile_of(digits: str, country: str) -> bool:
    # Loaded with the first id that may hold a number: it is slow to load, and some functions parse no other.
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return False
    of_anybody = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return phonenumbers.number_type(number) in of_anybody
