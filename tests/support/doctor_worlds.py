"""A world's account with the doctor run on it, and whether the table it wrote carries a whole call."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from convox_clinicea.clinicea import CallTable, Clinicea, NewAppointment, NewPatient, connect, errors
from convox_clinicea.clinicea.http import Scheme
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from convox_clinicea.settings import packed
from local.clinicea.routes import SWAGGER
from local.clinicea.testing import RunningFake, running_fake
from local.clinicea.worlds import WORLDS, World
from tests.support.clients import credentials, within
from tests.support.clock import SkippingClock
from tests.support.doctor import (
    ABOUT_MEERA,
    MEERA,
    MEERAS_ID,
    NEWCOMER,
    START,
    DoctorRunner,
    Report,
)

WRITES = {"postAppointmentByPatientID", "postAppointment", "createAppointment"}
SEARCH = "searchPatientByMobileNumber"
BY_SERVICE = ("--service", "Consultation")
SUMMER = date(START.year + 1, 7, 15)
"""Ahead of the wall clock, on a day on which no clinic here is at UTC."""
BOOK = ("--book-test", "--start", f"{SUMMER}T10:00", "--yes")


@dataclass
class Visit:
    """A world's account, the doctor that is run on it, and what a person knows of it."""

    world: World
    fake: RunningFake
    doctor: DoctorRunner

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.world.time_zone)

    @property
    def known_visit(self) -> str:
        """When the patient's first visit began, by the clinic's clock."""
        first: str = min(each["start"] for each in self.fake.appointments() if each["patient_id"] == MEERAS_ID)
        return first[:16]

    def run(self, *arguments: str, **more: Any) -> Report:
        account = ("--time-zone", self.world.time_zone, "--authentication", self.world.authentication)
        return self.doctor(self.fake.url, *ABOUT_MEERA, *account, "--clinic", "C-01", *arguments, **more)

    def settled(self, *arguments: str) -> Report:
        """A run that books, and knows a visit."""
        return self.run("--known-visit", self.known_visit, *BY_SERVICE, *BOOK, *arguments)

    def client(self, table: dict[str, Any] | None) -> Clinicea:
        return connect(
            self.fake.url,
            credentials=credentials,
            scheme=cast("Scheme", self.world.authentication),
            call_table=table,
            clinics=Clinics.from_document({"schema": 1}, self.world.time_zone),
            clock=SkippingClock(),
        )


@contextlib.contextmanager
def visiting(name: str, doctor: DoctorRunner, *, documents: bool) -> Iterator[Visit]:
    world = WORLDS[name]
    with running_fake(sample=True, time_zone=world.time_zone, switches=world.switches) as fake:
        if not documents:
            fake.fault(SWAGGER, "status", status=404)
        yield Visit(world, fake, doctor)


def a_whole_call_works(visit: Visit, table: dict[str, Any] | None) -> None:
    client, flows = visit.client(table), CallTable.build(packed("call_table"), table).flows
    assert [each.patient_id for each in client.search_patient_by_mobile_number(MEERA, within(9))] == [MEERAS_ID]
    assert client.search_patient_by_mobile_number(Mobile("91", "9999900077"), within(9)) == []
    kept = [each for each in visit.fake.appointments() if each["patient_id"] == MEERAS_ID]
    completed = {each["appointment_id"]: each["start"] for each in kept if each["status"].startswith("Check")}
    visits = client.past_completed_appointments(MEERAS_ID, within(9))
    assert {each.appointment_id: each.start and each.start.isoformat() for each in visits} == completed

    start = datetime(SUMMER.year, SUMMER.month, SUMMER.day, 12, 30, tzinfo=visit.zone)
    wanted = NewAppointment("C-01", start, start + timedelta(minutes=30), service=PersonalText("Consultation"))
    before = {each["appointment_id"] for each in visit.fake.appointments()}
    with contextlib.suppress(errors.OutcomeUnknown):  # an id alone may not tell that it is this appointment's
        client.post_appointment_by_patient_id(MEERAS_ID, wanted, within(9))
    (booked,) = {each["appointment_id"] for each in visit.fake.appointments()} - before
    if flows.book_new == "convox":
        later = NewAppointment("C-01", start + timedelta(hours=2), start + timedelta(hours=3))
        with contextlib.suppress(errors.OutcomeUnknown):  # an id alone does not tell a patient from an appointment
            client.post_appointment(NewPatient(mobile=NEWCOMER, first_name=PersonalText("Asha")), later, within(9))
        (new,) = [each for each in visit.fake.standing() if each["made_by"] == "postAppointment"]
        assert datetime.fromisoformat(new["start"]) == later.start
    else:
        assert not visit.world.new_patients
    (made,) = [each for each in visit.fake.appointments() if each["appointment_id"] == booked]
    assert datetime.fromisoformat(made["start"]) == start
    visit.fake.switch(read_lag_seconds=0)
    (listed,) = [e for e in client.appointments_by_patient(MEERAS_ID, within(9)) if e.appointment_id == booked]
    (of_day,) = [e for e in client.appointments_by_date(SUMMER, within(9)) if e.appointment_id == booked]
    assert listed.start == of_day.start == start
    changes = client.changes(START - timedelta(days=60), within(9))
    assert booked in {each.appointment.appointment_id for each in changes}
    if flows.book_new == "convox":
        assert len(client.search_patient_by_mobile_number(NEWCOMER, within(9))) == 1
