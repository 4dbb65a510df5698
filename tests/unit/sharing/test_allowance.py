"""Look-ups are counted per caller and per agent, in windows, before anything is asked of Clinicea."""

from __future__ import annotations

import json
from collections.abc import Sized
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import RateLimited
from convox_clinicea.observability import logger, metrics
from convox_clinicea.privacy import MASK
from convox_clinicea.sharing.allowance import CALLERS_SHARE, KEPT_SECONDS, Allowance, Asker, Limits
from convox_clinicea.table import Table
from tests.support import emf
from tests.support.account import Stack
from tests.support.clock import NOON, VirtualClock

ASKER = Asker("convox", "agent-7")
METRICS = metrics()
AT_NOON = int(NOON.timestamp())


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    # A logger is one per service and process, and keeps the first test's stream.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", request.node.name)


def allowance(
    stack: Stack, clock: VirtualClock, *, caller: int = 0, agent: int = 0, misses: int = 0, table: str | None = None
) -> Allowance:
    counters = Table(aws.dynamodb_at_once(), table or stack.table)
    return Allowance(counters, Limits(caller, agent, misses), clock, logger(), METRICS)


def told(capsys: pytest.CaptureFixture[str], metric: str) -> tuple[list[float], list[dict[str, Any]]]:
    """The metric's values and the log's lines since the last time."""
    if METRICS.metric_set:
        METRICS.flush_metrics()
    output = capsys.readouterr().out
    lines = [json.loads(line) for line in output.splitlines()]
    return emf.values(output, metric), [line for line in lines if "level" in line]


def test_an_agent_has_so_many_look_ups_in_a_minute(stack: Stack, clock: VirtualClock) -> None:
    clock.advance(42.5)
    counted = allowance(stack, clock, agent=3)
    for _ in range(3):
        counted.take(ASKER)

    with pytest.raises(RateLimited) as caught:
        counted.take(ASKER)

    assert caught.value.retry_after_seconds == 18, "until the next minute begins"
    counted.take(Asker("convox", "agent-8"))
    counted.take(Asker("north", "agent-7"))
    clock.advance(18)
    counted.take(ASKER)


def test_all_lambdas_count_together(stack: Stack, clock: VirtualClock) -> None:
    for _ in range(4):
        allowance(stack, clock, agent=4).take(ASKER)

    with pytest.raises(RateLimited):
        allowance(stack, clock, agent=4).take(ASKER)


def test_who_changes_the_agent_s_id_meets_the_caller_s_limit(stack: Stack, clock: VirtualClock) -> None:
    counted = allowance(stack, clock, caller=5, agent=1)
    for number in range(5):
        counted.take(Asker("convox", f"agent-{number}"))

    with pytest.raises(RateLimited, match="caller"):
        counted.take(Asker("convox", "agent-9"))
    counted.take(Asker("north", "agent-9"))


def test_a_look_up_that_names_no_agent_counts_for_the_caller(stack: Stack, clock: VirtualClock) -> None:
    counted = allowance(stack, clock, caller=2, agent=1)
    counted.take(Asker("convox", None))
    counted.take(Asker("convox", None))

    with pytest.raises(RateLimited, match="caller"):
        counted.take(Asker("convox", None))


def test_what_is_off_is_not_counted(stack: Stack, clock: VirtualClock) -> None:
    counted = allowance(stack, clock)
    for _ in range(3):
        counted.take(ASKER)
        counted.note_search(ASKER, [], Deadline.after(clock, 2))

    assert stack.items() == []


def test_the_counters_expire_and_name_no_agent(stack: Stack, clock: VirtualClock) -> None:
    allowance(stack, clock, caller=9, agent=9).take(Asker("convox", "Zanzibarina # 9999900041"))

    minute = AT_NOON // 60
    items = {item["pk"]["S"]: item for item in stack.items()}
    agent, caller = sorted(items)
    assert caller == f"lookups#caller#convox#{minute}"
    assert agent.startswith("lookups#agent#convox#")
    assert agent.endswith(f"#{minute}")
    assert len(agent.split("#")) == 5, "nothing of the id divides the key"
    assert "Zanzibarina" not in json.dumps(items)
    assert "9999900041" not in json.dumps(items)
    assert {item["expires_at"]["N"] for item in items.values()} == {str(AT_NOON + 60 + KEPT_SECONDS)}


def test_without_the_table_look_ups_go_on_and_that_is_told(
    stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = allowance(stack, clock, caller=1, agent=1, table="no-such-table")
    counted.take(ASKER)
    counted.take(ASKER)

    values, lines = told(capsys, "LookupsUncounted")
    assert values == [1, 1], "once each: the second counter is not even tried"
    assert [(line["level"], line["error"]) for line in lines] == [("ERROR", "LedgerUnavailable")] * 2


def test_searches_without_a_match_are_suspect_when_there_are_too_many(
    stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = allowance(stack, clock, misses=3)

    def search(asker: Asker, found: Sized | None) -> list[float]:
        counted.note_search(asker, found, Deadline.after(clock, 2))
        values, lines = told(capsys, "EnumerationSuspected")
        assert [(line["level"], line["caller"], line["agent"]) for line in lines] == [
            ("WARNING", asker.caller, asker.agent) for _ in values
        ]
        return values

    for _ in range(3):
        assert search(ASKER, []) == []
    assert search(ASKER, ["a patient"]) == []
    assert search(ASKER, None) == [], "Clinicea did not answer"
    assert search(Asker("convox", "agent-8"), []) == []

    assert search(ASKER, []) == [1.0]
    clock.advance(minutes=10)
    assert search(ASKER, []) == []


def test_who_claims_another_agent_with_each_search_is_suspect_too(
    stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = allowance(stack, clock, misses=1)
    for number in range(CALLERS_SHARE):
        counted.note_search(Asker("convox", f"agent-{number}"), [], Deadline.after(clock, 2))
        counted.note_search(Asker("north", "agent-7"), ["a patient"], Deadline.after(clock, 2))
    assert told(capsys, "EnumerationSuspected")[0] == []

    counted.note_search(Asker("convox", "agent-x"), [], Deadline.after(clock, 2))

    values, (line,) = told(capsys, "EnumerationSuspected")
    assert (values, line["caller"], line["agent"]) == ([1.0], "convox", "agent-x")
    counted.note_search(Asker("north", "agent-x"), [], Deadline.after(clock, 2))
    assert told(capsys, "EnumerationSuspected")[0] == []


def test_a_number_that_came_as_the_agent_s_id_is_not_logged(
    stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    for agent, shown in {"agent-7": "agent-7", "99999 00041": MASK, "asha@example.com": MASK}.items():
        watched = allowance(stack, clock, misses=1)
        for _ in range(2):
            watched.note_search(Asker("convox", agent), [], Deadline.after(clock, 2.0))

        _, (line,) = told(capsys, "EnumerationSuspected")
        assert line["agent"] == shown


def test_a_miss_is_not_counted_at_the_cost_of_the_answer(stack: Stack, clock: VirtualClock) -> None:
    allowance(stack, clock, misses=3).note_search(ASKER, [], Deadline.after(clock, 0.1))

    assert stack.items() == []
