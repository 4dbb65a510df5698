"""The WebSocket API of the desk: its events as API Gateway hands them over, and its management API on a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.support.events import ACCOUNT, REQUEST_ID, Event
from tests.support.small_server import Action, Reply, Seen, SmallServer

DOMAIN = "sockets.execute-api.ap-south-1.amazonaws.com"
GONE = Reply(410, b'{"message": "Gone"}', {"x-amzn-ErrorType": "GoneException"})


def socket_event(route: str, connection_id: str, **more: Any) -> Event:
    """An event of a route; one of `$connect` has the query of the address that was opened."""
    kind = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}.get(route, "MESSAGE")
    context = {
        "accountId": ACCOUNT,
        "apiId": "sockets",
        "connectionId": connection_id,
        "domainName": DOMAIN,
        "eventType": kind,
        "identity": {"sourceIp": "203.0.113.9"},
        "messageDirection": "IN",
        "requestId": REQUEST_ID,
        "routeKey": route,
        "stage": "desk",
    }
    return {"requestContext": context, "isBase64Encoded": False, **more}


@dataclass
class Sockets:
    """Opens and closes connections with the desk's function."""

    invoke: Callable[[Event], Mapping[str, Any]]

    def connect(self, connection_id: str, ticket: str | None = None) -> int:
        """Open a connection; returns the status, and only 200 opens one."""
        query = None if ticket is None else {"ticket": ticket}
        return self._status(socket_event("$connect", connection_id, queryStringParameters=query))

    def disconnect(self, connection_id: str) -> int:
        """Tell that a connection has closed."""
        return self._status(socket_event("$disconnect", connection_id))

    def send(self, connection_id: str, body: str) -> int:
        """Send a message, as a route `$default` would."""
        return self._status(socket_event("$default", connection_id, body=body))

    def _status(self, event: Event) -> int:
        answered = self.invoke(event)
        assert set(answered) == {"statusCode"}
        return int(answered["statusCode"])


@dataclass
class Management:
    """The management API: what was posted to which connection, in order.

    Attributes:
        answers: the answer for a connection; 200 for any other.
        before: called with each connection before it is answered.
    """

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, Action] = field(default_factory=dict)
    before: Callable[[str], object] = lambda _connection: None

    @property
    def posted(self) -> list[tuple[str, bytes]]:
        """Connection and message of each post."""
        return [(_connection(each), each.body) for each in self.seen]

    def answer(self, seen: Seen) -> Action:
        self.seen.append(seen)
        self.before(_connection(seen))
        return self.answers.get(_connection(seen), Reply(200))


def _connection(seen: Seen) -> str:
    return unquote(seen.path).partition("/@connections/")[2]


@contextmanager
def management_api() -> Iterator[Management]:
    """A management API on a free port."""
    api = Management()
    with SmallServer(api.answer) as server:
        api.url = f"{server.url}/desk"
        yield api
