"""What `./connector doctor` cannot settle ends in a question to Clinicea, and is never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.doctor import (
    ABOUT_MEERA,
    KNOWN,
    DoctorRunner,
)
from tests.support.doctor_worlds import BOOK, SUMMER, WRITES, a_whole_call_works, visiting
from tests.support.small_server import Reply, Seen, SmallServer

BODIES = {"schema": 2, "calls": {call: {"style": "json"} for call in ("postAppointmentByPatientID", "postAppointment")}}


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


def test_bodies_without_a_document_are_asked_for_and_then_known(doctor: DoctorRunner, tmp_path: Path) -> None:
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
def test_key_valid_for_v3_only_is_reported_with_book_test(documents: bool, doctor: DoctorRunner) -> None:
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


def test_verb_of_post_appointment_is_asked_for_if_unknown(doctor: DoctorRunner) -> None:
    with SmallServer(lambda _request: Reply(204, b"")) as server:
        finding = doctor(server.url, *ABOUT_MEERA).findings["calls.postAppointment.verb"]
    assert (finding["verdict"], finding["detail"]) == (
        "could not check",
        "Clinicea's own page says GET: ask whether it is called by POST or by GET",
    )


def test_404_of_a_missing_address_is_not_read_as_no_result(doctor: DoctorRunner) -> None:
    """Read as an empty calendar it would have appointments made again."""
    with SmallServer(lambda request: Reply(404, b"") if "ppointment" in request.path else Reply(204, b"")) as server:
        report = doctor(server.url, "--patient-id", "P-1")
    finding = report.findings["calls.getAppointmentsByPatient.not_found"]
    assert (finding["verdict"], finding["use"]) == ("wrong", None)
    assert "ask Clinicea for this call's empty answer" in finding["detail"]
    assert "not_found" not in json.dumps(report.table)


def test_locked_calendar_is_among_the_causes_of_a_refusal(doctor: DoctorRunner) -> None:
    with visiting("evidence", doctor, documents=True) as visit:
        visit.fake.switch(locked_calendar=True)
        assert "old visits are not closed" in visit.settled().findings["post.answer"]["detail"]


def test_two_zones_that_are_wrong_alike_are_not_confirmed(doctor: DoctorRunner) -> None:
    with visiting("utc-everything", doctor, documents=True) as visit:
        finding = visit.run("--book-test", "--start", f"{SUMMER}T10:00", "--yes").findings["times.writing_zone"]
    assert finding["verdict"] == "could not check"
    assert "check the screen, or give --known-visit" in finding["detail"]


def test_zones_that_agree_in_winter_are_not_confirmed(doctor: DoctorRunner) -> None:
    with visiting("mixed", doctor, documents=True) as visit:
        visit.fake.add_patient(
            first_name="Asha",
            mobile="9999900055",
            appointments=[{"clinic_id": "C-01", "start": "2026-01-14T10:00:00", "status": "Check Out"}],
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


def test_unknown_statuses_are_named_with_the_line_to_add(doctor: DoctorRunner) -> None:
    with visiting("modern", doctor, documents=False) as visit:
        visit.fake.switch(status_words={"Check Out": "Visit Over"})
        finding = visit.run().findings["completed.status"]
    assert "not known: Visit Over" in finding["detail"]
    assert '"Visit Over"]}}' in finding["detail"]


def test_server_with_uninformative_options_gets_no_dialect(doctor: DoctorRunner) -> None:
    """Where addresses that are there refuse OPTIONS as if they were not, bookings are not judged by it."""

    def answers(request: Seen) -> Reply:
        if request.verb == "OPTIONS":
            return Reply(404, b'{"Message": "No HTTP resource was found that matches the request URI."}')
        return Reply(204, b"")

    with SmallServer(answers) as server:
        report = doctor(server.url, *ABOUT_MEERA)
        assert [each.verb for each in server.seen].count("OPTIONS") == 1
    assert not [subject for subject in report.findings if subject.startswith("flows.")]
