"""The register of disclosures: who was shown which fields of a patient, without the data itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from convox_clinicea.deadline import Clock, Deadline, fresh_token
from convox_clinicea.errors import ConfigurationError, ConnectorError, NotStored, raise_alone
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Put, Table, TableUnavailable, timestamp
from convox_clinicea.text import id_key, id_spellings

if TYPE_CHECKING:  # operators' commands import this module without the parser of numbers
    from convox_clinicea.privacy import FreeTextIds


SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Recipient:
    """Recipient of the data: the authenticated client, and the agent and call that it claims.

    Attributes:
        route: method and path of the template, such as `POST /patients/search`; never the path of the request.
        request_id: API Gateway's request id, as in the access log.
        source_ip: the client's address.
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
    """Names of an answer's fields about one patient, never their values."""

    patient_id: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Keeping:
    """Settings of the entries.

    Attributes:
        retention: time for which entries are kept.
        zone: time zone of the entries' dates.
        ids: mapping of calls and agents to their stored names.
    """

    retention: timedelta
    zone: tzinfo
    ids: FreeTextIds


def subject_of_patient(patient_id: str) -> str:
    """Return the key of a patient's entries, for any spelling of the id."""
    return f"patient#{id_key(patient_id)}"


def subjects_of_patient(patient_id: str) -> list[str]:
    """Return the key of a patient's entries, then the keys of earlier releases."""
    return [f"patient#{each}" for each in id_spellings(patient_id)]


def to_item(handed_out: HandedOut, recipient: Recipient, at: datetime, token: str, keeping: Keeping) -> Item:
    """Return the entry's item; the new `token` in its key prevents that an entry replaces another."""
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
    """Return key and attributes of the count of look-ups without a patient, by client, hour and address."""
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
"""Attempts; the second one only before the deadline."""
MOST_AT_ONCE = 100
"""DynamoDB's limit for one transaction."""
SECONDS_KEPT = 0.2
"""Seconds of a look-up's budget kept for the entry: a connection and one round trip within the region."""
_FIRST = "attribute_not_exists(subject)"

Observer = Callable[[ConnectorError], None]
"""Called for an entry that could not be written."""


class NotRecorded(NotStored):
    """The disclosure could not be recorded, so the data is not shown."""

    public = "The look-up could not be recorded, so nothing is shown. Try again."


class DisclosureRegister:
    """The register, append-only: entries have new keys, and no role may change or remove one."""

    def __init__(self, table: Table, clock: Clock, keeping: Keeping, *, closed: bool, observe: Observer) -> None:
        self._table = table
        self._clock = clock
        self._keeping = keeping
        self._closed = closed
        self._observe = observe

    @staticmethod
    def before(deadline: Deadline) -> Deadline:
        """Return the deadline for the work before the entry."""
        return deadline.capped(max(deadline.remaining() - SECONDS_KEPT, deadline.remaining() / 2))

    def add(self, handed_out: Sequence[HandedOut], recipient: Recipient, deadline: Deadline) -> None:
        """Add an entry for each patient in an answer, before it is sent.

        Raises:
            NotRecorded: the entries may be missing, and the deployment fails closed. If it fails open, the observer is
                called and the answer may be sent.
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
        """Count a look-up without a patient; a failure is observed, and does not delay the answer.

        That a number has no patient is a disclosure, too: many such look-ups may be an enumeration.
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
