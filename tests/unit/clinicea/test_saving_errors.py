"""A success's status with a saving error is a refusal like any other; an id beside an empty one is a success."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea.clinicea import errors
from tests.support.canaries import PATIENT_ID, new_appointment, new_patient
from tests.support.clients import Scripted, answer, scripted_client, within

NO_ID = "00000000-0000-0000-0000-000000000000"
SAVED = {"SavingErrorCode": "", "SavingErrorText": None}
STARTED = {"StartDateTime": "2031-03-10T10:00:00"}


def book(body: object, **table: Any) -> str:
    client = scripted_client(Scripted(answer(body)), table=table)
    return client.post_appointment_by_patient_id(PATIENT_ID, new_appointment(), within(9)).appointment_id


def told(code: object, text: object, **more: Any) -> dict[str, Any]:
    return {"ID": NO_ID, "SavingErrorCode": code, "SavingErrorText": text, **more}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (told(12, "Slot is already booked"), "slot_taken"),
        ([told("E12", "UNKNOWN PATIENT")], "unknown_patient"),
        ({"savingerrortext": "Unknown clinic"}, "unknown_clinic"),
        (told("already booked", ""), "slot_taken"),
    ],
)
def test_a_listed_text_is_that_refusal(body: object, reason: str) -> None:
    with pytest.raises(errors.Rejected) as caught:
        book(body)
    assert (type(caught.value), caught.value.reason, caught.value.status) == (errors.Rejected, reason, 200)


@pytest.mark.parametrize("body", [told(12, ""), told(0, "The calendar is locked"), told(None, "No")])
def test_an_unlisted_one_is_read_back_before_it_counts(body: object) -> None:
    with pytest.raises(errors.UnlistedRefusal) as caught:
        book(body)
    assert "locked" not in str(caught.value)


def test_listed_error_with_an_id_is_contradictory_and_read_back() -> None:
    with pytest.raises(errors.UnlistedRefusal):
        book(told(12, "Slot is already booked", ID="A-1", **STARTED))


def test_its_texts_and_fields_are_the_call_table_s() -> None:
    refusal = {"status": [409], "contains": "calendar is full", "reason": "slot_taken"}
    with pytest.raises(errors.Rejected) as caught:
        book({"Why": "The calendar is full"}, saving_error_fields=["Why"], refusals=[refusal])
    assert caught.value.reason == "slot_taken"


@pytest.mark.parametrize("empty", ["", " ", None, 0, "0"])
def test_an_id_beside_an_empty_one_is_a_success(empty: object) -> None:
    assert book({"ID": "A-1", "SavingErrorCode": empty, "SavingErrorText": ""}) == "A-1"
    assert book({"ID": "A-1", **SAVED, **STARTED}) == "A-1"


@pytest.mark.parametrize(
    "body",
    [
        {"ID": NO_ID, **SAVED},
        {"ID": PATIENT_ID, **SAVED},
        {"ID": "A-1", "PatientID": "P-2", **SAVED},
        {"ID": "A-1", "SavingErrorText": ""},
        {"ID": "A-1", **SAVED, "StartDateTime": "2031-03-10T10:15:00"},
        {"ID": "A-1"},
    ],
    ids=["no id", "the patient's", "another patient's", "half a pair", "another start", "no pair and no start"],
)
def test_what_is_less_than_that_is_in_doubt(body: object) -> None:
    with pytest.raises(errors.OutcomeUnknown):
        book(body)


def test_of_a_new_patient_an_id_alone_may_be_the_patient_s() -> None:
    client = scripted_client(Scripted(answer({"ID": "X-1", **SAVED})))
    with pytest.raises(errors.OutcomeUnknown):
        client.post_appointment(new_patient(), new_appointment(), within(9))


def test_a_read_does_not_look_for_it() -> None:
    client = scripted_client(Scripted(answer([{"ID": "A-1", "SavingErrorText": "old"}]), answer([])))
    assert [each.appointment_id for each in client.appointments_by_patient("P-1", within(9))] == ["A-1"]
