"""What a person did to a parked booking, written beside it in the same transaction: no act without its line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from convox_clinicea import chance
from convox_clinicea.bookings.record import Booking, timestamp
from convox_clinicea.table import WRITE_TOKEN, Item, Put

KEPT = timedelta(days=366)
"""Lines are kept a year, and never shorter than the booking."""
_NEW = "attribute_not_exists(pk)"


class Word(StrEnum):
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
class Act:
    """One line of the audit: who did what to which booking, when and why, and how it stood before."""

    booking_id: str
    version: int
    """The booking's version that the act made."""
    at: datetime
    who: str
    why: str
    what: Word | str
    """A later release may have a word that this one does not know."""
    state_before: str
    reason_before: str | None = None
    appointment_id: str | None = None

    @classmethod
    def on(
        cls, booking: Booking, what: Word, person: Person, at: datetime, *, appointment_id: str | None = None
    ) -> Act:
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
        item: Item = {"pk": {"S": key_of(self.booking_id, str(self.version))}, WRITE_TOKEN: {"S": chance.token()}}
        for name, value in self.line.items():
            if value is not None:
                item[name] = {"N": str(value)} if isinstance(value, int) else {"S": value}
        item["expires_at"] = {"N": str(int(expires_at.timestamp()))}
        return Put(item, _NEW)


def _word(text: str) -> Word | str:
    return Word(text) if text in {word.value for word in Word} else text


def key_of(booking_id: str, version: str) -> str:
    """Return the primary key of a booking's act."""
    return f"act#{booking_id}#{version}"


def from_item(item: Item) -> Act:
    """Read a line as `put` wrote it."""
    return Act(
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
