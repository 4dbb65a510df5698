"""Each world that an account could be: with the call table that fits it a call works, and no instant is off."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from convox_clinicea.clinicea import Appointment, Clinicea, NewAppointment, NewPatient, Status, connect, errors
from convox_clinicea.clinicea.http import Scheme
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalDate, PersonalText
from local.clinicea.clock import ManualClock
from local.clinicea.testing import RunningFake, running_fake
from local.clinicea.worlds import WORLDS
from tests.support.clients import credentials, within
from tests.support.clock import SkippingClock

MEERA, MEERAS_ID = Mobile("91", "9999900001"), "P-01"
NEWCOMER = Mobile("91", "9999900088")
NOW = datetime(2030, 9, 1, 6, 0, tzinfo=UTC)
# On both sides of the days on which clocks change (27 and 31 October, 3 November), and about midnight.
DAYS = (date(2030, 10, 26), date(2030, 10, 27), date(2030, 11, 2), date(2030, 11, 3))
TIMES = ((0, 0), (0, 30), (1, 30), (3, 15), (10, 0), (18, 45), (23, 45))
OF_TIMES = ("evidence", "utc-writes", "utc-everything", "staff-elsewhere", "strict", "modern")
"""Worlds that differ in zones, in the forms of times, or in the calls that carry them; the others' times are alike."""
ZONES = ("Asia/Kolkata", "Asia/Dubai", "America/New_York", "Europe/London", "Pacific/Auckland")


class Account:
    """A world's account over real sockets, and the client that fits it."""

    def __init__(self, name: str, zone: str | None = None, **table: Any) -> None:
        self.world = WORLDS[name]
        self.zone = ZoneInfo(zone or self.world.time_zone)
        self.clock = ManualClock(NOW)
        self._running = running_fake(clock=self.clock, sample=True, time_zone=str(self.zone))
        self._table = self.world.document | table
        self.fake: RunningFake
        self.client: Clinicea

    def __enter__(self) -> Account:
        self.fake = self._running.__enter__()
        self.fake.switch(**self.world.switches)
        self.client = connect(
            self.fake.url,
            credentials=credentials,
            scheme=cast("Scheme", self.world.authentication),
            call_table=self._table,
            clinics=Clinics.from_document({"schema": 1}, str(self.zone)),
            clock=SkippingClock(),
        )
        return self

    def __exit__(self, *raised: Any) -> None:
        self._running.__exit__(*raised)

    def local(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)

    def starts(self, day: date) -> Iterator[datetime]:
        """The starts to try; an hour that comes twice comes here twice, too."""
        for hour, minute in TIMES:
            first = self.local(day, hour, minute)
            yield first
            if first.replace(fold=1).utcoffset() != first.utcoffset():
                yield first.replace(fold=1)

    def book(self, start: datetime, **more: Any) -> str:
        """The id of an appointment for Meera; an unknown outcome is settled by reading back, as the worker does."""
        wanted = NewAppointment("C-01", start, start + timedelta(minutes=30), "D-03", **more)
        before = {each.appointment_id for each in self.listed()}
        try:
            return self.client.post_appointment_by_patient_id(MEERAS_ID, wanted, within(9)).appointment_id
        except errors.OutcomeUnknown:
            self.clock.advance(5)
            (new,) = [each for each in self.listed() if each.appointment_id not in before]
            return new.appointment_id

    def listed(self) -> list[Appointment]:
        return self.client.appointments_by_patient(MEERAS_ID, within(9))

    def kept(self, appointment_id: str) -> dict[str, Any]:
        """The appointment as Clinicea has it, its times with their offset."""
        (found,) = [each for each in self.fake.appointments() if each["appointment_id"] == appointment_id]
        return found


@pytest.fixture(params=WORLDS)
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with Account(request.param) as opened:
        yield opened


def test_there_are_worlds_enough() -> None:
    assert len(WORLDS) >= 8


def test_a_whole_call_works(account: Account) -> None:
    client = account.client
    (patient,) = client.search_patient_by_mobile_number(MEERA, within(9))
    assert patient.patient_id == MEERAS_ID
    assert client.search_patient_by_mobile_number(Mobile("91", "9999900077"), within(9)) == []

    visits = client.past_completed_appointments(MEERAS_ID, within(9))
    kept = [each for each in account.fake.appointments() if each["patient_id"] == MEERAS_ID]
    completed = {each["appointment_id"]: each["start"] for each in kept if each["status"].startswith("Check")}
    assert {each.appointment_id: each.start and each.start.isoformat() for each in visits} == completed
    assert patient.last_visit is not None
    assert patient.last_visit.reveal().isoformat() == max(completed.values())[:10]

    start = account.local(DAYS[0], 10)
    booked = account.book(start, service=PersonalText("Consultation"))
    account.clock.advance(5)
    (found,) = [each for each in account.listed() if each.appointment_id == booked]
    assert (found.start, found.status) == (start, Status.STANDING)
    (same_day,) = [e for e in client.appointments_by_date(DAYS[0], within(9)) if e.appointment_id == booked]
    assert same_day.start == start
    assert booked in {each.appointment_id for each in client.upcoming_appointments(MEERAS_ID, within(9))}
    assert [each["operation"] for each in account.fake.notifications()] == ["Add"]


def test_a_new_patient_where_there_is_a_call_for_it(account: Account) -> None:
    patient = NewPatient(mobile=NEWCOMER, first_name=PersonalText("Asha"), date_of_birth=PersonalDate(date(1990, 5, 1)))
    start = account.local(DAYS[1], 23, 45)
    wanted = NewAppointment("C-01", start, start + timedelta(minutes=30))
    if not account.world.new_patients:
        with pytest.raises(errors.NotInDialect):
            account.client.post_appointment(patient, wanted, within(9))
        assert account.fake.notifications() == []
        return
    with contextlib.suppress(errors.OutcomeUnknown):  # an id alone does not tell a patient from an appointment
        account.client.post_appointment(patient, wanted, within(9))
    (kept,) = [each for each in account.fake.standing() if each["made_by"] == "postAppointment"]
    assert datetime.fromisoformat(kept["start"]) == start
    (registered,) = [each for each in account.fake.patients() if each["mobile"] == NEWCOMER.national_number]
    assert registered["date_of_birth"] == "1990-05-01"
    account.clock.advance(5)
    (found,) = account.client.search_patient_by_mobile_number(NEWCOMER, within(9))
    assert found.patient_id == registered["patient_id"]


@pytest.mark.parametrize(
    ("name", "zone"),
    [*product(OF_TIMES, ZONES), *((name, WORLDS[name].time_zone) for name in WORLDS if name not in OF_TIMES)],
)
def test_no_instant_is_off(name: str, zone: str) -> None:
    with Account(name, zone) as account:
        for start in (start for day in DAYS for start in account.starts(day)):
            try:
                booked = account.book(start)
            except errors.AmbiguousTime:
                assert start.fold, "a wall clock tells the first of two"
                continue
            assert datetime.fromisoformat(account.kept(booked)["start"]) == start.astimezone(UTC)
            account.clock.advance(5)
            (listed,) = [each for each in account.listed() if each.appointment_id == booked]
            assert start.astimezone(UTC) in listed.starts
            assert len(listed.starts) == 1 or start.replace(fold=1).utcoffset() != start.replace(fold=0).utcoffset()


def test_a_wrong_writing_zone_is_never_believed() -> None:
    """The record of the answer shows another instant than was sent: in doubt, and not booked."""
    with Account("utc-writes", times={}) as account:
        start = account.local(DAYS[0], 10)
        wanted = NewAppointment("C-01", start, start + timedelta(minutes=30))
        with pytest.raises(errors.OutcomeUnknown):
            account.client.post_appointment_by_patient_id(MEERAS_ID, wanted, within(9))


def test_a_saving_error_is_a_refusal_with_its_reason() -> None:
    with Account("saving-errors") as account:
        start = account.local(DAYS[0], 10)
        wanted = NewAppointment("C-01", start, start + timedelta(minutes=30), "D-03")
        account.client.post_appointment_by_patient_id("P-02", wanted, within(9))
        with pytest.raises(errors.Rejected) as listed:
            account.client.post_appointment_by_patient_id(MEERAS_ID, wanted, within(9))
        assert (type(listed.value), listed.value.reason) == (errors.Rejected, "slot_taken")
        account.fake.switch(locked_calendar=True)
        with pytest.raises(errors.UnlistedRefusal):
            account.client.post_appointment_by_patient_id(MEERAS_ID, wanted, within(9))


def test_a_half_commit_is_in_doubt_and_then_found() -> None:
    with Account("evidence") as account:
        account.fake.switch(half_commit_seconds=30)
        start = account.local(DAYS[0], 10)
        patient = NewPatient(mobile=NEWCOMER, first_name=PersonalText("Asha"))
        wanted = NewAppointment("C-01", start, start + timedelta(minutes=30))
        with pytest.raises(errors.OutcomeUnknown):
            account.client.post_appointment(patient, wanted, within(9))
        (made,) = account.client.search_patient_by_mobile_number(NEWCOMER, within(9))
        assert account.client.appointments_by_patient(made.patient_id, within(9)) == []
        account.clock.advance(31)
        (late,) = account.client.appointments_by_patient(made.patient_id, within(9))
        assert late.start == start
