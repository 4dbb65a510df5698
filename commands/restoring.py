"""Decides on each item of a restored table, by the ledger's present items and the journal of erasures.

A backup is out of date. A booking that had not ended may have been made, refused, ended by a person, replaced or erased
since, so it waits for a person as `restored`.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from convox_clinicea.bookings import calls, record
from convox_clinicea.bookings.call import Call, key_of_call, key_of_trace
from convox_clinicea.bookings.person_search import Journal
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.waiting_bookings import PREFIX as WAITING
from convox_clinicea.bookings.waiting_bookings import WaitingBooking, bookings_in, journal_key, put_of
from convox_clinicea.items import UnreadableRecord

Item = dict[str, Any]
Stands = Mapping[str, Any]
KINDS = ("booking#", "appointment#", "creating#", "slot#", "call#", "act#", "person#", WAITING)
"""Kinds of items to put back. Sessions, counters and all else of the desk have expired, or are gone within a day; the
canary's setup is proven again."""
OF_A_PERSON = ("appointment#", "creating#", "slot#")
"""Kinds of items with a key about the patient; those of an erased booking are not needed any more."""
RETENTION = timedelta(days=30)
VERSIONS_AHEAD = 1000
"""Added to versions, so that they differ from every version of the lost record, and from its lines of the audit."""
RESTORED = "restored"
"""What a person must look at in a booking that waited for its call's end: it may have been made since."""
LEFT_OUT_EXPIRED = "expired, skipped"
LEFT_OUT_ERASED = "erased since, skipped"
LEFT_OUT_DONE = "made or erased since, skipped"
LEFT_OUT_UNREADABLE = "of a later release, skipped"


class Fate(NamedTuple):
    """Result for an item: in words, and the item to put back, if any."""

    words: str
    item: Item | None = None


class Since(NamedTuple):
    """Present items of the ledger that show the state of lost bookings.

    Attributes:
        appointments: booking → the appointment that it owns: both are written in one transaction.
        rejected: bookings that a person has rejected.
    """

    appointments: Mapping[str, str]
    rejected: frozenset[str]

    @classmethod
    def told_by(cls, standing: Iterable[Item]) -> "Since":
        """Collect it from the ledger's items."""
        appointments: dict[str, str] = {}
        rejected: set[str] = set()
        for item in standing:
            kind, _, name = item["pk"]["S"].partition("#")
            if kind == "appointment" and "booking_id" in item:
                appointments[item["booking_id"]["S"]] = name
            if kind == "act" and item.get("what", {}).get("S") == "rejected":
                rejected.add(item["booking_id"]["S"])
        return cls(appointments, frozenset(rejected))


class Restorer:
    """Decides on each item.

    Args:
        journal: the erasures; None for a table without personal data, as in tests.
    """

    def __init__(self, now: datetime, since: Since, journal: Journal | None) -> None:
        self._now = now
        self._since = since
        self._journal = journal

    def fate(self, item: Item, call: Item | None) -> Fate:
        """Return the result for an item that the ledger lacks.

        Args:
            call: the call's present item in the ledger, for a booking of a call, made or waiting.
        """
        if "expires_at" in item and float(item["expires_at"]["N"]) <= self._now.timestamp():
            return Fate(LEFT_OUT_EXPIRED)
        key = item["pk"]["S"]
        if key.startswith("booking#"):
            return self._booking(item, call)
        if key.startswith("call#"):
            return self._call(item)
        if key.startswith(WAITING):
            return self._waiting(item, call)
        if key.startswith("person#") and any(map(self._erased, _listed(item))):
            return Fate(LEFT_OUT_ERASED)  # the erasure removed it entirely
        owner = item.get("booking_id", {}).get("S", "")
        if key.startswith(OF_A_PERSON) and self._erased(f"booking#{owner}"):
            return Fate(LEFT_OUT_ERASED)
        return Fate("put back", item)

    def _booking(self, item: Item, call: Item | None) -> Fate:
        try:
            booking = record.from_item(item)
        except UnreadableRecord:
            return Fate(LEFT_OUT_UNREADABLE)
        erased = self._journal.of(item["pk"]["S"]) if self._journal else None
        if erased is not None and booking.erased_at is None:
            return self._ended(booking.erased(erased.at), State(erased.state or State.REJECTED), "put back as erased")
        if booking.state.ended:
            return Fate("put back as it ended", item)
        appointment = self._since.appointments.get(booking.booking_id)
        if appointment is not None:
            booked = replace(booking, appointment_id=appointment, reason=None)
            return self._ended(booked, State.BOOKED, "put back as booked since")
        if booking.booking_id in self._since.rejected:
            return self._ended(booking, State.REJECTED, "put back as rejected since")
        return self._parked(booking, call)

    def _parked(self, booking: Booking, call: Item | None) -> Fate:
        """Return the booking parked with a POST in doubt; without its content if that was replaced since."""
        try:
            replaced = call is not None and _replaced(booking, calls.call_from_item(call))
        except UnreadableRecord:
            return Fate(LEFT_OUT_UNREADABLE)
        parked = self._written(
            booking,
            state=State.NEEDS_ATTENTION,
            reason=Reason.RESTORED,
            request=None if replaced else booking.request,
            posted=True,
            unsettled_since=self._now,
            refusal=None,
            notice_due=True,
        )
        words = "put back, replaced since: needs a person, without its content"
        return Fate(words if replaced else "put back, needs a person", record.to_item(parked))

    def _ended(self, booking: Booking, state: State, words: str) -> Fate:
        expires_at = booking.expires_at or max(self._now + RETENTION, booking.start + timedelta(days=2))
        ended = self._written(booking, state=state, request=None, notice_due=False, expires_at=expires_at)
        return Fate(words, record.to_item(ended))

    def _written(self, booking: Booking, **changes: Any) -> Booking:
        return replace(
            booking,
            owner=None,
            lease_until=None,
            version=booking.version + VERSIONS_AHEAD,
            generation=booking.generation + VERSIONS_AHEAD,
            updated_at=self._now,
            queued_at=self._now,
            write_token=secrets.token_hex(16),
            **changes,
        )

    def _call(self, item: Item) -> Fate:
        try:
            call = calls.call_from_item(item)
        except UnreadableRecord:
            return Fate(LEFT_OUT_UNREADABLE)
        if self._journal is not None and any(map(self._erased, map(record.key_of, call.wishes.values()))):
            # The erased booking is found only by its request, not by the call's id or agent.
            hidden = calls.to_item(call.hidden(self._journal.hidden_name(call.call_id)))
            return Fate("put back, its id hidden", hidden)
        if self._is_erased_since(key_of_call(call.caller, call.call_id), call):  # as earlier releases recorded it
            return Fate("put back, its callback erased", calls.to_item(call.without_traces()))
        erased = [each for each in call.legs if self._is_erased_since(key_of_trace(call, each), call)]
        if not erased:
            return Fate("put back", item)
        keys = {key for each in erased for key in each.trace_keys}
        return Fate("put back, its callback erased", calls.to_item(call.without_traces(keys)))

    def _waiting(self, item: Item, call: Item | None) -> Fate:
        """Return what waited for a call's end for a person to look at: nobody makes it by itself any more."""
        key = item["pk"]["S"]
        try:
            made = frozenset() if call is None else frozenset(calls.call_from_item(call).wishes)
            waiting = [
                replace(each, problems=each.problems or (RESTORED,), making=False)
                for each in bookings_in(item)
                if each.wish_id not in made and not self._was_erased(key, each)
            ]
        except UnreadableRecord:
            return Fate(LEFT_OUT_UNREADABLE)
        if not waiting:
            return Fate(LEFT_OUT_DONE)
        return Fate("put back, needs a person", dict(put_of(key, None, waiting, self._now).item))

    def _was_erased(self, key: str, waiting: WaitingBooking) -> bool:
        """Return whether a booking that waited was erased after it was taken down, for the last time."""
        erased = self._journal.of(journal_key(key, waiting.wish_id)) if self._journal else None
        return erased is not None and waiting.kept_at <= erased.at

    def _is_erased_since(self, name: str, call: Call) -> bool:
        erased = self._journal.of(name) if self._journal else None
        return erased is not None and call.updated_at <= erased.at

    def _erased(self, record_key: str) -> bool:
        return self._journal is not None and self._journal.of(record_key) is not None


def _listed(item: Item) -> list[str]:
    """Return the keys of the bookings on a person's list of open ones; ended ones cost one more read."""
    return [record.key_of(each["S"]) for each in item.get("bookings", {}).get("L", ())]


def _replaced(booking: Booking, call: Call) -> bool:
    """Return whether the present call shows that the booking's content was, or may have been, replaced since."""
    current = {each.wish_id for each in call.legs if call.wishes.get(each.wish_id or "") == booking.booking_id}
    if current:
        return current != {booking.stands_for}
    return list(call.wishes.values()).count(booking.booking_id) > 1
