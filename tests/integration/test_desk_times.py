"""Free times at the desk: the clinic's hours less Clinicea's calendar, kept for seconds without any patient."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from convox_clinicea import aws
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import TimedOut
from convox_clinicea.clinicea.models import Appointment
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.lookups.clinic_times import ClinicTimes, DayTimes, KeptCalendars
from convox_clinicea.lookups.free_times import Wanted
from convox_clinicea.schedules import Schedules
from convox_clinicea.table import Table
from tests.support import invented, permissions
from tests.support.account import Stack, document
from tests.support.bookings import in_days
from tests.support.clock import VirtualClock
from tests.support.deployment import Deployment
from tests.support.desk import FUNCTION, Desk

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SCHEDULE: dict[str, Any] = {
    "hours": {each: ["09:00-11:00"] for each in WEEK},
    "services": [{"name": "First visit", "minutes": 60}],
}
DAY = in_days(3).date().isoformat()
CALL = "getAppointmentsByDate"


@pytest.fixture
def scheduled(deployment: Deployment) -> Deployment:
    """Two clinics with hours; a patient's appointments are at the first one."""
    clinics = [{"clinic_id": each, "schedule": SCHEDULE} for each in ("C-01", "C-02")]
    deployment.configure(CLINICS=document({"schema": 1, "clinics": [*clinics, {"clinic_id": "C-03"}]}))
    visits = [
        {"clinic_id": "C-01", "start": f"{DAY}T09:30:00", "duration_minutes": 20, "status": "Confirmed"},
        {"clinic_id": "C-01", "start": f"{DAY}T10:30:00", "status": "Cancelled"},
        {"clinic_id": "C-02", "start": f"{DAY}T10:00:00", "duration_minutes": 45, "status": "Scheduled"},
    ]
    deployment.fake.switch(reference_ids=True)
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=visits))
    return deployment


def offer(desk: Desk, clinic_id: str = "C-01", **more: str) -> DayTimes | None:
    deadline = Deadline.after(desk.function.clock, 1.0)
    with permissions.running(FUNCTION):
        return desk.services.times.of_form({"clinic_id": clinic_id, "day": DAY, **more}, deadline)


def starts(found: DayTimes | None) -> list[str]:
    assert found is not None
    return [f"{each.start:%H:%M}" for each in found.times]


def test_what_is_booked_is_not_offered(scheduled: Deployment) -> None:
    desk = Desk()

    assert starts(offer(desk)) == ["09:00", "10:00", "10:30"]
    assert starts(offer(desk, "C-02")) == ["09:00", "09:30"]
    assert starts(offer(desk, service="first VISIT")) == ["10:00"]
    assert starts(offer(desk, duration_minutes="45")) == []
    assert starts(offer(desk, practitioner_id="D-01")) == ["09:00", "10:00", "10:30"]


def test_one_reading_serves_all_agents_and_clinics(scheduled: Deployment) -> None:
    first, other = offer(Desk()), offer(Desk(), "C-02")

    assert first is not None
    assert other is not None
    assert first.checked_at == other.checked_at
    pages = scheduled.fake.requests(CALL)
    offer(Desk())
    assert scheduled.fake.requests(CALL) == pages


def test_what_is_kept_says_nothing_of_a_patient(scheduled: Deployment) -> None:
    offer(Desk())

    (item,) = scheduled.stack.items("calendar#")
    kept = zlib.decompress(item["busy"]["B"]).decode()
    assert "1" in kept
    assert invented.leaks(kept) == []
    assert "P-41" not in kept
    assert invented.leaks(str(item)) == []


@pytest.mark.parametrize(
    "form",
    [
        {"day": ""},
        {"day": "x"},
        {"clinic_id": ""},
        {"clinic_id": "C-03"},
        {"clinic_id": "C-99"},
    ],
    ids=str,
)
def test_of_unknown_hours_nothing_is_asked(scheduled: Deployment, form: dict[str, str]) -> None:
    assert offer(Desk(), **form) is None
    assert scheduled.fake.requests(CALL) == []


def test_of_a_day_without_room_nothing_is_asked(scheduled: Deployment) -> None:
    assert starts(offer(Desk(), duration_minutes="480")) == []
    assert scheduled.fake.requests(CALL) == []


@pytest.mark.parametrize("wrong", ["-5", "0", "481", "x", "1e3"])
def test_a_wrong_length_is_the_form_s_matter(scheduled: Deployment, wrong: str) -> None:
    assert starts(offer(Desk(), duration_minutes=wrong)) == ["09:00", "10:00", "10:30"]


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "delay", "seconds": 60}], ids=str)
def test_without_clinicea_the_hours_are_shown_unchecked(scheduled: Deployment, fault: dict[str, Any]) -> None:
    scheduled.fake.fault(CALL, **fault)

    found = offer(Desk())

    assert starts(found) == ["09:00", "09:30", "10:00", "10:30"]
    assert found is not None
    assert found.checked_at is None
    assert found.failure is not None
    assert scheduled.stack.items("calendar#") == []


class Lists:
    """Clinicea's lists by day, in a zone of its own."""

    def __init__(self, zone: tzinfo, taken: Sequence[dict[str, Any]] = (), *, unread: Sequence[str] = ()) -> None:
        self._zone = zone
        self._appointments = [Appointment(appointment_id=f"A-{n}", **each) for n, each in enumerate(taken)]
        self._unread = unread
        self.asked: list[str] = []

    def calendar_zone(self, _clinic_id: str) -> tzinfo:
        return self._zone

    def appointments_by_date(self, day: date, _deadline: Deadline) -> list[Appointment]:
        self.asked.append(day.isoformat())
        if day.isoformat() in self._unread:
            raise TimedOut(CALL)
        return [each for each in self._appointments if each.start is None or self._day(each.start) == day]

    def _day(self, start: datetime) -> date:
        return start.astimezone(self._zone).date()


NOW = datetime(2031, 3, 3, 3, tzinfo=UTC)
MONDAY, TUESDAY = date(2031, 3, 3), date(2031, 3, 4)
INDIA = ZoneInfo("Asia/Kolkata")


class Bench:
    """The service over such lists, at a clinic in India that is open from 10:00 to 11:30."""

    def __init__(self, lists: Lists, hours: str = "10:00-11:30", minutes: int = 30, **more: Any) -> None:
        schedule = {"hours": {each: [hours] for each in WEEK[:5]}, **more}
        clinics = {"schema": 1, "clinics": [{"clinic_id": "C-01", "schedule": schedule}]}
        defaults = RequestDefaults(Clinics.from_document(clinics, "Asia/Kolkata"), "IN", minutes)
        self.clock = VirtualClock(NOW)
        self.table = Table(aws.dynamodb(), Stack.create().table)
        clinicea = cast(Clinicea, lists)
        calendars = KeptCalendars(clinicea, self.table, self.clock, minutes)
        self._times = ClinicTimes(Schedules.from_clinics(defaults.clinics), clinicea, calendars, defaults, self.clock)

    def days(self, *days: date) -> list[DayTimes]:
        found = self._times.days("C-01", days, Wanted(0), Deadline.after(self.clock, 2.0))
        assert found is not None
        return found


def at(day: date, clock: str, minutes: int = 30, **more: Any) -> dict[str, Any]:
    start = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=INDIA)
    return {"start": start, "end": start + timedelta(minutes=minutes), **more}


def test_a_calendar_is_read_again_after_half_a_minute(account: None) -> None:
    lists = Lists(INDIA)
    bench = Bench(lists)

    for seconds, readings in ((0, 1), (29, 1), (1, 2)):
        bench.clock.advance(seconds)
        bench.days(MONDAY)
        assert len(lists.asked) == readings


def test_days_are_read_once_each_and_fail_alone(account: None) -> None:
    lists = Lists(INDIA, [at(MONDAY, "10:30"), at(TUESDAY, "10:00")], unread=["2031-03-05"])
    wednesday, sunday = date(2031, 3, 5), date(2031, 3, 9)

    found = Bench(lists).days(MONDAY, TUESDAY, wednesday, sunday)

    assert [starts(each) for each in found] == [["10:00", "11:00"], ["10:30", "11:00"], ["10:00", "10:30", "11:00"], []]
    assert [each.checked_at is None for each in found] == [False, False, True, False]
    assert sorted(lists.asked) == ["2031-03-03", "2031-03-04", "2031-03-05"], "nothing is asked of a closed day"


def test_an_appointment_of_the_day_before_lasts_into_early_hours(account: None) -> None:
    lists = Lists(INDIA, [at(MONDAY, "23:30", 60)])

    (found,) = Bench(lists, "00:00-01:00").days(TUESDAY)

    assert starts(found) == ["00:30"]
    assert sorted(lists.asked) == ["2031-03-03", "2031-03-04"]


def test_lists_may_count_days_in_another_zone(account: None) -> None:
    lists = Lists(ZoneInfo("America/Los_Angeles"), [at(TUESDAY, "10:00"), at(TUESDAY, "11:00")])

    (found,) = Bench(lists).days(TUESDAY)

    assert starts(found) == ["10:30"]
    assert sorted(lists.asked) == ["2031-03-03"], "10:00 on Tuesday in India is Monday there"


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("Kabir Fictionwala", ["10:00 D-02", "10:30 D-01 D-02"]),
        ("Dr. ANIKA  inventedova", ["10:00 D-01", "10:30 D-01 D-02"]),
        ("Leela Madeupkar", ["10:00 D-01 D-02", "10:30 D-01 D-02"]),
        ("Dr", ["10:30 D-01 D-02"]),
        (None, ["10:30 D-01 D-02"]),
    ],
)
def test_a_doctor_is_known_by_name_if_all_are_listed(account: None, name: str | None, whose: list[str]) -> None:
    people = [("D-01", "Dr Kabir Fictionwala"), ("D-02", "Dr Anika Inventedova")]
    listed = [{"practitioner_id": each, "name": name_} for each, name_ in people]
    lists = Lists(INDIA, [at(MONDAY, "10:00", practitioner=name)])

    (found,) = Bench(lists, "10:00-11:00", practitioners=listed).days(MONDAY)
    (unnamed,) = Bench(lists, "10:00-11:00", practitioners=[{"practitioner_id": "D-01"}]).days(MONDAY)

    assert [" ".join((f"{start:%H:%M}", *names)) for start, names in found.times] == whose
    assert starts(unnamed) == ["10:30"], "it may be anybody's"


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ({"clinic_id": "C-02"}, ["10:00", "10:30", "11:00"]),
        ({"clinic_id": None}, ["10:30", "11:00"]),
        ({"clinic_id": " C-01 "}, ["10:30", "11:00"]),
        ({"end": None}, ["10:30", "11:00"]),
        ({"status": "cancelled"}, ["10:00", "10:30", "11:00"]),
        ({"status": "unclear"}, ["10:30", "11:00"]),
        ({"other_start": at(MONDAY, "11:00")["start"]}, ["10:30"]),
    ],
    ids=str,
)
def test_what_counts_as_taken(account: None, taken: dict[str, Any], free: list[str]) -> None:
    (found,) = Bench(Lists(INDIA, [at(MONDAY, "10:00") | taken])).days(MONDAY)

    assert starts(found) == free


def test_an_appointment_without_a_time_leaves_it_unchecked(account: None) -> None:
    (found,) = Bench(Lists(INDIA, [{"start": None}])).days(MONDAY)

    assert found.checked_at is None


def test_what_a_later_release_keeps_is_left_alone(account: None) -> None:
    bench = Bench(Lists(INDIA))
    bench.days(MONDAY)
    item = bench.table.get("calendar#2031-03-03")
    assert item is not None
    aws.dynamodb().put_item(TableName=bench.table.name, Item=item | {"schema_version": {"N": "2"}})

    with pytest.raises(UnreadableRecord):
        bench.days(MONDAY)
