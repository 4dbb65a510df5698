"""`./connector doctor` in each world, from the packed defaults: with the table that it writes a whole call works.

Every world is tried with Clinicea's Swagger documents and without.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convox_clinicea.clinicea.calls import LOGIN
from local.clinicea.worlds import WORLDS
from tests.support.doctor import (
    DoctorRunner,
)
from tests.support.doctor_worlds import BY_SERVICE, SEARCH, WRITES, a_whole_call_works, visiting

UNSETTLED = {("staff-elsewhere", True), ("staff-elsewhere", False), ("bodies", False)}
"""World, and whether there are documents: a person has to answer one more question."""


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


def test_findings_are_written_even_if_search_is_forbidden(doctor: DoctorRunner) -> None:
    with visiting("utc-everything", doctor, documents=True) as visit:
        visit.fake.switch(denied_status=403, denied_calls=["searchPatientByMobileNumber"], v1_search=SEARCH)
        report = visit.settled()
        assert report.findings[f"permission.{SEARCH}"]["detail"] == "403"
        assert report.status == 1
        assert report.table is not None
        assert report.table["calls"][SEARCH]["path"].endswith(SEARCH)


@pytest.mark.parametrize("documents", [True, False])
@pytest.mark.parametrize("name", WORLDS)
def test_without_book_test_no_patient_is_written_or_messaged(name: str, documents: bool, doctor: DoctorRunner) -> None:
    with visiting(name, doctor, documents=documents) as visit:
        before = visit.fake.patients(), visit.fake.appointments()
        visit.run("--known-visit", visit.known_visit, *BY_SERVICE)
        assert (visit.fake.patients(), visit.fake.appointments()) == before
        assert visit.fake.notifications() == []
        assert {each["verb"] for each in visit.fake.requests() if each["call"] in WRITES} <= {"OPTIONS"}


def test_appointment_in_another_zone_listed_late_is_found(doctor: DoctorRunner) -> None:
    with visiting("utc-writes", doctor, documents=True) as visit:
        visit.fake.switch(read_lag_seconds=1)
        report = visit.settled()
        assert report.findings["times.writing_zone"]["use"] == "utc"
        assert "book once more with the new table" in report.findings["post.answer"]["detail"]
        assert report.findings["post.answer"]["verdict"] == "could not check"
        a_whole_call_works(visit, report.table)


def test_a_login_that_fails_is_tried_once_without_documents_too(doctor: DoctorRunner) -> None:
    with visiting("staff-elsewhere", doctor, documents=False) as visit:
        report = visit.run(key="another-key")
        assert report.findings["authentication"]["verdict"] == "wrong"
        assert len(visit.fake.requests(LOGIN)) == 1


def test_a_table_of_schema_1_is_corrected_in_schema_2(doctor: DoctorRunner, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text(json.dumps({"schema": 1}))
    with visiting("bodies", doctor, documents=False) as visit:
        visit.fake.switch(writing_zone="utc")
        table = visit.settled("--call-table", str(old)).table
        assert table is not None
        assert (table["schema"], table["times"]["writing_zone"]) == (2, "utc")
        a_whole_call_works(visit, table)
