"""Fault rules, without a socket: what is done, what is answered, what is to happen to the answer."""

import pytest

from local.clinicea import Answer, Delay, Drip, Hold, Request, Reset

from .api import Api, newcomer, slot

SEARCH, KNOWN, NEW = "searchPatientByMobileNumber", "postAppointmentByPatientID", "postAppointment"


def search(api: Api) -> Answer:
    return api.get(SEARCH, patmobile="9999900001", countrycode="91")


class TestWhichRequestIsHit:
    def test_the_named_call_only(self, api: Api) -> None:
        api.fault(SEARCH, "status", status=503)
        assert search(api).status == 503
        assert api.get("getPatientByID", patientID="x").status == 204

    def test_every_call_with_an_asterisk(self, api: Api) -> None:
        api.fault("*", "status", status=503)
        assert [search(api).status, api.login().status] == [503, 503]

    def test_never_the_control_interface(self, api: Api) -> None:
        api.fault("*", "status", status=503)
        assert api.control("GET", "appointments") == {"appointments": []}

    def test_count_times(self, api: Api) -> None:
        api.fault(SEARCH, "status", status=503, count=2)
        assert [search(api).status for _ in range(3)] == [503, 503, 204]
        assert api.control("GET", "faults") == {"faults": []}

    def test_until_deleted_without_a_count(self, api: Api) -> None:
        api.fault(SEARCH, "status", status=503)
        assert {search(api).status for _ in range(20)} == {503}

        assert api.control("DELETE", "faults") == {"removed": 1}
        assert search(api).status == 204

    def test_the_first_rule_that_fires_wins(self, api: Api) -> None:
        api.fault(SEARCH, "status", status=429, count=1)
        api.fault("*", "status", status=500, count=1)
        assert [search(api).status for _ in range(3)] == [429, 500, 204]

    def test_a_share_of_requests_the_same_for_the_same_seed(self) -> None:
        def statuses(seed: int) -> list[int]:
            api = Api()
            api.fault(SEARCH, "status", status=503, probability=0.5, seed=seed)
            return [search(api).status for _ in range(60)]

        assert set(statuses(1)) == {204, 503}
        assert statuses(1) == statuses(1) != statuses(2)

    @pytest.mark.parametrize(("probability", "status"), [(0, 204), (1, 503)])
    def test_none_or_all_at_the_ends(self, api: Api, probability: float, status: int) -> None:
        api.fault(SEARCH, "status", status=503, probability=probability)
        assert {search(api).status for _ in range(20)} == {status}

    def test_rule_that_does_not_fire_leaves_the_request_to_the_next(self, api: Api) -> None:
        api.fault(SEARCH, "status", status=429, probability=0)
        api.fault(SEARCH, "status", status=500)
        assert search(api).status == 500


class TestKinds:
    @pytest.fixture(autouse=True)
    def patient(self, api: Api) -> str:
        return api.patient()

    def book(self, api: Api, patient: str) -> Answer:
        return api.post(KNOWN, {"PatientID": patient, **slot()})

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503, 504])
    def test_a_status_without_the_work(self, api: Api, patient: str, status: int) -> None:
        api.fault(KNOWN, "status", status=status)
        assert self.book(api, patient).status == status
        assert api.appointments() == []

    def test_a_status_with_body_and_headers(self, api: Api) -> None:
        api.fault(SEARCH, "status", status=429, headers={"Retry-After": "3"}, body="slow down")
        answer = search(api)
        assert (answer.headers, answer.text) == ({"Retry-After": "3"}, "slow down")

    def test_a_status_after_the_work(self, api: Api, patient: str) -> None:
        api.fault(KNOWN, "status", status=504, after_work=True)
        assert self.book(api, patient).status == 504
        assert len(api.appointments()) == 1

    def test_status_after_the_work_shows_a_refused_credential(self, api: Api, patient: str) -> None:
        api.fault(KNOWN, "status", status=504, after_work=True)
        api.headers = {}
        assert self.book(api, patient).status == 401

    def test_html_with_status_200(self, api: Api, patient: str) -> None:
        api.fault(KNOWN, "html")
        answer = self.book(api, patient)
        assert (answer.status, answer.content_type) == (200, "text/html; charset=utf-8")
        assert api.appointments() == []

    def test_a_delay_does_the_work_and_answers_late(self, api: Api, patient: str) -> None:
        api.fault(KNOWN, "delay", seconds=2.5)
        answer = self.book(api, patient)
        assert (answer.status, answer.effect) == (200, Delay(2.5))
        assert len(api.appointments()) == 1

    def test_a_drip_gives_the_right_answer_headers_included(self, api: Api) -> None:
        right = search(api).body
        api.fault(SEARCH, "drip")
        answer = search(api)
        assert (answer.body, answer.effect) == (right, Drip(0.2, headers=True))

    def test_a_drip_of_the_body_only(self, api: Api) -> None:
        api.fault(SEARCH, "drip", seconds=0.5, drip_headers=False)
        assert search(api).effect == Drip(0.5, headers=False)

    @pytest.mark.parametrize(
        ("kind", "done"),
        [("timeout_before", 0), ("timeout_after", 1), ("reset_before", 0), ("reset_after", 1)],
    )
    def test_no_answer_before_or_after_the_work(self, api: Api, patient: str, kind: str, done: int) -> None:
        api.fault(KNOWN, kind)
        answer = self.book(api, patient)
        assert answer.lost
        assert (answer.status, answer.body) == (0, b"")
        assert len(api.appointments()) == done

    @pytest.mark.parametrize(("fields", "seconds"), [({}, 30.0), ({"seconds": 4}, 4.0)])
    def test_a_time_out_holds_the_connection(self, api: Api, fields: dict[str, float], seconds: float) -> None:
        api.fault(SEARCH, "timeout_before", **fields)
        assert search(api).effect == Hold(seconds)

    def test_a_reset_resets_it(self, api: Api) -> None:
        api.fault(SEARCH, "reset_after")
        assert search(api).effect == Reset()

    def test_a_stolen_token_is_401_and_a_new_login_helps(self, api: Api) -> None:
        query = {"patmobile": "9999900001", "countrycode": "91"}
        token = api.token()
        api.fault(SEARCH, "steal_token", count=1)

        assert api.get(SEARCH, {}, **query, api_key=token).status == 401
        assert api.get(SEARCH, {}, **query, api_key=token).status == 401
        assert api.get(SEARCH, {}, **query, api_key=api.token()).status == 200

    def test_a_stolen_token_does_not_hurt_a_key(self, api: Api) -> None:
        api.fault(SEARCH, "steal_token")
        assert search(api).status == 200

    def test_slow_pages_delay_paged_calls_only(self, api: Api, patient: str) -> None:
        api.switch(slow_pages=1.5)
        query = {"patientID": patient, "appointmentType": "2", "pageNo": "1", "pageSize": "10"}
        assert api.get("getAppointmentsByPatient", **query).effect == Delay(1.5)
        assert search(api).effect is None


class TestLateCommits:
    def test_the_work_is_done_when_the_clock_has_passed(self, api: Api) -> None:
        api.fault(NEW, "late_commit", seconds=90, count=1)

        assert isinstance(api.post(NEW, newcomer()).effect, Hold)
        assert api.control("GET", "requests")["waiting_commits"] == 1
        api.clock.advance(89)
        assert api.appointments() == []
        api.clock.advance(1)
        assert [each["patient_name"] for each in api.appointments()] == ["Ravi Nobody"]
        assert api.control("GET", "requests")["waiting_commits"] == 0

    def test_it_is_dated_when_it_was_due(self, api: Api) -> None:
        api.fault(NEW, "late_commit", seconds=90)
        api.post(NEW, newcomer())
        api.clock.advance(600)
        assert api.appointments()[0]["created_at"] == "2026-03-02T06:01:30+00:00"

    def test_the_client_can_be_cut_off_at_once(self, api: Api) -> None:
        api.fault(NEW, "late_commit", seconds=90, reset=True)
        assert api.post(NEW, newcomer()).effect == Reset()

    def test_a_refusal_can_come_before_it(self, api: Api) -> None:
        api.fault(NEW, "late_commit", seconds=90, status=409, body="Please try again", count=1)
        answer = api.post(NEW, newcomer())
        assert (answer.status, answer.text, answer.effect) == (409, "Please try again", None)
        api.clock.advance(90)
        assert len(api.appointments()) == 1

    def test_several_happen_in_the_order_in_which_they_are_due(self, api: Api) -> None:
        api.fault(NEW, "late_commit", seconds=60, count=1)
        api.fault(NEW, "late_commit", seconds=30, count=1)
        api.post(NEW, newcomer(FirstName="Slow", StaffID="D-01"))
        api.post(NEW, newcomer(FirstName="Quick", StaffID="D-02"))
        api.clock.advance(60)

        assert api.core.advance() == 2
        assert [each["patient_name"] for each in api.appointments()] == ["Quick Nobody", "Slow Nobody"]

    def test_a_late_one_may_be_refused_like_any_other(self, api: Api) -> None:
        other = api.patient()
        api.fault(NEW, "late_commit", seconds=30)
        api.post(NEW, newcomer(StaffID="D-01"))
        api.post(KNOWN, {"PatientID": other, **slot(StaffID="D-01")})
        api.clock.advance(30)

        assert [each["patient_id"] for each in api.appointments()] == [other]
        assert api.log()[-1] | {"at": None, "number": None} == {
            "number": None,
            "at": None,
            "call": NEW,
            "verb": "POST",
            "status": None,
            "fault": "late_commit_done",
            "work_status": 400,
        }

    def test_the_credential_counts_when_the_request_comes_in(self, api: Api) -> None:
        api.fault(NEW, "late_commit", seconds=7200)
        api.headers = {"api_key": "wrong"}
        assert api.post(NEW, newcomer()).status == 401

    def test_a_reset_forgets_them(self, api: Api) -> None:
        api.fault(NEW, "late_commit", seconds=30)
        api.post(NEW, newcomer())
        api.control("POST", "reset")
        api.clock.advance(60)
        assert api.appointments() == []


class TestTheLog:
    def test_says_what_was_sent_and_how_the_work_went(self, api: Api) -> None:
        api.fault(SEARCH, "timeout_after", count=1)
        api.fault(SEARCH, "reset_before", count=1)
        api.fault(SEARCH, "html", count=1)
        for _ in range(4):
            search(api)
        seen = [(each["status"], each["fault"], each["work_status"]) for each in api.log()]
        assert seen == [
            (None, "timeout_after", 204),
            (None, "reset_before", None),
            (200, "html", None),
            (204, None, 204),
        ]

    def test_names_call_verb_and_time(self, api: Api) -> None:
        search(api)
        entry = api.log()[0]
        assert (entry["call"], entry["verb"], entry["number"]) == (SEARCH, "GET", 1)
        assert entry["at"] == "2026-03-02T06:00:00+00:00"

    def test_leaves_out_the_control_interface(self, api: Api) -> None:
        api.control("GET", "appointments")
        assert api.log() == []

    def test_names_neither_path_nor_query_of_an_unknown_route(self, api: Api) -> None:
        api.core.handle(Request.to("GET", "/api/v2/patients/secret?x=secret"))
        assert api.log()[0]["call"] == "unknown"


class TestBadRules:
    @pytest.mark.parametrize(
        ("rule", "hint"),
        [
            ({}, '"call"'),
            ({"call": "*"}, '"kind"'),
            ({"call": "noSuchCall", "kind": "html"}, '"call"'),
            ({"call": "*", "kind": "explode"}, '"kind"'),
            ({"call": "*", "kind": ["html"]}, '"kind"'),
            ({"call": "*", "kind": "status"}, '"status"'),
            ({"call": "*", "kind": "status", "status": 99}, '"status"'),
            ({"call": "*", "kind": "status", "status": True}, '"status"'),
            ({"call": "*", "kind": "delay", "seconds": -1}, '"seconds"'),
            ({"call": "*", "kind": "delay", "seconds": "1"}, '"seconds"'),
            ({"call": "*", "kind": "html", "count": 0}, '"count"'),
            ({"call": "*", "kind": "html", "count": 1.5}, '"count"'),
            ({"call": "*", "kind": "html", "probability": 1.1}, '"probability"'),
            ({"call": "*", "kind": "html", "count": 1, "probability": 0.5}, "not both"),
            ({"call": "*", "kind": "html", "probability": 0.5, "seed": "x"}, '"seed"'),
            ({"call": "*", "kind": "html", "headers": {"A": "b\r\nc"}}, '"headers"'),
            ({"call": "*", "kind": "html", "headers": []}, '"headers"'),
            ({"call": "*", "kind": "html", "body": 1}, '"body"'),
            ({"call": "*", "kind": "html", "after_work": 1}, '"after_work"'),
            ({"call": "*", "kind": "html", "colour": "red"}, "colour"),
        ],
    )
    def test_get_a_400_that_says_why(self, api: Api, rule: dict[str, object], hint: str) -> None:
        answer = api.core.handle(Request.with_json("POST", "/_control/faults", rule))
        value = answer.json()
        assert answer.status == 400
        assert isinstance(value, dict)
        assert hint in value["error"]

    def test_one_bad_rule_keeps_out_the_good_ones_beside_it(self, api: Api) -> None:
        rules = [{"call": "*", "kind": "html"}, {"call": "*", "kind": "explode"}]
        assert api.core.handle(Request.with_json("POST", "/_control/faults", rules)).status == 400
        assert api.control("GET", "faults") == {"faults": []}
