"""`make doctor` as a command, over real sockets: what it prints, what it never prints, what it never does."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convox_clinicea.clinicea import Call
from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.clinicea.transport import MAX_ANSWER_BYTES
from convox_clinicea.documents import packed
from local.clinicea.auth import LOCAL_API_KEY, LOCAL_LIMITED_KEY, LOCAL_LOGIN
from local.clinicea.routes import SWAGGER
from local.clinicea.testing import RunningFake
from tests.support.doctor import DoctorRunner
from tests.support.small_server import Reply, Seen, SmallServer, json_reply

SEARCH, PAST = Call.SEARCH_PATIENT.value, Call.PAST_COMPLETED.value
KNOWN, BY_PATIENT, BY_DATE = Call.POST_BY_PATIENT.value, Call.BY_PATIENT.value, Call.BY_DATE.value
MEERA = ("--mobile", "+919999900001")
TEST = (*MEERA, "--book-test", "--clinic", "C-01", "--start", "2031-03-10T10:00")
SECRETS = (LOCAL_API_KEY, *LOCAL_LOGIN)
PERSONAL = ("Meera", "Samplewala", "9999900001", "meera@example.com", "Imaginary", "P-01")


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DoctorRunner:
    return DoctorRunner(capsys, monkeypatch, tmp_path)


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


class TestReport:
    def test_every_assumption_of_the_packed_table_is_judged(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        findings = doctor(fake.url, *MEERA).findings
        for call, spec in {"login": packed("call_table")["login"], **packed("call_table")["calls"]}.items():
            at = "login" if call == "login" else f"calls.{call}"
            named = {
                name for name, evidence in spec["evidence"].items() if evidence == "assumed" and name != "parameters"
            }
            assert {f"{at}.{name}" for name in named} <= set(findings)
            assert {f"{at}.parameters.{ours}" for ours in spec["parameters"]} <= set(findings)
        assert {f"refusals.{each['reason']}" for each in packed("call_table")["refusals"]} <= set(findings)

    def test_a_line_for_each_finding(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.switch(post_appointment_verb="GET")
        as_json = doctor(fake.url, *MEERA)
        table = doctor(fake.url, *MEERA, as_json=False).output
        for finding in as_json.findings.values():
            assert f"{finding['verdict']:<15}  {finding['assumption']}" in table
        counts = json.loads(as_json.output)["counts"]
        assert ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) in table
        assert "wrong            it takes POST: use GET; patients' data then stand in the address" in table
        assert "CallTable=ssm:/convox-clinicea/call-table" in table

    def test_without_credentials_only_the_documents_are_compared(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        report = doctor(fake.url, key=None)
        assert report.status == 0
        assert report.findings[f"calls.{SEARCH}.path"]["by"] == "Swagger"
        assert report.findings[f"permission.{SEARCH}"]["verdict"] == "could not check"
        assert {each["call"] for each in fake.requests()} <= {SWAGGER, "unknown"}

    def test_documents_that_a_person_saved(self, fake: RunningFake, doctor: DoctorRunner, tmp_path: Path) -> None:
        post = {"parameters": [{"name": "PatientGuid", "in": "query"}]}
        saved = tmp_path / "clinicea-v4.json"
        saved.write_text(json.dumps({"paths": {f"/api/v4/appointments/{KNOWN}": {"post": post}}}))
        report = doctor(fake.url, "--swagger", str(saved), "--swagger", str(tmp_path / "none-v5.json"))
        assert report.findings[f"calls.{KNOWN}.version"]["use"] == "v4"
        assert report.findings[f"calls.{KNOWN}.parameters.patient_id"]["use"] == "PatientGuid"
        assert "the file cannot be read" in report.findings["swagger.v5"]["detail"]
        assert not fake.requests(SWAGGER)


class TestPrivacy:
    @pytest.mark.parametrize("scheme", ["api_key", "staff_session"])
    @pytest.mark.parametrize("as_json", [True, False])
    def test_no_secret_and_no_patient_is_printed(
        self, fake: RunningFake, doctor: DoctorRunner, scheme: str, as_json: bool
    ) -> None:
        report = doctor(fake.url, *TEST, "--yes", "--authentication", scheme, as_json=as_json)
        for text in (*SECRETS, *PERSONAL, "patmobile="):
            assert text not in report.output + report.errors

    def test_show_prints_the_patient_and_no_secret(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        report = doctor(fake.url, *TEST, "--yes", "--show", as_json=False)
        assert "patient P-01: Meera Samplewala, last visit" in report.output
        assert "Clinicea's answer to the test appointment: {" in report.output
        for text in SECRETS:
            assert text not in report.output + report.errors

    def test_a_number_that_is_none_is_not_repeated(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        report = doctor(fake.url, "--mobile", "+91999990000177")
        assert report.status == 2
        assert "99999" not in report.errors
        assert not fake.requests()

    def test_the_number_may_be_typed(
        self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        types(monkeypatch, "99999 00001\n")
        assert f"calls.{SEARCH}.country_code_format" in doctor(fake.url, "--mobile", "-").of("confirmed")


class TestAccess:
    def test_one_login_for_all_calls(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        report = doctor(fake.url, *MEERA, "--authentication", "staff_session")
        assert {"authentication", "login.verb"} <= report.of("confirmed")
        assert len(fake.requests(LOGIN)) == 1

    def test_a_login_that_fails_is_not_tried_again(
        self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report = doctor(fake.url, *MEERA, "--authentication", "staff_session", key="another-key")
        assert report.findings["authentication"]["verdict"] == "wrong"
        assert report.findings[f"permission.{BY_DATE}"]["detail"] == "the login failed"
        assert len(fake.requests(LOGIN)) == 1

    def test_a_user_that_is_lacking(self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: Any) -> None:
        monkeypatch.setattr("tests.support.doctor.LOCAL_LOGIN", ("", ""))
        report = doctor(fake.url, *MEERA, "--authentication", "staff_session")
        assert "user_name or password" in report.findings["authentication"]["detail"]
        assert report.findings[f"calls.{SEARCH}.path"]["verdict"] == "confirmed"

    def test_a_role_without_the_read_backs(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        report = doctor(fake.url, *MEERA, key=LOCAL_LIMITED_KEY)
        assert report.findings[f"permission.{BY_PATIENT}"]["use"] == (
            f"a role with the permission for {BY_PATIENT}, or ReadBacks=false"
        )
        assert f"permission.{PAST}" in report.of("confirmed")

    def test_a_clinicea_that_does_not_answer_is_not_asked_on_and_on(self, doctor: DoctorRunner) -> None:
        with SmallServer(lambda _request: Reply(503, b"")) as server:
            report = doctor(server.url, *MEERA)
        assert report.of("wrong") == set()
        assert report.findings[f"permission.{BY_DATE}"]["detail"] == "Clinicea does not answer"
        assert len(server.seen) < 20

    def test_nobody_there_at_all(self, doctor: DoctorRunner) -> None:
        report = doctor("http://127.0.0.1:9", *MEERA)
        assert report.of("wrong") | report.of("confirmed") == set()

    @pytest.mark.parametrize(
        "arguments",
        [("--fixed", "nothing"), ("--book-test",), ("--book-test", "--clinic", "C-01", "--start", "2001-01-01T10:00")],
    )
    def test_arguments_that_make_no_sense(
        self, fake: RunningFake, doctor: DoctorRunner, arguments: tuple[str, ...]
    ) -> None:
        report = doctor(fake.url, *arguments)
        assert (report.status, report.output) == (2, "")
        assert report.errors.startswith("doctor: --")


class TestPatients:
    def test_a_number_that_nobody_has(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        report = doctor(fake.url, "--mobile", "+919999900077")
        assert "nobody was found" in report.findings[f"calls.{SEARCH}.country_code_format"]["detail"]
        assert "give a registered number" in report.findings[f"permission.{PAST}"]["detail"]

    def test_one_of_a_family_must_be_named(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        ids = [fake.add_patient(first_name=name, mobile="9999900055") for name in ("Asha", "Bina")]
        report = doctor(fake.url, "--mobile", "+919999900055")
        assert report.findings[f"permission.{PAST}"]["detail"].startswith("2 patients have that number")
        assert not fake.requests(PAST)
        doctor(fake.url, "--mobile", "+919999900055", "--patient-id", ids[1])
        assert len(fake.requests(PAST)) == 1

    def test_a_status_that_is_not_known(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        record = {"ID": "1", "StartDateTime": "2026-01-05T10:00:00", "AppointmentStatus": "Completed Visit"}
        with SmallServer(answering({PAST: json_reply([record]), SEARCH: json_reply({"ID": "P-1"})})) as server:
            report = doctor(server.url, "--patient-id", "P-1")
        assert report.findings["completed.status"]["use"] == "Completed Visit"
        assert report.table is not None
        assert report.table["statuses"] == {"checked_out": ["Checked Out", "Completed Visit"]}

    def test_times_with_an_offset(self, doctor: DoctorRunner) -> None:
        record = {"ID": "1", "StartDateTime": "2026-01-05T10:00:00+05:30", "AppointmentStatus": "Checked Out"}
        with SmallServer(answering({PAST: json_reply([record])})) as server:
            report = doctor(server.url, "--patient-id", "P-1")
        assert report.findings["times"]["use"] == "the offset"

    def test_a_search_that_does_not_read_the_number(self, doctor: DoctorRunner) -> None:
        with SmallServer(answering({SEARCH: json_reply([{"ID": "P-1"}])})) as server:
            report = doctor(server.url, *MEERA)
        assert "patients are found for any number" in report.findings["nothing_found"]["detail"]

    def test_the_text_of_a_missing_address(self, doctor: DoctorRunner) -> None:
        missing = json_reply({"Message": "Diese Adresse gibt es nicht: 'http://x/?api_key=secret'"}, 404)
        with SmallServer(answering({}, otherwise=missing)) as server:
            report = doctor(server.url)
        assert report.findings["missing_route_markers"]["use"] == "Diese Adresse gibt es nicht"
        assert report.table is not None
        assert report.table["missing_route_markers"][-1] == "Diese Adresse gibt es nicht"


def answering(by_call: dict[str, Reply], otherwise: Reply | None = None) -> Callable[[Seen], Reply]:
    """A Clinicea that knows the six calls and answers 204, if nothing else is said."""

    def answer(seen: Seen) -> Reply:
        call = seen.path.rsplit("/", 1)[-1]
        if call in by_call:
            return by_call[call]
        return Reply(204, b"") if call in {each.value for each in Call} else otherwise or Reply(404, b"<html>")

    return answer


class TestBooking:
    def test_it_asks_and_a_no_books_nothing(
        self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for said in ("", "no\n", "y\n"):
            types(monkeypatch, said)
            report = doctor(fake.url, *TEST)
            assert report.errors.endswith("not booked\n")
            assert report.findings["post.answer"]["verdict"] == "could not check"
        assert not fake.requests(KNOWN)

    def test_a_yes_books_one_and_shows_it(
        self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        types(monkeypatch, "yes\n")
        report = doctor(fake.url, *TEST)
        (made,) = [each for each in fake.standing() if each["start"] == "2031-03-10T10:00:00+05:30"]
        told = ("post.answer", "post.read_back", "read_back.notes", f"permission.{KNOWN}")
        assert set(told) <= report.of("confirmed")
        assert report.findings["post.answer"]["detail"] == f"appointment {made['appointment_id']}"
        assert len(fake.requests(KNOWN)) == 1

    def test_a_second_one_at_that_time_is_not_made(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        doctor(fake.url, *TEST, "--yes")
        report = doctor(fake.url, *TEST, "--yes")
        assert "has an appointment at that time" in report.findings["post.answer"]["detail"]
        assert len(fake.requests(KNOWN)) == 1

    def test_a_start_that_clinicea_rounds(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.switch(shift_zones=330)
        report = doctor(fake.url, *TEST, "--yes")
        assert "it stands +330 minutes from where it was sent" in report.findings["post.read_back"]["detail"]

    def test_a_slot_that_is_taken_shows_its_text(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        slot = {"clinic_id": "C-01", "start": "2031-03-10T10:00:00"}
        fake.add_patient(first_name="Asha", mobile="9999900055", appointments=[slot])
        report = doctor(fake.url, *TEST, "--yes")
        assert "refusals.slot_taken" in report.of("confirmed")

    def test_a_refusal_that_is_not_listed(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.fault(KNOWN, "status", status=400, body="Nicht moeglich fuer Meera")
        report = doctor(fake.url, *TEST, "--yes")
        assert "refused with status 400" in report.findings["post.answer"]["detail"]
        assert "Meera" not in report.output

    def test_a_lost_answer_is_settled_by_reading_back(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.fault(KNOWN, "reset_after")
        report = doctor(fake.url, *TEST, "--yes")
        assert report.findings["post.answer"]["verdict"] == "wrong"
        assert "post.read_back" in report.of("confirmed")
        assert len(fake.requests(KNOWN)) == 1

    def test_without_a_read_back_nothing_is_made(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.switch(denied_calls=[BY_PATIENT])
        report = doctor(fake.url, *TEST, "--yes")
        assert "cannot be read back" in report.findings["post.answer"]["detail"]
        assert not fake.requests(KNOWN)


class TestOddSwagger:
    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ("<!DOCTYPE html><title>Sign in</title>", "it is not a JSON object"),
            ('{"swagger": "2.0"', "it is not a JSON object"),
            ('{"swagger": "2.0"}', "it has no paths"),
            ("[" * 200_000, "it is not a JSON object"),
            ("", "it is not a JSON object"),
        ],
    )
    def test_what_is_no_document(self, fake: RunningFake, doctor: DoctorRunner, body: str, told: str) -> None:
        fake.fault(SWAGGER, "html", body=body or " ")
        report = doctor(fake.url, *MEERA)
        assert told in report.findings["swagger.v2"]["detail"]
        assert report.findings[f"permission.{PAST}"]["verdict"] == "confirmed"

    def test_without_a_document_the_account_itself_tells_verb_and_path(
        self, fake: RunningFake, doctor: DoctorRunner
    ) -> None:
        fake.fault(SWAGGER, "status", status=404)
        shapes = {BY_DATE: {"verb": "POST", "style": "query"}, PAST: {"path": f"/elsewhere/{PAST}"}}
        fake.switch(shapes=shapes)
        report = doctor(fake.url, *MEERA)
        assert report.findings[f"calls.{BY_DATE}.verb"]["use"] == "POST"
        assert report.findings[f"calls.{PAST}.path"]["detail"] == "404: there is no such address"
        assert f"permission.{BY_DATE}" in report.of("confirmed")
        assert report.table == {"calls": {BY_DATE: {"verb": "POST", "evidence": {"verb": "live"}}}}

    @pytest.mark.parametrize("status", [301, 401, 403, 404, 500])
    def test_a_document_that_is_not_given(self, fake: RunningFake, doctor: DoctorRunner, status: int) -> None:
        fake.fault(SWAGGER, "status", status=status)
        report = doctor(fake.url, *MEERA)
        assert f"status {status}; open it in a browser" in report.findings["swagger.v2"]["detail"]
        assert report.findings[f"calls.{PAST}.path"]["by"] == "account"

    def test_a_huge_one(self, doctor: DoctorRunner) -> None:
        huge = Reply(200, b'{"paths": {}}' + b" " * MAX_ANSWER_BYTES)
        with SmallServer(lambda seen: huge if "swagger" in seen.path else Reply(204, b"")) as server:
            report = doctor(server.url, *MEERA)
        assert "over 8 MB" in report.findings["swagger.v2"]["detail"]

    def test_one_that_drips(self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("commands.doctor.fetching.SECONDS", 0.2)
        fake.fault(SWAGGER, "drip", seconds=0.05)
        report = doctor(fake.url, *MEERA)
        assert report.findings["swagger.v2"]["detail"].startswith("no answer within 0.2 s")
        assert len(fake.requests(SWAGGER)) <= 2

    def test_a_description_that_no_table_can_hold(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        post = {"parameters": [{"name": "PatientID", "in": "query"}]}
        paths = {f"/api/v2/appointments/{KNOWN}/{{what}}?x=1": {"post": post}}
        fake.fault(SWAGGER, "html", body=json.dumps({"paths": paths}))
        report = doctor(fake.url, *MEERA)
        assert "cannot be put into the call table" in report.findings[f"calls.{KNOWN}.described"]["detail"]
