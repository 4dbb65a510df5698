"""Stores calls: their requests and the booking of each request."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from convox_clinicea.bookings.call import ONE_LEG_VERSION, SCHEMA_VERSION, Call, Leg, key_of_call
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Overtaken
from convox_clinicea.bookings.record import attributes_of, timestamp, values_of
from convox_clinicea.deadline import Clock, fresh_token
from convox_clinicea.errors import raise_alone
from convox_clinicea.items import Removal, UnreadableRecord
from convox_clinicea.table import ConditionFailed, Item, Put, Table

NOT_BOOKED = "not_booked"
"""Value in the index `open`: calls with a callback whose appointment could not be booked."""
RETIRED = "disposition"
"""Attributes that earlier releases of version 2 wrote; no longer written."""
QUIET_CALL_RETENTION = timedelta(days=7)
"""For a call without a request for an appointment. Repeated and late callbacks come within days."""
LEGS = "legs"
"""The attribute with the other agents' legs, each a map."""
KEYS_OF_LEGS = "keys_of_legs"
"""The attribute by which a person is found whose callback one of these legs keeps."""
BESIDE = frozenset({"pk", "open", "queued_at", RETIRED, LEGS, KEYS_OF_LEGS})


class Calls:
    """Reads calls, and writes them together with their bookings."""

    def __init__(self, table: Table, clock: Clock, retention: timedelta = DEFAULT_RETENTION) -> None:
        self._table = table
        self._clock = clock
        self._retention = retention

    def get(self, caller: str, call_id: str, *earlier: str) -> Call:
        """Return the stored call, or a new one that is not stored yet.

        Args:
            call_id: the name under which the call is stored.
            earlier: names under which earlier releases may have stored it. It stays there until it expires.

        Raises:
            UnreadableRecord: a later release wrote it, or it is broken. The call cannot be changed now.
        """
        for name in dict.fromkeys((call_id, *earlier)):
            item = self._table.get(key_of_call(caller, name))
            if item is not None:
                return call_from_item(item)
        now = self._clock.now()
        return Call(caller, call_id, now, now)

    def forget(self, call: Call, *beside: Put, keys: Collection[str] | None = None) -> Call:
        """Delete the kept callbacks of a person with one of these keys, or of anybody; raises Overtaken."""
        return self.write(call.without_traces(keys), *beside)

    def hide(self, call: Call, name: str) -> Call:
        """Store a call under another name, without its agents, and remove it under its own.

        A repeated callback still finds its bookings. The call's id no longer leads to them.

        Raises:
            Overtaken: the call has changed since it was read.
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
        """Write the call and its companion items in one transaction.

        Args:
            start: start of the requested appointment. A late repeat must still find its call.

        Raises:
            Overtaken: the call or a companion item has changed since it was read.
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
            write_token=fresh_token(),
            schema_version=max(call.schema_version, SCHEMA_VERSION if call.others else ONE_LEG_VERSION),
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
            raise_alone(Overtaken("the call has changed since it was read"))
        return new


def call_from_item(item: Item) -> Call:
    """Read a DynamoDB item of any known version.

    Version 1 has one person only, and no requests of flow functions. Up to version 2 there is one leg, that of the
    agent of the newest callback.

    Raises:
        UnreadableRecord: a later release wrote it, or it is broken.
    """
    values = values_of(Call, item, SCHEMA_VERSION, BESIDE)
    if values.get("schema_version", 1) < 2:
        current = values.get("wish_id")
        values["told"] = (*(each for each in values.get("wishes", {}) if each != current), *filter(None, [current]))
        if current and "recorded_at" in values:
            values["recorded"] = {current: timestamp(values["recorded_at"])}
        values["schema_version"] = 2
    try:
        values["others"] = tuple(_leg_from(each["M"]) for each in item.get(LEGS, {"L": []})["L"])
        call = Call(**values)
    except (KeyError, TypeError):
        raise_alone(UnreadableRecord("a call's record lacks a required attribute"))
    if any(each.wish_id is not None and each.wish_id not in call.wishes for each in call.legs):
        raise UnreadableRecord("a call's record has a request without a booking")
    return call


def _leg_from(attributes: Item) -> Leg:
    return Leg(**values_of(Leg, attributes, SCHEMA_VERSION, frozenset()))


def to_item(call: Call) -> Item:
    """Return the DynamoDB item."""
    alone = replace(call, others=())
    item: Item = {"pk": {"S": key_of_call(call.caller, call.call_id)}, **attributes_of(alone)}
    if call.others:
        item[LEGS] = {"L": [{"M": attributes_of(each)} for each in call.others]}
        keys = {key for each in call.others for key in each.trace_keys}
        if keys:
            item[KEYS_OF_LEGS] = {"L": [{"S": each} for each in sorted(keys)]}
    if call.problems_of_all:
        item["open"] = {"S": NOT_BOOKED}
        item["queued_at"] = {"S": timestamp(call.updated_at)}
    return item
