"""What Clinicea refuses or spoils, on the deployed template."""

from __future__ import annotations

from tests.end_to_end.api import Api, call, slot
from tests.support.waiting import eventually


def test_slot_taken_by_another_patient_is_rejected_with_a_reason(api: Api) -> None:
    request = {"clinic_id": "C-01", "start": slot(50, 10), "practitioner_id": "D-01"}
    first = api.post("/patients/P-02/appointments", {**request, **call(20)}).json()["booking_id"]
    assert api.ended(first)["state"] == "booked"

    second = api.post("/patients/P-01/appointments", {**request, **call(21)}).json()["booking_id"]

    assert (api.ended(second)["state"], api.ended(second)["reason"]) == ("rejected", "slot_taken")


def test_an_unknown_patient_ends_as_rejected(api: Api) -> None:
    request = {"clinic_id": "C-01", "start": slot(51, 10), **call(22)}

    booking_id = api.post("/patients/P-none/appointments", request).json()["booking_id"]

    assert (api.ended(booking_id)["state"], api.ended(booking_id)["reason"]) == ("rejected", "unknown_patient")


def test_unanswered_post_that_succeeded_is_found_not_repeated(api: Api) -> None:
    api.clinicea.fault("postAppointmentByPatientID", "reset_after", count=1)
    posts_before = len(api.clinicea.requests("postAppointmentByPatientID"))

    request = {"clinic_id": "C-01", "start": slot(52, 10), **call(23)}
    ended = api.ended(api.post("/patients/P-02/appointments", request).json()["booking_id"])

    assert ended["state"] == "booked"
    assert len(api.standing(patient_id="P-02", start=slot(52, 10))) == 1
    assert len(api.clinicea.requests("postAppointmentByPatientID")) == posts_before + 1


def test_post_in_doubt_is_repeated_only_after_the_settle_time(api: Api) -> None:
    api.clinicea.fault("postAppointmentByPatientID", "reset_before", count=1)
    posts_before = len(api.clinicea.requests("postAppointmentByPatientID"))

    # A patient of its own: this patient's next booking would wait behind this one.
    request = {"clinic_id": "C-01", "start": slot(53, 10), **call(24)}
    booking_id = api.post("/patients/P-03/appointments", request).json()["booking_id"]
    api.reaches(booking_id, "unknown")
    looked = len(api.clinicea.requests("getAppointmentsByPatient"))

    assert eventually(lambda: len(api.clinicea.requests("getAppointmentsByPatient")) > looked), "it is looked for"
    assert api.get(f"/bookings/{booking_id}").json()["state"] == "unknown"
    assert len(api.clinicea.requests("postAppointmentByPatientID")) == posts_before + 1
    assert api.standing(patient_id="P-03", start=slot(53, 10)) == []


def test_clinicea_down_or_silent_is_reported_within_the_budget(api: Api) -> None:
    api.clinicea.fault("searchPatientByMobileNumber", "status", status=503)
    down = api.post("/patients/search", {"mobile": "9999900001", **call(25)})
    api.clinicea.clear_faults()
    api.clinicea.fault("searchPatientByMobileNumber", "drip", seconds=1)
    silent = api.post("/patients/search", {"mobile": "9999900001", **call(26)})

    assert (down.status_code, down.json()["code"]) == (503, "clinicea_unavailable")
    assert (silent.status_code, silent.json()["code"]) == (504, "clinicea_timeout")


def test_booking_waits_for_a_missing_permission_then_succeeds(api: Api) -> None:
    api.clinicea.fault("postAppointmentByPatientID", "status", status=403, count=1)

    request = {"clinic_id": "C-02", "start": slot(54, 10), **call(27)}
    ended = api.ended(api.post("/patients/P-02/appointments", request).json()["booking_id"])

    assert ended["state"] == "booked"
    assert len(api.standing(patient_id="P-02", start=slot(54, 10))) == 1
