"""The register of disclosures: who was shown which fields of a patient, and never the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from convox_clinicea.deadline import Clock, Deadline, fresh_token
from convox_clinicea.errors import ConfigurationError, ConnectorError, NotStored, raise_alone
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Put, Table, TableUnavailable, timestamp
from convox_clinicea.text import id_key, id_spellings

if TYPE_CHECKING:  # operators' commands read this module in an environment without the parser of numbers
    from convox_clinicea.privacy import FreeTextIds


SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Recipient:
    """Who gets the data: the authenticated caller, and the agent and the call that it claims.

    Attributes:
        route: method and path as the template has them, such as `POST /patients/search`; never the path that was sent.
        request_id: API Gateway's id of the request, which the access log has too.
        source_ip: the address from which the client asked.
        person: the identity provider's id of the person who saw it at the desk; None for a client of the API.
    """

    caller: str
    agent_id: str | None
    call_id: str | None
    route: str
    request_id: str | None = None
    source_ip: str | None = None
    person: str | None = None


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
        "person": recipient.person,
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


ATTEMPTS = 2
"""The second one only while the agent still waits."""
MOST_AT_ONCE = 100
"""What DynamoDB takes in one transaction."""
SECONDS_KEPT = 0.2
"""Kept of a look-up's budget for the entry: one round trip within the region, and a connection."""
_FIRST = "attribute_not_exists(subject)"

Observer = Callable[[ConnectorError], None]
"""Told of an entry that could not be written."""


class NotRecorded(NotStored):
    """The disclosure could not be put on record, so the data is not handed out."""

    public = "The look-up could not be recorded, so nothing is shown. Try again."


class DisclosureRegister:
    """Append-only: entries are added under fresh keys, and nobody's role changes or removes one."""

    def __init__(self, table: Table, clock: Clock, keeping: Keeping, *, closed: bool, observe: Observer) -> None:
        self._table = table
        self._clock = clock
        self._keeping = keeping
        self._closed = closed
        self._observe = observe

    @staticmethod
    def before(deadline: Deadline) -> Deadline:
        """Return the deadline for what has to be done before an entry can be written."""
        return deadline.capped(max(deadline.remaining() - SECONDS_KEPT, deadline.remaining() / 2))

    def add(self, handed_out: Sequence[HandedOut], recipient: Recipient, deadline: Deadline) -> None:
        """Put on record what is about to be handed out, an entry for each patient; for nobody, nothing.

        Raises:
            NotRecorded: the entries may not stand, and the deployment fails closed. Where it fails open, the
                observer is told and the answer may leave.
        """
        for first in range(0, len(handed_out), MOST_AT_ONCE):
            try:
                self._add(handed_out[first : first + MOST_AT_ONCE], recipient, deadline)
            except (ConfigurationError, TableUnavailable, ConditionFailed) as error:
                failure = NotRecorded(str(error))
                self._observe(failure)
                if self._closed:
                    raise_alone(failure)

    def count_miss(self, recipient: Recipient) -> None:
        """Count a look-up that found nobody; what cannot be counted is observed, and holds nothing up.

        A number that is on no record is told, too: who asks for many may be no call centre.
        """
        key, attributes = tally_of(recipient, self._clock.now(), self._keeping)
        try:
            self._table.tally(key, attributes)
        except TableUnavailable as error:
            self._observe(NotRecorded(str(error)))

    def _add(self, handed_out: Sequence[HandedOut], recipient: Recipient, deadline: Deadline) -> None:
        now, token = self._clock.now(), fresh_token()
        puts = [
            Put(to_item(each, recipient, now, f"{token}{number:02}", self._keeping), _FIRST)
            for number, each in enumerate(handed_out)
        ]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if len(puts) == 1:
                    self._table.put(puts[0])
                else:
                    self._table.put_all(puts, token)
            except TableUnavailable:
                if attempt == ATTEMPTS or deadline.expired:
                    raise
            else:
                return
