"""A booking's record in the ledger, and its DynamoDB item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.errors import raise_alone
from convox_clinicea.items import UnreadableRecord, require_readable
from convox_clinicea.table import Item, timestamp

__all__ = ["Booking", "Open", "from_item", "key_of", "timestamp", "to_item"]

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

ID_PATTERN = r"bk_[a-z2-7]{26}"
SCHEMA_VERSION = 2
"""2: fields for the sweeper, the settle time and the notices. Version 1 is still read.

A new field, state or reason raises the version (rule 23); `tests/unit/bookings/test_schema.py` lists those of each.
"""
EARLIER_PATIENT_KEY = "group"
"""Name of `patient_key` in earlier releases; still written, because they may run at the same time."""
BESIDE = frozenset({"pk", "open", "call", EARLIER_PATIENT_KEY})
"""Attributes of the item that are not fields of the record."""


class Open(StrEnum):
    """Why a booking is open; the key of the index that the sweeper reads."""

    ON_ITS_WAY = "on_its_way"
    PARKED = "parked"
    NOTICE_PENDING = "untold"
    """Ended or parked, with a notice that is not published yet."""


@dataclass(frozen=True)
class Booking:
    """One booking. Times are aware and in UTC. Only the sealed request is personal data."""

    booking_id: str
    state: State
    flow: str
    caller: str
    start: datetime
    patient_key: str
    """HMAC of the request's patient; a patient's bookings are found by it."""
    fingerprint: bytes
    accepted_at: datetime
    updated_at: datetime
    queued_at: datetime
    call_id: str | None = None
    agent_id: str | None = None
    clinic_id: str | None = None
    """Clinic of the visit; with the practitioner it distinguishes two visits of one start."""
    practitioner_id: str | None = None
    wish_id: str | None = None
    """The id of the request that replaced the original content, if one did."""
    request: bytes | None = field(repr=False, default=None)
    """The encrypted request; None once the booking has ended."""
    number_key: str | None = None
    """HMAC of the mobile; for a new patient also the key of the lock on creating one for that number."""
    newcomer: tuple[str, ...] = ()
    """HMACs of a new patient's name and birth date; empty for a known patient."""
    version: int = 1
    generation: int = 1
    reason: Reason | None = None
    appointment_id: str | None = None
    """The booking's appointment; before `booked`, the id in Clinicea's answer that the calendar has not shown yet."""
    patient_id: str | None = None
    owner: str | None = None
    """The attempt that holds the booking while it is `sending`."""
    lease_until: datetime | None = None
    posted: bool = False
    """Whether a POST may have been carried out."""
    unsettled_since: datetime | None = None
    """End of the last POST, or of its lease if that is unknown; None once its outcome is certain."""
    refusal: Reason | None = None
    """Reason of Clinicea's refusal, until a read-back confirms it."""
    seen: tuple[str, ...] = ()
    """Ids of the patient's appointments before the last POST; these are not ours."""
    redriven_at: datetime | None = None
    """When the booking was last redriven; its age counts from then."""
    acts: tuple[str, ...] = ()
    """Versions written by operators' actions; each has a line in the audit."""
    erased_at: datetime | None = None
    """When the record was erased; what is left is a tombstone with id, state and times."""
    notice_due: bool = False
    expires_at: datetime | None = None
    write_token: str = ""
    """New for each write, so that the SDK's repetition of our own write is recognised (rule 5)."""
    schema_version: int = SCHEMA_VERSION

    def changed_by(self, fingerprint: bytes) -> bool:
        """Return whether a repeated request has other content; False for an erased booking, whose content is gone."""
        return self.erased_at is None and self.fingerprint != fingerprint

    @property
    def open(self) -> Open | None:
        """Why the booking is open; None if it is not."""
        if self.notice_due:
            return Open.NOTICE_PENDING
        if self.state.ended:
            return None
        return Open.PARKED if self.state.parked else Open.ON_ITS_WAY

    @property
    def since(self) -> datetime:
        """When it was accepted."""
        return self.accepted_at

    @property
    def stands_for(self) -> str:
        """The id of the request in the booking's content: its own, unless the content was replaced."""
        return self.wish_id or self.booking_id

    def erased(self, at: datetime) -> Self:
        """Return the tombstone: what a repeated request must find, without personal data."""
        return replace(
            self,
            request=None,
            number_key=None,
            newcomer=(),
            patient_key="",
            fingerprint=b"",
            call_id=None,
            agent_id=None,
            clinic_id=None,
            practitioner_id=None,
            patient_id=None,
            appointment_id=None,
            seen=(),
            notice_due=False,
            erased_at=at,
        )


def key_of(booking_id: str) -> str:
    """Return the primary key of a booking."""
    return f"booking#{booking_id}"


def to_item(booking: Booking) -> Item:
    """Return the DynamoDB item without None, false and empty values."""
    item: Item = {"pk": {"S": key_of(booking.booking_id)}, **attributes_of(booking)}
    item[EARLIER_PATIENT_KEY] = item["patient_key"]
    if booking.open is not None:
        item["open"] = {"S": booking.open.value}
    if booking.call_id is not None:
        item["call"] = {"S": f"{booking.caller}#{booking.call_id}"}
    return item


def from_item(item: Item) -> Booking:
    """Read a DynamoDB item; raises UnreadableRecord."""
    values = values_of(Booking, item, SCHEMA_VERSION, BESIDE)
    try:
        if EARLIER_PATIENT_KEY in item:
            values.setdefault("patient_key", item[EARLIER_PATIENT_KEY]["S"])
        if values.get("schema_version", 1) < 2:
            _complete(values)
        values["schema_version"] = SCHEMA_VERSION
        return Booking(**values)
    except (KeyError, TypeError):
        raise_alone(UnreadableRecord("a booking's record lacks a required attribute"))


def attributes_of(record: DataclassInstance) -> Item:
    """Return a record's attributes without None, false and empty values."""
    item: Item = {}
    for name in _names(type(record)):
        value = getattr(record, name)
        if value is None or value is False or value in ((), {}):
            continue
        if name == "expires_at":
            item[name] = {"N": str(int(value.timestamp()))}  # DynamoDB's time to live is in epoch seconds
        else:
            item[name] = _attribute(value)
    return item


def values_of(kind: type[DataclassInstance], item: Item, newest: int, beside: frozenset[str]) -> dict[str, Any]:
    """Return the values of the item's attributes that are fields of the record `kind`.

    Args:
        newest: the newest version of that kind that this release knows.
        beside: attributes of the item that are not fields.

    Raises:
        UnreadableRecord: it has a later version or unknown attributes, or is broken (rule 23).
    """
    require_readable(item, newest, _attributes(kind, beside))
    try:
        return {name: _value(name, item[name]) for name in _names(kind) if name in item}
    except (KeyError, TypeError, ValueError):
        raise_alone(UnreadableRecord("a ledger record cannot be read"))


@cache
def _names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(spec.name for spec in fields(kind))


@cache
def _attributes(kind: type[DataclassInstance], beside: frozenset[str]) -> frozenset[str]:
    return beside | frozenset(_names(kind))


def _complete(values: dict[str, Any]) -> None:
    """Upgrade a version-1 record: assume that a claimed POST may still be in flight."""
    values["queued_at"] = values["accepted_at"]
    if values["state"] in (State.SENDING, State.UNKNOWN):
        values["posted"] = True
        values["unsettled_since"] = values.get("lease_until", values["updated_at"])


def _attribute(value: Any) -> AttributeValueTypeDef:
    if value is True:
        return {"BOOL": True}
    if isinstance(value, datetime):
        return {"S": timestamp(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, tuple):
        return {"L": [{"S": text} for text in value]}
    if isinstance(value, Mapping):
        return {"M": {name: {"S": text} for name, text in value.items()}}
    return {"S": str(value)}


def _value(name: str, attribute: AttributeValueTypeDef) -> Any:
    if name == "expires_at":
        return datetime.fromtimestamp(int(attribute["N"]), UTC)
    if name in _TIMES:
        return _moment(attribute["S"])
    if name in _NUMBERS:
        return int(attribute["N"])
    if name in _ENUMS:
        return _ENUMS[name](attribute["S"])
    if "N" in attribute:
        return int(attribute["N"])
    if "BOOL" in attribute:
        return attribute["BOOL"]
    if "L" in attribute:
        return tuple(element["S"] for element in attribute["L"])
    if "M" in attribute:
        return {name: element["S"] for name, element in attribute["M"].items()}
    return bytes(attribute["B"]) if "B" in attribute else attribute["S"]


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


_TIMES = frozenset(
    {
        "start",
        "accepted_at",
        "updated_at",
        "queued_at",
        "lease_until",
        "unsettled_since",
        "received_at",
        "recorded_at",
        "redriven_at",
        "erased_at",
        "asked_at",
        "seen_at",
        "missing_since",
        "checked_at",
        "done_at",
    }
)
_NUMBERS = frozenset({"version", "generation", "schema_version"})
_ENUMS: dict[str, Any] = {"state": State, "reason": Reason, "refusal": Reason}
