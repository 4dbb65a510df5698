"""One person for each agent id: who is let in, who is not, and what an operator sees of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.desk import agent_ids
from convox_clinicea.desk.agent_ids import RETENTION, AgentIdInUse, AgentIds
from convox_clinicea.desk.sessions import IDLE, LONGEST, Person, Sessions
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.table import Table
from tests.support.clock import VirtualClock
from tests.support.desk_browser import Browser
from tests.support.events import Event
from tests.support.openid import Provider
from tests.unit.desk.stored import ASHA, items

RAVI = Person("77aa0a52-person", "Agent-7", frozenset({"supervisors"}), "Ravi Demo")


def test_an_agent_id_is_one_person_s_in_any_case_of_letters(table: Table, sessions: Sessions) -> None:
    cookie, _ = sessions.begin(ASHA)

    with pytest.raises(AgentIdInUse):
        sessions.begin(RAVI)

    assert sessions.find(cookie) is not None
    assert len(items(table, "desk-session#")) == 1, "no session is left of who was refused"


def test_the_same_person_may_sign_in_in_several_browsers(sessions: Sessions) -> None:
    first, _ = sessions.begin(ASHA)
    second, session = sessions.begin(ASHA)
    sessions.end(session)

    with pytest.raises(AgentIdInUse):
        sessions.begin(RAVI)
    assert sessions.find(first) is not None
    assert sessions.find(second) is None


def test_another_agent_id_is_another_matter(sessions: Sessions) -> None:
    sessions.begin(ASHA)

    cookie, _ = sessions.begin(replace(RAVI, agent_id="agent-8"))

    assert sessions.find(cookie) is not None


@pytest.mark.parametrize("how", ["signed out", "idle", "too old", "ended by an operator"])
def test_an_agent_id_is_free_as_soon_as_its_sessions_have_ended(
    sessions: Sessions, still: VirtualClock, how: str
) -> None:
    cookie, session = sessions.begin(ASHA)
    match how:
        case "signed out":
            sessions.end(session)
        case "idle":
            still.advance(IDLE.total_seconds())
        case "too old":
            for _ in range(LONGEST // timedelta(minutes=30)):
                still.advance(timedelta(minutes=30).total_seconds())
                sessions.find(cookie)
        case _:
            still.advance(1)
            sessions.end_all(ASHA.subject)

    other, _ = sessions.begin(RAVI)

    assert sessions.find(other) is not None


class Overtaken(Table):
    """A table in which another person signs in just before an agent id is written for the first time."""

    def __init__(self, table: Table, still: VirtualClock) -> None:
        super().__init__(aws.dynamodb(), table.name)
        self._other: Sessions | None = Sessions(table, still)

    def get(self, key: str) -> Any:
        found = super().get(key)
        if key.startswith(agent_ids.PREFIX) and self._other is not None:
            other, self._other = self._other, None
            other.begin(ASHA)
        return found


def test_of_two_who_sign_in_at_once_one_is_let_in(table: Table, still: VirtualClock) -> None:
    with pytest.raises(AgentIdInUse):
        Sessions(Overtaken(table, still), still).begin(RAVI)

    (session,) = items(table, "desk-session#")
    assert session["subject"]["S"] == ASHA.subject


def test_who_signed_in_is_listed_for_ninety_days(table: Table, sessions: Sessions, still: VirtualClock) -> None:
    began = still.now()
    sessions.begin(ASHA)
    sessions.begin(ASHA)
    still.advance(60)
    sessions.begin(replace(RAVI, agent_id="agent-8"))
    agents = AgentIds(table, still)

    found = list(agents.all())

    assert [(each.agent_id, each.subject, each.name, len(each.sessions)) for each in found] == [
        ("agent-7", ASHA.subject, "Asha Demo", 2),
        ("agent-8", RAVI.subject, "Ravi Demo", 1),
    ]
    assert found[0].signed_in_at == began
    still.advance(RETENTION.total_seconds() - 60)
    assert [each.agent_id for each in agents.all()] == ["agent-8"]


def test_many_sign_ins_keep_the_newest_sessions(table: Table, sessions: Sessions, still: VirtualClock) -> None:
    for _ in range(12):
        sessions.begin(ASHA)

    (holder,) = AgentIds(table, still).all()
    assert len(holder.sessions) == agent_ids.MOST_SESSIONS


@pytest.mark.parametrize(
    "spoilt", [{"schema_version": {"N": "2"}}, {"colour": {"S": "red"}}, {"queued_at": {"S": "2"}}]
)
def test_what_a_later_release_wrote_is_left_alone(table: Table, sessions: Sessions, spoilt: dict[str, Any]) -> None:
    sessions.begin(ASHA)
    (item,) = items(table, agent_ids.PREFIX)
    aws.dynamodb().put_item(TableName=table.name, Item=item | spoilt)

    with pytest.raises(UnreadableRecord):
        sessions.begin(RAVI)
    assert items(table, agent_ids.PREFIX) == [item | spoilt]


def test_the_page_says_why_nobody_is_let_in(
    signed_in: Browser, invoke: Callable[[Event], Mapping[str, Any]], provider: Provider
) -> None:
    browser = Browser(invoke)
    provider.claims["sub"] = "another-person"

    page = browser.sign_in(provider)

    assert page.status == 409
    assert "Another person is signed in with your agent id" in page.text
    assert browser.cookies == {}
    assert signed_in.get().status == 200
