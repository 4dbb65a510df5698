"""Sessions and sign-in attempts: how long they last, what ends them, what the table holds of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.desk.sessions import IDLE, LONGEST, SIGN_IN, Person, Sessions, SignInAttempts
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.table import Table
from tests.support.clock import VirtualClock
from tests.unit.desk.stored import ASHA, items

STATE = "5" * 64


def test_a_session_is_found_by_its_cookie_alone(table: Table, sessions: Sessions) -> None:
    cookie, session = sessions.begin(ASHA)
    (item,) = items(table, "desk-session#")

    assert sessions.find(cookie) == session
    assert cookie not in str(item)
    assert sessions.find(item["pk"]["S"].removeprefix("desk-session#")) is None


@pytest.mark.parametrize("cookie", [None, "", "x", "0" * 64, "é" * 64, "0" * 63 + "\n"])
def test_another_cookie_is_no_session(sessions: Sessions, cookie: str | None) -> None:
    sessions.begin(ASHA)

    assert sessions.find(cookie) is None


def test_a_session_lasts_while_it_is_used_and_half_a_day_at_most(sessions: Sessions, still: VirtualClock) -> None:
    cookie, _ = sessions.begin(ASHA)
    step = IDLE - timedelta(seconds=1)

    for _ in range(LONGEST // step):
        still.advance(step.total_seconds())
        assert sessions.find(cookie) is not None
    still.advance(step.total_seconds())

    assert sessions.find(cookie) is None


def test_an_idle_session_ends(sessions: Sessions, still: VirtualClock) -> None:
    cookie, _ = sessions.begin(ASHA)
    still.advance(IDLE.total_seconds())

    assert sessions.find(cookie) is None


def test_ending_one_session_leaves_the_others(sessions: Sessions) -> None:
    first, session = sessions.begin(ASHA)
    second, _ = sessions.begin(ASHA)
    sessions.end(session)

    assert sessions.find(first) is None
    assert sessions.find(second) is not None


def test_ending_all_of_a_person_takes_a_minute_at_most(sessions: Sessions, still: VirtualClock) -> None:
    cookie, _ = sessions.begin(ASHA)
    other, _ = sessions.begin(Person("another", "agent-8", frozenset({"agents"}), "Ravi Demo"))
    still.advance(1)
    sessions.end_all(ASHA.subject)
    still.advance(60)
    fresh, _ = sessions.begin(ASHA)

    assert sessions.find(cookie) is None
    assert sessions.find(other) is not None
    still.advance(61)
    assert sessions.find(fresh) is not None, "who signs in again is in"


def test_a_session_that_has_just_ended_does_not_come_back(
    sessions: Sessions, still: VirtualClock, table: Table
) -> None:
    cookie, session = sessions.begin(ASHA)
    still.advance(61)
    ending = _EndsAfterRead(table, lambda: sessions.end(session))

    assert Sessions(ending, still).find(cookie) is None
    assert sessions.find(cookie) is None


class _EndsAfterRead(Table):
    """A table in which something happens once, just after its first read."""

    def __init__(self, table: Table, then: Callable[[], None]) -> None:
        super().__init__(aws.dynamodb(), table.name)
        self._then: Callable[[], None] | None = then

    def get(self, key: str) -> object:  # type: ignore[override]  # handed on as it is
        found = super().get(key)
        then, self._then = self._then, None
        if then is not None:
            then()
        return found


def test_a_session_of_a_later_release_is_not_read(table: Table, sessions: Sessions) -> None:
    cookie, _ = sessions.begin(ASHA)
    (item,) = items(table, "desk-session#")
    aws.dynamodb().put_item(TableName=table.name, Item=item | {"schema_version": {"N": "2"}})

    with pytest.raises(UnreadableRecord):
        sessions.find(cookie)


def test_a_sign_in_serves_once_in_its_own_browser(table: Table, still: VirtualClock) -> None:
    attempts = SignInAttempts(table, still)
    attempt = attempts.begin(STATE, "cookie")

    assert attempts.take(STATE, "another browser's") is None
    assert attempts.take(STATE, None) is None
    assert attempts.take("6" * 64, "cookie") is None
    assert attempts.take(STATE, "cookie") == attempt
    assert attempts.take(STATE, "cookie") is None
    attempts.begin(STATE, "cookie")
    still.advance(SIGN_IN.total_seconds())
    assert attempts.take(STATE, "cookie") is None
