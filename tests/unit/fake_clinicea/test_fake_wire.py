"""Routes, verbs, the Swagger documents, and what must not be seen in logs."""

from typing import Any

import pytest

from local.clinicea import Answer, Request
from local.clinicea.routes import CALLS

from .api import ALL_PLACES, PLACES, Api, newcomer

SEARCH = "searchPatientByMobileNumber"
FOUR = [
    "searchPatientByMobileNumber",
    "getPatientPastCompletedAppointment",
    "postAppointmentByPatientID",
    "postAppointment",
]


def ask(api: Api, method: str, target: str) -> Answer:
    return api.core.handle(Request.to(method, target, {**api.headers, "Host": "clinicea.test"}))


def swagger(api: Api, version: str) -> dict[str, Any]:
    value = ask(api, "GET", f"/swagger/docs/{version}").json()
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/v2/patients",
        "/api/v2/patients/noSuchCall",
        "/api/v3/patients/searchPatientByMobileNumber",
        "/api/v9/patients/searchPatientByMobileNumber",
        "/api/v2/appointments/searchPatientByMobileNumber",
        "/api/v2/patients/searchPatientByMobileNumber/more",
    ],
)
def test_a_missing_route_is_aspnets_404(api: Api, path: str) -> None:
    answer = ask(api, "GET", f"{path}?api_key=x")

    assert answer.status == 404
    assert answer.json() == {
        "Message": f"No HTTP resource was found that matches the request URI 'http://clinicea.test{path}?api_key=x'."
    }


def test_a_path_is_matched_without_case(api: Api) -> None:
    target = "/API/V1/Patients/SEARCHBYMOBILENUMBER?patmobile=1&countrycode=91"
    assert ask(api, "GET", target).status == 204


@pytest.mark.parametrize("call", sorted(CALLS))
def test_the_wrong_verb_is_405_and_says_which_is_right(api: Api, call: str) -> None:
    right = "POST" if call.startswith(("post", "create")) else "GET"
    assert ask(api, right, PLACES[call]).status != 405

    for method in {"GET", "POST", "PUT", "DELETE", "HEAD"} - {right}:
        answer = ask(api, method, PLACES[call])
        assert (answer.status, answer.headers["Allow"]) == (405, right), method


def test_the_route_is_judged_before_the_credential(api: Api) -> None:
    api.headers = {}
    assert ask(api, "GET", "/api/v2/patients/noSuchCall").status == 404
    assert ask(api, "POST", PLACES["getPatient"]).status == 405


def test_the_version_that_carries_a_call_is_a_switch(api: Api) -> None:
    api.switch(call_versions={"searchPatientByMobileNumber": ["v1", "v3"]})
    query = "?patmobile=1&countrycode=91"
    places = {"v1": "searchByMobileNumber", "v2": SEARCH, "v3": SEARCH}
    answers = {each: ask(api, "GET", f"/api/{each}/patients/{last}{query}").status for each, last in places.items()}
    assert answers == {"v1": 204, "v2": 404, "v3": 204}


def test_in_v1_the_search_has_one_of_two_paths(api: Api) -> None:
    places = [f"/api/v1/patients/{last}?patmobile=1&countrycode=91" for last in ("searchByMobileNumber", SEARCH)]
    assert [ask(api, "GET", place).status for place in places] == [204, 404]
    api.switch(v1_search=SEARCH)
    assert [ask(api, "GET", place).status for place in places] == [404, 204]


@pytest.mark.parametrize("headers", [{}, {"api_key": "local-api-key"}], ids=["token", "key"])
def test_a_flood_of_parameters_is_a_plain_400(api: Api, headers: dict[str, str]) -> None:
    flood = "&".join(f"p{number}=1" for number in range(300))
    answer = api.core.handle(Request.to("GET", f"{PLACES['getPatientByID']}?{flood}", headers))
    assert (answer.status, answer.text) == (400, "Too many parameters")


class TestSwagger:
    def test_every_call_is_in_the_document_of_its_version(self, api: Api) -> None:
        paths = [path for version in ("v1", "v2", "v3") for path in swagger(api, version)["paths"]]
        assert sorted(paths) == sorted(place for places in ALL_PLACES.values() for place in places)

    def test_it_needs_no_credential(self, api: Api) -> None:
        api.headers = {}
        assert swagger(api, "v2")["swagger"] == "2.0"

    @pytest.mark.parametrize("call", FOUR)
    def test_it_gives_the_verb(self, api: Api, call: str) -> None:
        verb = "post" if call.startswith("post") else "get"
        assert list(swagger(api, "v1")["paths"][PLACES[call]]) == [verb]

    def test_it_gives_query_parameters(self, api: Api) -> None:
        operation = swagger(api, "v1")["paths"][PLACES[SEARCH]]["get"]
        assert operation["parameters"] == [
            {"name": "patMobile", "in": "query", "required": True, "type": "string"},
            {"name": "countryCode", "in": "query", "required": True, "type": "string"},
        ]

    def test_it_gives_bodies_as_definitions(self, api: Api) -> None:
        api.switch(post_parameters_in_query=False)
        document = swagger(api, "v1")
        parameters = document["paths"][PLACES["postAppointment"]]["post"]["parameters"]
        assert parameters[0]["schema"] == {"$ref": "#/definitions/PostAppointmentModel"}

        model = document["definitions"]["PostAppointmentModel"]
        assert set(newcomer()) <= set(model["properties"])
        assert "LastName" not in model["required"]

    def test_every_reference_leads_somewhere(self, api: Api) -> None:
        for version in ("v1", "v2", "v3"):
            document = swagger(api, version)
            for reference in references(document["paths"]):
                assert reference.removeprefix("#/definitions/") in document["definitions"]

    def test_it_follows_the_switches(self, api: Api) -> None:
        api.switch(post_appointment_verb="GET", call_versions={"getChanges": ["v3"]})

        operation = swagger(api, "v1")["paths"][PLACES["postAppointment"]]
        assert list(operation) == ["get"]
        assert {each["in"] for each in operation["get"]["parameters"]} == {"query"}
        assert "/api/v3/appointments/getChanges" in swagger(api, "v3")["paths"]

    def test_the_page_leads_to_the_documents(self, api: Api) -> None:
        assert ask(api, "GET", "/swagger").headers["Location"] == "/swagger/ui/index"
        assert "/swagger/docs/v2" in ask(api, "GET", "/swagger/ui/index").text

    @pytest.mark.parametrize(("method", "path"), [("GET", "/swagger/docs/v4"), ("POST", "/swagger/docs/v2")])
    def test_there_is_nothing_else(self, api: Api, method: str, path: str) -> None:
        assert ask(api, method, path).status == 404


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [each for inner in value.values() for each in references(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in references(inner)]
    return []


class TestNothingIsGivenAway:
    SECRET = "9999900042"

    def test_by_the_repr_of_a_request_or_an_answer(self, api: Api) -> None:
        api.patient(mobile=self.SECRET)
        target = f"{PLACES['searchPatientByMobileNumber']}?patmobile={self.SECRET}&countrycode=91"
        request = Request.to("GET", target, {"api_key": self.SECRET}, self.SECRET.encode())

        assert self.SECRET not in repr(request)
        answer = ask(api, "GET", target)
        assert self.SECRET in answer.text
        assert self.SECRET not in repr(answer)

    def test_by_the_log(self, api: Api) -> None:
        api.get("searchPatientByMobileNumber", patmobile=self.SECRET, countrycode="91")
        api.post("postAppointment", newcomer(Mobile=self.SECRET))
        ask(api, "GET", f"/api/v2/patients/{self.SECRET}")

        assert len(api.log()) == 3
        assert self.SECRET not in repr(api.log())

    def test_by_the_text_of_a_refusal(self, api: Api) -> None:
        answer = api.post("postAppointment", newcomer(StartDateTime=self.SECRET))
        assert self.SECRET not in answer.text
