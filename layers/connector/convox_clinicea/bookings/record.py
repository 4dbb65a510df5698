"""A booking as the ledger keeps it, and its form in DynamoDB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
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
"""2: what the sweeper, the settle time and the notices need. Version 1 is still read.

A new field, state or reason raises it; `tests/unit/bookings/test_schema.py` has those of each version.
"""
EARLIER_PATIENT_KEY = "group"
"""What `patient_key` is called in the records of releases before; still written, for they run beside this one."""
BESIDE = frozenset({"pk", "open", "call", EARLIER_PATIENT_KEY})
"""Attributes of the item that are no field of the record."""


class Open(StrEnum):
    """Why a booking is still somebody's business; the key of the index that the sweeper reads."""

    ON_ITS_WAY = "on_its_way"
    PARKED = "parked"
    NOTICE_PENDING = "untold"
    """Ended or parked, and its notice has not been published."""


@dataclass(frozen=True)
class Booking:
    """One booking. Times are aware, in UTC; nothing here is personal but the sealed request."""

    booking_id: str
    state: State
    flow: str
    caller: str
    start: datetime
    patient_key: str
    """HMAC of the patient whom the request names: by it their bookings are found."""
    fingerprint: bytes
    accepted_at: datetime
    updated_at: datetime
    queued_at: datetime
    call_id: str | None = None
    agent_id: str | None = None
    clinic_id: str | None = None
    """Where the visit is to be; with the practitioner it tells two visits of one start apart."""
    practitioner_id: str | None = None
    wish_id: str | None = None
    """The id of the wish that it stands for, where that has replaced another's content."""
    request: bytes | None = field(repr=False, default=None)
    """Encrypted; None once the booking has ended."""
    number_key: str | None = None
    """HMAC of the mobile: whose booking it is, and for a new patient, who may create one for that number."""
    newcomer: tuple[str, ...] = ()
    """HMACs of a new patient's name and birth date; nothing for a known patient."""
    version: int = 1
    generation: int = 1
    reason: Reason | None = None
    appointment_id: str | None = None
    """Its own once it is booked; before, the one that Clinicea said it made and its calendar has not shown."""
    patient_id: str | None = None
    owner: str | None = None
    """The attempt that holds the booking while it is `sending`."""
    lease_until: datetime | None = None
    posted: bool = False
    """Whether a POST may have been carried out."""
    unsettled_since: datetime | None = None
    """The last POST's recorded end, or the end of the lease under which it ran; None: its outcome is no longer open."""
    refusal: Reason | None = None
    """What Clinicea refused with, until a read-back confirms it."""
    seen: tuple[str, ...] = ()
    """The ids of the patient's appointments before the last POST: none of them is ours."""
    redriven_at: datetime | None = None
    """When a person last sent a parked booking on its way again; its age counts from then."""
    acts: tuple[str, ...] = ()
    """The versions that a person's word made; each has its line beside the bookings, see `acts`."""
    erased_at: datetime | None = None
    """When the person had it erased: what is left is a tombstone, id, state and times."""
    notice_due: bool = False
    expires_at: datetime | None = None
    write_token: str = ""
    """Fresh for each write, so that the SDK's repetition of our own write is known as ours."""
    schema_version: int = SCHEMA_VERSION

    def changed_by(self, fingerprint: bytes) -> bool:
        """Whether a repeated request has other content; of an erased one that is not known any more."""
        return self.erased_at is None and self.fingerprint != fingerprint

    @property
    def open(self) -> Open | None:
        """Whose business the booking still is."""
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
        """The id of the wish that it stands for: its own, unless a changed mind has replaced the content."""
        return self.wish_id or self.booking_id

    def erased(self, at: datetime) -> Self:
        """Return the tombstone: what a repeated request has to find, and nothing that tells of a person."""
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
    """Return the DynamoDB item; what is None, false or empty is left out."""
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
        raise_alone(UnreadableRecord("a booking's record lacks what it must have"))


def attributes_of(record: DataclassInstance) -> Item:
    """Return the attributes of a record's fields; what is None, false or empty is left out."""
    item: Item = {}
    for spec in fields(record):
        value = getattr(record, spec.name)
        if value is None or value is False or value in ((), {}):
            continue
        if spec.name == "expires_at":
            item[spec.name] = {"N": str(int(value.timestamp()))}  # DynamoDB's time to live wants epoch seconds
        else:
            item[spec.name] = _attribute(value)
    return item


def values_of(kind: type[DataclassInstance], item: Item, newest: int, beside: frozenset[str]) -> dict[str, Any]:
    """Return the fields' values of a record of that kind, as far as the item has them.

    Args:
        newest: the latest version of that kind that is known here.
        beside: what the item may have that is no field.

    Raises:
        UnreadableRecord: it is of a later version, has attributes that nobody here knows, or is broken.
    """
    require_readable(item, newest, beside | {spec.name for spec in fields(kind)})
    try:
        return {spec.name: _value(spec.name, item[spec.name]) for spec in fields(kind) if spec.name in item}
    except (KeyError, TypeError, ValueError):
        raise_alone(UnreadableRecord("a ledger record cannot be read"))


def _complete(values: dict[str, Any]) -> None:
    """Say what version 1 did not: where a POST was claimed, it may still be on its way."""
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
        raise ValueError("a moment without a zone")
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
    }
)
_NUMBERS = frozenset({"version", "generation", "schema_version"})
_ENUMS: dict[str, Any] = {"state": State, "reason": Reason, "refusal": Reason}
