"""ConVox's own names and encodings, through the gateway."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.api import Api, slot

STATUS = {"CALL_REFERENCE_ID": "E2E-DIALECT", "USER_ID": "e2e-agent"}


@pytest.mark.parametrize("number", ["9999900001", "919999900001", "+91 99999 00001", "09999900001"])
def test_a_form_and_a_query_find_the_patient(api: Api, number: str) -> None:
    by_form = api.post("/patients/search", data=STATUS | {"MOBILE_NO": number})
    by_query = api.get("/patients", **STATUS, callernumber=number)

    assert [each.json()["match"] for each in (by_form, by_query)] == ["one", "one"]


def test_a_form_with_json_in_a_field_is_the_booking_that_json_is(api: Api) -> None:
    start = slot(61, 11)
    booking = {"clinic_id": "C-01", **STATUS}
    day, time = start[:10], start[11:16]

    as_json = api.post("/patients/P-01/appointments", {**booking, "appointment_start": f"{day} {time}:00"})
    pieces = {"appointment_date": day, "start_hours": time[:2], "start_minutes": time[3:]}
    as_form = api.post("/patients/P-01/appointments", data={"data": json.dumps(booking | pieces)})

    assert as_json.status_code == 202, as_json.text
    assert as_form.json()["booking_id"] == as_json.json()["booking_id"]
    assert as_form.json()["repeated"] is True
