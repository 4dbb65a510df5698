"""Free times of a day: each free one is offered, and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convox_clinicea.lookups.free_times import Busy, FreeTime, Wanted, free_times
from convox_clinicea.schedules import Schedule
from tests.support.properties import PROPERTY

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = (
    "Asia/Kolkata",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",  # clocks change by half an hour
    "America/Santiago",  # at midnight
    "Atlantic/Azores",  # around midnight
    "UTC",
)
PEOPLE = ("dr-1", "dr-2", "dr-3")
ALL_DAY = ((0, 1440),)
INDIA = ZoneInfo("Asia/Kolkata")
MONDAY = date(2031, 3, 3)
SERVICES = [{"name": "Follow-up", "minutes": 20, "practitioners": ["dr-1", "dr-3"]}]


class Case(NamedTuple):
    """One clinic on one day; hours are pairs of minutes, or None where they are not known."""

    zone: str
    day: date
    clinic: tuple[tuple[int, int], ...] | None
    people: dict[str, tuple[tuple[int, int], ...] | None]
    special: bool
    grid: int | None
    minutes: int
    who: str | None
    service: str | None
    busy: tuple[tuple[int, int, str | None], ...]
    now: int
    lead: int
    horizon: int

    @property
    def midnight(self) -> datetime:
        return datetime.combine(self.day, time(), UTC)

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.minutes, self.who, self.service)

    @property
    def schedule(self) -> Schedule:
        people = [{"practitioner_id": name, **self._hours(spans)} for name, spans in self.people.items()]
        parts = self._hours(self.clinic) | {"practitioners": people, "services": SERVICES if len(people) == 3 else []}
        numbers = {"grid_minutes": self.grid, "lead_minutes": self.lead, "horizon_days": self.horizon}
        return Schedule.model_validate(parts | numbers)

    def _hours(self, spans: tuple[tuple[int, int], ...] | None) -> dict[str, Any]:
        if spans is None:
            return {}
        written = [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in spans]
        day = WEEK[self.day.weekday()]
        if self.special or not spans:
            return {
                "hours": {each: ["09:00-17:00"] for each in WEEK},
                "special_days": [{"first": self.day.isoformat(), "hours": written}],
            }
        return {"hours": {day: written}}

    @property
    def calendar(self) -> list[Busy]:
        minutes = [(self.midnight + timedelta(minutes=a), timedelta(minutes=b), name) for a, b, name in self.busy]
        return [Busy(start, start + length, name) for start, length, name in minutes]

    @property
    def instant(self) -> datetime:
        return self.midnight + timedelta(seconds=self.now)


@cache
def odd_days(zone: str) -> tuple[date, ...]:
    """The days of a year that are longer or shorter than others, and their neighbours."""
    here, days = ZoneInfo(zone), [date(2031, 1, 1) + timedelta(days=each) for each in range(365)]
    edges = [datetime.combine(each, time(), here).astimezone(UTC) for each in days]
    odd = [day for day, one, other in zip(days, edges, edges[1:], strict=False) if other - one != timedelta(days=1)]
    return tuple(day + timedelta(days=each) for day in odd for each in (-1, 0, 1)) or (MONDAY,)


@st.composite
def spans(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    edges = sorted(draw(st.lists(st.integers(0, 300) | st.integers(0, 1440), unique=True, max_size=8)))
    if draw(st.booleans()):
        edges = [15 * (each // 15) for each in edges]
    pairs = zip(edges[::2], edges[1::2], strict=False)
    found: list[tuple[int, int]] = []
    for start, end in pairs:
        if start < end and (not found or found[-1][1] < start):
            found.append((start, end))
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone = draw(st.sampled_from(ZONES))
    people = draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=3))
    whose = st.sampled_from((None, "dr-9", *PEOPLE))
    any_minute = (st.integers(-1000, 2400), st.integers(1, 300))
    quarters = (st.integers(-60, 160).map(lambda each: 15 * each), st.sampled_from((15, 30, 60)))
    return Case(
        zone=zone,
        day=draw(st.sampled_from(odd_days(zone)) | st.dates(date(2031, 1, 1), date(2031, 12, 31))),
        clinic=draw(st.none() | spans() | st.just(ALL_DAY)),
        people={name: draw(st.none() | spans()) for name in people},
        special=draw(st.booleans()),
        grid=draw(st.sampled_from((None, 15, 30)) | st.integers(5, 60)),
        minutes=draw(st.sampled_from((15, 30, 60)) | st.integers(5, 180)),
        who=draw(st.none() | whose),
        service=draw(st.sampled_from((None, "follow-up", "other"))),
        busy=tuple(draw(st.lists(st.one_of(st.tuples(*any_minute, whose), st.tuples(*quarters, whose)), max_size=8))),
        now=draw(st.integers(-3 * 86400, 86400)),
        lead=draw(st.sampled_from((0, 7, 600))),
        horizon=draw(st.integers(0, 4)),
    )


def by_the_minute(case: Case) -> list[FreeTime]:
    """Free times by looking at each minute of the day, for each practitioner, without a formula."""
    zone = ZoneInfo(case.zone)
    around = (case.midnight + timedelta(minutes=each) for each in range(-16 * 60, 42 * 60))
    walls = {each: each.astimezone(zone) for each in around}
    day = {each: wall.hour * 60 + wall.minute for each, wall in walls.items() if wall.date() == case.day}
    count = Counter(day.values())
    ahead = (case.day - case.instant.astimezone(zone).date()).days
    found: dict[datetime, tuple[str, ...]] = {}
    for name in _who(case) if 0 <= ahead <= case.horizon else ():
        busy = {
            case.midnight + timedelta(minutes=each)
            for start, length, whose in case.busy
            if whose is None or name is None or whose == name
            for each in range(start, start + length)
        }
        for first, last in _runs(case, name):
            over = min((each for each, wall in day.items() if wall >= last), default=max(day) + timedelta(minutes=1))
            for start, wall in day.items():
                if not first <= wall < last or (wall - first) % (case.grid or case.minutes) or count[wall] != 1:
                    continue
                during = [start + timedelta(minutes=each) for each in range(case.minutes)]
                is_open = all(each < over and first <= day.get(each, -1) < last for each in during)
                if is_open and busy.isdisjoint(during) and start >= case.instant + timedelta(minutes=case.lead):
                    found[start] = (*found.get(start, ()), *([name] if name else []))
    return [FreeTime(start.astimezone(zone), found[start]) for start in sorted(found)]


def _who(case: Case) -> list[str | None]:
    everybody: list[str | None] = [*case.people] or [None]
    chosen = everybody if case.who is None else [case.who]
    restricted = case.service == "follow-up" and len(case.people) == 3
    return [each for each in chosen if not (restricted and each in ("dr-2", "dr-9"))]


def _runs(case: Case, name: str | None) -> Iterator[tuple[int, int]]:
    """The longest runs of minutes at which clinic and practitioner are both there."""
    hours = [each for each in (case.clinic, case.people.get(name or "")) if each is not None]
    there = [bool(hours) and all(any(a <= minute < b for a, b in each) for each in hours) for minute in range(1440)] + [
        False
    ]
    first = None
    for minute, is_there in enumerate(there):
        if is_there and first is None:
            first = minute
        elif not is_there and first is not None:
            yield first, minute
            first = None


NEW_YORK_NIGHT = Case(
    zone="America/New_York",
    day=date(2031, 3, 9),
    clinic=((60, 360),),
    people={},
    special=False,
    grid=30,
    minutes=45,
    who=None,
    service=None,
    busy=((480, 30, None),),
    now=-3600,
    lead=0,
    horizon=1,
)


@PROPERTY
@given(cases())
@example(NEW_YORK_NIGHT)
@example(NEW_YORK_NIGHT._replace(day=date(2031, 11, 2)))
@example(NEW_YORK_NIGHT._replace(day=date(2031, 11, 2), clinic=((0, 90),), minutes=60, grid=15, busy=()))
@example(NEW_YORK_NIGHT._replace(busy=((420, 30, None), (495, 45, "dr-9"))))
def test_each_free_time_is_offered_and_no_other(case: Case) -> None:
    found = free_times(case.schedule, case.wanted, case.day, ZoneInfo(case.zone), case.calendar, case.instant)

    assert found == by_the_minute(case)


@PROPERTY
@given(cases())
def test_none_is_taken_outside_the_hours_or_in_a_gap(case: Case) -> None:
    zone = ZoneInfo(case.zone)
    for start, names in free_times(case.schedule, case.wanted, case.day, zone, case.calendar, case.instant):
        end = start.astimezone(UTC) + timedelta(minutes=case.minutes)
        assert start.date() == case.day
        assert start.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == start.replace(tzinfo=None)
        assert start.replace(fold=0).utcoffset() == start.replace(fold=1).utcoffset()
        minute = start.hour * 60 + start.minute
        for name in names or (None,):
            assert any(first <= minute < last for first, last in _runs(case, name))
            taken = [each for each in case.calendar if None in (name, each.practitioner_id) or each[2] == name]
            assert not [each for each in taken if start < each.end and each.start < end]


def at_time(text: str) -> datetime:
    return datetime.combine(MONDAY, time.fromisoformat(text), INDIA)


def times(**more: Any) -> list[str]:
    parts = {"hours": {"mon": ["09:00-10:00", "14:00-15:00"]}, **more.pop("schedule", {})}
    wanted = Wanted(more.pop("minutes", 30), more.pop("who", None), more.pop("service", None))
    busy = [Busy(at_time(start), at_time(end), who) for start, end, who in more.pop("busy", ())]
    now = datetime.fromisoformat(more.pop("now", "2031-03-02T12:00")).replace(tzinfo=INDIA)
    found = free_times(Schedule.model_validate(parts), wanted, MONDAY, INDIA, busy, now)
    return [" ".join((f"{start:%H:%M}", *names)) for start, names in found]


DOCTORS = {
    "practitioners": [{"practitioner_id": "dr-1"}, {"practitioner_id": "dr-2", "hours": {"mon": ["09:30-14:30"]}}]
}
CALENDARS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing booked": ({}, ["09:00", "09:30", "14:00", "14:30"]),
    "a finer grid": ({"schedule": {"grid_minutes": 15}, "minutes": 45}, ["09:00", "09:15", "14:00", "14:15"]),
    "one that touches": ({"busy": [("08:00", "09:00", None), ("09:30", "09:40", None)]}, ["09:00", "14:00", "14:30"]),
    "one over all": ({"busy": [("00:00", "23:59", None)]}, []),
    "too long": ({"minutes": 61}, []),
    "any doctor": ({"schedule": DOCTORS}, ["09:00 dr-1", "09:30 dr-1 dr-2", "14:00 dr-1 dr-2", "14:30 dr-1"]),
    "one doctor": ({"schedule": DOCTORS, "who": "dr-2"}, ["09:30 dr-2", "14:00 dr-2"]),
    "one doctor's appointment": (
        {"schedule": DOCTORS, "busy": [("09:00", "10:00", "dr-1"), ("14:00", "14:30", None)]},
        ["09:30 dr-2", "14:30 dr-1"],
    ),
    "a doctor who is not listed": (
        {"who": "dr-9", "busy": [("09:00", "10:00", "dr-1")]},
        [
            "09:00 dr-9",
            "09:30 dr-9",
            "14:00 dr-9",
            "14:30 dr-9",
        ],
    ),
    "lead time": ({"schedule": {"lead_minutes": 60}, "now": "2031-03-03T08:31"}, ["14:00", "14:30"]),
    "horizon": ({"schedule": {"horizon_days": 0}}, []),
    "a day that has passed": ({"now": "2031-03-04T08:00"}, []),
    "unknown hours": ({"schedule": {"hours": None}}, []),
}


@pytest.mark.parametrize("name", CALENDARS)
def test_free_times_of_a_day(name: str) -> None:
    given_, offered = CALENDARS[name]

    assert times(**given_) == offered


def test_ids_are_compared_as_clinicea_writes_them() -> None:
    guid = "41A00000-0000-4000-8000-000000000001"
    taken = [("09:00", "15:00", f"{{{guid.lower()}}}")]

    assert times(schedule={"practitioners": [{"practitioner_id": guid}]}, busy=taken) == []
