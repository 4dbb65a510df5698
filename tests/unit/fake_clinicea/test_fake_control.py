"""The control interface."""

import pytest

from local.clinicea import Answer, FakeClinicea, ManualClock, Request, seed_sample
from local.clinicea.switches import Switches

from .api import NOW, Api, newcomer, visit


def ask(api: Api, verb: str, name: str, body: object = None) -> Answer:
    return api.core.handle(Request.with_json(verb, f"/_control/{name}", body))


class TestPatients:
    def test_one_several_or_a_named_list_of_them(self, api: Api) -> None:
        person = {"first_name": "Meera", "mobile": "9999900001"}
        for body in (person, [person, person], {"patients": [person]}):
            assert ask(api, "POST", "patients", body).status == 200
        assert len(api.control("GET", "patients")["patients"]) == 4

    def test_ids_are_told(self, api: Api) -> None:
        person = {"first_name": "Meera", "mobile": "9999900001", "appointments": [visit(), visit()]}
        made = api.control("POST", "patients", person)["patients"][0]
        assert [each["appointment_id"] for each in api.appointments()] == made["appointment_ids"]
        assert {each["patient_id"] for each in api.appointments()} == {made["patient_id"]}

    def test_ids_may_be_chosen(self, api: Api) -> None:
        assert api.patient(patient_id="P-77", appointments=[visit(appointment_id="A-77")]) == "P-77"
        assert api.appointments()[0]["appointment_id"] == "A-77"

    @pytest.mark.parametrize(
        ("mobile", "code"), [("9999900001", None), ("+919999900001", None), ("+9719999900001", "+971")]
    )
    def test_the_number_may_bear_its_code(self, api: Api, mobile: str, code: str | None) -> None:
        api.patient(mobile=mobile, country_code=code)
        assert api.control("GET", "patients")["patients"][0]["mobile"] == "9999900001"

    def test_an_appointment_lasts_30_minutes_unless_said_otherwise(self, api: Api) -> None:
        api.patient(appointments=[visit(), visit(duration_minutes=45), visit(end="2026-03-01T11:00:00")])
        assert [each["end"][11:16] for each in api.appointments()] == ["10:30", "10:45", "11:00"]

    @pytest.mark.parametrize(
        ("changes", "hint"),
        [
            ({"first_name": None}, "first_name"),
            ({"first_name": 7}, "first_name"),
            ({"mobile": None}, "mobile"),
            ({"mobile": "+9199999x0001"}, "mobile"),
            ({"country_code": "IN"}, "country_code"),
            ({"date_of_birth": "17/04/1988"}, "date_of_birth"),
            ({"date_of_birth": 1988}, "date_of_birth"),
            ({"surname": "Samplewala"}, "surname"),
            ({"appointments": {}}, "appointments"),
            ({"appointments": ["x"]}, "JSON object"),
            ({"appointments": [visit(clinic_id="C-99")]}, "clinic_id"),
            ({"appointments": [visit(practitioner_id="D-99")]}, "practitioner_id"),
            ({"appointments": [visit(start="yesterday")]}, "start"),
            ({"appointments": [visit(start=None)]}, "start"),
            ({"appointments": [visit(start="0001-01-01T00:00:00+14:00")]}, "start"),
            ({"appointments": [visit(appointment_id="A-1", start="")]}, "start"),
            ({"appointments": [visit(end="2026-03-01T09:00:00")]}, "end"),
            ({"appointments": [visit(duration_minutes=0)]}, "duration_minutes"),
            ({"appointments": [visit(room="1")]}, "room"),
            ({"appointments": [visit(appointment_id="A"), visit(appointment_id="A")]}, "taken"),
        ],
    )
    def test_bad_ones_get_a_400_that_says_why_and_leave_nothing(
        self, api: Api, changes: dict[str, object], hint: str
    ) -> None:
        good = {"first_name": "Meera", "mobile": "9999900001"}
        answer = ask(api, "POST", "patients", [good, {**good, **changes}])
        value = answer.json()

        assert answer.status == 400
        assert isinstance(value, dict)
        assert hint in value["error"]
        assert api.control("GET", "patients") == {"patients": []}

    def test_an_id_is_not_given_twice(self, api: Api) -> None:
        api.patient(patient_id="P-77")
        assert ask(api, "POST", "patients", {"first_name": "A", "mobile": "1", "patient_id": "P-77"}).status == 400

    def test_times_with_an_offset_become_the_clinics(self, api: Api) -> None:
        api.patient(appointments=[visit(start="2026-03-01T06:00:00Z")])
        assert api.appointments()[0]["start"] == "2026-03-01T11:30:00+05:30"


class TestCancelling:
    def test_a_cancelled_appointment_stays_and_says_why(self, api: Api) -> None:
        api.patient(appointments=[visit(appointment_id="A-1", status="Scheduled")])
        api.control("POST", "cancel", {"appointment_id": "A-1", "reason": "Patient asked"})

        found = api.appointments()[0]
        assert (found["status"], found["standing"], found["deleted"]) == ("Cancelled", False, False)
        assert found["cancellation_reason"] == "Patient asked"

    def test_a_deleted_one_is_kept_for_judging(self, api: Api) -> None:
        api.patient(appointments=[visit(appointment_id="A-1")])
        api.control("POST", "cancel", {"appointment_id": "A-1", "delete": True})
        assert [(each["standing"], each["deleted"]) for each in api.appointments()] == [(False, True)]

    @pytest.mark.parametrize("body", [{}, {"appointment_id": "A-9"}, {"appointment_id": "A-1", "delete": 1}, []])
    def test_bad_input_is_400(self, api: Api, body: object) -> None:
        api.patient(appointments=[visit(appointment_id="A-1")])
        assert ask(api, "POST", "cancel", body).status == 400


class TestSwitches:
    def test_all_are_told(self, api: Api) -> None:
        assert api.control("GET", "switches") == Switches().as_json()

    def test_the_named_ones_are_turned(self, api: Api) -> None:
        told = api.control("POST", "switches", {"omit_notes": True, "round_starts": 15})
        assert told == Switches(omit_notes=True, round_starts=15).as_json()

    @pytest.mark.parametrize(
        "wanted",
        [
            {"no_such_switch": True},
            {"omit_notes": 1},
            {"round_starts": 7.5},
            {"round_starts": -1},
            {"slow_pages": "1"},
            {"slow_pages": True},
            {"empty_answer": "500"},
            {"slot_conflict_status": 418},
            {"post_appointment_verb": "PUT"},
            {"denied_calls": ["noSuchCall"]},
            {"denied_calls": "getPatient"},
            {"header_versions": ["v4"]},
            {"call_versions": {"getPatient": ["v4"]}},
            {"call_versions": {"noSuchCall": ["v1"]}},
            {"call_versions": []},
        ],
    )
    def test_a_bad_one_is_400_and_turns_none(self, api: Api, wanted: dict[str, object]) -> None:
        assert ask(api, "POST", "switches", {"single_objects": False, **wanted}).status == 400
        assert api.control("GET", "switches") == Switches().as_json()


class TestReset:
    def test_everything_is_forgotten(self, api: Api) -> None:
        token = api.token()
        api.patient(appointments=[visit()])
        api.fault("*", "html")
        api.switch(omit_notes=True, denied_calls=["getChanges"])

        assert api.control("POST", "reset") == {"reset": True}

        assert api.control("GET", "patients") == {"patients": []}
        assert api.appointments() == api.log() == []
        assert api.control("GET", "faults") == {"faults": []}
        assert api.control("GET", "switches") == Switches().as_json()
        assert api.get("getPatientByID", {}, patientID="x", api_key=token).status == 401

    def test_ids_are_never_given_again(self, api: Api) -> None:
        before = api.patient(appointments=[visit()]), api.appointments()[0]["appointment_id"]
        api.control("POST", "reset")
        after = api.patient(appointments=[visit()]), api.appointments()[0]["appointment_id"]
        assert not set(before) & set(after)

    def test_start_up_data_come_back(self) -> None:
        fake = FakeClinicea(ManualClock(NOW), fill=seed_sample)
        before = fake.handle(Request.to("GET", "/_control/appointments")).json()
        fake.handle(Request.with_json("POST", "/_control/patients", {"first_name": "A", "mobile": "1"}))
        fake.reset()
        assert fake.handle(Request.to("GET", "/_control/appointments")).json() == before
        assert len(fake.store.patients) == 3


class TestOtherRequests:
    @pytest.mark.parametrize("path", ["", "nothing", "patients/P-01"])
    def test_an_unknown_path_is_404(self, api: Api, path: str) -> None:
        assert ask(api, "GET", path).status == 404

    @pytest.mark.parametrize(("verb", "name"), [("GET", "reset"), ("PUT", "faults"), ("DELETE", "patients")])
    def test_a_wrong_verb_is_405(self, api: Api, verb: str, name: str) -> None:
        answer = ask(api, verb, name)
        assert answer.status == 405
        assert "Allow" in answer.headers

    @pytest.mark.parametrize("name", ["patients", "faults", "switches", "cancel"])
    @pytest.mark.parametrize("body", [b"{", b'"x"', b"[1]", b"null", b"\xff", b"[" * 100_000])
    def test_a_body_that_is_no_use_is_400(self, api: Api, name: str, body: bytes) -> None:
        answer = api.core.handle(Request.to("POST", f"/_control/{name}", {}, body))
        value = answer.json()
        assert answer.status == 400
        assert isinstance(value, dict)
        assert value["error"]


class TestSample:
    @pytest.fixture
    def sample(self, api: Api) -> Api:
        seed_sample(api.core)
        return api

    def test_one_patient_has_three_completed_visits_and_others(self, sample: Api) -> None:
        found = sample.get("getPatientPastCompletedAppointment", patientID="P-01").json()
        assert isinstance(found, list)
        assert len(found) == 3
        assert len([each for each in sample.appointments() if each["patient_id"] == "P-01"]) == 6

    def test_its_words_were_seen_live(self, sample: Api) -> None:
        words = {each["status"] for each in sample.appointments()}
        assert words <= {"Scheduled", "Confirmed", "Engaged", "Check Out", "Cancelled", "No Show"}

    def test_a_family_shares_a_number(self, sample: Api) -> None:
        found = sample.get("searchPatientByMobileNumber", patmobile="9999900002", countrycode="91").json()
        assert isinstance(found, list)
        assert [each["ID"] for each in found] == ["P-02", "P-03"]

    def test_everybody_is_on_a_number_that_nobody_has(self, sample: Api) -> None:
        numbers = [each["mobile"] for each in sample.control("GET", "patients")["patients"]]
        assert all(number.startswith("99999000") and len(number) == 10 for number in numbers)


def test_the_same_start_and_requests_give_the_same_answers() -> None:
    def run() -> list[bytes]:
        api = Api()
        api.patient(appointments=[visit()])
        api.fault("postAppointment", "status", status=503, probability=0.5)
        answers = [api.post("postAppointment", newcomer()).body for _ in range(10)]
        api.clock.advance(minutes=5)
        return [*answers, repr(api.log()).encode(), repr(api.appointments()).encode()]

    assert run() == run()


def test_different_seeds_share_no_id() -> None:
    def ids(seed: int) -> set[str]:
        fake = FakeClinicea(ManualClock(NOW), seed)
        person = {"first_name": "A", "mobile": "1", "appointments": [visit()]}
        fake.handle(Request.with_json("POST", "/_control/patients", person))
        return set(fake.store.patients) | set(fake.store.appointments)

    assert not ids(1) & ids(2)


def test_the_clinics_zone_is_a_parameter() -> None:
    fake = FakeClinicea(ManualClock(NOW), time_zone="Asia/Dubai")
    person = {"first_name": "A", "mobile": "1", "appointments": [visit(start="2026-03-01T06:00:00Z")]}
    fake.handle(Request.with_json("POST", "/_control/patients", person))
    assert next(iter(fake.store.appointments.values())).start.isoformat() == "2026-03-01T10:00:00"


def test_an_unknown_zone_is_told() -> None:
    with pytest.raises(ValueError, match="Asia/Nowhere"):
        FakeClinicea(time_zone="Asia/Nowhere")


def test_a_clock_never_goes_back_and_knows_its_zone() -> None:
    with pytest.raises(ValueError, match="back"):
        ManualClock(NOW).advance(-1)
    with pytest.raises(ValueError, match="aware"):
        ManualClock(NOW.replace(tzinfo=None))
