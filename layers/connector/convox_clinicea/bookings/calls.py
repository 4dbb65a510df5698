"""Calls as the ledger keeps them: what each has asked for, and which booking stands for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from convox_clinicea import chance
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Overtaken
from convox_clinicea.bookings.record import Booking, attributes_of, timestamp, values_of
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import raise_alone
from convox_clinicea.table import ConditionFailed, Item, Put, Table
from convox_clinicea.versions import UnreadableRecord

SCHEMA_VERSION = 1
NOT_BOOKED = "not_booked"
"""In the index `open`: calls of which a callback asked for an appointment that could not be taken."""
RETIRED = "disposition"
"""What earlier releases of this version kept; it is not written any more."""
_BESIDE = frozenset({"pk", "open", "queued_at", RETIRED})


@dataclass(frozen=True)
class Call:
    """One call. Nothing here is personal but what was kept, sealed, for a person to look at.

    Attributes:
        asks: whether its newest callback asked for an appointment. The disposition itself is not kept, for agents may
            type into it what they will.
        version: 0 if it is not stored yet.
        wishes: each appointment that its callbacks have asked for, by its wish id, and the booking that it became.
        wish_id: the one that counts now.
        recorded_at: when the agent recorded the newest of its callbacks, where ConVox tells.
        problems: the fields that kept the last appointment asked for from being booked.
        kept: what that callback said, encrypted.
        number_key: HMAC of the mobile in it.
        patient_key: HMAC of Clinicea's id of the patient in it.
    """

    caller: str
    call_id: str
    received_at: datetime
    updated_at: datetime
    agent_id: str | None = None
    asks: bool = False
    wishes: Mapping[str, str] = field(default_factory=dict)
    wish_id: str | None = None
    recorded_at: datetime | None = None
    problems: tuple[str, ...] = ()
    kept: bytes | None = field(repr=False, default=None)
    number_key: str | None = None
    patient_key: str | None = None
    version: int = 0
    expires_at: datetime | None = None
    write_token: str = ""
    schema_version: int = SCHEMA_VERSION

    @property
    def booking_id(self) -> str | None:
        """The booking that stands for what counts now."""
        return None if self.wish_id is None else self.wishes[self.wish_id]

    def recorded_before(self, moment: datetime | None) -> bool:
        """Whether something recorded at that moment is certainly newer than all that is known of the call."""
        return moment is not None and self.recorded_at is not None and self.recorded_at < moment

    def recorded_after(self, moment: datetime | None) -> bool:
        """Whether something recorded at that moment is certainly older than what is known of the call."""
        return moment is not None and self.recorded_at is not None and moment < self.recorded_at

    def wishing(self, wish_id: str, booking: Booking, *, counts: bool) -> Self:
        """Return the call once it has asked for that; what stood in the way of an earlier callback is over."""
        return replace(
            self,
            wishes={**self.wishes, wish_id: booking.booking_id},
            wish_id=wish_id if counts else self.wish_id,
            problems=(),
            kept=None,
            number_key=None,
            patient_key=None,
        )


def key_of_call(caller: str, call_id: str) -> str:
    """Return the primary key of a call."""
    return f"call#{caller}#{call_id}"


class Calls:
    """Reads and writes calls, together with the bookings that a write is about."""

    def __init__(self, table: Table, clock: Clock, retention: timedelta = DEFAULT_RETENTION) -> None:
        self._table = table
        self._clock = clock
        self._retention = retention

    def get(self, caller: str, call_id: str) -> Call:
        """Return the call as it stands now; a new one, not stored, if nothing was heard of it.

        Raises:
            UnreadableRecord: a later release wrote it, or it is broken; nothing can be noted of the call now.
        """
        item = self._table.get(key_of_call(caller, call_id))
        now = self._clock.now()
        return Call(caller, call_id, now, now) if item is None else from_item(item)

    def forget(self, call: Call, *beside: Put) -> Call:
        """Let go of what was kept of a call; raises Overtaken."""
        return self.write(replace(call, kept=None, number_key=None, patient_key=None, problems=()), *beside)

    def write(self, call: Call, *beside: Put, start: datetime | None = None) -> Call:
        """Store the call as it was read and changed since and, with it or not at all, what stands beside.

        Args:
            start: of the appointment that it asks for; a late repeat must still find its call.

        Raises:
            Overtaken: the call, or what stands beside, was changed meanwhile.
        """
        now = self._clock.now()
        expiry = max(now + 2 * self._retention, start or now) + self._retention
        new = replace(
            call,
            version=call.version + 1,
            updated_at=now,
            expires_at=max(expiry, call.expires_at or expiry),
            write_token=chance.token(),
        )
        put = Put(
            _to_item(new),
            "#version = :version" if call.version else "attribute_not_exists(pk)",
            {":version": {"N": str(call.version)}} if call.version else {},
        )
        try:
            if beside:
                self._table.put_all([put, *beside], new.write_token)
            else:
                self._table.put(put)
        except ConditionFailed:
            raise_alone(Overtaken("the call was changed meanwhile"))
        return new


def from_item(item: Item) -> Call:
    """Read a DynamoDB item; raises UnreadableRecord."""
    values = values_of(Call, item, SCHEMA_VERSION, _BESIDE)
    try:
        call = Call(**values)
    except TypeError:
        raise_alone(UnreadableRecord("a call's record lacks what it must have"))
    if call.wish_id is not None and call.wish_id not in call.wishes:
        raise UnreadableRecord("a call's record names no booking of its wish")
    return call


def _to_item(call: Call) -> Item:
    item: Item = {"pk": {"S": key_of_call(call.caller, call.call_id)}, **attributes_of(call)}
    if call.problems:
        item["open"] = {"S": NOT_BOOKED}
        item["queued_at"] = {"S": timestamp(call.updated_at)}
    return item
