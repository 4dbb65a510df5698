"""When a comparison is due, what it begins with, and that it is carried on by one invocation at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea import aws
from convox_clinicea.bookings.compared import Cursor
from convox_clinicea.bookings.nights import FURTHEST_BACK, Night, Nights, is_due, since
from convox_clinicea.deadline import Deadline
from convox_clinicea.table import Table
from tests.support.bench import Bench
from tests.support.bookings import INDIA
from tests.support.properties import PROPERTY

TICK = timedelta(minutes=15)
ZONES = ["Asia/Kolkata", "Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "America/St_Johns", "Europe/London",
         "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "UTC"]  # fmt: skip
BEGINNING = datetime(2026, 10, 20, tzinfo=UTC)
"""Before the clocks change in Europe and America."""
minutes = st.integers(0, 20 * 24 * 60).map(lambda number: timedelta(minutes=number))


@PROPERTY
@given(
    zone=st.sampled_from(ZONES),
    first_tick=st.integers(0, 899).map(lambda number: timedelta(seconds=number)),
    booked_after=minutes,
    ahead=st.one_of(st.integers(1, 36 * 60), st.integers(1, 60 * 24 * 60)).map(lambda n: timedelta(minutes=n)),
    lost=st.sets(st.integers(0, 25), max_size=6),
)
def test_no_start_that_is_booked_is_left_out_by_all_nights(
    zone: str, first_tick: timedelta, booked_after: timedelta, ahead: timedelta, lost: set[int]
) -> None:
    """Whatever the zone, the hour of the booking, and the days on which the function does not run at all."""
    booked_at = BEGINNING + booked_after
    start = booked_at + ahead
    begun: list[tuple[datetime, datetime]] = []
    now = BEGINNING + first_tick
    while now < BEGINNING + timedelta(days=28):
        last = begun[-1][0] if begun else None
        if (now - BEGINNING).days not in lost and is_due(last, now, ZoneInfo(zone)):
            begun.append((now, since(last, now)))
        now += TICK

    certain = booked_at + timedelta(hours=1)  # by then even a late commit stands
    assert [at for at, first in begun if certain <= at and first <= start]


@pytest.mark.parametrize("zone", ZONES)
def test_it_comes_within_a_tick_of_each_midnight(zone: str) -> None:
    local = ZoneInfo(zone)
    begun: list[datetime] = []
    now = BEGINNING
    while now < BEGINNING + timedelta(days=14):
        if is_due(begun[-1] if begun else None, now, local):
            begun.append(now)
        now += TICK

    nights = [each.astimezone(local) for each in begun[1:]]
    assert {each.hour for each in nights} == {0}
    assert all(each.minute < 15 for each in nights)
    assert len({each.date() for each in nights}) == len(nights) >= 13


def test_after_an_outage_it_looks_back_within_a_limit() -> None:
    assert since(None, BEGINNING) == BEGINNING - timedelta(days=2)
    assert since(BEGINNING - timedelta(days=1), BEGINNING) == BEGINNING - timedelta(days=2)
    assert since(BEGINNING - timedelta(days=9), BEGINNING) == BEGINNING - timedelta(days=9)
    assert since(BEGINNING - timedelta(days=400), BEGINNING) == BEGINNING - FURTHEST_BACK


class TestOneAtATime:
    @pytest.fixture
    def nights(self, bench: Bench) -> Nights:
        return Nights(Table(aws.dynamodb(), bench.stack.table), bench.clock, INDIA)

    @staticmethod
    def take_up(nights: Nights, bench: Bench, seconds: float = 800.0) -> Night | None:
        return nights.take_up(Deadline.after(bench.clock, seconds))

    def test_run_continues_to_its_end_and_restarts_only_at_midnight(self, bench: Bench, nights: Nights) -> None:
        first = self.take_up(nights, bench)
        assert first is not None
        assert (first.begun_at, first.after) == (bench.clock.now(), None)
        nights.put_down(first, Cursor(key="booking#x", pages=3))
        bench.clock.advance(1)
        second = self.take_up(nights, bench)
        assert second is not None
        assert (second.begun_at, second.window) == (first.begun_at, first.window)
        assert second.after == Cursor(key="booking#x", pages=3)
        nights.put_down(second, None)

        assert self.take_up(nights, bench) is None
        bench.clock.advance(24 * 3600)
        third = self.take_up(nights, bench)
        assert third is not None
        assert (third.begun_at, third.after) == (bench.clock.now(), None)

    def test_another_invocation_leaves_it_alone_while_its_time_lasts(self, bench: Bench, nights: Nights) -> None:
        begun = self.take_up(nights, bench, seconds=800)
        bench.clock.advance(814)
        assert self.take_up(nights, bench) is None
        bench.clock.advance(2)

        again = self.take_up(nights, bench)

        assert again is not None
        assert begun is not None
        assert (again.begun_at, again.after) == (begun.begun_at, None)

    def test_whoever_comes_back_too_late_changes_nothing(self, bench: Bench, nights: Nights) -> None:
        slow = self.take_up(nights, bench)
        bench.clock.advance(900)
        quick = self.take_up(nights, bench)
        assert slow is not None
        assert quick is not None
        nights.put_down(quick, Cursor(key="booking#far"))
        nights.put_down(slow, Cursor(key="booking#near"))
        bench.clock.advance(1)

        carried_on = self.take_up(nights, bench)

        assert carried_on is not None
        assert carried_on.after == Cursor(key="booking#far")

    def test_unknown_progress_of_another_version_restarts_the_run(self, bench: Bench, nights: Nights) -> None:
        begun = self.take_up(nights, bench)
        assert begun is not None
        nights.put_down(begun, Cursor(key="booking#x"))
        bench.stack.spoil("reconcile", after='{"page": 7}')
        bench.clock.advance(1)

        again = self.take_up(nights, bench)

        assert again is not None
        assert (again.begun_at, again.after) == (begun.begun_at, None)
