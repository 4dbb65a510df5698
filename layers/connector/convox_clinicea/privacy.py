"""Types for personal values, and digests to compare them.

A `Personal` value prints as a mask everywhere: `str`, `repr`, f-strings, `%`-formatting, logging, tracebacks, and
pydantic's dumps and errors. `reveal()` is the only way to the value, so a search for that word finds every place where
a patient's data is unwrapped.

An id that holds a telephone number or an e-mail address is never stored in plain. Its keyed digest replaces it in keys,
encryption contexts, the register, notices and logs.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, Generic, Literal, Self, TypeVar, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from convox_clinicea.text import id_key

MASK = "[personal]"
PATIENT = "group"
"""First input of a patient's digest; unchanged, so that records of earlier releases are found."""
_TELLING = re.compile(r"@|(?:\d[ -]?){7}")
T = TypeVar("T")


class Personal(Generic[T]):
    """A personal value that prints as a mask."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value, for the agent of the call, for Clinicea or for encryption."""
        return self._value

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"{type(self).__name__}({MASK})"

    def __format__(self, _spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and type(self) is type(other) and self._value == other._value

    def __hash__(self) -> int:
        return hash((type(self), self._value))

    def __reduce__(self) -> Any:
        raise TypeError("personal values are not pickled")

    @classmethod
    def _wrapped(cls, inner: core_schema.CoreSchema, wrap: Callable[[Any], Any]) -> core_schema.CoreSchema:
        # An instance is accepted as it is; other values are validated and wrapped. Dumps show the mask.
        return core_schema.union_schema(
            [core_schema.is_instance_schema(cls), core_schema.no_info_after_validator_function(wrap, inner)],
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )


class PersonalText(Personal[str]):
    """A text about a person, such as a name, an address, a note or an e-mail address."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return cls._wrapped(core_schema.str_schema(), cls)


Gender = Literal["male", "female", "other"]
GivenBy = Literal["self", "parent", "guardian"]
"""Person who consented: the patient, or a parent or guardian."""


class PersonalGender(Personal[Gender]):
    """A person's gender."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return cls._wrapped(core_schema.literal_schema(list(get_args(Gender))), cls)


class PersonalDate(Personal[date]):
    """A birth date."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return cls._wrapped(core_schema.date_schema(), cls)

    @classmethod
    def wrap(cls, value: date | None) -> Self | None:
        """Wrap a date, or pass None on."""
        return None if value is None else cls(value)


def is_telling(text: str) -> bool:
    """Return whether a free text outside of the patient's fields holds an address or a telephone number."""
    return _TELLING.search(text) is not None


def digest(key: bytes, parts: Iterable[str]) -> bytes:
    """Return the HMAC-SHA256 of `parts` under `key`.

    Each part is preceded by its length, so that no two lists of parts give the same message.
    """
    message = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    return hmac.new(key, message, hashlib.sha256).digest()


def digest_of_number(key: bytes, number: Personal[str]) -> str:
    """Return the HMAC by which a number in E.164 may be compared."""
    return digest(key, ["number", number.reveal()]).hex()


def digest_of_patient(key: bytes, patient_id: str) -> str:
    """Return the HMAC of a patient with that id of Clinicea's, whatever the form of a GUID."""
    return digest(key, [PATIENT, f"patient {id_key(patient_id)}"]).hex()


STAND_IN = "hidden-"
"""Prefix of a stand-in; 32 letters follow, so that it never looks like a number."""
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def stand_in(key: bytes, kind: str, text: str) -> str:
    """Return the digest that replaces an id with personal data; a stand-in is returned unchanged."""
    if text.startswith(STAND_IN):
        return text
    # A lone surrogate, received as `\\udxxx`, cannot be encoded.
    readable = text.encode("utf-8", "replace").decode()
    return STAND_IN + digest(key, ["free-text id", kind, readable]).hex()[:32].translate(_LETTERS)


_WRITTEN = re.compile(r"\+?[0-9](?:[ -]?[0-9]){7,}")
_DIGITS = re.compile(r"[0-9]{8,}")
LONGEST_NUMBER = 10
"""Digits of a mobile number without its dialling code, to search at the ends of a run of digits."""


def tells(text: str, country: str) -> bool:
    """Return whether an id holds an address or a mobile number, of that country or with a dialling code.

    A call's id may consist of digits only, and is needed to find the call in ConVox. So digits count only if they are a
    valid mobile number, alone or at an end of a longer run of digits.
    """
    return (
        "@" in text
        or any(_is_mobile(digits, country) for digits in _candidates(text))
        or any(_is_mobile_of(digits, country) for digits in _ends(text))
    )


class FreeTextIds:
    """Maps call and agent ids to their stored names.

    Args:
        key: reads the identity key on first use; raises ConfigurationError, SecretUnavailable.
        country: the deployment's country, for numbers without a dialling code.
        earlier: whether to look for records of earlier releases under the plain id. CloudTrail's data events, if
            enabled, show the requested keys.
    """

    def __init__(self, key: Callable[[], bytes], country: str, *, earlier: bool = False) -> None:
        self._key = key
        self._country = country
        self._earlier = earlier

    def call(self, call_id: str) -> str:
        """Return the stored name of a call: its id, or a digest if the id holds personal data."""
        return self._named("call", call_id)

    def calls(self, call_id: str) -> tuple[str, ...]:
        """Return the stored name of a call, then other names under which it may be stored.

        An earlier release used the plain id. After an erasure the name is the digest.
        """
        name, hidden = self.call(call_id), self.hidden(call_id)
        return tuple(dict.fromkeys((name, hidden, *([call_id] if self._earlier else []))))

    def shown(self, call_id: str) -> tuple[str, ...]:
        """Return `calls` without the name that a call has after an erasure."""
        name = self.call(call_id)
        return (name, call_id) if self._earlier and name != call_id else (name,)

    def hidden(self, call_id: str) -> str:
        """Return the digest that replaces any call's id."""
        return stand_in(self._key(), "call", call_id)

    def agent(self, agent_id: str) -> str:
        """Return the stored name of an agent: the id, or a digest if the id holds personal data."""
        return self._named("agent", agent_id)

    def _named(self, kind: str, text: str) -> str:
        return stand_in(self._key(), kind, text) if tells(text, self._country) else text


def _candidates(text: str) -> Iterator[str]:
    """Yield possible numbers: with spaces or hyphens, or digits alone."""
    yield from (found[0] for found in _WRITTEN.finditer(text))
    yield from (found[0] for found in _DIGITS.finditer(text))


def _ends(text: str) -> Iterator[str]:
    """Yield both ends of each longer run of digits: a timestamp or counter may precede or follow a number."""
    for found in _DIGITS.finditer(text):
        if len(found[0]) > LONGEST_NUMBER:
            yield found[0][:LONGEST_NUMBER]
            yield found[0][-LONGEST_NUMBER:]


def _is_mobile(digits: str, country: str) -> bool:
    return _is_mobile_of(digits, country) or _is_mobile_of("+" + digits.lstrip("+0"), "ZZ")


def _is_mobile_of(digits: str, country: str) -> bool:
    # Imported on first use: it is slow to load, and some functions parse no numbers.
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return False
    of_anybody = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return phonenumbers.number_type(number) in of_anybody
