"""`./connector doctor` in each world, from the packed defaults: with the table that it writes a whole call works.

Every world is tried with Clinicea's Swagger documents and without. What no program can settle ends in a sentence that
says what to ask.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from convox_clinicea.clinicea import CallTable, Clinicea, NewAppointment, NewPatient, connect, errors
from convox_clinicea.clinicea.calls import LOGIN
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
    KNOWN,
    MEERA,
    MEERAS_ID,
    NEWCOMER,
    START,
    DoctorRunner,
    Report,
)
from tests.support.small_server import Reply, Seen, SmallServer

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


UNSETTLED = {("staff-elsewhere", True), ("staff-elsewhere", False), ("bodies", False)}
"""World, and whether there are documents: a person has to answer one more question."""
BODIES = {"schema": 2, "calls": {call: {"style": "json"} for call in ("postAppointmentByPatientID", "postAppointment")}}


SETTLED = [(name, told) for name in WORLDS for told in (True, False) if (name, told) not in UNSETTLED]


def test_every_world_is_tried() -> None:
    assert {name for name, _ in SETTLED} | {name for name, _ in UNSETTLED} == set(WORLDS)
    assert len(SETTLED) == 2 * len(WORLDS) - 3


@pytest.mark.parametrize(("name", "documents"), SETTLED)
def test_one_run_writes_a_table_that_works(name: str, documents: bool, doctor: DoctorRunner) -> None:
    with visiting(name, doctor, documents=documents) as visit:
        report = visit.settled()
        made = [each for each in visit.fake.requests() if each["call"] in WRITES and each["status"] == 200]
        assert len(made) == 1
        assert report.findings["times.reading_zone"]["verdict"] != "could not check"
        assert report.findings["times.writing_zone"]["verdict"] != "could not check"
        a_whole_call_works(visit, report.table)


@pytest.mark.parametrize("documents", [True, False])
def test_a_staff_users_own_zone_is_asked_for_and_then_settled(documents: bool, doctor: DoctorRunner) -> None:
    with visiting("staff-elsewhere", doctor, documents=documents) as visit:
        asked = visit.run("--known-visit", visit.known_visit).findings["times.reading_zone"]
        assert asked["detail"] == (
            "answers are at UTC+04:00, neither the clinic's nor UTC: give the staff user's time zone as --staff-zone"
        )
        report = visit.settled("--staff-zone", "Asia/Dubai")
        assert report.table is not None
        assert report.table["times"]["writing_zone"] == "Asia/Dubai"
        a_whole_call_works(visit, report.table)


def test_bodies_without_a_document_are_asked_for_and_then_settled(doctor: DoctorRunner, tmp_path: Path) -> None:
    with visiting("bodies", doctor, documents=False) as visit:
        asked = visit.settled().findings["post.answer"]
        assert asked["detail"] == (
            "refused with status 400 and a text that the table does not list (--show prints it): "
            "ask Clinicea for the call's parameters, whether they go in the query or a body, and how times are "
            "written; or old visits are not closed, which locks a calendar: set them to Check Out, Cancelled or "
            "No Show, and try again"
        )
        assert visit.fake.notifications() == []
        answered = tmp_path / "answered.json"
        answered.write_text(json.dumps(BODIES))
        a_whole_call_works(visit, visit.settled("--call-table", str(answered)).table)


@pytest.mark.parametrize("documents", [True, False])
def test_a_key_that_v3_alone_takes_is_reported_though_a_test_appointment_was_wanted(
    documents: bool, doctor: DoctorRunner
) -> None:
    with visiting("key-in-v3", doctor, documents=documents) as visit:
        asked = doctor(visit.fake.url, *ABOUT_MEERA, *BOOK, "--clinic", "C-01")
        assert not {each["made_by"] for each in visit.fake.standing()} & WRITES
    finding = asked.findings["authentication"]
    assert (asked.status, finding["verdict"], finding["use"]) == (1, "wrong", "CliniceaAuthentication=staff_session")
    assert finding["detail"].endswith(
        "its role may lack the permission, or it is taken in v3 only: ask Clinicea about v1, "
        "or give a staff user, whose token all take"
    )
    assert asked.findings["post.answer"]["detail"] == "not made: the search did not find exactly one patient"
    assert json.loads(asked.errors)["error"] == "doctor: not made: the search did not find exactly one patient"


def test_what_was_found_is_printed_and_written_though_the_search_is_forbidden(doctor: DoctorRunner) -> None:
    with visiting("utc-everything", doctor, documents=True) as visit:
        visit.fake.switch(denied_status=403, denied_calls=["searchPatientByMobileNumber"], v1_search=SEARCH)
        report = visit.settled()
        assert report.findings[f"permission.{SEARCH}"]["detail"] == "403"
        assert report.status == 1
        assert report.table is not None
        assert report.table["calls"][SEARCH]["path"].endswith(SEARCH)


def test_the_verb_of_post_appointment_is_asked_for_where_nothing_tells_it(doctor: DoctorRunner) -> None:
    with SmallServer(lambda _request: Reply(204, b"")) as server:
        finding = doctor(server.url, *ABOUT_MEERA).findings["calls.postAppointment.verb"]
    assert (finding["verdict"], finding["detail"]) == (
        "could not check",
        "Clinicea's own page says GET: ask whether it is called by POST or by GET",
    )


def test_a_404_that_a_missing_address_answers_too_is_not_taken_for_nothing(doctor: DoctorRunner) -> None:
    """Read as an empty calendar it would have appointments made again."""
    with SmallServer(lambda request: Reply(404, b"") if "ppointment" in request.path else Reply(204, b"")) as server:
        report = doctor(server.url, "--patient-id", "P-1")
    finding = report.findings["calls.getAppointmentsByPatient.not_found"]
    assert (finding["verdict"], finding["use"]) == ("wrong", None)
    assert "ask Clinicea for this call's empty answer" in finding["detail"]
    assert "not_found" not in json.dumps(report.table)


def test_a_locked_calendar_is_named_among_the_causes_of_a_refusal(doctor: DoctorRunner) -> None:
    with visiting("evidence", doctor, documents=True) as visit:
        visit.fake.switch(locked_calendar=True)
        assert "old visits are not closed" in visit.settled().findings["post.answer"]["detail"]


@pytest.mark.parametrize("documents", [True, False])
@pytest.mark.parametrize("name", WORLDS)
def test_without_book_test_nothing_is_written_or_sent_to_patients(
    name: str, documents: bool, doctor: DoctorRunner
) -> None:
    with visiting(name, doctor, documents=documents) as visit:
        before = visit.fake.patients(), visit.fake.appointments()
        visit.run("--known-visit", visit.known_visit, *BY_SERVICE)
        assert (visit.fake.patients(), visit.fake.appointments()) == before
        assert visit.fake.notifications() == []
        assert {each["verb"] for each in visit.fake.requests() if each["call"] in WRITES} <= {"OPTIONS"}


def test_two_zones_that_are_wrong_alike_are_not_confirmed(doctor: DoctorRunner) -> None:
    with visiting("utc-everything", doctor, documents=True) as visit:
        finding = visit.run("--book-test", "--start", f"{SUMMER}T10:00", "--yes").findings["times.writing_zone"]
    assert finding["verdict"] == "could not check"
    assert "check the screen, or give --known-visit" in finding["detail"]


def test_an_appointment_in_another_zone_is_found_though_it_is_listed_late(doctor: DoctorRunner) -> None:
    with visiting("utc-writes", doctor, documents=True) as visit:
        visit.fake.switch(read_lag_seconds=1)
        report = visit.settled()
        assert report.findings["times.writing_zone"]["use"] == "utc"
        assert "book once more with the new table" in report.findings["post.answer"]["detail"]
        assert report.findings["post.answer"]["verdict"] == "could not check"
        a_whole_call_works(visit, report.table)


def test_zones_that_agree_in_winter_are_not_confirmed(doctor: DoctorRunner) -> None:
    with visiting("mixed", doctor, documents=True) as visit:
        visit.fake.add_patient(
            first_name="Asha",
            mobile="9999900055",
            appointments=[{"clinic_id": "C-01", "start": "2026-01-14T10:00:00", "status": "Checked Out"}],
        )
        account = ("--time-zone", "Europe/London", "--mobile", "+919999900055")
        finding = doctor(visit.fake.url, *account, "--known-visit", "2026-01-14T10:00").findings["times.reading_zone"]
    assert finding["verdict"] == "could not check"
    assert finding["detail"] == "clinic and utc both fit: name another visit, in another season if need be"


def test_a_visit_that_is_not_there_tells_nothing(doctor: DoctorRunner) -> None:
    with visiting("evidence", doctor, documents=True) as visit:
        finding = visit.run("--known-visit", "2001-01-14T10:00").findings["times.reading_zone"]
    assert (finding["verdict"], finding["detail"]) == (
        "could not check",
        "no visit of the patient fits that time: name another one",
    )


def test_a_modern_booking_needs_the_ids_of_services(doctor: DoctorRunner) -> None:
    with visiting("modern", doctor, documents=False) as visit:
        without_clinic = doctor(visit.fake.url, *ABOUT_MEERA)
        without_usual = visit.run()
    finding = without_clinic.findings["flows.book_known"]
    assert finding["detail"] == (
        f"{KNOWN} is not in v1, v2 or v3; it books services by their ids: "
        "run again with --clinic <id> and --service <name of the usual one>"
    )
    assert (
        "a booking of a service that is not listed is refused" in without_usual.findings["flows.book_known"]["detail"]
    )
    assert without_usual.table is not None
    assert "Consultation" in without_usual.table["calls"]["createAppointment"]["values"]["service"]


def test_statuses_that_no_table_knows_are_named_with_the_line_to_add(doctor: DoctorRunner) -> None:
    with visiting("modern", doctor, documents=False) as visit:
        visit.fake.switch(status_words={"Checked Out": "Visit Over"})
        finding = visit.run().findings["completed.status"]
    assert "not known: Visit Over" in finding["detail"]
    assert '"Visit Over"]}}' in finding["detail"]


def test_a_login_that_fails_is_tried_once_without_documents_too(doctor: DoctorRunner) -> None:
    with visiting("staff-elsewhere", doctor, documents=False) as visit:
        report = visit.run(key="another-key")
        assert report.findings["authentication"]["verdict"] == "wrong"
        assert len(visit.fake.requests(LOGIN)) == 1


def test_a_server_whose_options_tell_nothing_gets_no_dialect_proposed(doctor: DoctorRunner) -> None:
    """Where addresses that are there refuse OPTIONS as if they were not, bookings are not judged by it."""

    def answers(request: Seen) -> Reply:
        if request.verb == "OPTIONS":
            return Reply(404, b'{"Message": "No HTTP resource was found that matches the request URI."}')
        return Reply(204, b"")

    with SmallServer(answers) as server:
        report = doctor(server.url, *ABOUT_MEERA)
        assert [each.verb for each in server.seen].count("OPTIONS") == 1
    assert not [subject for subject in report.findings if subject.startswith("flows.")]


def test_a_table_of_schema_1_is_corrected_in_schema_2(doctor: DoctorRunner, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text(json.dumps({"schema": 1}))
    with visiting("bodies", doctor, documents=False) as visit:
        visit.fake.switch(writing_zone="utc")
        table = visit.settled("--call-table", str(old)).table
        assert table is not None
        assert (table["schema"], table["times"]["writing_zone"]) == (2, "utc")
        a_whole_call_works(visit, table)
