"""Calls as the ledger keeps them: what each has asked for, and which booking stands for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from convox_clinicea import chance
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Overtaken
from convox_clinicea.bookings.record import Booking, attributes_of, timestamp, values_of
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import raise_alone
from convox_clinicea.table import ConditionFailed, Item, Put, Removal, Table
from convox_clinicea.versions import UnreadableRecord

SCHEMA_VERSION = 2
"""2: what counts for each person, and what flow functions have asked for. Version 1 is still read."""
MOST_WISHES = 50
"""Of one call; what flow functions ask for beyond that is not noted with it, what callbacks do is refused."""
NOT_BOOKED = "not_booked"
"""In the index `open`: calls of which a callback asked for an appointment that could not be taken."""
RETIRED = "disposition"
"""What earlier releases of this version kept; it is not written any more."""
QUIET_CALL_RETENTION = timedelta(days=7)
"""For a call that has asked for no appointment. A callback that comes again, or late, comes within days."""
_BESIDE = frozenset({"pk", "open", "queued_at", RETIRED})


@dataclass(frozen=True)
class Call:
    """One call. Nothing here is personal but what was kept, sealed, for a person to look at.

    Attributes:
        asks: whether its newest callback asked for an appointment. The disposition itself is not kept, for agents may
            type into it what they will.
        version: 0 if it is not stored yet.
        wishes: each appointment that its callbacks have asked for, by its wish id, and the booking that it became.
        wish_id: the one that counts now, of those that status callbacks have told.
        told: those, the newest last. For each person the last of theirs counts; what a flow function alone has asked
            for is none of them.
        recorded: when the agent recorded each of them, where ConVox tells.
        recorded_at: when the agent recorded the newest of its callbacks, where ConVox tells.
        problems: the fields that kept the last appointment asked for from being booked.
        kept: what that callback said, encrypted.
        number_key: HMAC of the mobile in it.
        patient_key: HMAC of Clinicea's id of the patient in it.
        several_kept: callbacks of several persons could not be booked, and only what the last one said is kept.
    """

    caller: str
    call_id: str
    received_at: datetime
    updated_at: datetime
    agent_id: str | None = None
    asks: bool = False
    wishes: Mapping[str, str] = field(default_factory=dict)
    wish_id: str | None = None
    told: tuple[str, ...] = ()
    recorded: Mapping[str, str] = field(default_factory=dict)
    recorded_at: datetime | None = None
    problems: tuple[str, ...] = ()
    kept: bytes | None = field(repr=False, default=None)
    number_key: str | None = None
    patient_key: str | None = None
    several_kept: bool = False
    version: int = 0
    expires_at: datetime | None = None
    write_token: str = ""
    schema_version: int = SCHEMA_VERSION

    @property
    def booking_id(self) -> str | None:
        """The booking that stands for what counts now."""
        return None if self.wish_id is None else self.wishes.get(self.wish_id)

    @property
    def quiet(self) -> bool:
        """Whether none of its requests asked for an appointment."""
        return not self.wishes and not self.problems and self.kept is None

    @property
    def booking_ids_told(self) -> set[str]:
        """The bookings that its status callbacks have asked for."""
        return {self.wishes[each] for each in self.told if each in self.wishes}

    def recorded_before(self, moment: datetime | None) -> bool:
        """Whether something recorded at that moment is certainly newer than all that is known of the call."""
        return moment is not None and self.recorded_at is not None and self.recorded_at < moment

    def recorded_after(self, moment: datetime | None) -> bool:
        """Whether something recorded at that moment is certainly older than what is known of the call."""
        return moment is not None and self.recorded_at is not None and moment < self.recorded_at

    def asked(self, wish_id: str, booking: Booking) -> Self:
        """Return the call once a flow function has asked for that."""
        return replace(self, wishes={**self.wishes, wish_id: booking.booking_id})

    def wishing(self, wish_id: str, booking: Booking, *, counts: bool, recorded_at: datetime | None = None) -> Self:
        """Return the call once a status callback has asked for that.

        Args:
            counts: it is what that person is to have now; else something newer of theirs is known.
        """
        others = tuple(each for each in self.told if each != wish_id)
        return replace(
            self.asked(wish_id, booking),
            wish_id=wish_id if counts else self.wish_id,
            told=(*others, wish_id) if counts else self.told if wish_id in self.told else (wish_id, *others),
            recorded=self._recorded(wish_id, recorded_at),
        )

    def of_bookings(self, booking_ids: Collection[str]) -> Self:
        """Return the call as far as it is about these bookings: what one person is to have, and when it was said."""
        told = tuple(each for each in self.told if self.wishes.get(each) in booking_ids)
        moments = [datetime.fromisoformat(self.recorded[each]) for each in told if each in self.recorded]
        return replace(
            self, told=told, wish_id=told[-1] if told else None, recorded_at=max(moments) if moments else None
        )

    def concerns(self, number_key: str | None, patient_key: str | None) -> bool:
        """Whether what is kept may be of the person with these keys: it is, or nobody can tell of whom."""
        if self.number_key is None and self.patient_key is None:
            return True
        return (self.number_key is not None and self.number_key == number_key) or (
            self.patient_key is not None and self.patient_key == patient_key
        )

    def keeping(
        self, problems: tuple[str, ...], kept: bytes | None, number_key: str | None, patient_key: str | None
    ) -> Self:
        """Return the call with the trace of a callback that could not be booked."""
        somebody = (number_key, patient_key) != (None, None)
        another = bool(self.problems) and somebody and not self.concerns(number_key, patient_key)
        return replace(
            self,
            problems=problems,
            kept=kept,
            number_key=number_key,
            patient_key=patient_key,
            several_kept=self.several_kept or another,
        )

    def corrected(self, number_key: str | None, patient_key: str | None) -> Self:
        """Return the call once an appointment of that person is taken: their trace is gone, another's is not."""
        return self.cleared() if not self.several_kept and self.concerns(number_key, patient_key) else self

    def cleared(self) -> Self:
        """Return the call without the trace of what could not be booked."""
        return replace(self, problems=(), kept=None, number_key=None, patient_key=None, several_kept=False)

    def hidden(self, name: str) -> Self:
        """Return the call as an erasure leaves it: what its wishes have become, under a name that tells nothing."""
        return replace(self.cleared(), call_id=name, agent_id=None)

    def joined(self, other: Self) -> Self:
        """Return the call with what another record of the same call knows besides."""
        return replace(
            self,
            wishes={**other.wishes, **self.wishes},
            told=tuple(dict.fromkeys((*other.told, *self.told))),
            recorded={**other.recorded, **self.recorded},
        )

    def _recorded(self, wish_id: str, moment: datetime | None) -> Mapping[str, str]:
        known = self.recorded.get(wish_id, "")
        return self.recorded if moment is None else {**self.recorded, wish_id: max(known, timestamp(moment))}


def key_of_call(caller: str, call_id: str) -> str:
    """Return the primary key of a call."""
    return f"call#{caller}#{call_id}"


class Calls:
    """Reads and writes calls, together with the bookings that a write is about."""

    def __init__(self, table: Table, clock: Clock, retention: timedelta = DEFAULT_RETENTION) -> None:
        self._table = table
        self._clock = clock
        self._retention = retention

    def get(self, caller: str, call_id: str, *earlier: str) -> Call:
        """Return the call as it stands now; a new one, not stored, if nothing was heard of it.

        Args:
            call_id: the name under which the call is stored.
            earlier: names under which releases before may have stored it; it stays there for its life.

        Raises:
            UnreadableRecord: a later release wrote it, or it is broken; nothing can be noted of the call now.
        """
        for name in dict.fromkeys((call_id, *earlier)):
            item = self._table.get(key_of_call(caller, name))
            if item is not None:
                return call_from_item(item)
        now = self._clock.now()
        return Call(caller, call_id, now, now)

    def forget(self, call: Call, *beside: Put) -> Call:
        """Let go of what was kept of a call; raises Overtaken."""
        return self.write(call.cleared(), *beside)

    def hide(self, call: Call, name: str) -> Call:
        """Store a call under another name, without its agent, and remove it under its own.

        A repeated callback still finds what its wishes have become; the call's id does not lead there any more.

        Raises:
            Overtaken: the call was changed meanwhile.
        """
        if call.call_id == name:
            return self.write(call.hidden(name))
        there = self.get(call.caller, name)
        hidden = call.hidden(name)
        if there.version:
            hidden = hidden.joined(there)
        removal = Removal(
            key_of_call(call.caller, call.call_id),
            "#version = :version",
            {":version": {"N": str(call.version)}},
        )
        return self._write(replace(hidden, version=there.version), (), (removal,))

    def write(self, call: Call, *beside: Put, start: datetime | None = None) -> Call:
        """Store the call as it was read and changed since and, with it or not at all, what stands beside.

        Args:
            start: of the appointment that it asks for; a late repeat must still find its call.

        Raises:
            Overtaken: the call, or what stands beside, was changed meanwhile.
        """
        return self._write(call, beside, (), start)

    def _write(
        self, call: Call, beside: Sequence[Put], removals: Sequence[Removal], start: datetime | None = None
    ) -> Call:
        now = self._clock.now()
        expiry = now + QUIET_CALL_RETENTION
        if not call.quiet:
            expiry = max(now + 2 * self._retention, start or now) + self._retention
        new = replace(
            call,
            version=call.version + 1,
            updated_at=now,
            expires_at=max(expiry, call.expires_at or expiry),
            write_token=chance.token(),
        )
        put = Put(
            to_item(new),
            "#version = :version" if call.version else "attribute_not_exists(pk)",
            {":version": {"N": str(call.version)}} if call.version else {},
        )
        try:
            if removals:
                self._table.change_all([put, *beside], removals, new.write_token)
            elif beside:
                self._table.put_all([put, *beside], new.write_token)
            else:
                self._table.put(put)
        except ConditionFailed:
            raise_alone(Overtaken("the call was changed meanwhile"))
        return new


def call_from_item(item: Item) -> Call:
    """Read a DynamoDB item; version 1 knew of one person only, and nothing of the flow functions.

    Raises:
        UnreadableRecord: a later release wrote it, or it is broken.
    """
    values = values_of(Call, item, SCHEMA_VERSION, _BESIDE)
    if values.get("schema_version", 1) < 2:
        current = values.get("wish_id")
        values["told"] = (*(each for each in values.get("wishes", {}) if each != current), *filter(None, [current]))
        if current and "recorded_at" in values:
            values["recorded"] = {current: timestamp(values["recorded_at"])}
    values["schema_version"] = SCHEMA_VERSION
    try:
        call = Call(**values)
    except TypeError:
        raise_alone(UnreadableRecord("a call's record lacks what it must have"))
    if call.wish_id is not None and call.wish_id not in call.wishes:
        raise UnreadableRecord("a call's record names no booking of its wish")
    return call


def to_item(call: Call) -> Item:
    """Return the DynamoDB item."""
    item: Item = {"pk": {"S": key_of_call(call.caller, call.call_id)}, **attributes_of(call)}
    if call.problems:
        item["open"] = {"S": NOT_BOOKED}
        item["queued_at"] = {"S": timestamp(call.updated_at)}
    return item
