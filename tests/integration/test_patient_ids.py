"""Ids of patients with other signs than letters and digits: every route takes what the search hands out."""

from __future__ import annotations

import pytest

from commands import holds
from commands.cli_support import Output, Session
from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body
from tests.support.call_ends import known
from tests.support.deployment import Deployment

CONTEXT = {"call_id": CALL_ID, "agent_id": AGENT_ID}
ASKED = {"mobile": invented.MOBILE, **CONTEXT}
VISIT = {"clinic_id": "C-01", "start": "2024-02-03T10:00:00", "status": "Check Out"}
OTHER_CALL = "CALL-7002"
IDS = ["P.41", "P/41", "P 41", "P:41", "P#41", "41a0c5de-0000-4000-8000-00000000AB41"]


@pytest.fixture(params=IDS)
def patient_id(request: pytest.FixtureRequest, deployment: Deployment) -> str:
    """The id that the search hands out."""
    deployment.fake.add_patient(**invented.patient(patient_id=request.param, appointments=[VISIT]))
    (found,) = deployment.search(ASKED).body["patients"]
    return str(found["patient_id"])


def test_it_is_clinicea_s(patient_id: str) -> None:
    assert patient_id in IDS


def test_the_visits_are_read_by_it(deployment: Deployment, patient_id: str) -> None:
    (visit,) = deployment.completed(patient_id, CONTEXT).body["appointments"]

    assert visit["completed"] is True
    (shown,) = deployment.popup(ASKED).body["patients"]
    assert shown["patient_id"] == patient_id


def test_both_ways_to_book_take_it_and_the_person_s_rights_too(
    deployment: Deployment, patient_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [
        deployment.book_known(patient_id, known_body()),
        deployment.call_status(known(patient_id=patient_id, start=in_days(5).isoformat(), call_id=OTHER_CALL)),
    ]

    assert [answer.status for answer in answers] == [202, 202]
    for _ in answers:
        assert deployment.deliver().acknowledged
    booked = [deployment.status(answer.body["booking_id"]).body for answer in answers]
    assert [(each["state"], each["patient_id"]) for each in booked] == [("booked", patient_id)] * 2
    made = [each for each in deployment.fake.standing() if each["made_by"] != "control"]
    assert [each["patient_id"] for each in made] == [patient_id] * 2

    session = Session(Output(), deployment.function("data_requests").invoke, "the stack", lambda: "operator")
    erased = holds.carry_out(session, {"patient_id": patient_id}, why="asked by the person", yes=True)
    assert erased == 0
    said = capsys.readouterr().out
    assert "the stack: 2 bookings, 0 consents, 1 disclosures" in said
    assert said.count("erased; its tombstone remains") == 2
