"""What all pages have in common, and how a page or a part of one is rendered."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.deadline import Clock
from convox_clinicea.desk.ahead import AnotherAhead
from convox_clinicea.desk.calls import DeskCall
from convox_clinicea.desk.sessions import Session
from convox_clinicea.desk.texts import text
from convox_clinicea.desk.views import moment, render
from convox_clinicea.desk.web import Request, page, policy, root_of
from convox_clinicea.errors import ConnectorError, InvalidRequest, NotFound, raise_alone

PRESSES = 7
"""Keys for a known patient beside what is typed: a test counts them by keyboard alone."""
HELD_BACK = frozenset({"token"})
"""Fields of a form that a page does not hold for a second try."""


@dataclass(frozen=True)
class Shown:
    """What all pages show alike.

    Attributes:
        zone: the deployment's time zone, in which times are shown.
        clinics: id and name of each clinic of the document.
        consent: version and words of the consent text; None where the document does not describe the version.
        services: name and label of each service that the clinics list.
        has_hours: whether free times of some clinic are known.
        free_service: whether another one may be typed, because not every clinic has a list.
    """

    zone: str
    clinics: tuple[tuple[str, str], ...]
    consent: tuple[str, str | None]
    services: tuple[tuple[str, str], ...] = ()
    free_service: bool = True
    has_hours: bool = False


class Pages:
    """Renders pages, and the parts of a page that are loaded later.

    Args:
        sockets: address of the WebSocket API, with `https` or `http`; empty where there is none.
    """

    def __init__(self, shown: Shown, clock: Clock, sockets: str = "") -> None:
        self._shown = shown
        self._clock = clock
        self._socket = sockets.replace("http", "ws", 1)

    def render(self, template: str, request: Request, at: tuple[str, ...] | None = None, **values: Any) -> str:
        """Return a template filled in; its links start from the page at these parts, by default the request's."""
        root = root_of(request.parts if at is None else at)
        common = {"root": root, "home": root[:-1], "zone": self._shown.zone, "now": self._clock.now(), "key_of": key_of}
        return render(template, **(common | values))

    def fragment(self, template: str, request: Request, session: Session, call: DeskCall, **values: Any) -> str:
        """Return a part of a call's page: its links start from that page."""
        key = key_of(call.call_id)
        common = {"token": session.token, "shown": self._shown, "form": {}, "call": call, "key": key}
        return self.render(template, request, ("calls", key), **(common | values))

    def question(self, error: ConnectorError) -> str | None:
        """Return what the agent is asked before a second booking; None for an error that is no question."""
        if isinstance(error, AnotherAhead):
            what = text("book.ask.unnamed") if error.service is None else error.service.reveal()
            return text("book.ask", what=what, when=moment(error.start, self._shown.zone))
        if isinstance(error, InvalidRequest) and [each.field for each in error.problems] == ["another"]:
            return text("book.ask.call")
        return None

    def page(
        self, template: str, request: Request, session: Session, *, status: int = HTTPStatus.OK, **values: Any
    ) -> Response[str]:
        """Return a page for a person who is signed in."""
        common: dict[str, Any] = {"person": session.person, "token": session.token, "shown": self._shown}
        common |= {"socket": self._socket, "presses": PRESSES}
        html = self.render(template, request, **(common | values))
        return page(html, status, Content_Security_Policy=policy(self._socket))


def key_of(call_id: str) -> str:
    """Return a call's id as a part of an address: whatever signs it holds, none is left that an address knows."""
    return base64.urlsafe_b64encode(call_id.encode()).rstrip(b"=").decode()


def call_id_of(key: str) -> str:
    """Return the call's id; raises NotFound."""
    try:
        return base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise_alone(NotFound("no such call"))


def held(form: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a form that a page holds for a second try."""
    return {name: value for name, value in form.items() if name not in HELD_BACK}
