"""How a page of the desk opens its WebSocket connection: a ticket, `$connect`, `$disconnect`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from convox_clinicea.deadline import Clock
from convox_clinicea.desk.sessions import LONGEST, Session, fresh_secret, hashed
from convox_clinicea.items import SCHEMA
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.sockets import LONGEST_CONNECTION, AgentSockets, Socket, key_of_sockets
from convox_clinicea.table import ConditionFailed, Item, Put, Table, timestamp

SCHEMA_VERSION = 1
TICKET_TIME = timedelta(seconds=30)
_TICKET = re.compile(r"[0-9a-f]{64}")


def is_of_a_socket(event: Mapping[str, Any]) -> bool:
    """Whether an event comes from the WebSocket API; a request for a page has no connection."""
    return "connectionId" in event.get("requestContext", {})


@dataclass(frozen=True)
class Ticket:
    """What a ticket admits: one connection for the agent's calls, while the session lasts."""

    agent: str
    session: str
    session_ends: datetime


class Tickets:
    """Tickets for one connection each: they last half a minute and serve once. The table has their SHA-256 alone."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def issue(self, ticket: Ticket) -> str:
        """Return the words of a new ticket; raises TableUnavailable."""
        words, now = fresh_secret(), self._clock.now()
        item: Item = {
            "pk": {"S": _key(words)},
            "agent": {"S": ticket.agent},
            "session": {"S": ticket.session},
            "session_ends": {"S": timestamp(ticket.session_ends)},
            "began_at": {"S": timestamp(now)},
            "expires_at": {"N": str(int((now + TICKET_TIME).timestamp()))},
            SCHEMA: {"N": str(SCHEMA_VERSION)},
        }
        self._table.put(Put(item, "attribute_not_exists(pk)"))
        return words

    def take(self, words: str) -> Ticket | None:
        """Return the ticket and use it up, or None: unknown, used or too old.

        Raises:
            TableUnavailable: it may or may not be used up.
        """
        if not _TICKET.fullmatch(words):
            return None
        key = _key(words)
        item = self._table.get(key)
        if item is None:
            return None
        try:
            self._table.delete(key, "attribute_exists(pk)", {})
        except ConditionFailed:
            return None
        if self._clock.now() - datetime.fromisoformat(item["began_at"]["S"]) >= TICKET_TIME:
            return None
        ends = datetime.fromisoformat(item["session_ends"]["S"])
        return Ticket(item["agent"]["S"], item["session"]["S"], ends)


class SocketRoutes:
    """Issues tickets to pages, and answers the routes of the WebSocket API.

    Args:
        client: the client whose calls the desk shows.
    """

    def __init__(self, tickets: Tickets, sockets: AgentSockets, ids: FreeTextIds, clock: Clock, client: str) -> None:
        self._tickets = tickets
        self._sockets = sockets
        self._ids = ids
        self._clock = clock
        self._client = client

    def ticket(self, session: Session) -> str:
        """Return a ticket for a page of this session; raises TableUnavailable."""
        return self._tickets.issue(Ticket(self._agent(session), session.key, session.began_at + LONGEST))

    def end(self, session: Session) -> None:
        """Tell the pages of a session nothing more; raises TableUnavailable, UnreadableRecord."""
        self._sockets.end_session(self._agent(session), session.key)

    def answer(self, event: Mapping[str, Any]) -> HTTPStatus:
        """Return the status for API Gateway, which opens a connection only with OK; raises as `ticket` and `end` do."""
        context = event["requestContext"]
        match context.get("routeKey"):
            case "$connect":
                words = (event.get("queryStringParameters") or {}).get("ticket")
                return self._connect(context["connectionId"], str(words or ""))
            case "$disconnect":
                self._sockets.close(context["connectionId"])
                return HTTPStatus.OK
        return HTTPStatus.NOT_FOUND

    def _connect(self, connection_id: str, words: str) -> HTTPStatus:
        ticket = self._tickets.take(words)
        if ticket is None:
            return HTTPStatus.UNAUTHORIZED
        until = min(self._clock.now() + LONGEST_CONNECTION, ticket.session_ends)
        opened = self._sockets.open(ticket.agent, Socket(connection_id, ticket.session, until))
        return HTTPStatus.OK if opened else HTTPStatus.TOO_MANY_REQUESTS

    def _agent(self, session: Session) -> str:
        return key_of_sockets(self._client, self._ids.agent(session.person.agent_id))


def _key(words: str) -> str:
    return f"desk-ticket#{hashed(words)}"
