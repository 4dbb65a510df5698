"""A disclosure, and its form in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from convox_clinicea.normalization import id_key, id_spellings
from convox_clinicea.table import WRITE_TOKEN, Item, timestamp

if TYPE_CHECKING:  # operators' commands read this module in an environment without the parser of numbers
    from convox_clinicea.free_text_ids import FreeTextIds

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Recipient:
    """Who gets the data: the authenticated caller, and the agent and the call that it claims.

    Attributes:
        route: method and path as the template has them, such as `POST /patients/search`; never the path that was sent.
        request_id: API Gateway's id of the request, which the access log has too.
        source_ip: the address from which the client asked.
    """

    caller: str
    agent_id: str | None
    call_id: str | None
    route: str
    request_id: str | None = None
    source_ip: str | None = None


@dataclass(frozen=True)
class HandedOut:
    """What an answer tells of one patient: the names of the fields, never their values."""

    patient_id: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Keeping:
    """How entries are kept.

    Attributes:
        retention: how long.
        zone: whose days the entries are found by.
        ids: the names under which calls and agents are stored.
    """

    retention: timedelta
    zone: tzinfo
    ids: FreeTextIds


def subject_of_patient(patient_id: str) -> str:
    """Return the key under which all that is told of a patient stands, however its id is written."""
    return f"patient#{id_key(patient_id)}"


def subjects_of_patient(patient_id: str) -> list[str]:
    """Return that key, and those under which releases before may have written."""
    return [f"patient#{each}" for each in id_spellings(patient_id)]


def to_item(handed_out: HandedOut, recipient: Recipient, at: datetime, token: str, keeping: Keeping) -> Item:
    """Return the entry's item; the fresh `token` makes its key, so that no entry replaces another."""
    texts = {
        "subject": subject_of_patient(handed_out.patient_id),
        "entry": f"{timestamp(at)}#{token}",
        "kind": "disclosure",
        "at": timestamp(at),
        "day": at.astimezone(keeping.zone).date().isoformat(),
        "patient_id": handed_out.patient_id,
        "caller": recipient.caller,
        "agent_id": None if recipient.agent_id is None else keeping.ids.agent(recipient.agent_id),
        "call_id": None if recipient.call_id is None else keeping.ids.call(recipient.call_id),
        "route": recipient.route,
        "request_id": recipient.request_id,
        "source_ip": recipient.source_ip,
        WRITE_TOKEN: token,
    }
    item: Item = {name: {"S": value} for name, value in texts.items() if value is not None}
    item["fields"] = {"L": [{"S": name} for name in handed_out.fields]}
    item["v"] = {"N": str(SCHEMA_VERSION)}
    item["expires_at"] = {"N": str(int((at + keeping.retention).timestamp()))}
    return item


def tally_of(recipient: Recipient, at: datetime, keeping: Keeping) -> tuple[Item, Item]:
    """Return the key and the attributes of the tally of look-ups that found nobody: by client, hour and address."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    source = recipient.source_ip or "-"
    key: Item = {
        "subject": {"S": f"misses#{recipient.caller}"},
        "entry": {"S": f"{timestamp(hour)}#{source}"},
    }
    return key, {
        "kind": {"S": "misses"},
        "at": {"S": timestamp(hour)},
        "day": {"S": hour.astimezone(keeping.zone).date().isoformat()},
        "caller": {"S": recipient.caller},
        "source_ip": {"S": source},
        "v": {"N": str(SCHEMA_VERSION)},
        "expires_at": {"N": str(int((hour + keeping.retention).timestamp()))},
    }
