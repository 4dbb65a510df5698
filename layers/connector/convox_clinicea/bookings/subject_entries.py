"""The register as one person may ask for it, and what is put there at their word: withdrawals, copies handed out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from convox_clinicea import chance
from convox_clinicea.bookings.acts import Person
from convox_clinicea.table import WRITE_TOKEN, Item, Put, Table, timestamp

SCHEMA_VERSION = 1
DEFAULT_RETENTION = timedelta(days=3650)
_FIRST = "attribute_not_exists(subject)"
_OF_THE_TABLE = frozenset({"subject", "entry", "v", "expires_at", WRITE_TOKEN})


class Noted(StrEnum):
    """What an operator notes at a person's word."""

    WITHDRAWAL = "withdrawal"
    """The person has withdrawn their consent."""
    COPY = "copy"
    """The person's data itself was handed to the operator, for them."""


@dataclass(frozen=True)
class Keeping:
    """How such entries are kept: how long, and whose days they are found by."""

    retention: timedelta = DEFAULT_RETENTION
    zone: tzinfo = UTC


class SubjectEntries:
    """Reads entries under a person's keys (`number#<HMAC of the mobile>`, `patient#<Clinicea's id>`), and adds some.

    What is added stands under keys of its own, so that the role that adds it can write over no proof and no disclosure.
    """

    def __init__(self, register: Table, keeping: Keeping) -> None:
        self._register = register
        self._keeping = keeping

    def add(self, noted: Noted, subjects: Sequence[str], person: Person, at: datetime) -> None:
        """Put it on record under each key; raises LedgerUnavailable: it may not stand."""
        for subject in subjects:
            token = chance.token()
            texts = {
                "subject": asked(subject),
                "entry": f"{noted.value}#{timestamp(at)}#{token}",
                "kind": noted.value,
                "at": timestamp(at),
                "day": at.astimezone(self._keeping.zone).date().isoformat(),
                "who": person.who,
                "why": person.why,
                WRITE_TOKEN: token,
            }
            item: Item = {name: {"S": text} for name, text in texts.items()}
            item["v"] = {"N": str(SCHEMA_VERSION)}
            item["expires_at"] = {"N": str(int((at + self._keeping.retention).timestamp()))}
            self._register.put(Put(item, _FIRST))

    def page(self, subject: str, after: str | None) -> tuple[list[dict[str, Any]], str | None]:
        """Return entries under a key, and the one after which to go on."""
        key: Item = {"subject": {"S": subject}}
        start: Item | None = None if after is None else {**key, "entry": {"S": after}}
        page = self._register.entries_page("#s = :s", {"#s": "subject"}, {":s": key["subject"]}, start)
        return [_plain(item) for item in page.items], None if page.after is None else page.after["entry"]["S"]


def asked(subject: str) -> str:
    """Return the key under which it stands what was done at the word of the person with that key."""
    return f"asked#{subject}"


def _plain(item: Item) -> dict[str, Any]:
    return {name: _value(value) for name, value in sorted(item.items()) if name not in _OF_THE_TABLE}


def _value(attribute: Any) -> Any:
    ((kind, value),) = attribute.items()
    return [_value(each) for each in value] if kind == "L" else value
