"""`./connector doctor` over real sockets: what it makes of Clinicea's patients, and of all kinds of Swagger."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest

from convox_clinicea.clinicea import Endpoint
from convox_clinicea.clinicea.transport import MAX_ANSWER_BYTES
from local.clinicea.routes import SWAGGER
from local.clinicea.testing import RunningFake
from tests.support.doctor import ABOUT_MEERA, BY_DATE, KNOWN, PAST, SEARCH, DoctorRunner, what_works
from tests.support.small_server import Reply, Seen, SmallServer, json_reply


def answering(by_call: dict[str, Reply], otherwise: Reply | None = None) -> Callable[[Seen], Reply]:
    """A Clinicea that knows the six calls and answers 204, if nothing else is said."""

    def answer(seen: Seen) -> Reply:
        last = seen.path.rsplit("/", 1)[-1]
        call = {"searchByMobileNumber": SEARCH}.get(last, last)
        if call in by_call:
            return by_call[call]
        return Reply(204, b"") if call in {each.value for each in Endpoint} else otherwise or Reply(404, b"<html>")

    return answer


class TestPatients:
    def test_a_number_that_nobody_has(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        report = doctor(fake.url, "--mobile", "+919999900077")
        assert "no patient was found" in report.findings[f"calls.{SEARCH}.country_code_format"]["detail"]
        assert "give a registered number" in report.findings[f"permission.{PAST}"]["detail"]

    def test_one_of_a_family_must_be_named(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        ids = [fake.add_patient(first_name=name, mobile="9999900055") for name in ("Asha", "Bina")]
        report = doctor(fake.url, "--mobile", "+919999900055")
        assert report.findings[f"permission.{PAST}"]["detail"].startswith("2 patients have that number")
        assert not fake.requests(PAST)
        doctor(fake.url, "--mobile", "+919999900055", "--patient-id", ids[1])
        assert len(fake.requests(PAST)) == 1

    def test_a_status_that_is_not_known(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        record = {"ID": "1", "StartDateTime": "2026-01-05T10:00:00", "AppointmentStatus": "Settled Visit"}
        with SmallServer(answering({PAST: json_reply([record]), SEARCH: json_reply({"ID": "P-1"})})) as server:
            report = doctor(server.url, "--patient-id", "P-1")
        assert report.findings["completed.status"]["use"] == "Settled Visit"
        assert report.table is not None
        assert report.table["statuses"] == {"checked_out": ["Check Out", "Checked Out", "Completed", "Settled Visit"]}

    def test_times_with_an_offset(self, doctor: DoctorRunner) -> None:
        record = {"ID": "1", "StartDateTime": "2026-01-05T10:00:00+05:30", "AppointmentStatus": "Check Out"}
        with SmallServer(answering({PAST: json_reply([record])})) as server:
            report = doctor(server.url, "--patient-id", "P-1")
        assert report.findings["times"]["verdict"] == "differs, harmless"
        assert report.findings["times.reading_zone"]["detail"] == "times have their offset"

    def test_a_search_that_does_not_read_the_number(self, doctor: DoctorRunner) -> None:
        with SmallServer(answering({SEARCH: json_reply([{"ID": "P-1"}])})) as server:
            report = doctor(server.url, *ABOUT_MEERA)
        assert "any number has patients" in report.findings["nothing_found"]["detail"]

    def test_the_text_of_a_missing_address(self, doctor: DoctorRunner) -> None:
        missing = json_reply({"Message": "Diese Adresse gibt es nicht: 'http://x/?api_key=secret'"}, 404)
        with SmallServer(answering({}, otherwise=missing)) as server:
            report = doctor(server.url)
        assert report.findings["missing_route_markers"]["use"] == "Diese Adresse gibt es nicht"
        assert report.table is not None
        assert report.table["missing_route_markers"][-1] == "Diese Adresse gibt es nicht"


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
        report = doctor(fake.url, *ABOUT_MEERA)
        assert told in report.findings["swagger.v2"]["detail"]
        assert report.findings[f"permission.{PAST}"]["verdict"] == "confirmed"

    def test_without_swagger_the_account_shows_verb_and_path(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.fault(SWAGGER, "status", status=404)
        shapes = {BY_DATE: {"verb": "POST", "style": "query"}, PAST: {"path": f"/elsewhere/{PAST}"}}
        fake.switch(shapes=shapes)
        report = doctor(fake.url, *ABOUT_MEERA)
        assert report.findings[f"calls.{BY_DATE}.verb"]["use"] == "POST"
        assert report.findings["flows.completed"]["detail"] == f"{PAST} is not in v1, v2 or v3"
        assert f"permission.{BY_DATE}" in report.of("confirmed")
        assert report.table is not None
        table = report.table
        assert date.fromisoformat(table["calls"][BY_DATE].pop("confirmed_on")) >= date(2026, 1, 1)
        assert table == {
            "schema": 2,
            "flows": {"completed": "modern"},
            "calls": {BY_DATE: {"verb": "POST", "evidence": {"verb": "confirmed"}}},
        }

    @pytest.mark.parametrize("versions", [["v1"], ["v2"], ["v3"]])
    def test_without_swagger_likely_search_addresses_are_tried(
        self, fake: RunningFake, doctor: DoctorRunner, versions: list[str]
    ) -> None:
        fake.fault(SWAGGER, "status", status=404)
        fake.switch(v1_search=SEARCH, call_versions={SEARCH: versions})
        report = doctor(fake.url, *ABOUT_MEERA)
        assert report.findings[f"calls.{SEARCH}.path"]["use"] == f"/api/{{version}}/patients/{SEARCH}"
        assert report.table is not None
        part = report.table["calls"][SEARCH]
        assert (part["version"], part["evidence"]["path"]) == (versions[0], "confirmed")
        assert date.fromisoformat(part["confirmed_on"]) >= date(2026, 1, 1)
        assert SEARCH in what_works(fake, report.table)
        missing = [each for each in fake.requests() if each["call"] == "unknown"]
        assert len(missing) < 12, "few addresses are tried, each once"

    @pytest.mark.parametrize("status", [301, 401, 403, 404, 500])
    def test_a_document_that_is_not_given(self, fake: RunningFake, doctor: DoctorRunner, status: int) -> None:
        fake.fault(SWAGGER, "status", status=status)
        report = doctor(fake.url, *ABOUT_MEERA)
        assert f"status {status}; open it in a browser" in report.findings["swagger.v2"]["detail"]
        assert report.findings[f"calls.{PAST}.path"]["by"] == "account"

    def test_a_huge_one(self, doctor: DoctorRunner) -> None:
        huge = Reply(200, b'{"paths": {}}' + b" " * MAX_ANSWER_BYTES)
        with SmallServer(lambda seen: huge if "swagger" in seen.path else Reply(204, b"")) as server:
            report = doctor(server.url, *ABOUT_MEERA)
        assert "over 8 MB" in report.findings["swagger.v2"]["detail"]

    def test_one_that_drips(self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("commands.doctor.fetching.SECONDS", 0.2)
        fake.fault(SWAGGER, "drip", seconds=0.05)
        report = doctor(fake.url, *ABOUT_MEERA)
        assert report.findings["swagger.v2"]["detail"].startswith("no answer within 0.2 s")
        assert len(fake.requests(SWAGGER)) <= 2

    def test_a_description_that_no_table_can_hold(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        post = {"parameters": [{"name": "PatientID", "in": "query"}]}
        paths = {f"/api/v2/appointments/{KNOWN}/{{what}}?x=1": {"post": post}}
        fake.fault(SWAGGER, "html", body=json.dumps({"paths": paths}))
        report = doctor(fake.url, *ABOUT_MEERA)
        assert "cannot be put into the call table" in report.findings[f"calls.{KNOWN}.described"]["detail"]
