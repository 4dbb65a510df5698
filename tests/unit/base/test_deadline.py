"""Deadlines, and the clocks that they are on."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from convox_clinicea.deadline import Deadline, SystemClock
from tests.support.clock import VirtualClock


class TestDeadline:
    def test_it_runs_down_to_zero_and_stays_there(self) -> None:
        clock = VirtualClock()
        deadline = Deadline.after(clock, 2.0)
        assert (deadline.remaining(), deadline.expired) == (2.0, False)

        clock.advance(1.5)
        assert (deadline.remaining(), deadline.expired) == (0.5, False)

        clock.advance(10)
        assert (deadline.remaining(), deadline.expired) == (0.0, True)

    def test_a_cap_shortens_but_never_lengthens_it(self) -> None:
        deadline = Deadline.after(VirtualClock(), 2.0)
        assert deadline.capped(0.5).remaining() == 0.5
        assert deadline.capped(60).remaining() == 2.0


class TestSinceRequest:
    """The budget runs from the moment at which API Gateway took the request."""

    @pytest.mark.parametrize(
        ("age_seconds", "left"),
        [(0.0, 2.0), (0.5, 1.5), (1.8, 0.2), (1.99, 0.2), (5.0, 0.2), (-3.0, 2.0), (86_400.0, 2.0)],
        ids=[
            "at once",
            "some spent",
            "a tenth left",
            "nearly all spent",
            "older than the budget",
            "clocks differ",
            "a recorded event",
        ],
    )
    def test_time_spent_is_taken_off_and_a_tenth_remains(self, age_seconds: float, left: float) -> None:
        clock = VirtualClock()
        taken = clock.now() - timedelta(seconds=age_seconds)
        deadline = Deadline.since_request(clock, round(taken.timestamp() * 1000), 2.0)
        assert deadline.remaining() == pytest.approx(left)


class TestSystemClock:
    def test_it_knows_the_time_in_utc_and_never_goes_back(self) -> None:
        clock = SystemClock()
        before = clock.monotonic()
        clock.sleep(0.001)
        assert clock.monotonic() > before
        assert clock.now().tzinfo is UTC


class TestVirtualClock:
    def test_sleeping_moves_it_on_and_is_noted(self) -> None:
        clock = VirtualClock()
        before = clock.now()
        clock.sleep(1.5)
        assert (clock.now() - before, clock.monotonic(), clock.slept) == (timedelta(seconds=1.5), 1.5, [1.5])

    def test_it_does_not_go_back(self) -> None:
        with pytest.raises(ValueError, match="never goes back"):
            VirtualClock().advance(-1)
