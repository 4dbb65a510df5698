"""The canary (rule 9): the first booking after a configuration change is posted alone and read back.

One item of the ledger's table for each setup, named by the setup's fingerprint, holds what is proven. Each write has
the condition that the item is as it was read. Without read-backs nothing can be proven, and no booking waits.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

from convox_clinicea.bookings.calendar import CalendarSnapshot
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.protocol import ProtocolTimings, State, Wait, wait_for
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.clinicea.arguments import Setup, may_be_another_zone
from convox_clinicea.deadline import Clock, fresh_token, randomness
from convox_clinicea.errors import ConnectorError
from convox_clinicea.items import SCHEMA, UnreadableRecord, require_readable
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Put, Table, TableUnavailable

SCHEMA_VERSION = 1
ATTRIBUTES = frozenset(
    {"pk", "proven", "tried", "stopped", "form", "booking_id", "booking_version", "lease_until", WRITE_TOKEN, SCHEMA}
)

PROOF_CACHED = timedelta(seconds=60)
"""How long a container posts before it checks again whether posting was stopped."""
SHORT_WAITS = 20
"""Receives of a message after which its waits grow, so that a setup that is never proven costs little."""
MOST_TRIED = 100
"""Entries, two for each POST: the booking's id, as earlier releases wrote it, and the id with the form it tried."""
GRACE = timedelta(seconds=60)
"""Wait after the settle time, in which a canary in doubt comes again and is read."""


class PostingStopped(ConnectorError):
    """A booking is off by what may be a zone's offset; nothing more is posted with this setup."""

    retryable = True


class Turn(Enum):
    """Whether, and how, a booking may post."""

    PROVEN = auto()
    ALONE = auto()
    """As the canary."""


class Canary:
    """Decides which booking may post until starts are proven to arrive at the right instant.

    Args:
        account: what else decides how Clinicea reads times: its address, the kind of sign-in, the operator's setting.
        on: whether bookings wait; False without read-backs, or if the operator has turned the canary off.
    """

    def __init__(
        self,
        *,
        table: Table,
        ledger: Ledger,
        setup: Setup,
        clock: Clock,
        limits: ProtocolTimings,
        account: str = "",
        on: bool = True,
    ) -> None:
        self._on = on
        self._table = table
        self._ledger = ledger
        self._setup = setup
        self._clock = clock
        self._limits = limits
        self._account = account
        self._key = ""
        self._proven: dict[str, datetime] = {}

    @property
    def key(self) -> str:
        """The primary key of the setup's item."""
        if not self._key:
            named = f"{self._account} {self._setup.fingerprint}"
            self._key = f"canary#{hashlib.sha256(named.encode()).hexdigest()}"
        return self._key

    def look(self, booking: Booking, request: BookingRequest, received: int) -> Wait | None:
        """Return how long a never posted booking must wait, without a reading of the calendar; None: it need not."""
        form = self._form(request, booking.patient_id)
        if form is None or self._is_proven(form):
            return None
        item = self._item()
        return self._waits(item, form, booking, received) if item else None

    def turn(self, booking: Booking, request: BookingRequest, patient_id: str | None, received: int) -> Turn | Wait:
        """Return whether a booking may post now, and how. It becomes the canary if there is no other.

        Raises:
            TableUnavailable: the table did not answer. If the write succeeded, the booking may post when it comes
                again.
        """
        form = self._form(request, patient_id)
        if form is None or self._is_proven(form):
            return Turn.PROVEN
        item = self._item()
        wait = self._waits(item, form, booking, received)
        if wait is not None:
            return wait
        if self._is_proven(form):
            return Turn.PROVEN
        own = _text(item, "booking_id") == booking.booking_id
        used = own and booking.posted and _version(item) != booking.version
        holder: Item = {
            "booking_id": {"S": booking.booking_id},
            "booking_version": {"N": str(booking.version)},
            "form": {"S": form},
            "tried": {"L": [*_listed(item, "tried"), *_tries_of(booking, form)][-MOST_TRIED:]},
            "lease_until": {"N": str(self._clock.now().timestamp() + self._limits.lease_seconds)},
        }
        # Its own try is over and proved nothing: the others go first before it tries again.
        if not self._write(item, {} if used else holder) or used:
            return _soon(received)
        return Turn.ALONE

    def proved(self, booking: Booking) -> None:
        """Record that a posted booking is at the right instant; only the canary's proves the setup."""
        if not self._on:
            return
        # A lost proof costs one more canary, and must not delay a booking that has ended.
        with suppress(TableUnavailable, UnreadableRecord):
            item = self._item()
            form = _text(item, "form")
            if form is not None and _text(item, "booking_id") == booking.booking_id and "stopped" not in item:
                self._write(item, {"proven": {"L": [*_listed(item, "proven"), {"S": form}]}})

    def stops(self, booking: Booking, request: BookingRequest, shown: CalendarSnapshot) -> bool:
        """Return whether the canary may be off by a zone's offset; if so, stop posting with this setup.

        A new appointment of the patient since the POST that no booking owns, and that is off by a possible difference
        of two zones, counts as the canary's. So it does if another booking has become the canary meanwhile.

        Raises:
            TableUnavailable: the item could not be read or written.
            ConditionFailed: another invocation has changed the item since.
        """
        item: Item = self._item() if self._on else {}
        tried = [each["S"].partition(" ") for each in _listed(item, "tried")]
        own = [form for booking_id, _, form in tried if booking_id == booking.booking_id]
        if not own:
            return False
        forms = set(filter(None, own)) or {self._form(request, booking.patient_id)}
        if all({"S": form} in _listed(item, "proven") for form in forms):
            return False
        new = set(shown.new(booking).nearby)
        off = [
            each
            for each, starts in shown.starts
            if each in new and all(may_be_another_zone(request.start, start) for start in starts)
        ]
        if all(self._ledger.owner_of(each) is not None for each in off):
            return False
        # rule 9: off by a multiple of 15 minutes, up to 26 h
        if "stopped" not in item:
            self._put(item, {"stopped": {"BOOL": True}})
        return True

    def _item(self) -> Item:
        """Return the setup's item; empty if there is none. Raises UnreadableRecord: no booking may post now."""
        item = self._table.get(self.key) or {}
        require_readable(item, SCHEMA_VERSION, ATTRIBUTES)
        return item

    def _form(self, request: BookingRequest, patient_id: str | None) -> str | None:
        if not self._on:
            return None
        return self._setup.form(request.clinic_id, request.start, known=patient_id is not None)

    def _is_proven(self, form: str) -> bool:
        return form in self._proven and self._clock.now() < self._proven[form]

    def _waits(self, item: Item, form: str, booking: Booking, received: int) -> Wait | None:
        if "stopped" in item:
            cause = PostingStopped("an appointment is shifted by what may be a zone's offset")
            return Wait(wait_for(None, received).seconds, cause)
        if {"S": form} in _listed(item, "proven"):
            self._proven[form] = self._clock.now() + PROOF_CACHED
            return None
        holder_id = _text(item, "booking_id")
        # rule 9: the others wait for the canary
        if holder_id in (None, booking.booking_id) or not self._tries(item, holder_id):
            return None
        return _soon(received)

    def _tries(self, item: Item, holder_id: str) -> bool:
        """Return whether the canary may still prove something: about to post, posting, or recently in doubt."""
        now = self._clock.now()
        lease_ends = datetime.fromtimestamp(float(item["lease_until"]["N"]), UTC)
        try:
            holder = self._ledger.get(holder_id)
        except UnreadableRecord:
            # A later release may be posting it.
            return now < lease_ends + self._limits.settle + GRACE
        if holder is not None:
            if holder.state.ended or holder.state.parked:  # rule 9: the next booking is the canary
                return False
            if holder.state is State.ACCEPTED and holder.version != _version(item):
                return False  # nothing of its try was carried out
            if holder.refusal is not None and holder.refusal.by_ourselves:
                return False  # it settles, and will hardly prove anything
            since = holder.unsettled_since if holder.posted else None
            if since is not None and now < since + self._limits.settle + GRACE:
                return True
        return now < lease_ends

    def _write(self, standing: Item, changes: Item) -> bool:
        try:
            self._put(standing, changes)
        except ConditionFailed:
            return False
        return True

    def _put(self, standing: Item, changes: Item) -> None:
        """Replace the item as it was read; the lists of proven and tried forms stay."""
        item: Item = {
            "pk": {"S": self.key},
            "proven": {"L": _listed(standing, "proven")},
            "tried": {"L": _listed(standing, "tried")},
            **changes,
            SCHEMA: {"N": str(SCHEMA_VERSION)},
            WRITE_TOKEN: {"S": fresh_token()},
        }
        if standing:
            self._table.put(Put(item, f"{WRITE_TOKEN} = :seen", {":seen": standing[WRITE_TOKEN]}))
        else:
            self._table.put(Put(item, "attribute_not_exists(pk)"))


def _soon(received: int) -> Wait:
    """Return a short wait: the canary needs the time of one booking only."""
    return wait_for(None, received - SHORT_WAITS) if received > SHORT_WAITS else Wait(randomness().uniform(4.0, 8.0))


def _tries_of(booking: Booking, form: str) -> list[Any]:
    return [{"S": booking.booking_id}, {"S": f"{booking.booking_id} {form}"}]


def _text(item: Item, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _version(item: Item) -> int:
    return int(item["booking_version"]["N"]) if "booking_version" in item else 0


def _listed(item: Item, name: str) -> list[Any]:
    return list(item[name]["L"]) if name in item else []
