"""The four flows on the deployed template, seen as ConVox and the clinic see them."""

from __future__ import annotations

from tests.end_to_end.api import Api, call, slot


def test_a_registered_number_finds_its_one_patient_with_details(api: Api) -> None:
    answer = api.post("/patients/search", {"mobile": "99999 00001", **call(1)})

    assert answer.status_code == 200
    found = answer.json()
    assert (found["status"], found["match"]) == ("success", "one")
    (patient,) = found["patients"]
    assert patient["patient_id"] == "P-01"
    assert patient["name"] == "Meera Samplewala"
    assert patient["mobile"]
    assert patient["address"]


def test_family_number_yields_candidates_without_addresses(api: Api) -> None:
    found = api.post("/patients/search", {"mobile": "+919999900002", **call(2)}).json()

    assert found["match"] == "many"
    assert {patient["patient_id"] for patient in found["patients"]} == {"P-02", "P-03"}
    assert all(patient["address"] is None and patient["email"] is None for patient in found["patients"])


def test_an_unknown_number_is_no_error(api: Api) -> None:
    found = api.get("/patients", mobile="9999900099", **call(3))

    assert found.status_code == 200
    assert (found.json()["match"], found.json()["patients"]) == ("none", [])


def test_completed_visits_are_newest_first_with_clinic_address(api: Api) -> None:
    assert api.post("/patients/search", {"mobile": "99999 00001", **call(4)}).status_code == 200

    answer = api.get("/patients/P-01/appointments/completed", **call(4))

    assert answer.status_code == 200
    appointments = answer.json()["appointments"]
    assert [a["appointment_id"] for a in appointments] == ["A-02", "A-03", "A-01"]
    assert [a["start"] for a in appointments] == sorted((a["start"] for a in appointments), reverse=True)
    assert all(a["clinic"]["address"] for a in appointments)


def test_known_patient_is_booked_once_however_often_it_is_sent(api: Api) -> None:
    request = {"clinic_id": "C-01", "start": slot(40, 10), "practitioner_id": "D-01", **call(5)}

    first = api.post("/patients/P-01/appointments", request)
    assert first.status_code == 202
    booking_id = first.json()["booking_id"]
    assert first.headers["Location"].endswith(f"/v1/bookings/{booking_id}")
    ended = api.ended(booking_id)
    again = api.post("/patients/P-01/appointments", request)

    of_call = api.get(f"/calls/{call(5)['call_id']}/bookings").json()

    assert ended["state"] == "booked"
    assert [booking["booking_id"] for booking in of_call["bookings"]] == [booking_id]
    assert again.status_code == 200
    assert (again.json()["booking_id"], again.json()["repeated"]) == (booking_id, True)
    standing = api.standing(patient_id="P-01", start=slot(40, 10))
    assert [appointment["appointment_id"] for appointment in standing] == [ended["appointment_id"]]


def test_consenting_caller_becomes_a_patient_with_an_appointment(api: Api) -> None:
    request = {
        "mobile": "9999900021",
        "first_name": "Asha",
        "last_name": "Inventedova",
        "clinic_id": "C-02",
        "start": slot(41, 11),
        "consent": {"given": True},
        **call(6),
    }

    accepted = api.post("/appointments", request)
    ended = api.ended(accepted.json()["booking_id"])
    found = api.post("/patients/search", {"mobile": "9999900021", **call(6)}).json()

    assert accepted.status_code == 202
    assert ended["state"] == "booked"
    assert [patient["patient_id"] for patient in found["patients"]] == [ended["patient_id"]]
    assert len(api.standing(patient_id=ended["patient_id"], start=slot(41, 11))) == 1


def test_a_caller_who_does_not_consent_is_not_registered(api: Api) -> None:
    request = {"mobile": "9999900022", "first_name": "Nobody", "clinic_id": "C-01", "start": slot(42, 9), **call(7)}

    refused = api.post("/appointments", {**request, "consent": {"given": False}})

    assert refused.status_code == 400
    assert refused.json()["code"] == "consent_required"
    assert api.post("/patients/search", {"mobile": "9999900022", **call(7)}).json()["match"] == "none"
