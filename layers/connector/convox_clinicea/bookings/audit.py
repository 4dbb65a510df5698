"""Entries on record: what operators did to bookings, and what a person may ask of the register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from convox_clinicea.bookings.record import Booking
from convox_clinicea.deadline import fresh_token
from convox_clinicea.table import WRITE_TOKEN, Item, Put, Table, timestamp

AUDIT_RETENTION = timedelta(days=366)
"""Lines are kept a year, and never shorter than the booking."""
_NEW = "attribute_not_exists(pk)"


class OperatorAction(StrEnum):
    """What a person may say of a booking."""

    REDRIVE = "redrive"
    BOOKED = "booked"
    REJECTED = "rejected"
    ERASE = "erase"
    """At the word of the person whose booking it was."""


@dataclass(frozen=True)
class Person:
    """Who acts, as AWS knows them, and why, in their own words; neither says anything of a patient."""

    who: str
    why: str


@dataclass(frozen=True)
class AuditEntry:
    """One line of the audit: who did what to which booking, when and why, and how it stood before."""

    booking_id: str
    version: int
    """The booking's version that the act made."""
    at: datetime
    who: str
    why: str
    what: OperatorAction | str
    """A later release may have a word that this one does not know."""
    state_before: str
    reason_before: str | None = None
    appointment_id: str | None = None

    @classmethod
    def on(
        cls, booking: Booking, what: OperatorAction, person: Person, at: datetime, *, appointment_id: str | None = None
    ) -> AuditEntry:
        """Return the line for an act on `booking` as it stands now."""
        return cls(
            booking_id=booking.booking_id,
            version=booking.version + 1,
            at=at,
            who=person.who,
            why=person.why,
            what=what,
            state_before=booking.state.value,
            reason_before=booking.reason.value if booking.reason else None,
            appointment_id=appointment_id,
        )

    @property
    def line(self) -> dict[str, str | int | None]:
        """The act as log, answer and ledger show it."""
        return {
            "booking_id": self.booking_id,
            "version": self.version,
            "at": timestamp(self.at),
            "who": self.who,
            "what": str(self.what),
            "why": self.why,
            "state_before": self.state_before,
            "reason_before": self.reason_before,
            "appointment_id": self.appointment_id,
        }

    def put(self, expires_at: datetime) -> Put:
        """Return the write that appends the line; it overwrites none."""
        item: Item = {"pk": {"S": key_of(self.booking_id, str(self.version))}, WRITE_TOKEN: {"S": fresh_token()}}
        for name, value in self.line.items():
            if value is not None:
                item[name] = {"N": str(value)} if isinstance(value, int) else {"S": value}
        item["expires_at"] = {"N": str(int(expires_at.timestamp()))}
        return Put(item, _NEW)


def _word(text: str) -> OperatorAction | str:
    return OperatorAction(text) if text in {word.value for word in OperatorAction} else text


def key_of(booking_id: str, version: str) -> str:
    """Return the primary key of a booking's act."""
    return f"act#{booking_id}#{version}"


def from_item(item: Item) -> AuditEntry:
    """Read a line as `put` wrote it."""
    return AuditEntry(
        booking_id=item["booking_id"]["S"],
        version=int(item["version"]["N"]),
        at=datetime.fromisoformat(item["at"]["S"]),
        who=item["who"]["S"],
        why=item["why"]["S"],
        what=_word(item["what"]["S"]),
        state_before=item["state_before"]["S"],
        reason_before=item["reason_before"]["S"] if "reason_before" in item else None,
        appointment_id=item["appointment_id"]["S"] if "appointment_id" in item else None,
    )


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
            token = fresh_token()
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
