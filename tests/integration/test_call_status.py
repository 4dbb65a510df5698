"""`POST /calls/status`: the end of a call becomes its booking, or is noted."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID, in_days
from tests.support.call_ends import call, known, new
from tests.support.deployment import Deployment

KEYS = {"status", "message", "booking_id", "state", "repeated", "changed", "left_out"}


def test_the_end_of_a_call_books_for_a_known_patient(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))

    answer = deployment.call_status(known())

    assert (answer.status, set(answer.body)) == (202, KEYS)
    assert (answer.body["status"], answer.body["state"]) == ("success", "accepted")
    assert answer.headers["Location"].endswith(f"/v1/bookings/{answer.body['booking_id']}")
    assert deployment.deliver().acknowledged
    assert deployment.status(answer.body["booking_id"]).body["state"] == "booked"
    assert [each["patient_id"] for each in deployment.fake.standing()] == ["P-41"]


def test_and_for_a_new_one_who_consents(deployment: Deployment) -> None:
    answer = deployment.call_status(new())

    assert answer.status == 202
    assert deployment.deliver().acknowledged
    assert deployment.status(answer.body["booking_id"]).body["state"] == "booked"


def test_a_repeat_that_has_ended_is_told_with_200(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    body = known()
    first = deployment.call_status(body).body
    deployment.deliver()

    again = deployment.call_status(body)

    assert again.status == 200
    assert again.body == {
        **first,
        "message": "The appointment is booked in Clinicea.",
        "state": "booked",
        "repeated": True,
    }


@pytest.mark.parametrize(
    "said",
    [
        {"disposition": "APPOINTMENT booked"},
        {"disposition": " appointment booked "},
        {"disposition": "Connected", "disposition_2": "Appointment Fixed"},
        {"disposition": None, "disposition3": "Appointment"},
        {"disposition": ["Connected", "Appointment"]},
        {"disposition": "Connected~Appointment_Booked"},
        {"disposition": "Appointment&nbsp;Booked"},
    ],
    ids=str,
)
def test_any_of_the_dispositions_may_say_it_in_any_case(deployment: Deployment, said: dict[str, Any]) -> None:
    assert deployment.call_status(known(**said)).body["state"] == "accepted"


def test_convox_s_own_names_in_a_form_are_understood(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    when = in_days(2)
    form = {
        "CALL_REFERENCE_ID": CALL_ID,
        "USER_ID": AGENT_ID,
        "MOBILE_NO": "0" + invented.NATIONAL,
        "CALL_STATUS": "ANSWERED",
        "DISPOSITION": "APPOINTMENT FIXED",
        "patientid": "P-41",
        "clinicid": "C-01",
        "appointment_date": f"{when:%Y-%m-%d}",
        "appointment_time": f"{when:%H:%M}",
    }

    answer = deployment.call_status(urlencode(form))

    assert (answer.status, answer.body["state"]) == (202, "accepted")
    deployment.deliver()
    assert [each["start"] for each in deployment.fake.standing()] == [when.isoformat()]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"disposition": "Not Interested"},
        {"disposition": "No appointment"},
        {"disposition": "AUTOWRAPUP", "disposition_2": "Appointment"},
        {"disposition": {"a": 1}, "disposition_2": 7},
        {"disposition": "x" * 5000},
        {"disposition": "\u0000\u202e"},
    ],
    ids=lambda said: str(said)[:30],
)
def test_anything_else_is_acknowledged_as_convox_documents(deployment: Deployment, said: dict[str, Any]) -> None:
    answer = deployment.call_status({"call_id": CALL_ID, "agent_id": AGENT_ID, **said})

    assert answer.status == 200
    assert answer.body == {
        "status": "success",
        "message": "The call's status is recorded.",
        "booking_id": None,
        "state": None,
        "repeated": False,
        "changed": False,
        "left_out": [],
    }
    assert not call(deployment).asks
    assert deployment.stack.messages() == []


def test_a_changed_mind_replaces_the_booking_while_it_can(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    later = in_days(5).isoformat()
    first = deployment.call_status(known())

    changed = deployment.call_status(known(start=later))

    assert changed.body["booking_id"] == first.body["booking_id"]
    assert (changed.status, changed.body["repeated"], changed.body["changed"]) == (202, False, False)
    deployment.deliver()
    deployment.deliver()
    (standing,) = deployment.fake.standing()
    assert standing["start"] == later
    assert [each["state"] for each in deployment.of_call(CALL_ID).body["bookings"]] == ["booked"]


def test_once_it_stands_a_person_is_told_of_the_change(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.call_status(known())
    deployment.deliver()

    changed = deployment.call_status(known(start=in_days(5).isoformat()))

    assert (changed.status, changed.body["state"]) == (202, "needs_attention")
    assert changed.body["message"].endswith("This one waits; an operator is notified.")
    told = deployment.status(changed.body["booking_id"]).body
    assert (told["state"], told["reason"]) == ("needs_attention", "changed_after_booking")
    deployment.sweep()
    (notice,) = deployment.stack.notices()
    assert (notice["booking_id"], notice["reason"]) == (changed.body["booking_id"], "changed_after_booking")
    assert len(deployment.fake.standing()) == 1


@pytest.mark.parametrize("worked_first", [False, True])
def test_two_children_are_two_bookings_and_told_as_such(deployment: Deployment, worked_first: bool) -> None:
    child = {"first_name": invented.CHILD_NAME, "mobile": invented.OTHER_MOBILE, "date_of_birth": "2019-05-02"}
    first = deployment.call_status(new())
    if worked_first:
        deployment.deliver()

    other = deployment.call_status(new(**child, start=in_days(5).isoformat()))

    assert (other.status, other.body["state"], other.body["changed"]) == (202, "accepted", False)
    assert other.body["message"].endswith("The call has another booking as well.")
    for _ in range(1 if worked_first else 2):
        deployment.deliver()
    ids = [each["booking_id"] for each in deployment.of_call(CALL_ID).body["bookings"]]
    assert sorted(ids) == sorted([first.body["booking_id"], other.body["booking_id"]])
    assert [deployment.status(each).body["state"] for each in ids] == ["booked", "booked"]
    assert len(deployment.fake.standing()) == 2


def test_who_may_be_the_same_person_waits_and_is_told_so(deployment: Deployment) -> None:
    body = new()
    deployment.call_status(body)

    corrected = deployment.call_status({**body, "mobile": invented.OTHER_MOBILE})

    assert (corrected.status, corrected.body["state"]) == (202, "needs_attention")
    assert corrected.body["message"] == (
        "Another booking on this call may be for the same person. This one waits; an operator is notified."
    )
    assert deployment.status(corrected.body["booking_id"]).body["reason"] == "maybe_same_person"


def test_a_return_to_what_stands_is_told_and_frees_the_other(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    body, later = known(), in_days(5).isoformat()
    first = deployment.call_status({**body, "recorded_at": "2026-11-01 10:00:00"})
    deployment.deliver()
    waits = deployment.call_status({**body, "start": later, "recorded_at": "2026-11-01 10:00:05"})

    returned = deployment.call_status({**body, "recorded_at": "2026-11-01 10:00:09"})

    assert (returned.status, returned.body["booking_id"]) == (200, first.body["booking_id"])
    assert returned.body["message"] == (
        "The appointment is booked in Clinicea. An earlier request of this call is no longer wanted; it is not booked."
    )
    freed = deployment.status(waits.body["booking_id"]).body
    assert (freed["state"], freed["reason"]) == ("rejected", "no_longer_wanted")
    assert freed["message"] == "The booking was withdrawn: the agent returned to the call's other booking."


def test_a_correction_of_what_waits_unposted_is_worked(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.child(patient_id="P-42"))
    first = deployment.call_status(new())
    deployment.deliver()
    assert deployment.status(first.body["booking_id"]).body["reason"] == "number_registered_to_other"

    corrected = deployment.call_status(new(start=in_days(5).isoformat()))

    assert (corrected.body["booking_id"], corrected.body["state"]) == (first.body["booking_id"], "accepted")
    assert corrected.body["message"] == "The booking is accepted and will be made in Clinicea."


def test_service_spelled_in_two_ways_is_one_booking(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    body = known(service="Consult")
    flow = deployment.book_known("P-41", body)
    deployment.deliver()

    told = deployment.call_status({**body, "service": "Consultation"})

    assert (told.body["booking_id"], told.body["changed"]) == (flow.body["booking_id"], True)
    assert told.body["message"] == (
        "The appointment is booked in Clinicea. The booking differs from what this callback says."
    )
    assert len(deployment.fake.standing()) == 1


def test_another_callers_call_of_the_same_id_is_another(deployment: Deployment) -> None:
    first = deployment.call_status(known(), caller="one")
    other = deployment.call_status(known(start=in_days(5).isoformat()), caller="two")

    assert first.body["booking_id"] != other.body["booking_id"]
    assert deployment.booking(first.body["booking_id"]).generation == 1


def test_a_deployment_that_knows_only_200(deployment: Deployment) -> None:
    deployment.configure(ACCEPTED_STATUS="200")

    assert deployment.call_status(known()).status == 200


def test_without_the_queue_it_is_unconfirmed_and_may_be_resent(deployment: Deployment) -> None:
    body = known()
    deployment.stack.without_queue()
    deployment.call_status(body).is_error(503, "not_stored")
    deployment.stack.with_queue_again()

    assert deployment.call_status(body).body["repeated"] is True


def test_nothing_of_it_is_in_log_or_ledger_in_plain(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.configure(POWERTOOLS_LOG_LEVEL="DEBUG")
    for body in (new(), new(clinic_id=...), new(start=in_days(7).isoformat()), new(consent=...)):
        deployment.call_status(body)

    assert not invented.leaks(capsys.readouterr().out)
    assert not invented.leaks(str(deployment.stack.items()))
