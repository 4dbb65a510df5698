"""Requests are counted per client and per agent, in windows, with one write each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convox_clinicea import rate_counters
from convox_clinicea.errors import RateLimited, TooManyBookings
from convox_clinicea.privacy import MASK
from convox_clinicea.rate_counters import COUNTER_RETENTION_SECONDS, MOST_AGENTS
from convox_clinicea.rate_limits import CALLERS_SHARE, Requester
from tests.support.account import Stack
from tests.support.clock import VirtualClock
from tests.support.rate_limits import ASKER, AT_NOON, allowance, look_up, recorded_calls, told

pytestmark = pytest.mark.usefixtures("account", "service")


def test_an_agent_has_so_many_look_ups_in_a_minute(stack: Stack, clock: VirtualClock) -> None:
    clock.advance(42.5)
    counted = allowance(stack, clock, per_agent_minute=3)
    for _ in range(3):
        look_up(counted, clock)

    with pytest.raises(RateLimited) as caught:
        counted.admit(ASKER)

    assert caught.value.retry_after_seconds == 18, "until the next minute begins"
    look_up(counted, clock, Requester("convox", "agent-8"))
    look_up(counted, clock, Requester("north", "agent-7"))
    clock.advance(18)
    look_up(counted, clock)


def test_all_lambdas_count_together(stack: Stack, clock: VirtualClock) -> None:
    for _ in range(4):
        look_up(allowance(stack, clock, per_agent_minute=4), clock)

    with pytest.raises(RateLimited):
        look_up(allowance(stack, clock, per_agent_minute=4), clock)


def test_who_changes_the_agent_s_id_meets_the_client_s_limit(stack: Stack, clock: VirtualClock) -> None:
    counted = allowance(stack, clock, per_caller_minute=5, per_agent_minute=1)
    for number in range(5):
        look_up(counted, clock, Requester("convox", f"agent-{number}"))

    with pytest.raises(RateLimited, match="caller"):
        counted.admit(Requester("convox", "agent-9"))
    look_up(counted, clock, Requester("north", "agent-9"))


def test_look_ups_that_name_no_agent_count_as_those_of_one(stack: Stack, clock: VirtualClock) -> None:
    counted = allowance(stack, clock, per_caller_minute=9, per_agent_minute=2)
    for _ in range(2):
        look_up(counted, clock, Requester("convox", None))

    with pytest.raises(RateLimited, match="agent"):
        look_up(counted, clock, Requester("convox", None))


def test_what_is_off_is_not_counted(stack: Stack, clock: VirtualClock) -> None:
    counted = allowance(stack, clock)
    for _ in range(3):
        look_up(counted, clock, missed=True)
        counted.acquire_booking(ASKER)
        counted.note_telling(ASKER)

    assert stack.items() == []


def test_who_was_shown_is_noted_though_every_limit_is_off(stack: Stack, clock: VirtualClock) -> None:
    look_up(allowance(stack, clock), clock, shown=["P-41"], call_id="c-1")

    assert allowance(stack, clock).was_shown(ASKER, "P-41", "c-1")


EVERYTHING: dict[str, Any] = {
    "per_caller_minute": 300,
    "per_agent_minute": 30,
    "suspected_after_misses": 20,
    "shown_per_caller": 250,
    "shown_per_agent": 40,
    "shown_per_caller_day": 6000,
    "shown_per_agent_day": 600,
}


def test_client_has_one_expiring_item_a_day_that_names_nobody(stack: Stack, clock: VirtualClock) -> None:
    counted = allowance(stack, clock, **EVERYTHING)
    look_up(counted, clock, Requester("convox", "Zanzibarina # 9999900041"), shown=["P-41"], call_id="9999900042")
    look_up(counted, clock, missed=True)

    (item,) = stack.items()
    day = AT_NOON // 86_400
    assert item["pk"]["S"] == f"lookups#convox#{day}"
    assert item["expires_at"]["N"] == str((day + 1) * 86_400 + COUNTER_RETENTION_SECONDS)
    for told_nothing in ("Zanzibarina", "9999900041", "9999900042", "P-41", "agent-7"):
        assert told_nothing not in json.dumps(item)


def test_the_table_is_written_once_a_look_up_and_not_read(stack: Stack, clock: VirtualClock) -> None:
    counted = allowance(stack, clock, **EVERYTHING)
    with recorded_calls() as asked:
        for number in range(5):
            asker = Requester("convox", f"agent-{number}")
            look_up(counted, clock, asker, shown=[f"P-{number}"], call_id=f"c-{number}")
            look_up(counted, clock, asker, missed=True)

    assert asked == ["UpdateItem"] * 10


def test_the_item_stays_small_while_agents_and_patients_change(
    stack: Stack, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = MOST_AGENTS // 6  # the emulator's time grows with the item
    monkeypatch.setattr(rate_counters, "MOST_AGENTS", most)
    counted = allowance(stack, clock, **EVERYTHING | {"shown_per_caller_day": 0, "per_caller_minute": 0})
    for number in range(165):
        clock.advance(40)
        found: dict[str, Any] = {"missed": True} if number % 2 else {"shown": [f"P-{number}"], "call_id": f"c-{number}"}
        look_up(counted, clock, Requester("convox", f"agent-{number}"), **found)

    (item,) = stack.items()
    assert len(json.dumps(item)) < 40_000 // 6
    assert len({name.partition(".")[2] for name in item}) == most + 1
    windows = {name.partition(".")[0] for name in item if name[0] == "s"}
    assert len(windows) <= 7, "those of the last hour"
    assert {name.partition(".")[0] for name in item if name[0] == "m"} <= {
        f"m{int(clock.now().timestamp()) % 86_400 // 60 - back}" for back in (0, 1)
    }


def test_without_the_table_the_process_alone_counts_look_ups(
    stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = allowance(stack, clock, per_caller_minute=2, per_agent_minute=2, table="no-such-table")
    look_up(counted, clock)
    look_up(counted, clock)

    values, lines = told(capsys, "LookupsUncounted")
    assert values == [1, 1], "once each"
    assert [(line["level"], line["error"]) for line in lines] == [("ERROR", "TableUnavailable")] * 2
    with pytest.raises(RateLimited):
        look_up(counted, clock)


def test_too_many_searches_without_a_match_are_suspect(
    stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = allowance(stack, clock, suspected_after_misses=3)

    def search(asker: Requester, *, missed: bool) -> list[float]:
        look_up(counted, clock, asker, missed=missed)
        values, lines = told(capsys, "EnumerationSuspected")
        assert [(line["level"], line["caller"], line["agent"]) for line in lines] == [
            ("WARNING", asker.caller, asker.agent) for _ in values
        ]
        return values

    for _ in range(3):
        assert search(ASKER, missed=True) == []
    assert search(ASKER, missed=False) == []
    assert search(Requester("convox", "agent-8"), missed=True) == []

    assert search(ASKER, missed=True) == [1.0]
    clock.advance(minutes=10)
    assert search(ASKER, missed=True) == []


def test_claiming_another_agent_in_each_search_is_suspect(
    stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = allowance(stack, clock, suspected_after_misses=1)
    for number in range(CALLERS_SHARE):
        look_up(counted, clock, Requester("convox", f"agent-{number}"), missed=True)
        look_up(counted, clock, Requester("north", "agent-7"))
    assert told(capsys, "EnumerationSuspected")[0] == []

    look_up(counted, clock, Requester("convox", "agent-x"), missed=True)

    values, (line,) = told(capsys, "EnumerationSuspected")
    assert (values, line["caller"], line["agent"]) == ([1.0], "convox", "agent-x")
    look_up(counted, clock, Requester("north", "agent-x"), missed=True)
    assert told(capsys, "EnumerationSuspected")[0] == []


def test_revealing_bookings_count_like_searches_without_a_match(
    stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    look_up(allowance(stack, clock, suspected_after_misses=2), clock, missed=True)
    worker = allowance(stack, clock, suspected_after_misses=2)
    worker.note_telling(ASKER)
    assert told(capsys, "EnumerationSuspected")[0] == []

    worker.note_telling(ASKER)

    values, (line,) = told(capsys, "EnumerationSuspected")
    assert (values, line["caller"], line["agent"]) == ([1.0], "convox", "agent-7")


def test_a_number_that_came_as_the_agent_s_id_is_not_logged(
    stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    for agent, shown in {"agent-7": "agent-7", "99999 00041": MASK, "asha@example.com": MASK}.items():
        watched = allowance(stack, clock, suspected_after_misses=1)
        for _ in range(2):
            look_up(watched, clock, Requester("convox", agent), missed=True)

        _, (line,) = told(capsys, "EnumerationSuspected")
        assert line["agent"] == shown


class TestBookings:
    """Bookings and status callbacks, before anything of them is stored."""

    def test_a_client_and_an_agent_have_so_many_in_a_minute(self, stack: Stack, clock: VirtualClock) -> None:
        clock.advance(50)
        counted = allowance(stack, clock, bookings_per_caller_minute=3, bookings_per_agent_minute=2)
        counted.acquire_booking(ASKER)
        counted.acquire_booking(ASKER)
        with pytest.raises(TooManyBookings, match="agent") as caught:
            counted.acquire_booking(ASKER)
        assert caught.value.retry_after_seconds == 10
        counted.acquire_booking(Requester("convox", "agent-8"))

        with pytest.raises(TooManyBookings, match="caller"):
            counted.acquire_booking(Requester("convox", "agent-9"))
        counted.acquire_booking(Requester("north", "agent-7"))
        clock.advance(10)
        counted.acquire_booking(ASKER)

    def test_all_functions_count_together(self, stack: Stack, clock: VirtualClock) -> None:
        for _ in range(3):
            allowance(stack, clock, bookings_per_caller_minute=3).acquire_booking(ASKER)

        with pytest.raises(TooManyBookings):
            allowance(stack, clock, bookings_per_caller_minute=3).acquire_booking(ASKER)

    def test_look_ups_use_up_nothing_of_it(self, stack: Stack, clock: VirtualClock) -> None:
        for _ in range(3):
            look_up(allowance(stack, clock, per_caller_minute=3), clock)

        allowance(stack, clock, bookings_per_caller_minute=1).acquire_booking(ASKER)

    def test_without_the_table_intake_decides(self, stack: Stack, clock: VirtualClock) -> None:
        allowance(stack, clock, bookings_per_caller_minute=1, table="no-such-table").acquire_booking(ASKER)
