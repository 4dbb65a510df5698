"""Opening and closing a page's connection: the ticket, who is refused, and what the table holds of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.desk.sessions import LONGEST
from convox_clinicea.desk.socket_routes import TICKET_TIME
from convox_clinicea.sockets import LONGEST_CONNECTION, MOST_SOCKETS, AgentSockets, key_of_sockets
from convox_clinicea.table import Table
from tests.support.clock import SkippingClock
from tests.support.desk_browser import Browser
from tests.support.events import Event
from tests.support.openid import Provider
from tests.support.sockets import Sockets

MINE, ANOTHER = key_of_sockets("convox", "agent-7"), key_of_sockets("convox", "agent-13")


@pytest.fixture
def sockets(invoke: Callable[[Event], Mapping[str, Any]]) -> Sockets:
    return Sockets(invoke)


@pytest.fixture
def standing(table: Table, clock: SkippingClock) -> AgentSockets:
    return AgentSockets(table, clock)


def ticket(browser: Browser) -> str:
    page = browser.post("socket", {"token": browser.get().token}, fragment=True)
    assert page.status == 200
    return page.body


def connections(standing: AgentSockets, key: str = MINE) -> list[str]:
    return [each.connection_id for each in standing.of(key)]


def items(table: Table, kind: str) -> list[Any]:
    found = aws.dynamodb().scan(TableName=table.name)["Items"]
    return [each for each in found if each["pk"]["S"].startswith(f"{kind}#")]


def test_a_ticket_opens_one_connection_of_its_agent(
    signed_in: Browser, sockets: Sockets, standing: AgentSockets
) -> None:
    assert sockets.connect("first=", ticket(signed_in)) == 200

    assert connections(standing) == ["first="]
    assert sockets.disconnect("first=") == 200
    assert connections(standing) == []


def test_a_used_ticket_opens_nothing(signed_in: Browser, sockets: Sockets, standing: AgentSockets) -> None:
    words = ticket(signed_in)

    assert [sockets.connect(name, words) for name in ("first", "second")] == [200, 401]
    assert connections(standing) == ["first"]


def test_of_two_who_use_a_ticket_at_once_one_is_admitted(
    signed_in: Browser, sockets: Sockets, standing: AgentSockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ticket(signed_in)
    read = Table.get
    statuses: list[int] = []

    def read_while_another_connects(table: Table, key: str) -> Any:
        item = read(table, key)
        if key.startswith("desk-ticket#") and not statuses:
            statuses.append(0)
            statuses.append(sockets.connect("thief", words))
        return item

    monkeypatch.setattr(Table, "get", read_while_another_connects)

    assert sockets.connect("first", words) == 401
    assert statuses[1:] == [200]
    assert connections(standing) == ["thief"]


def test_an_old_ticket_opens_nothing_and_is_used_up(
    signed_in: Browser, sockets: Sockets, clock: SkippingClock, table: Table
) -> None:
    words = ticket(signed_in)
    clock.sleep(TICKET_TIME.total_seconds())

    assert sockets.connect("first", words) == 401
    assert items(table, "desk-ticket") == []
    assert items(table, "desk-sockets") == []


@pytest.mark.parametrize("words", [None, "", "x", "0" * 64, "0" * 63 + "\n", "é" * 64, "0" * 1_000_000], ids=repr)
def test_no_connection_opens_without_a_ticket(
    signed_in: Browser, sockets: Sockets, table: Table, words: str | None
) -> None:
    ticket(signed_in)

    assert sockets.connect("first", words) == 401
    assert items(table, "desk-sockets") == items(table, "desk-socket") == []


def test_the_table_holds_no_ticket(signed_in: Browser, table: Table) -> None:
    words = ticket(signed_in)
    (item,) = items(table, "desk-ticket")

    assert words not in str(item)
    assert len(item["pk"]["S"]) == len("desk-ticket#") + 64


def test_another_agent_s_ticket_opens_a_connection_of_that_agent(
    signed_in: Browser,
    invoke: Callable[[Event], Mapping[str, Any]],
    provider: Provider,
    sockets: Sockets,
    standing: AgentSockets,
) -> None:
    provider.claims["custom:agent_id"] = "agent-13"
    other = Browser(invoke)
    other.sign_in(provider)

    assert sockets.connect("stolen", ticket(other)) == 200

    assert connections(standing) == []
    assert connections(standing, ANOTHER) == ["stolen"]


def test_tickets_are_for_forms_of_this_session_alone(
    signed_in: Browser, invoke: Callable[[Event], Mapping[str, Any]], table: Table
) -> None:
    token = signed_in.get().token

    assert signed_in.get("socket", fragment=True).status == 404
    assert signed_in.post("socket", {}, fragment=True).status == 403
    assert signed_in.post("socket", {"token": token}, fragment=True, Origin="https://evil.invalid").status == 403
    assert Browser(invoke).post("socket", {"token": token}, fragment=True).status == 401
    assert items(table, "desk-ticket") == []


def test_one_connection_too_many_is_refused_until_another_closes(
    signed_in: Browser, sockets: Sockets, standing: AgentSockets
) -> None:
    names = [f"tab-{number}" for number in range(MOST_SOCKETS)]
    assert {sockets.connect(name, ticket(signed_in)) for name in names} == {200}

    assert sockets.connect("one more", ticket(signed_in)) == 429
    assert connections(standing) == names
    sockets.disconnect("tab-3")
    assert sockets.connect("one more", ticket(signed_in)) == 200
    assert connections(standing) == [*names[:3], *names[4:], "one more"]


def test_a_connection_ends_with_its_time_and_leaves_its_place(
    signed_in: Browser, sockets: Sockets, standing: AgentSockets, clock: SkippingClock
) -> None:
    for number in range(MOST_SOCKETS):
        sockets.connect(f"tab-{number}", ticket(signed_in))
    for _ in range(3):  # the session is used meanwhile
        clock.sleep(LONGEST_CONNECTION.total_seconds() / 3)
        signed_in.get()

    assert connections(standing) == []
    assert sockets.connect("later", ticket(signed_in)) == 200


def test_a_connection_does_not_outlive_its_session(
    signed_in: Browser, sockets: Sockets, standing: AgentSockets, clock: SkippingClock
) -> None:
    began = clock.now()
    while clock.now() < began + LONGEST - timedelta(minutes=31):
        clock.sleep(timedelta(minutes=30).total_seconds())
        signed_in.get()

    sockets.connect("late", ticket(signed_in))

    (late,) = standing.of(MINE)
    assert began + LONGEST - timedelta(seconds=1) <= late.until <= began + LONGEST


def test_signing_out_ends_the_session_s_connections_and_no_other(
    signed_in: Browser,
    invoke: Callable[[Event], Mapping[str, Any]],
    provider: Provider,
    sockets: Sockets,
    standing: AgentSockets,
) -> None:
    second = Browser(invoke)
    second.sign_in(provider)
    sockets.connect("first", ticket(signed_in))
    sockets.connect("second", ticket(second))

    assert signed_in.post("sign-out", {"token": signed_in.get().token}).status == 200

    assert connections(standing) == ["second"]


def test_closing_twice_or_an_unknown_connection_changes_nothing(
    signed_in: Browser, sockets: Sockets, standing: AgentSockets, table: Table
) -> None:
    sockets.connect("first", ticket(signed_in))
    sockets.connect("second", ticket(signed_in))

    assert [sockets.disconnect(name) for name in ("first", "first", "unknown")] == [200, 200, 200]
    assert connections(standing) == ["second"]
    assert len(items(table, "desk-socket")) == 1


def test_a_message_does_nothing_whatever_its_size(signed_in: Browser, sockets: Sockets, table: Table) -> None:
    sockets.connect("first", ticket(signed_in))
    before = aws.dynamodb().scan(TableName=table.name)["Items"]

    assert sockets.send("first", "x" * 1_000_000) == 404
    assert aws.dynamodb().scan(TableName=table.name)["Items"] == before


def test_a_table_that_is_down_refuses_the_connection(
    signed_in: Browser, sockets: Sockets, monkeypatch: pytest.MonkeyPatch, table: Table
) -> None:
    words = ticket(signed_in)
    monkeypatch.setattr(table, "_name", "no-such-table")

    assert sockets.connect("first", words) == 503


def test_the_policy_names_the_socket_s_host(signed_in: Browser) -> None:
    home, list_ = signed_in.get(), signed_in.get("calls", fragment=True)

    assert 'data-socket="wss://sockets.invalid/desk"' in home.body
    assert "connect-src 'self' wss://sockets.invalid;" in home.headers["Content-Security-Policy"][0]
    assert "connect-src 'self';" in list_.headers["Content-Security-Policy"][0]
