"""`./connector doctor` against a Swagger document that does not say what the account does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.clinicea import swagger
from local.clinicea.testing import RunningFake
from tests.support.doctor import ABOUT_MEERA, BY_PATIENT, PAST, SEARCH, DoctorRunner, what_works
from tests.support.small_server import Reply, Seen, SmallServer

Json = dict[str, Any]


def moved(old: str, new: str) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        document["paths"] = {path.replace(old, new): item for path, item in document["paths"].items()}

    return change


def renamed(old: str, new: str) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        for item in document["paths"].values():
            for operation in item.values():
                for parameter in operation["parameters"]:
                    if parameter["name"] == old:
                        parameter["name"] = new

    return change


def by_post(name: str) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        for path, item in document["paths"].items():
            if path.endswith(name):
                item["post"] = item.pop("get")

    return change


LIES: dict[str, tuple[Callable[[Json], None], str]] = {
    "another address": (moved("patients/searchByMobile", "patients/findByMobile"), f"calls.{SEARCH}.path"),
    "another version": (moved("v1/patients/search", "v5/patients/search"), f"calls.{SEARCH}.version"),
    "another parameter": (renamed("patMobile", "phone"), f"calls.{SEARCH}.parameters.national_number"),
    "another verb": (by_post("searchByMobileNumber"), f"calls.{SEARCH}.verb"),
    "another address of the visits": (moved("PastCompletedAppointment", "PastAppointment"), f"calls.{PAST}.path"),
    "another parameter of the lists": (renamed("patientID", "patID"), f"calls.{BY_PATIENT}.parameters.patient_id"),
}


@pytest.mark.parametrize("lie", LIES)
def test_the_account_outweighs_a_document_that_is_not_true(
    lie: str, fake: RunningFake, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, subject = LIES[lie]
    true = swagger.document

    def lying(*given: Any) -> Json:
        document: Json = json.loads(json.dumps(true(*given)))
        change(document)
        return document

    monkeypatch.setattr(swagger, "document", lying)

    report = doctor(fake.url, *ABOUT_MEERA)

    finding = report.findings[subject]
    assert (finding["verdict"], finding["by"]) == ("confirmed", "account")
    assert "which the account does not take" in finding["detail"]
    assert report.findings["nothing_found"]["verdict"] == "confirmed"
    assert {SEARCH, PAST, BY_PATIENT} <= what_works(fake, report.table)


def test_a_page_that_lists_hundreds_of_documents(doctor: DoctorRunner) -> None:
    page = " ".join(f"swagger/docs/v{number}" for number in range(500)).encode()

    def answers(request: Seen) -> Reply:
        return Reply(200, page) if request.path.startswith("/swagger/ui") else Reply(404, b"")

    with SmallServer(answers) as server:
        report = doctor(server.url, key=None)

    assert report.status == 0
    assert len(server.seen) <= 12, "its page, and no more documents than an account can have"


def test_a_site_that_sends_everybody_elsewhere(doctor: DoctorRunner) -> None:
    with SmallServer(lambda request: Reply(302, b"", {"Location": f"/elsewhere{request.path}"})) as server:
        report = doctor(server.url, *ABOUT_MEERA)

    assert not [each for each in server.seen if each.path.startswith("/elsewhere")], "an API key follows no redirect"
    assert "status 302" in report.findings["swagger.v2"]["detail"]
    assert report.table is None
