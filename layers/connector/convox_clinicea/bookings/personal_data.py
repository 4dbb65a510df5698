"""A person's stored data: report and erasure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from convox_clinicea.bookings import person_search
from convox_clinicea.bookings.audit import (
    AUDIT_RETENTION,
    AuditEntry,
    Keeping,
    Noted,
    OperatorAction,
    Person,
    SubjectEntries,
    asked,
)
from convox_clinicea.bookings.call import Call, Leg, key_of_trace
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.desk_records import DeskRecord, DeskRecords
from convox_clinicea.bookings.ledger import Ledger, Overtaken
from convox_clinicea.bookings.person_search import Part, Subject, SubjectSearch
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking, key_of
from convox_clinicea.bookings.request import count_of, count_of_booking, subject_of_number
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.table import Put, Table
from convox_clinicea.text import id_spellings


class NotErasedReason(StrEnum):
    """Reason why a record was not erased."""

    OPEN = "open"
    """It has not ended; its erasure would cancel it."""
    POSTED = "posted"
    """It may be in Clinicea already: it must settle or be resolved first."""
    CHANGED_MEANWHILE = "changed_meanwhile"
    UNREADABLE = "unreadable"
    """A later release wrote its items: that release must erase it."""


@dataclass(frozen=True)
class PersonalDataReport:
    """Data that one part of the ledger holds on a person.

    Attributes:
        found: their bookings, and the calls with an encrypted callback that could not be booked.
        consents: number of proofs of consent of these bookings, without those under the person's own number.
    """

    found: Part
    consents: int
    keys: frozenset[str] = frozenset()
    """HMACs that identify the person's kept callbacks."""

    def traces_of(self, call: Call) -> list[Leg]:
        """Return the legs of a call that keep a callback of the person."""
        return [each for each in call.legs if each.is_found_by(self.keys)]


@dataclass(frozen=True)
class Erasure:
    """Result for one booking: its record now, and the reason if it was not erased."""

    booking: Booking
    kept: NotErasedReason | None = None
    act: AuditEntry | None = None


@dataclass(frozen=True)
class Forgotten:
    """Result for the kept callback of one call."""

    call: Call
    kept: NotErasedReason | None = None


@dataclass(frozen=True)
class Dropped:
    """What became of one item of the desk."""

    record: DeskRecord
    kept: NotErasedReason | None = None


@dataclass(frozen=True)
class Erased:
    """Result for one part of the ledger."""

    bookings: list[Erasure]
    calls: list[Forgotten]
    desk: list[Dropped]
    found: Part


class PersonalData:
    """The service behind `data_requests`."""

    def __init__(
        self,
        *,
        search: SubjectSearch,
        ledger: Ledger,
        calls: Calls,
        register: Table,
        desk: DeskRecords,
        clock: Clock,
        retention: timedelta,
        keeping: Keeping | None = None,
    ) -> None:
        self._search = search
        self._ledger = ledger
        self._calls = calls
        self._register = register
        self._desk = desk
        self._clock = clock
        self._retention = retention
        self._entries = SubjectEntries(register, keeping or Keeping())

    def find(self, subject: Subject, after: str | None = None) -> PersonalDataReport:
        """Return the person's data in the next part of the ledger; raises ConfigurationError, TableUnavailable."""
        found = self._search.part(subject, after)
        own = self._search.number_key(subject)
        others = [each for each in found.bookings if each.number_key not in (None, own)]
        consents = sum(count_of_booking(self._register, each) for each in others)
        return PersonalDataReport(found, consents, self._search.keys_of(subject))

    def name_of_call(self, call_id: str) -> str:
        """Return the register's name of a call whose id holds a number or an address."""
        return self._search.hidden_name(call_id)

    def consents(self, subject: Subject, after: str | None = None) -> tuple[int, str | None]:
        """Return the number of proofs of consent from the subject's mobile, and where to continue."""
        return count_of(self._register, subject_of_number(self._search.number_key(subject) or ""), after, "consent#")

    def disclosures(self, patient_id: str, after: str | None = None) -> tuple[int, str | None]:
        """Return the number of disclosures of the patient's data, under all spellings of the id, and where to continue.

        One spelling is counted at a time, because earlier releases stored the id as Clinicea wrote it.
        """
        subjects = [f"patient#{each}" for each in id_spellings(patient_id)]
        number, _, entry = (after or "0").partition(" ")
        place = int(number) if number.isascii() and number.isdigit() else len(subjects)
        if place >= len(subjects):
            raise InvalidRequest(FieldProblem("after", "must be the value from the previous answer"))
        count, last = count_of(self._register, subjects[place], entry or None)
        if last is not None:
            return count, f"{place} {last}"
        return count, str(place + 1) if place + 1 < len(subjects) else None

    def note(self, noted: Noted, subject: Subject, person: Person) -> datetime:
        """Record that the person withdrew their consent or was given a copy; raises TableUnavailable."""
        now = self._clock.now()
        self._entries.add(noted, [keys[0] for keys in self._keys(subject)], person, now)
        return now

    def entries(self, subject: Subject, after: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
        """Return the register's next entries on the person, and where to continue."""
        by_kind = self._keys(subject)
        keys = [*(key for spellings in by_kind for key in spellings), *(asked(each[0]) for each in by_kind)]
        number, _, entry = (after or "0").partition(" ")
        place = int(number) if number.isascii() and number.isdigit() else len(keys)
        if place >= len(keys):
            raise InvalidRequest(FieldProblem("after", "must be the value from the previous answer"))
        found, last = self._entries.page(keys[place], entry or None)
        if last is not None:
            return found, f"{place} {last}"
        return found, str(place + 1) if place + 1 < len(keys) else None

    def _keys(self, subject: Subject) -> list[list[str]]:
        """Return the person's keys in the register; of each kind the one that is written comes first."""
        number_key = self._search.number_key(subject)
        keys = [] if number_key is None else [[subject_of_number(number_key)]]
        patient_id = subject.patient_id
        return keys if patient_id is None else [*keys, [f"patient#{each}" for each in id_spellings(patient_id)]]

    def erase(self, subject: Subject, person: Person, *, open_too: bool, after: str | None = None) -> Erased:
        """Erase the next part of the person's data: kept callbacks entirely, bookings down to a tombstone.

        Args:
            open_too: also end and erase open bookings that were never posted.
        """
        found = self._search.part(subject, after)
        keys = self._search.keys_of(subject)
        calls = [self._forget(call, keys) for call in found.calls]
        desk = [self._drop(each, keys, open_too=open_too) for each in found.desk]
        return Erased([self._erase(each, person, open_too=open_too) for each in found.bookings], calls, desk, found)

    def _drop(self, record: DeskRecord, keys: frozenset[str], *, open_too: bool) -> Dropped:
        try:
            done = self._desk.erase(record, keys, self._noted, open_too=open_too)
        except UnreadableRecord:
            return Dropped(record, NotErasedReason.UNREADABLE)
        return Dropped(record, None if done else NotErasedReason.OPEN)

    def _forget(self, call: Call, keys: frozenset[str]) -> Forgotten:
        names = {key_of_trace(call, each) for each in call.legs if each.is_found_by(keys)}
        try:
            return Forgotten(self._calls.forget(call, *map(self._noted, sorted(names)), keys=keys))
        except Overtaken:
            return Forgotten(call, NotErasedReason.CHANGED_MEANWHILE)

    def _erase(self, booking: Booking, person: Person, *, open_too: bool) -> Erasure:
        now = self._clock.now()
        try:
            if not booking.state.ended:
                if not open_too:
                    return Erasure(booking, NotErasedReason.OPEN)
                if booking.posted:
                    return Erasure(booking, NotErasedReason.POSTED)
                booking = self._end(booking)
            self._ledger.free(booking)
            self._hide_call(booking)
            act = AuditEntry.on(booking, OperatorAction.ERASE, person, now)
            noted = self._noted(key_of(booking.booking_id), booking.state.value)
            beside = [act.put(now + max(AUDIT_RETENTION, self._retention)), noted]
            erased = self._ledger.erase(booking, beside=beside, acts=(*booking.acts, str(act.version)))
        except Overtaken:
            return Erasure(booking, NotErasedReason.CHANGED_MEANWHILE)
        except UnreadableRecord:
            return Erasure(booking, NotErasedReason.UNREADABLE)
        return Erasure(erased, act=act)

    def _hide_call(self, booking: Booking) -> None:
        """Hide the call, so that its id and agent no longer lead to the booking; raises Overtaken, UnreadableRecord."""
        if booking.call_id is None:
            return
        call = self._calls.get(booking.caller, booking.call_id)
        if booking.booking_id in call.wishes.values():
            self._calls.hide(call, self._search.hidden_name(call.call_id))

    def _noted(self, record: str, state: str | None = None) -> Put:
        """Return the journal's entry for the erasure's transaction, so that a restore does not undo the erasure."""
        return person_search.put_of(
            self._register, self._search.digest_of(record), person_search.Erased(self._clock.now(), state)
        )

    def _end(self, booking: Booking) -> Booking:
        """End a never posted booking because the person has withdrawn it; no notice is due."""
        if not booking.state.parked:
            reason = Reason.CHANGED_AFTER_BOOKING
            booking = self._ledger.move(booking, State.NEEDS_ATTENTION, reason=reason, notice_due=False)
        return self._ledger.move(booking, State.REJECTED, notice_due=False)
