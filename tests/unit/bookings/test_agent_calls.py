"""The calls of an agent: the newest fifty of a day, in one item that several functions write."""

from __future__ import annotations

from datetime import timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.announcements import MOST_CALLS, AgentCall, AgentCalls
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.table import Contended, Put, Table
from tests.support.bench import Bench

KEY = "desk-calls#convox#agent-12"


@pytest.fixture
def calls(bench: Bench) -> AgentCalls:
    return AgentCalls(Table(aws.dynamodb(), bench.stack.table), bench.clock)


def announced(bench: Bench, number: int = 1, **changes: str | bytes) -> AgentCall:
    return AgentCall(f"CALL-{number}", bench.clock.now(), **{"line": "Andheri", **changes})  # type: ignore[arg-type]  # any field, by name


def test_the_newest_call_is_the_first(bench: Bench, calls: AgentCalls) -> None:
    for number in range(3):
        calls.announce("convox", "agent-12", announced(bench, number))
        bench.clock.advance(1)

    assert [each.call_id for each in calls.of("convox", "agent-12")] == ["CALL-2", "CALL-1", "CALL-0"]


def test_an_agent_is_the_same_in_any_case(bench: Bench, calls: AgentCalls) -> None:
    calls.announce("convox", "Agent-12", announced(bench))

    assert len(calls.of("convox", "AGENT-12")) == 1
    assert calls.of("convox", "agent-1") == []
    assert calls.of("another", "agent-12") == []


def test_the_oldest_of_too_many_calls_are_left_out(bench: Bench, calls: AgentCalls) -> None:
    for number in range(MOST_CALLS + 2):
        calls.announce("convox", "agent-12", announced(bench, number))
        bench.clock.advance(1)

    found = calls.of("convox", "agent-12")
    assert len(found) == MOST_CALLS
    assert found[-1].call_id == "CALL-2"


def test_a_call_is_kept_for_a_day(bench: Bench, calls: AgentCalls) -> None:
    calls.announce("convox", "agent-12", announced(bench, 1))
    bench.clock.advance(timedelta(hours=24).total_seconds())

    assert calls.of("convox", "agent-12") == []
    calls.announce("convox", "agent-12", announced(bench, 2))
    assert "CALL-1" not in str(bench.stack.items(KEY))


def test_a_further_pop_up_neither_moves_nor_reopens_a_call(bench: Bench, calls: AgentCalls) -> None:
    calls.announce("convox", "agent-12", announced(bench, sealed=b"number", number_key="n"))
    first = bench.clock.now()
    bench.clock.advance(60)
    calls.end("convox", "agent-12", "CALL-1", asked=False)
    calls.announce("convox", "agent-12", announced(bench))

    (call,) = calls.of("convox", "agent-12")
    assert (call.since, call.sealed, call.number_key) == (first, b"number", "n")
    assert call.ended_at is not None


def test_the_end_of_a_call_that_was_not_announced_is_not_noted(bench: Bench, calls: AgentCalls) -> None:
    calls.end("convox", "agent-12", "CALL-1", asked=False)

    assert bench.stack.items() == []


class Slow(Table):
    """Another function writes the item between our reading and our writing, so many times."""

    def __init__(self, bench: Bench, times: int) -> None:
        super().__init__(aws.dynamodb(), bench.stack.table)
        self._others = AgentCalls(Table(aws.dynamodb(), bench.stack.table), bench.clock)
        self._bench = bench
        self._left = times

    def put(self, put: Put) -> None:
        if self._left:
            self._left -= 1
            self._others.announce("convox", "agent-12", announced(self._bench, 100 + self._left))
        super().put(put)


def test_two_functions_at_once_lose_no_call(bench: Bench) -> None:
    calls = AgentCalls(Slow(bench, 2), bench.clock)

    calls.announce("convox", "agent-12", announced(bench, 1))

    assert {each.call_id for each in calls.of("convox", "agent-12")} == {"CALL-1", "CALL-100", "CALL-101"}


def test_an_item_that_changes_at_every_try_is_left(bench: Bench) -> None:
    with pytest.raises(Contended):
        AgentCalls(Slow(bench, 99), bench.clock).announce("convox", "agent-12", announced(bench, 1))


def test_an_item_of_a_later_release_is_neither_read_nor_written(bench: Bench, calls: AgentCalls) -> None:
    calls.announce("convox", "agent-12", announced(bench))
    aws.dynamodb().update_item(
        TableName=bench.stack.table,
        Key={"pk": {"S": KEY}},
        UpdateExpression="SET schema_version = :later",
        ExpressionAttributeValues={":later": {"N": "2"}},
    )
    before = bench.stack.items()

    for work in (
        lambda: calls.of("convox", "agent-12"),
        lambda: calls.end("convox", "agent-12", "CALL-1", asked=False),
        lambda: calls.announce("convox", "agent-12", announced(bench, 2)),
    ):
        with pytest.raises(UnreadableRecord):
            work()
    assert bench.stack.items() == before
