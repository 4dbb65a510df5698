"""The desk's events: what the benchmark sends is what a page of the desk sends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from bench import desk_requests
from bench.desk_events import ORIGIN, SignedIn, announced
from bench.events import Numbers
from bench.stage import Place
from convox_clinicea import aws
from convox_clinicea.deadline import SystemClock
from convox_clinicea.desk.pages import call_id_of
from convox_clinicea.desk.sessions import Sessions
from convox_clinicea.desk.web import Request, bears_token
from convox_clinicea.table import Table
from tests.support.account import Stack, aws_account

START = datetime(2031, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with aws_account():
        yield Place(Stack.create(), {})


def request(event: dict[str, object]) -> Request:
    return Request(APIGatewayProxyEvent(event), "")


def test_an_agent_has_a_session_that_the_desk_finds(place: Place) -> None:
    agent = SignedIn.at(place)

    found = Sessions(Table(aws.dynamodb(), place.stack.table), SystemClock()).find(agent.cookie)

    assert found is not None
    assert (found.person.agent_id, found.token) == (agent.agent_id, agent.token)
    assert request(agent.home()).cookies == {"__Host-desk": agent.cookie}


def test_each_agent_is_announced_a_call_of_its_own(place: Place) -> None:
    sent: list[dict[str, object]] = []

    first, second = (announced(place, sent.append) for _ in range(2))

    assert len(sent) == 2
    assert first.agent_id != second.agent_id
    assert first.call_id != second.call_id


def test_a_list_is_asked_for_once_more_as_its_page_says(place: Place) -> None:
    agent = SignedIn.at(place)

    asked = request(agent.poll('<div hx-get="desk/calls?seen=0123456789abcdef" hx-trigger="poll">'))

    assert (asked.parts, asked.query, asked.is_fragment) == (("calls",), {"seen": "0123456789abcdef"}, True)


def test_a_socket_is_opened_with_a_ticket(place: Place) -> None:
    agent = SignedIn.at(place)

    asked = request(agent.ticket())
    connect = agent.socket("$connect", "0f")

    assert (asked.parts, asked.method, asked.form()) == (("socket",), "POST", {"token": agent.token})
    assert connect["requestContext"]["routeKey"] == "$connect"
    assert (
        connect["requestContext"]["connectionId"]
        != SignedIn.at(place).socket("$connect", "0f")["requestContext"]["connectionId"]
    )
    assert connect["queryStringParameters"] == {"ticket": "0f"}


def test_the_next_appointments_are_asked_for_by_a_form(place: Place) -> None:
    agent = SignedIn.at(place)

    asked = request(agent.ahead())

    assert asked.parts[2] == "ahead"
    assert asked.form() == {"token": agent.token, "patient_id": "P-01"}


def test_a_form_is_one_of_the_call_s_page(place: Place) -> None:
    agent = SignedIn.at(place)
    session = Sessions(Table(aws.dynamodb(), place.stack.table), SystemClock()).find(agent.cookie)
    assert session is not None

    sent = request(agent.sent("book", START))

    sent.require_own_origin()
    form = sent.form()
    assert sent.address.startswith(ORIGIN)
    assert (sent.parts[0], call_id_of(sent.parts[1]), sent.parts[2]) == ("calls", agent.call_id, "book")
    assert bears_token(form, session)
    assert (form["day"], form["time"], form["another"]) == ("2031-03-04", "09:30", "yes")
    assert dict(parse_qsl(agent.sent("draft", START)["body"])) == form


class Pages:
    """The desk's function, as far as its answers say what is asked next."""

    def __init__(self, **bodies: str) -> None:
        self._bodies = bodies
        self.said = ""

    def invoke(self, event: dict[str, object]) -> dict[str, object]:
        parts = str(event.get("path", "socket")).split("/")
        self.said += '{"cold_start": false}\n'
        return {"statusCode": 200, "body": self._bodies.get(parts[-1], "")}


@pytest.mark.parametrize(
    ("bodies", "more"),
    [
        ({}, []),
        ({"caller": '<form action="../desk/calls/x/ahead">'}, ["ahead"]),
        ({"desk": '<div data-ticket-at="desk/socket">', "socket": "0f"}, ["ticket", "connect", "disconnect"]),
    ],
)
def test_what_a_page_asks_for_besides_is_measured_too(place: Place, bodies: dict[str, str], more: list[str]) -> None:
    found = dict(desk_requests.of_one_call(Pages(**bodies), SignedIn.at(place), Numbers()))

    assert [*found] == [
        *desk_requests.KINDS[:4],
        *[each for each in more if each == "ahead"],
        *desk_requests.KINDS[4:],
        *[each for each in more if each != "ahead"],
    ]
    assert set(found.values()) == {len('{"cold_start": false}') + 1}
