"""Distinct patients are limited per client and agent; completed visits need a search on the same call."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.errors import TooManyPatients
from convox_clinicea.rate_counters import Counters, Kind
from convox_clinicea.rate_limits import RateLimiter, Requester
from convox_clinicea.table import Table
from tests.support.account import Stack
from tests.support.clock import VirtualClock
from tests.support.rate_limits import ASKER, AT_NOON, allowance, look_up, recorded_calls, told

pytestmark = pytest.mark.usefixtures("account", "service")


class TestPatientsShown:
    """Distinct patients, hits included; by client, and by agent."""

    @pytest.mark.parametrize("rotating", [True, False])
    def test_a_walk_that_finds_is_seen_and_ends(
        self, stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str], rotating: bool
    ) -> None:
        functions = [allowance(stack, clock, shown_per_caller=20, shown_per_agent=20) for _ in range(3)]
        for number in range(20):
            asker = Requester("convox", f"agent-{number}" if rotating else "agent-7")
            look_up(functions[number % 3], clock, asker, shown=[f"P-{number}"], call_id=f"c-{number}")

        for number in range(20, 330):
            asker = Requester("convox", f"agent-{number}" if rotating else "agent-7")
            with pytest.raises(TooManyPatients) as caught:
                look_up(functions[number % 3], clock, asker, shown=[f"P-{number}"], call_id=f"c-{number}")
            assert caught.value.retry_after_seconds == 600 - AT_NOON % 600
        assert len(told(capsys, "EnumerationSuspected")[0]) >= 4, "the last fifth, and what is beyond"
        look_up(functions[0], clock, Requester("north", "agent-7"), shown=["P-1"], call_id="c-1")

    def test_an_agent_s_cap_holds_that_agent_alone(self, stack: Stack, clock: VirtualClock) -> None:
        counted = allowance(stack, clock, shown_per_caller=20, shown_per_agent=2)
        look_up(counted, clock, shown=["P-1", "P-2"], call_id="c-1")

        with pytest.raises(TooManyPatients):
            look_up(counted, clock, shown=["P-3"], call_id="c-2")
        look_up(counted, clock, Requester("convox", "agent-8"), shown=["P-3"], call_id="c-2")

    def test_one_patient_counts_once_on_however_many_calls(self, stack: Stack, clock: VirtualClock) -> None:
        functions = [allowance(stack, clock, shown_per_caller=2, shown_per_caller_day=2) for _ in range(2)]
        for number in range(10):
            look_up(functions[number % 2], clock, shown=["P-1"], call_id=f"c-{number}")

        look_up(functions[0], clock, shown=["P-2"], call_id="c-x")

    def test_a_family_beyond_the_cap_is_not_shown(self, stack: Stack, clock: VirtualClock) -> None:
        with pytest.raises(TooManyPatients):
            look_up(allowance(stack, clock, shown_per_agent=2), clock, shown=["P-1", "P-2", "P-3"], call_id="c-1")

    def test_the_next_ten_minutes_begin_anew(self, stack: Stack, clock: VirtualClock) -> None:
        counted = allowance(stack, clock, shown_per_agent=1)
        look_up(counted, clock, shown=["P-1"], call_id="c-1")
        clock.advance(minutes=10)

        look_up(counted, clock, shown=["P-2"], call_id="c-2")

    @pytest.mark.parametrize("limit", ["shown_per_caller_day", "shown_per_agent_day"])
    def test_a_slow_walk_ends_at_the_day_s_cap(self, stack: Stack, clock: VirtualClock, limit: str) -> None:
        limits: dict[str, Any] = {limit: 30}
        functions = [allowance(stack, clock, **limits) for _ in range(2)]
        refused = []
        for number in range(100):
            clock.advance(minutes=3)
            try:
                look_up(functions[number % 2], clock, shown=[f"P-{number}"], call_id=f"c-{number}")
            except TooManyPatients as error:
                refused.append((number, error.retry_after_seconds))

        first, seconds = refused[0]
        assert 30 <= first <= 32, "each process adds what it has shown with its next write"
        assert len(refused) == 100 - first
        assert 600 < seconds <= 86_400


class TestShownOnACall:
    """Who may have the completed visits."""

    @pytest.fixture
    def search(self, stack: Stack, clock: VirtualClock) -> RateLimiter:
        return allowance(stack, clock)

    @pytest.fixture
    def visits(self, stack: Stack, clock: VirtualClock) -> RateLimiter:
        return allowance(stack, clock)

    def test_the_client_that_was_shown_the_patient_on_that_call(
        self, search: RateLimiter, visits: RateLimiter, clock: VirtualClock
    ) -> None:
        look_up(search, clock, shown=["P-41", "P-42"], call_id="c-1")

        assert visits.was_shown(ASKER, "P-41", "c-1")
        assert visits.was_shown(ASKER, "P-42", "c-1")
        assert not visits.was_shown(ASKER, "P-43", "c-1")
        assert not visits.was_shown(ASKER, "P-41", "c-2")
        assert not visits.was_shown(ASKER, "P-41", None)
        assert not visits.was_shown(Requester("north", "agent-7"), "P-41", "c-1")

    def test_each_agent_of_a_call_has_to_have_been_shown_the_patient(
        self, search: RateLimiter, visits: RateLimiter, clock: VirtualClock
    ) -> None:
        look_up(search, clock, shown=["P-41"], call_id="c-1")
        look_up(search, clock, Requester("convox", None), shown=["P-42"], call_id="c-1")

        assert visits.was_shown(Requester("convox", "AGENT-7"), "P-41", "c-1"), "names count without regard to case"
        for another in ("agent-8", None):
            assert not visits.was_shown(Requester("convox", another), "P-41", "c-1")
        assert visits.was_shown(Requester("convox", None), "P-42", "c-1")
        assert not visits.was_shown(ASKER, "P-42", "c-1")

    def test_search_noted_by_the_previous_release_counts_for_an_hour(
        self, stack: Stack, visits: RateLimiter, clock: VirtualClock
    ) -> None:
        counters = Counters(Table(aws.dynamodb_at_once(), stack.table), clock)
        now = counters.now()
        before = {"CgWoBn9ppvfvR"}  # P-41 on c-1
        counters.add("convox", now, {}, {now.attribute(Kind.SHOWN): before})

        assert visits.was_shown(ASKER, "P-41", "c-1")
        assert not visits.was_shown(ASKER, "P-41", "c-2")

    def test_without_a_call_nobody_counts_as_shown(
        self, search: RateLimiter, visits: RateLimiter, clock: VirtualClock
    ) -> None:
        look_up(search, clock, shown=["P-41"])

        assert not visits.was_shown(ASKER, "P-41", None)

    @pytest.mark.parametrize("start", [0, 299, 599, 3000, 86_399 - 43_200])
    @pytest.mark.parametrize(("minutes", "still"), [(1, True), (50, True), (60, False), (600, False)])
    def test_within_the_hour(
        self, search: RateLimiter, visits: RateLimiter, clock: VirtualClock, start: int, minutes: int, still: bool
    ) -> None:
        clock.advance(start)
        look_up(search, clock, shown=["P-41"], call_id="c-1")
        clock.advance(minutes=minutes)

        assert visits.was_shown(ASKER, "P-41", "c-1") is still

    def test_other_look_ups_of_the_hour_change_nothing(
        self, search: RateLimiter, visits: RateLimiter, clock: VirtualClock
    ) -> None:
        look_up(search, clock, shown=["P-41"], call_id="c-1")
        for number in range(45):
            clock.advance(minutes=1)
            look_up(search, clock, shown=[f"Q-{number}"], call_id=f"d-{number}")

        assert visits.was_shown(ASKER, "P-41", "c-1")

    def test_the_counting_write_tells_who_was_shown_without_a_read(self, stack: Stack, clock: VirtualClock) -> None:
        search, visits = (allowance(stack, clock, per_agent_minute=9) for _ in range(2))
        look_up(search, clock, shown=["P-41"], call_id="c-1")
        look_up(visits, clock)

        with recorded_calls() as asked:
            assert visits.was_shown(ASKER, "P-41", "c-1")
        assert asked == []
        assert not visits.was_shown(ASKER, "P-42", "c-1")

    def test_shown_again_is_written_only_in_the_next_ten_minutes(self, stack: Stack, clock: VirtualClock) -> None:
        visits = allowance(stack, clock, per_agent_minute=9)
        look_up(visits, clock, shown=["P-41"], call_id="c-1")

        with recorded_calls() as asked:
            look_up(visits, clock, shown=["P-41"], call_id="c-1", again=True)
            assert asked == []
            clock.advance(minutes=10)
            look_up(visits, clock, shown=["P-41"], call_id="c-1", again=True)
        assert asked == ["UpdateItem"]

    def test_where_the_table_does_not_answer_it_is_told(
        self, stack: Stack, clock: VirtualClock, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert allowance(stack, clock, table="no-such-table").was_shown(ASKER, "P-41", "c-1")
        assert told(capsys, "LookupsUncounted")[0] == [1]
