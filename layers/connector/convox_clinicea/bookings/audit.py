"""The audit of operators' actions on bookings, and the register's entries about a person."""

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
"""Lines are kept for a year, and at least as long as the booking."""
_NEW = "attribute_not_exists(pk)"


class OperatorAction(StrEnum):
    """Action of a person on a booking or a task."""

    REDRIVE = "redrive"
    BOOKED = "booked"
    REJECTED = "rejected"
    ERASE = "erase"
    """Requested by the person whose booking it was."""
    SHOW = "show"
    """A task's patient and note were shown; the line has the task's id."""


@dataclass(frozen=True)
class Person:
    """The operator (an AWS identity) and the reason they gave. Neither holds a patient's data."""

    who: str
    why: str


@dataclass(frozen=True)
class AuditEntry:
    """One line of the audit: who did what to which booking, when and why, and its state before."""

    booking_id: str
    version: int
    """The booking's version after the action."""
    at: datetime
    who: str
    why: str
    what: OperatorAction | str
    """A later release may write an action that this one does not know."""
    state_before: str
    reason_before: str | None = None
    appointment_id: str | None = None

    @classmethod
    def on(
        cls, booking: Booking, what: OperatorAction, person: Person, at: datetime, *, appointment_id: str | None = None
    ) -> AuditEntry:
        """Return the line for an action on `booking` as it stands now."""
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
        """The action as the log, the answer and the ledger show it."""
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
        """Return the write that appends the line and overwrites nothing."""
        item: Item = {"pk": {"S": key_of(self.booking_id, str(self.version))}, WRITE_TOKEN: {"S": fresh_token()}}
        for name, value in self.line.items():
            if value is not None:
                item[name] = {"N": str(value)} if isinstance(value, int) else {"S": value}
        item["expires_at"] = {"N": str(int(expires_at.timestamp()))}
        return Put(item, _NEW)


def _word(text: str) -> OperatorAction | str:
    return OperatorAction(text) if text in {word.value for word in OperatorAction} else text


def key_of(booking_id: str, version: str) -> str:
    """Return the primary key of an action on a booking."""
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
    """Entry that an operator adds at a person's request."""

    WITHDRAWAL = "withdrawal"
    """The person withdrew their consent."""
    COPY = "copy"
    """A copy of the person's data was given to the operator, for the person."""


@dataclass(frozen=True)
class Keeping:
    """Retention of the register's entries, and the time zone of their dates."""

    retention: timedelta = DEFAULT_RETENTION
    zone: tzinfo = UTC


class SubjectEntries:
    """Reads and adds entries under a person's keys (`number#<HMAC of the mobile>`, `patient#<Clinicea's id>`).

    Added entries have keys of their own, so that their writer's role cannot overwrite a proof or a disclosure.
    """

    def __init__(self, register: Table, keeping: Keeping) -> None:
        self._register = register
        self._keeping = keeping

    def add(self, noted: Noted, subjects: Sequence[str], person: Person, at: datetime) -> None:
        """Add the entry under each key; raises TableUnavailable: it may be missing."""
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
        """Return a page of entries under a key, and the key after which the next page starts."""
        key: Item = {"subject": {"S": subject}}
        start: Item | None = None if after is None else {**key, "entry": {"S": after}}
        page = self._register.entries_page("#s = :s", {"#s": "subject"}, {":s": key["subject"]}, start)
        return [_plain(item) for item in page.items], None if page.after is None else page.after["entry"]["S"]


def asked(subject: str) -> str:
    """Return the key of the entries for requests of the person with the key `subject`."""
    return f"asked#{subject}"


def _plain(item: Item) -> dict[str, Any]:
    return {name: _value(value) for name, value in sorted(item.items()) if name not in _OF_THE_TABLE}


def _value(attribute: Any) -> Any:
    ((kind, value),) = attribute.items()
    return [_value(each) for each in value] if kind == "L" else value
