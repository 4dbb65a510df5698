"""A booking as the ledger keeps it, and its form in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from convox_clinicea.bookings.states import Reason, State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Booking:
    """One booking. Times are aware, in UTC; nothing here is personal but the sealed request."""

    booking_id: str
    state: State
    flow: str
    caller: str
    start: datetime
    group: str
    fingerprint: bytes
    accepted_at: datetime
    updated_at: datetime
    call_id: str | None = None
    agent_id: str | None = None
    request: bytes | None = field(repr=False, default=None)
    """Encrypted; None once the booking has ended."""
    version: int = 1
    generation: int = 1
    reason: Reason | None = None
    appointment_id: str | None = None
    patient_id: str | None = None
    owner: str | None = None
    """The attempt that holds the booking while it is `sending`."""
    lease_until: datetime | None = None
    seen: tuple[str, ...] = ()
    """The ids of the patient's appointments before the first POST: none of them is ours."""
    expires_at: datetime | None = None
    write_token: str = ""
    """Fresh for each write, so that the SDK's repetition of our own write is known as ours."""
    schema_version: int = SCHEMA_VERSION


Item = dict[str, "AttributeValueTypeDef"]


def key_of(booking_id: str) -> Item:
    """Return the primary key of a booking."""
    return {"pk": {"S": f"booking#{booking_id}"}}


def to_item(booking: Booking) -> Item:
    """Return the DynamoDB item; what is None or empty is left out."""
    item = key_of(booking.booking_id)
    for spec in fields(booking):
        value = getattr(booking, spec.name)
        if value is None or value == ():
            continue
        if spec.name == "expires_at":
            item[spec.name] = {"N": str(int(value.timestamp()))}  # DynamoDB's time to live wants epoch seconds
        else:
            item[spec.name] = _attribute(value)
    return item


def from_item(item: Item) -> Booking:
    """Read a DynamoDB item; attributes that this version does not know are ignored."""
    values: dict[str, Any] = {}
    for spec in fields(Booking):
        attribute = item.get(spec.name)
        if attribute is not None:
            values[spec.name] = _value(spec.name, attribute)
    return Booking(**values)


def _attribute(value: Any) -> AttributeValueTypeDef:
    if isinstance(value, datetime):
        return {"S": timestamp(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, tuple):
        return {"L": [{"S": text} for text in value]}
    return {"S": str(value)}


def _value(name: str, attribute: AttributeValueTypeDef) -> Any:
    if name == "expires_at":
        return datetime.fromtimestamp(int(attribute["N"]), UTC)
    if name in _TIMES:
        return datetime.fromisoformat(attribute["S"])
    if name in _ENUMS:
        return _ENUMS[name](attribute["S"])
    if "N" in attribute:
        return int(attribute["N"])
    if "L" in attribute:
        return tuple(element["S"] for element in attribute["L"])
    return bytes(attribute["B"]) if "B" in attribute else attribute["S"]


_TIMES = frozenset({"start", "accepted_at", "updated_at", "lease_until"})
_ENUMS: dict[str, Any] = {"state": State, "reason": Reason}


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC with `Z`, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
