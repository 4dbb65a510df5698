"""A person's rights to what the desk keeps of them: to see it, to have a copy, to have it erased."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands import data_copy
from convox_clinicea import aws
from convox_clinicea.bookings.desk_records import KINDS
from convox_clinicea.desk.tasks import KnownAppointment
from tests.support import invented
from tests.support.bookings import CALL_ID, in_days
from tests.support.data_requests import carry_out, session
from tests.support.deployment import Deployment
from tests.support.desk import CALL, Desk, form

ORDER = {"who": "arn:aws:sts::123456789012:assumed-role/Privacy/asha", "why": "asked by the person"}
HOUR = timedelta(hours=1)
TASK = "task in Clinicea"


@pytest.fixture
def desk(deployment: Deployment) -> Desk:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.popup(CALL)
    return Desk()


def order(deployment: Deployment, action: str, **more: Any) -> dict[str, Any]:
    return deployment.function("data_requests").invoke({"action": action, **more})


@pytest.fixture
def keeps(deployment: Deployment, desk: Desk) -> Deployment:
    """An announced call, its look-up, a draft, a task and a booking at the call's end: all of one caller."""
    desk.show()
    desk.services.drafts.keep(desk.person, CALL_ID, form(notes=invented.NOTES))
    desk.book(form(), at_call_end=True)
    desk.ask(KnownAppointment("A-41", "P-41", in_days(3), "C-01"), note=invented.NOTES)
    return deployment


def test_an_access_request_names_all_that_the_desk_keeps(keeps: Deployment) -> None:
    told = order(keeps, "holds", mobile=invented.MOBILE)["desk"]

    assert {each["kind"] for each in told} == set(KINDS.values())
    assert [each["until"] for each in told if each["kind"] == TASK] == [None], "until it is done"
    told = [each for each in told if each["kind"] != TASK]
    hours = {each["kind"]: (datetime.fromisoformat(each["until"]) - datetime.now(UTC)) / HOUR for each in told}
    assert hours.pop("look-up") < 0.1
    assert 6 * 24 < hours.pop("booking at the call's end") < 7 * 24 + 1
    assert all(23 < each < 24.1 for each in hours.values())


def test_by_patient_id_all_is_found_that_names_the_patient(keeps: Deployment) -> None:
    told = order(keeps, "holds", patient_id="P-41")["desk"]

    assert sorted(each["kind"] for each in told) == ["booking at the call's end", "draft", "look-up", TASK]


def copied(deployment: Deployment, capsys: pytest.CaptureFixture[str], **person: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert data_copy.tell(session(deployment), person, "asked in writing, ticket 7", kms=aws.kms()) == 0
    said = capsys.readouterr().out
    told: list[dict[str, Any]] = json.loads(said[said.index("{\n") :])["desk"]
    return told


def test_a_copy_is_the_data_itself(keeps: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    told = {each["kind"]: each["said"] for each in copied(keeps, capsys, mobile=invented.MOBILE)}

    assert told["announced call"] == {"mobile": invented.MOBILE}
    assert told["draft"]["notes"] == told[TASK]["note"] == invented.NOTES
    assert (told["booking at the call's end"]["patient_id"], told["look-up"]["number"]) == ("P-41", invented.MOBILE)
    assert [each["patient_id"] for each in told["look-up"]["patients"]] == ["P-41"]


def test_another_caller_of_the_same_agent_is_not_copied(
    keeps: Deployment, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.services.calls.by_hand(desk.person, invented.OTHER_MOBILE)

    told = copied(keeps, capsys, mobile=invented.OTHER_MOBILE)

    assert [(each["kind"], each["said"]["mobile"]) for each in told] == [("announced call", invented.OTHER_MOBILE)]


def test_of_a_family_s_look_up_one_patient_gets_their_part(
    deployment: Deployment, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-42"))
    deployment.popup({**CALL, "call_id": "CALL-7002"})

    told = copied(deployment, capsys, patient_id="P-42")

    assert [[patient["patient_id"] for patient in each["said"]["patients"]] for each in told] == [["P-42"]]


def test_the_function_itself_opens_nothing_of_it(keeps: Deployment) -> None:
    answer = order(keeps, "copy", mobile=invented.MOBILE, **ORDER)

    assert len(answer["desk"]) == len(KINDS)
    assert invented.leaks(json.dumps(answer)) == []


def test_an_operator_is_told_how_long_it_stays(keeps: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    carry_out(keeps)

    said = capsys.readouterr().out
    assert [word for word in KINDS.values() if f"Z: {word}" not in said] == [TASK]
    assert f"at the desk, sealed, until it is done: {TASK}" in said
    assert "at the desk, sealed, until 2" in said


def test_an_erasure_of_the_patient_reaches_what_was_found(keeps: Deployment) -> None:
    order(keeps, "erase", patient_id="P-41", open_too=True, **ORDER)

    assert [keeps.stack.items(f"desk-{each}#") for each in ("found", "draft", "task")] == [[], [], []]
    (waiting,) = keeps.stack.items("desk-wish#")
    assert waiting["bookings"]["L"] == []


def test_a_booking_that_was_erased_is_in_the_journal(keeps: Deployment) -> None:
    order(keeps, "erase", mobile=invented.MOBILE, open_too=True, **ORDER)

    assert [each["kind"]["S"] for each in keeps.stack.entries() if each["subject"]["S"] == "erased"] == ["erasure"]


@pytest.mark.parametrize("prefix", KINDS)
def test_what_a_later_release_wrote_is_kept_and_told(keeps: Deployment, prefix: str) -> None:
    (item,) = keeps.stack.items(prefix)
    aws.dynamodb().put_item(TableName=keeps.stack.table, Item=item | {"schema_version": {"N": "9"}})

    done = order(keeps, "erase", mobile=invented.MOBILE, open_too=True, **ORDER)["desk"]

    assert [each["kept"] for each in done if each["kind"] == KINDS[prefix]] == ["unreadable"]
    assert keeps.stack.items(prefix)


def test_an_erasure_of_the_number_reaches_all_of_it(keeps: Deployment, desk: Desk) -> None:
    done = order(keeps, "erase", mobile=invented.MOBILE, open_too=True, **ORDER)

    assert {each["kept"] for each in done["desk"]} == {None}
    assert keeps.stack.items("desk-draft#") == []
    assert desk.call().mobile is None
    assert keeps.call_status({**CALL, "disposition": "enquiry"}).status == 200
    assert keeps.stack.items("booking#") == []
    assert order(keeps, "holds", mobile=invented.MOBILE)["desk"] == []
    assert json.dumps(done).count(invented.NATIONAL) == 0


def test_what_has_yet_to_be_booked_is_kept_unless_that_is_said(keeps: Deployment) -> None:
    done = order(keeps, "erase", mobile=invented.MOBILE, open_too=False, **ORDER)

    assert {each["kind"]: each["kept"] for each in done["desk"]}["booking at the call's end"] == "open"
    assert keeps.stack.items("desk-wish#")


def test_another_caller_s_erasure_touches_nothing_of_it(keeps: Deployment, desk: Desk) -> None:
    done = order(keeps, "erase", mobile=invented.OTHER_MOBILE, open_too=True, **ORDER)

    assert done["desk"] == []
    assert desk.call().mobile is not None
    assert desk.services.drafts.get(desk.person, CALL_ID) == form(notes=invented.NOTES)
