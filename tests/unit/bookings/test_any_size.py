"""A ledger of many pages: whatever reads all of it goes on in parts, and comes to its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.compared import Cursor
from convox_clinicea.bookings.listing import MOST_PAGES, Filter, ListCursor, Listed
from convox_clinicea.bookings.person_search import Subject, SubjectSearch
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.reconcile import Finding, Reconciler, Report
from convox_clinicea.bookings.record import Booking
from convox_clinicea.clinicea.errors import PermissionDenied, Unavailable
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics, ClinicsDocument
from convox_clinicea.table import MAX_PAGES, Table
from tests.support.bench import Bench
from tests.support.bookings import START, accepted

BY_DATE = "getAppointmentsByDate"
SECONDS = 90.0
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class _Paged:
    """DynamoDB whose pages are `SmallPages`'s."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def query(self, **arguments: Any) -> Any:
        return self._read(self._client.query, arguments)

    def scan(self, **arguments: Any) -> Any:
        return self._read(self._client.scan, arguments)

    def _read(self, read: Any, arguments: dict[str, Any]) -> Any:
        if SmallPages.seconds:
            SmallPages.clock.advance(SmallPages.seconds)
        return read(**arguments, Limit=SmallPages.per_page)


class SmallPages(Table):
    """A table whose pages hold a few items, and take a while."""

    per_page = 2
    seconds = 0.0
    clock: Any = None

    def __init__(self, client: Any, name: str) -> None:
        super().__init__(_Paged(client), name)  # type: ignore[arg-type]  # as far as pages are read


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench(SmallPages)
    SmallPages.clock = bench.clock
    yield bench
    SmallPages.per_page, SmallPages.seconds = 2, 0.0


def stored(bench: Bench, count: int, **changes: Any) -> list[Booking]:
    """Write booked bookings, three a day, past the intake: what stands of them in the calendar is nothing."""
    made = []
    for number, letters in zip(range(count), product(LETTERS, LETTERS), strict=False):
        start = START + timedelta(days=number // 3, hours=number % 3)
        values = {"state": State.BOOKED, "start": start, "appointment_id": f"A-{number}", **changes}
        booking = accepted(booking_id=f"bk_{''.join(letters) * 13}", **values)
        assert bench.ledger.put_if_absent(booking) is None
        made.append(booking)
    return made


def parts(bench: Bench, seconds: float = SECONDS) -> Iterator[Report]:
    """Yield the parts of a comparison of all that is ahead, each in so much time."""
    clinics = Clinics(ClinicsDocument(schema=1), "Asia/Kolkata")
    reconciler = Reconciler(bench.ledger, bench.clinicea, clinics, by_patient=False)
    began, after = bench.clock.now(), Cursor()
    for _ in range(500):
        report = reconciler.compare_all(began, Deadline.after(bench.clock, seconds), after)
        yield report
        if report.after is None:
            return
        after = Cursor.model_validate_json(report.after.model_dump_json())
    raise AssertionError("it comes to no end")


def missing(reports: list[Report]) -> Counter[str]:
    found = [each for report in reports for each in report.discrepancies]
    assert {each.finding for each in found} <= {Finding.MISSING}
    return Counter(each.booking_id for each in found)


@pytest.mark.parametrize(
    ("page_seconds", "day_seconds", "in_parts"),
    [(0.0, 0.0, False), (2.0, 0.0, False), (15.0, 0.0, True), (0.0, 12.0, True), (2.0, 12.0, True), (10.0, 14.0, True)],
)
def test_a_comparison_misses_none_however_often_it_is_carried_on(
    bench: Bench, page_seconds: float, day_seconds: float, in_parts: bool
) -> None:
    bookings = stored(bench, 20)
    SmallPages.per_page, SmallPages.seconds = 4, page_seconds
    if day_seconds:
        bench.fake.fault(BY_DATE, "delay", seconds=day_seconds)

    reports = [*parts(bench)]

    assert set(missing(reports)) == {each.booking_id for each in bookings}
    assert all(report.unread == () for report in reports)
    assert (len(reports) > 1) is in_parts


def test_what_is_booked_meanwhile_keeps_none_out(bench: Bench) -> None:
    bookings = stored(bench, 9)
    SmallPages.seconds = 9.0
    bench.fake.fault(BY_DATE, "delay", seconds=6.0)
    reports = []
    for number, report in enumerate(parts(bench)):
        reports.append(report)
        one = accepted(booking_id=f"bk_{'yz' * 12}{LETTERS[number]}q", state=State.BOOKED, appointment_id=f"B-{number}")
        bench.ledger.put_if_absent(one)

    assert set(missing(reports)) >= {each.booking_id for each in bookings}


def test_pages_beyond_any_bound_stop_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty megabytes more than the bound at which these ended for good."""
    bench.patient()
    booked = stored(bench, MAX_PAGES + 60, start=START, number_key="n")
    SmallPages.per_page = 1
    search = SubjectSearch(SmallPages(aws.dynamodb(), bench.stack.table), lambda: b"k", bench.clock)
    monkeypatch.setattr(SubjectSearch, "number_key", lambda *_: "n")

    assert sum(missing([*parts(bench)]).values()) == len(booked)
    listed = [*lists(bench, Filter(frozenset({State.BOOKED})))]
    assert len({each.booking_id for part in listed for each in part.bookings}) == len(booked)
    assert len(listed) > len(booked) / MOST_PAGES - 1
    assert len(found_of_person(search)) == len(booked)


def found_of_person(search: SubjectSearch) -> list[Booking]:
    found: list[Booking] = []
    after = None
    for _ in range(500):
        part = search.part(Subject(patient_id=None), after)
        found += part.bookings
        after = part.after
        if after is None:
            return found
    raise AssertionError("it comes to no end")


def lists(bench: Bench, wanted: Filter) -> Iterator[Listed]:
    after: ListCursor | None = None
    for _ in range(500):
        part = bench.acting.listed(wanted, after)
        yield part
        if part.after is None:
            return
        after = ListCursor.model_validate_json(part.after.model_dump_json())
    raise AssertionError("it comes to no end")


def test_list_of_all_states_reads_indexes_and_table(bench: Bench) -> None:
    open_ones = stored(bench, 50, state=State.ACCEPTED, appointment_id=None)
    parked = bench.ledger.move(open_ones[0], State.NEEDS_ATTENTION, notice_due=False)
    ended = bench.ledger.book(open_ones[1], "A-7")
    SmallPages.per_page = 1

    found = [each.booking_id for part in lists(bench, Filter(frozenset(State))) for each in part.bookings]

    assert sorted(found) == sorted(each.booking_id for each in open_ones)
    assert {parked.booking_id, ended.booking_id} <= set(found)


def test_time_ends_a_part_of_a_list(bench: Bench) -> None:
    stored(bench, 9)
    SmallPages.seconds = 15.0

    listed = [*lists(bench, Filter(frozenset({State.BOOKED})))]

    assert len(listed) > 1
    assert sum(len(part.bookings) for part in listed) == 9


class TestDaysThatCannotBeRead:
    def test_one_is_passed_over_and_named(self, bench: Bench) -> None:
        bookings = stored(bench, 30)
        broken = (START + timedelta(days=4)).date()
        read = bench.clinicea.entries_by_date

        def spoiled(day: Any, deadline: Deadline) -> Any:
            if day == broken:
                raise Unavailable(BY_DATE, 500)
            return read(day, deadline)

        bench.clinicea.entries_by_date = spoiled  # type: ignore[method-assign]  # one day of the fake cannot be spoiled

        (report,) = parts(bench)

        assert report.unread == tuple(broken + timedelta(days=shift) for shift in (-1, 0, 1))
        assert sum(missing([report]).values()) == len(bookings) - 9

    def test_if_none_can_the_comparison_fails(self, bench: Bench) -> None:
        stored(bench, 9)
        bench.fake.fault(BY_DATE, "status", status=503)

        with pytest.raises(Unavailable):
            next(parts(bench))

    def test_at_once_where_the_role_may_not(self, bench: Bench) -> None:
        stored(bench, 9)
        bench.fake.fault(BY_DATE, "status", status=403)

        with pytest.raises(PermissionDenied):
            next(parts(bench))
        assert len(bench.fake.requests(BY_DATE)) == 1

    def test_where_clinicea_goes_away_it_is_carried_on_from_there(self, bench: Bench) -> None:
        bookings = stored(bench, 30)
        read, calls = bench.clinicea.entries_by_date, Counter[str]()

        def away(day: Any, deadline: Deadline) -> Any:
            calls["read"] += 1
            if 6 <= calls["read"] < 9:
                raise Unavailable(BY_DATE, 503)
            return read(day, deadline)

        bench.clinicea.entries_by_date = away  # type: ignore[method-assign]  # it goes away in the middle of a part

        first, *rest = parts(bench)

        assert first.after is not None
        assert set(missing([first, *rest])) == {each.booking_id for each in bookings}
