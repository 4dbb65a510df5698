"""The WebSocket connections of the desk's pages, and the message by which a page learns that there is a call.

An agent's connections are one item, so that a pop-up finds them by one consistent read. Each connection has a small
item beside it with the name of the agent's: API Gateway names the connection alone when it has closed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea import aws
from convox_clinicea.announcements import agent_in_key
from convox_clinicea.deadline import Clock, Deadline, fresh_token
from convox_clinicea.errors import ConnectorError
from convox_clinicea.function import failure
from convox_clinicea.items import SCHEMA, UnreadableRecord, require_readable
from convox_clinicea.settings import DeskSocketSettings
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Contended, Item, Put, Table, TableUnavailable, timestamp

SCHEMA_VERSION = 1
MOST_SOCKETS = 8
"""Open connections of one agent. A page beyond them is refused, and goes on polling."""
LONGEST_CONNECTION = timedelta(hours=2)
"""After which API Gateway ends a connection."""
MESSAGE = b"calls"
"""All that is ever sent: there is something to ask for."""
SECONDS_TO_PUSH = 0.5
"""For which a pop-up's answer waits for its push, from the announcement on."""
MOST_TRIES = 4
_ATTRIBUTES = frozenset({"pk", "sockets", "expires_at", WRITE_TOKEN, SCHEMA})


@dataclass(frozen=True)
class Socket:
    """An open connection.

    Attributes:
        session: key of the session whose page opened it.
        until: when API Gateway, or the session at the latest, has ended it.
    """

    connection_id: str
    session: str
    until: datetime


def key_of_sockets(client: str, agent_id: str) -> str:
    """Return the primary key of an agent's connections."""
    return f"desk-sockets#{client}#{agent_in_key(agent_id)}"


class AgentSockets:
    """The open connections of each agent, by the key of the agent's item.

    Every method raises TableUnavailable; UnreadableRecord for an item that a later release wrote.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def of(self, key: str) -> list[Socket]:
        """Return the agent's connections that have not outlived their time."""
        return self._open(_sockets(self._table.get(key)))

    def open(self, key: str, socket: Socket) -> bool:
        """Add a connection; False if the agent has as many as are allowed."""
        self._table.put(Put(self._pointer(key, socket)))
        left = self._change(key, lambda standing: [*standing, socket] if len(standing) < MOST_SOCKETS else standing)
        return socket in left

    def close(self, connection_id: str) -> None:
        """Remove a connection that has closed; an unknown one is none."""
        pointer_key = _key_of_pointer(connection_id)
        pointer = self._table.get(pointer_key)
        if pointer is None:
            return
        self.remove(pointer["agent"]["S"], (connection_id,))
        self._table.delete(pointer_key, "attribute_exists(pk) OR attribute_not_exists(pk)", {})

    def remove(self, key: str, connection_ids: Collection[str]) -> None:
        """Remove connections of an agent."""
        self._change(key, lambda standing: [each for each in standing if each.connection_id not in connection_ids])

    def end_session(self, key: str, session: str) -> None:
        """Remove the connections that pages of a session opened."""
        self._change(key, lambda standing: [each for each in standing if each.session != session])

    def _change(self, key: str, change: Callable[[list[Socket]], list[Socket]]) -> list[Socket]:
        for _ in range(MOST_TRIES):
            item = self._table.get(key)
            standing = _sockets(item)
            changed = change(self._open(standing))
            if changed == standing:
                return changed
            with suppress(ConditionFailed, Contended):
                self._table.put(self._put(key, item, changed))
                return changed
        raise Contended("an agent's connections were changed by others at every try")

    def _open(self, sockets: Sequence[Socket]) -> list[Socket]:
        now = self._clock.now()
        return [each for each in sockets if each.until > now]

    def _put(self, key: str, standing: Item | None, sockets: Sequence[Socket]) -> Put:
        item: Item = {
            "pk": {"S": key},
            "sockets": {"L": [{"M": _attributes(each)} for each in sockets]},
            "expires_at": {"N": str(int((self._clock.now() + LONGEST_CONNECTION).timestamp()))},
            SCHEMA: {"N": str(SCHEMA_VERSION)},
            WRITE_TOKEN: {"S": fresh_token()},
        }
        if standing is None:
            return Put(item, "attribute_not_exists(pk)")
        return Put(item, f"{WRITE_TOKEN} = :seen", {":seen": standing[WRITE_TOKEN]})

    def _pointer(self, key: str, socket: Socket) -> Item:
        return {
            "pk": {"S": _key_of_pointer(socket.connection_id)},
            "agent": {"S": key},
            "expires_at": {"N": str(int(socket.until.timestamp()))},
            SCHEMA: {"N": str(SCHEMA_VERSION)},
        }


class Pushed(NamedTuple):
    """How many connections were told, had closed, or were not reached."""

    told: int
    gone: int
    failed: int


class Push:
    """Tells the open pages of an agent that there is a call, and nothing about it.

    Args:
        management: API Gateway's management client of the WebSocket API, whose time-outs bound each post. None if the
            stack has no desk: nobody is told.
    """

    def __init__(self, sockets: AgentSockets, management: Any, logger: Logger, metrics: Metrics) -> None:
        self._sockets = sockets
        self._management = management
        self._logger = logger
        self._metrics = metrics

    def start(self, key: str, deadline: Deadline) -> Callable[[], None]:
        """Begin to tell an agent's pages beside the caller's own work; returns what waits for the end, and counts.

        The wait ends half a second after the start, or at the deadline. It raises nothing: a page that is not told
        asks by itself.
        """
        if self._management is None:
            return nothing_begun
        ends = deadline.capped(SECONDS_TO_PUSH)
        begun = aws.beside(partial(self._tell, key, ends))

        def finish() -> None:
            try:
                pushed = begun.result(ends.remaining())
            except (TableUnavailable, UnreadableRecord, TimeoutError) as error:
                begun.cancel()
                self._failed(1, error)
                return
            self._metrics.add_metric("CallPushed", MetricUnit.Count, pushed.told)
            if pushed.failed:
                self._failed(pushed.failed, ConnectorError("the management API did not take a message"))

        return finish

    def _failed(self, count: int, error: BaseException) -> None:
        self._metrics.add_metric("PushFailed", MetricUnit.Count, count)
        self._logger.warning("pages were not told of a call", extra=failure(error))

    def _tell(self, key: str, ends: Deadline) -> Pushed:
        sockets = self._sockets.of(key)[:MOST_SOCKETS]
        told, gone = 0, set()
        for each in sockets:
            if ends.expired:
                break
            try:
                self._management.post_to_connection(ConnectionId=each.connection_id, Data=MESSAGE)
            except aws.AWS_ERRORS as error:
                if aws.error_code(error) != "GoneException":
                    break  # it is slow or down: each further one would wait as long
                gone.add(each.connection_id)
            else:
                told += 1
        if gone:
            self._sockets.remove(key, gone)
        return Pushed(told, len(gone), len(sockets) - told - len(gone))


def push_from(settings: DeskSocketSettings, table: str, clock: Clock, logger: Logger, metrics: Metrics) -> Push:
    """Return the push of a stack; its clients are built here, as botocore's sessions are not for two threads."""
    sockets = AgentSockets(Table(aws.dynamodb_at_once(), table), clock)
    return Push(sockets, aws.websockets(settings.desk_sockets) if settings.desk_sockets else None, logger, metrics)


def nothing_begun() -> None:
    """Wait for nothing."""


def _key_of_pointer(connection_id: str) -> str:
    return f"desk-socket#{connection_id}"


def _sockets(item: Item | None) -> list[Socket]:
    require_readable(item or {}, SCHEMA_VERSION, _ATTRIBUTES)
    return [] if item is None else [_socket(each["M"]) for each in item["sockets"]["L"]]


def _attributes(socket: Socket) -> Any:
    texts = {"id": socket.connection_id, "session": socket.session, "until": timestamp(socket.until)}
    return {name: {"S": text} for name, text in texts.items()}


def _socket(told: Any) -> Socket:
    return Socket(told["id"]["S"], told["session"]["S"], datetime.fromisoformat(told["until"]["S"]))
