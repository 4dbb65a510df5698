"""`./connector doctor` as a command, over real sockets: what it prints, what it never prints, whom it asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convox_clinicea.clinicea.calls import LOGIN, Flows
from convox_clinicea.settings import packed
from local.clinicea.auth import LOCAL_API_KEY, LOCAL_LIMITED_KEY, LOCAL_LOGIN
from local.clinicea.routes import SWAGGER
from local.clinicea.testing import RunningFake
from tests.support.doctor import (
    ABOUT_MEERA,
    BY_DATE,
    BY_PATIENT,
    KNOWN,
    PAST,
    SEARCH,
    TEST_APPOINTMENT,
    DoctorRunner,
    types,
)
from tests.support.small_server import Reply, SmallServer

SECRETS = (LOCAL_API_KEY, *LOCAL_LOGIN)
PERSONAL = ("Meera", "Samplewala", "9999900001", "meera@example.com", "Imaginary", "P-01")


class TestReport:
    def test_every_assumption_of_the_packed_table_is_judged(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        findings = doctor(fake.url, *ABOUT_MEERA).findings
        needed = {call.value: packed("call_table")["calls"][call] for call in Flows().needed()}
        for call, spec in {"login": packed("call_table")["login"], **needed}.items():
            at = "login" if call == "login" else f"calls.{call}"
            named = {
                name
                for name, evidence in spec["evidence"].items()
                if evidence == "assumed" and name not in ("parameters", "last_page")
            }
            assert {f"{at}.{name}" for name in named} <= set(findings)
            assert {f"{at}.parameters.{ours}" for ours in spec["parameters"]} <= set(findings)
        assert {f"refusals.{each['reason']}" for each in packed("call_table")["refusals"]} <= set(findings)

    def test_a_line_for_each_finding(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.switch(post_appointment_verb="GET")
        as_json = doctor(fake.url, *ABOUT_MEERA)
        table = doctor(fake.url, *ABOUT_MEERA, "--all", as_json=False).output
        for finding in as_json.findings.values():
            assert f"{finding['verdict']:<17}  {finding['assumption']}" in table
        counts = json.loads(as_json.output)["counts"]
        assert "; ".join(f"{count} {verdict}" for verdict, count in counts.items()) in table
        assert "wrong              it takes POST: use GET; patients' data would then be in the address" in table
        assert "CallTable=ssm:/convox-clinicea/call-table" in table

    def test_confirmed_facts_are_counted_and_listed_on_request_only(
        self, fake: RunningFake, doctor: DoctorRunner
    ) -> None:
        table = doctor(fake.url, *ABOUT_MEERA, as_json=False).output
        assert "  confirmed  " not in table
        assert "  differs, harmless  lists carry the practitioner's id" in table
        assert " confirmed; 2 differs, harmless; 0 wrong; " in table

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
        report = doctor(fake.url, *TEST_APPOINTMENT, "--yes", "--authentication", scheme, as_json=as_json)
        for text in (*SECRETS, *PERSONAL, "patmobile="):
            assert text not in report.output + report.errors

    def test_show_prints_the_patient_and_no_secret(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        report = doctor(fake.url, *TEST_APPOINTMENT, "--yes", "--show", as_json=False)
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
        report = doctor(fake.url, *ABOUT_MEERA, "--authentication", "staff_session")
        assert {"authentication", "login.verb"} <= report.of("confirmed")
        assert len(fake.requests(LOGIN)) == 1

    def test_a_login_that_fails_is_not_tried_again(
        self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report = doctor(fake.url, *ABOUT_MEERA, "--authentication", "staff_session", key="another-key")
        assert report.findings["authentication"]["verdict"] == "wrong"
        assert report.findings[f"permission.{BY_DATE}"]["detail"] == "the login failed"
        assert len(fake.requests(LOGIN)) == 1

    def test_a_user_that_is_lacking(self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: Any) -> None:
        monkeypatch.setattr("tests.support.doctor.LOCAL_LOGIN", ("", ""))
        report = doctor(fake.url, *ABOUT_MEERA, "--authentication", "staff_session")
        assert "user_name or password" in report.findings["authentication"]["detail"]
        assert report.findings[f"calls.{SEARCH}.path"]["verdict"] == "confirmed"

    def test_a_role_without_the_read_backs(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.switch(denied_status=403)
        report = doctor(fake.url, *ABOUT_MEERA, key=LOCAL_LIMITED_KEY)
        assert report.findings[f"permission.{BY_PATIENT}"]["use"] == (
            f"a role with the permission for {BY_PATIENT}, or ReadBacks=false"
        )
        assert f"permission.{PAST}" in report.of("confirmed")

    def test_a_role_without_a_permission_that_is_told_by_401(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        report = doctor(fake.url, *ABOUT_MEERA, key=LOCAL_LIMITED_KEY)
        assert "its role lacks the permission" in report.findings[f"permission.{BY_PATIENT}"]["detail"]
        assert "its role may lack the permission" in report.findings["authentication"]["detail"]
        assert f"permission.{PAST}" in report.of("confirmed")

    def test_401_blames_the_role_if_the_version_takes_the_credential(
        self, fake: RunningFake, doctor: DoctorRunner
    ) -> None:
        fake.switch(denied_calls=[BY_PATIENT])
        report = doctor(fake.url, *ABOUT_MEERA)
        finding = report.findings[f"permission.{BY_PATIENT}"]
        assert finding["use"] == f"a role with the permission for {BY_PATIENT}, or ReadBacks=false"
        assert finding["detail"] == "401, though v2 takes the credential"
        assert "authentication" in report.of("confirmed")
        assert f"permission.{PAST}" in report.of("confirmed")

    def test_a_clinicea_that_does_not_answer_is_not_asked_on_and_on(self, doctor: DoctorRunner) -> None:
        with SmallServer(lambda _request: Reply(503, b"")) as server:
            report = doctor(server.url, *ABOUT_MEERA)
        assert report.of("wrong") == set()
        assert report.findings[f"permission.{BY_DATE}"]["detail"] == "Clinicea does not answer"
        assert len(server.seen) < 20

    def test_nobody_there_at_all(self, doctor: DoctorRunner) -> None:
        report = doctor("http://127.0.0.1:9", *ABOUT_MEERA)
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
        assert report.errors.startswith('{"error": "doctor: --')
