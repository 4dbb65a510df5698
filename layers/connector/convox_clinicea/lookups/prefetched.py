"""What a pop-up found, sealed and for seconds, for the desk to show at once; nobody has seen it there yet."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic import BaseModel

from convox_clinicea.announcements import PERSONS, agent_in_key
from convox_clinicea.clinicea.models import Appointment, Patient
from convox_clinicea.deadline import Clock
from convox_clinicea.items import SCHEMA, require_readable
from convox_clinicea.lookups.completed import CompletedAppointment
from convox_clinicea.lookups.search import Match
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import Personal
from convox_clinicea.sealing import MAX_BYTES, Sealer
from convox_clinicea.table import Item, Put, Table, timestamp

SCHEMA_VERSION = 1
PREFIX = "desk-found#"
_ATTRIBUTES = frozenset({"pk", "sealed", "until", "expires_at", PERSONS, SCHEMA})


class Prefetched(NamedTuple):
    """Who has the number and, of one patient, the last visits."""

    match: Match
    appointments: list[CompletedAppointment] | None


class PrefetchedLookups:
    """Keeps one result for each call of an agent."""

    def __init__(self, table: Table, sealer: Sealer, clock: Clock) -> None:
        self._table = table
        self._sealer = sealer
        self._clock = clock

    def keep(self, call: CallOfAgent, number: Mobile, persons: Sequence[str], found: Prefetched, seconds: int) -> bool:
        """Keep a result for that long; False where it is too long to be sealed.

        Args:
            persons: HMACs of the number and of the patients, by which a request of theirs finds it.

        Raises:
            TableUnavailable, SealingUnavailable, ConditionFailed: it is not kept.
        """
        plain = zlib.compress(json.dumps(_document(number, found), ensure_ascii=False).encode("utf-8", "replace"))
        if len(plain) > MAX_BYTES:
            return False
        until = self._clock.now() + timedelta(seconds=seconds)
        item: Item = {
            "pk": {"S": call.key},
            "sealed": {"B": self._sealer.seal(call.key, plain)},
            "until": {"S": timestamp(until)},
            PERSONS: {"L": [{"S": each} for each in persons]},
            "expires_at": {"N": str(int(until.timestamp()))},
            SCHEMA: {"N": str(SCHEMA_VERSION)},
        }
        self._table.put(Put(item, "attribute_exists(pk) OR attribute_not_exists(pk)"))
        return True

    def of(self, call: CallOfAgent, number: Mobile) -> Prefetched | None:
        """Return what was found for that number, as long as it is kept.

        Raises:
            TableUnavailable, SealingUnavailable, UnreadableRecord: it cannot be read now.
        """
        item = self._table.get(call.key)
        require_readable(item or {}, SCHEMA_VERSION, _ATTRIBUTES)
        if item is None or datetime.fromisoformat(item["until"]["S"]) <= self._clock.now():
            return None
        document = json.loads(zlib.decompress(self._sealer.open(call.key, item["sealed"]["B"])))
        return _found(document) if document["number"] == number.reveal() else None


class CallOfAgent(NamedTuple):
    """A call of one agent, by the names under which they are stored."""

    client: str
    agent_id: str
    call_id: str

    @property
    def key(self) -> str:
        """The primary key of what was found for it."""
        return f"{PREFIX}{self.client}#{agent_in_key(self.agent_id)}#{self.call_id}"


def _document(number: Mobile, found: Prefetched) -> dict[str, Any]:
    visits = found.appointments
    return {
        "number": number.reveal(),
        "patients": [_revealed(each) for each in found.match.patients],
        "visits": None if visits is None else [_visit(each) for each in visits],
    }


def _visit(visit: CompletedAppointment) -> dict[str, Any]:
    return {
        "appointment": _revealed(visit.appointment),
        "clinic_name": visit.clinic_name,
        "clinic_address": visit.clinic_address,
    }


def _found(document: Mapping[str, Any]) -> Prefetched:
    patients = tuple(Patient.model_validate(each) for each in document["patients"])
    visits: Sequence[Mapping[str, Any]] | None = document["visits"]
    if visits is None:
        return Prefetched(Match(patients), None)
    read = [
        CompletedAppointment(
            Appointment.model_validate(each["appointment"]), each["clinic_name"], each["clinic_address"]
        )
        for each in visits
    ]
    return Prefetched(Match(patients), read)


def _revealed(record: BaseModel) -> dict[str, Any]:
    """Return a record's values themselves, for encryption only; dates as ISO 8601."""
    values = {name: getattr(record, name) for name in type(record).model_fields}
    plain = {name: each.reveal() if isinstance(each, Personal) else each for name, each in values.items()}
    return {
        name: each.isoformat() if hasattr(each, "isoformat") else each
        for name, each in plain.items()
        if each is not None
    }
