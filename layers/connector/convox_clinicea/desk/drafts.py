"""What an agent has typed for a call and not booked: sealed, for a day at most, so that it survives a reload."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from datetime import timedelta

from convox_clinicea.announcements import PERSONS, AgentCalls, agent_in_key
from convox_clinicea.convox.fields import LONGEST_NOTES
from convox_clinicea.deadline import Clock
from convox_clinicea.desk.booking import IMPERSONAL, PERSONAL, is_agreed
from convox_clinicea.desk.calls import SignedIn
from convox_clinicea.errors import NotFound, TooLarge, raise_alone
from convox_clinicea.items import SCHEMA, UnreadableRecord, require_readable
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.sealing import MAX_BYTES, Sealer
from convox_clinicea.table import ConditionFailed, Item, Put, Table

SCHEMA_VERSION = 1
PREFIX = "desk-draft#"
RETENTION = timedelta(hours=24)
_ATTRIBUTES = frozenset({"pk", "sealed", "expires_at", PERSONS, SCHEMA})


class Drafts:
    """Keeps one form for each call of an agent; the last one that was sent counts.

    Args:
        patient_key: gives the HMAC of a patient's id, by which an erasure finds the draft.
    """

    def __init__(
        self,
        *,
        table: Table,
        calls: AgentCalls,
        sealer: Sealer,
        ids: FreeTextIds,
        clock: Clock,
        client: str,
        patient_key: Callable[[str], str],
    ) -> None:
        self._table = table
        self._calls = calls
        self._sealer = sealer
        self._ids = ids
        self._clock = clock
        self._client = client
        self._patient_key = patient_key

    def keep(self, person: SignedIn, call_id: str, form: Mapping[str, str]) -> None:
        """Keep the form of a call; of a caller who has not consented, and is no patient, nothing personal.

        Raises:
            NotFound: the call is not the agent's.
            TooLarge: the form is longer than any that could be booked.
            TableUnavailable, SealingUnavailable, UnreadableRecord: it may not be kept.
        """
        agent = self._ids.agent(person.agent_id)
        call = next((each for each in self._calls.of(self._client, agent) if each.call_id == call_id), None)
        if call is None:
            raise NotFound("no such call of this agent")
        filled = {name: form[name] for name in _kept_of(form) if form.get(name)}
        if any(len(text) > LONGEST_NOTES for text in filled.values()):
            raise TooLarge("a field of a draft is too long")
        key = self._key(agent, call_id)
        plain = zlib.compress(json.dumps(filled, ensure_ascii=False).encode("utf-8", "replace"))
        if len(plain) > MAX_BYTES:
            raise TooLarge("a draft is too long")
        persons = [] if call.number_key is None else [call.number_key]
        if "patient_id" in filled:
            persons.append(self._patient_key(filled["patient_id"]))
        item: Item = {
            "pk": {"S": key},
            "sealed": {"B": self._sealer.seal(key, plain)},
            PERSONS: {"L": [{"S": each} for each in persons]},
            "expires_at": {"N": str(int((self._clock.now() + RETENTION).timestamp()))},
            SCHEMA: {"N": str(SCHEMA_VERSION)},
        }
        try:
            self._table.put(Put(item, "attribute_exists(pk) OR attribute_not_exists(pk)"))
        except ConditionFailed:
            raise_alone(UnreadableRecord("a draft of a later release"))

    def get(self, person: SignedIn, call_id: str) -> dict[str, str]:
        """Return the form that was kept; empty where there is none.

        Raises:
            TableUnavailable, SealingUnavailable, UnreadableRecord: it cannot be read now.
        """
        key = self._key(self._ids.agent(person.agent_id), call_id)
        item = self._table.get(key)
        require_readable(item or {}, SCHEMA_VERSION, _ATTRIBUTES)
        if item is None or int(item["expires_at"]["N"]) <= self._clock.now().timestamp():
            return {}
        form: dict[str, str] = json.loads(zlib.decompress(self._sealer.open(key, item["sealed"]["B"])))
        return form

    def drop(self, person: SignedIn, call_id: str) -> None:
        """Keep nothing of a call any more; raises TableUnavailable."""
        key = self._key(self._ids.agent(person.agent_id), call_id)
        try:
            self._table.delete(key, "attribute_exists(pk)", {}, newest=SCHEMA_VERSION)
        except ConditionFailed:
            return

    def _key(self, agent: str, call_id: str) -> str:
        return f"{PREFIX}{self._client}#{agent_in_key(agent)}#{call_id}"


def _kept_of(form: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the fields that may be kept."""
    return (*IMPERSONAL, *PERSONAL) if form.get("patient_id") or is_agreed(form) else IMPERSONAL
