"""ConVox's two callbacks on the deployed template: the pop-up, and the end of the call."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.end_to_end.api import Api, slot
from tests.support.waiting import eventually


def ended(number: int, start: str, **more: Any) -> dict[str, Any]:
    """A status callback in ConVox's own names."""
    return {
        "CALL_REFERENCE_ID": f"E2E-{number:04d}",
        "USER_ID": "agent-7",
        "DISPOSITION": "Appointment Booked",
        "patient_id": "P-01",
        "clinic_id": "C-01",
        "appointment_date": start[:10],
        "appointment_time": start[11:],
        **more,
    }


def test_the_pop_up_shows_the_patient_and_the_visits_at_once(api: Api) -> None:
    sent = {"call_hit_reference_number": "E2E-0801", "agent_id": "agent-7", "mobile_number": "99999 00001"}

    # A cold start on a busy machine takes more than the budget: the answer is degraded then, which is as it should be.
    answers: list[requests.Response] = []

    def whole() -> bool:
        answers.append(api.post("/calls/popup", sent))
        return not answers[-1].json()["degraded"]

    assert eventually(whole)
    assert {answer.status_code for answer in answers} == {200}
    body = answers[-1].json()
    assert (body["status"], body["match"], body["degraded"]) == ("success", "one", False)
    assert body["patients"][0]["patient_id"] == "P-01"
    assert body["appointments"]
    assert all(visit["clinic"]["address"] for visit in body["appointments"])


def test_a_pop_up_without_clinicea_is_degraded_and_no_error(api: Api) -> None:
    api.clinicea.fault("searchPatientByMobileNumber", "status", status=503, count=4)
    try:
        answer = api.post("/calls/popup", {"call_id": "E2E-0802", "agent_id": "agent-7", "mobile": "+919999900001"})
    finally:
        api.clinicea.clear_faults()

    assert (answer.status_code, answer.json()["degraded"], answer.json()["match"]) == (200, True, None)


@pytest.mark.parametrize("address", ["/patients", "/calls/popup"])
def test_what_convox_opens_takes_get_and_a_form_at_one_address(api: Api, address: str) -> None:
    asked = {"mobile_number": "9999900001", "call_hit_reference_number": "E2E-0807", "agent_id": "agent-7"}

    form = api.post(address, data=asked)
    query = api.get(address, **asked)

    assert (form.status_code, query.status_code) == (200, 200), (form.text, query.text)
    assert {form.json()["match"], query.json()["match"]} <= {"one", None}  # None: degraded, on a busy machine
    assert form.headers["Cache-Control"] == query.headers["Cache-Control"] == "no-store"


def test_callbacks_of_a_transferred_call_replace_no_other_agents(api: Api) -> None:
    one, other = slot(days=46, hour=9), slot(days=47, hour=9)
    kept = api.post("/calls/status", ended(808, one)).json()["booking_id"]
    waits = api.post("/calls/status", ended(808, other, USER_ID="agent-8")).json()

    assert waits["state"] == "needs_attention"
    assert waits["booking_id"] != kept
    assert api.ended(kept)["state"] == "booked"
    of_next = api.get("/calls/E2E-0808/bookings", agent_id="AGENT-8").json()["bookings"]
    assert [(each["booking_id"], each["reason"]) for each in of_next] == [
        (waits["booking_id"], "changed_after_booking")
    ]


def test_end_of_a_call_is_one_booking_however_often_sent(api: Api) -> None:
    start = slot(days=41, hour=9)
    first = api.post("/calls/status", ended(803, start))
    again = api.post("/calls/status", ended(803, start))

    assert (first.status_code, first.json()["status"]) == (202, "success")
    assert again.json()["booking_id"] == first.json()["booking_id"]
    assert api.ended(first.json()["booking_id"])["state"] == "booked"
    assert len(api.standing("P-01", start)) == 1


def test_a_changed_mind_after_the_booking_waits_for_a_person(api: Api) -> None:
    start, other = slot(days=42, hour=9), slot(days=43, hour=9)
    first = api.post("/calls/status", ended(804, start)).json()
    assert api.ended(first["booking_id"])["state"] == "booked"

    changed = api.post("/calls/status", ended(804, other)).json()

    assert (changed["state"], api.ended(changed["booking_id"])["reason"]) == (
        "needs_attention",
        "changed_after_booking",
    )
    assert (len(api.standing("P-01", start)), len(api.standing("P-01", other))) == (1, 0)
    assert len(api.get("/calls/E2E-0804/bookings").json()["bookings"]) == 2


def test_other_dispositions_are_acknowledged_bad_starts_refused(api: Api) -> None:
    noted = api.post("/calls/status", ended(805, slot(days=44, hour=9), DISPOSITION="Not Interested"))
    refused = api.post("/calls/status", ended(805, slot(days=44, hour=9), clinic_id=""))

    assert (noted.status_code, noted.json()["status"], noted.json()["booking_id"]) == (200, "success", None)
    assert (refused.status_code, refused.json()["fields"][0]["field"]) == (400, "clinic_id")
    call = api.get("/calls/E2E-0805/bookings").json()
    assert (call["bookings"], call["not_booked"]) == ([], ["clinic_id"])


def test_unreadable_callback_leaves_a_trace_of_its_call(api: Api) -> None:
    broken = '{"CALL_REFERENCE_ID": "E2E#0806", "USER_ID": "agent-7", "remarks": "he said "yes""}'

    refused = api.post("/calls/status", data=broken.encode())

    assert (refused.status_code, refused.json()["fields"][0]["field"]) == (400, "body")
    for asked in (api.get("/calls/bookings", call_id="E2E#0806"), api.get("/calls/E2E%230806/bookings")):
        assert (asked.status_code, asked.json()["not_booked"]) == (200, ["body"])


def test_unread_text_and_withheld_number_refuse_nothing(api: Api) -> None:
    form = ended(807, slot(days=45, hour=9), MOBILE_NO="anonymous")
    body = "&".join(f"{name}={value}" for name, value in form.items()).replace(" ", "+") + "&remarks=caf%E9"

    booked = api.post("/calls/status", data=body.encode())

    assert (booked.status_code, booked.json()["left_out"]) == (202, [])
