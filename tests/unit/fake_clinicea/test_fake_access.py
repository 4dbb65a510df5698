"""Who gets in: keys, staff sessions, roles."""

import pytest

from local.clinicea.auth import LOCAL_LIMITED_KEY

from .api import PAGE, TOMORROW, Api, slot

SEARCH = "searchPatientByMobileNumber"
QUERY = {"patmobile": "9999900001", "countrycode": "91"}


def test_a_key_in_the_header_is_accepted(api: Api) -> None:
    assert api.get(SEARCH, **QUERY).status == 204


@pytest.mark.parametrize("headers", [{}, {"api_key": "wrong"}, {"api_key": ""}])
def test_a_missing_or_unknown_credential_is_401(api: Api, headers: dict[str, str]) -> None:
    assert api.get(SEARCH, headers, **QUERY).status == 401


def test_a_key_does_not_count_as_a_token_nor_a_token_as_a_key(api: Api) -> None:
    assert api.get(SEARCH, {}, **QUERY, api_key=api.headers["api_key"]).status == 401
    assert api.get(SEARCH, {"api_key": api.token()}, **QUERY).status == 401


def test_the_header_can_be_limited_to_some_versions(api: Api) -> None:
    api.switch(header_versions=["v3"])

    assert api.get(SEARCH, **QUERY).status == 401
    assert api.get("getAppointmentsByDate", appointmentDate=TOMORROW, **PAGE).status == 204


def test_a_login_answers_a_json_string(api: Api) -> None:
    answer = api.login()

    assert answer.status == 200
    assert answer.content_type == "application/json; charset=utf-8"
    assert isinstance(answer.json(), str)


def test_a_login_answers_an_object_if_switched_so(api: Api) -> None:
    api.switch(token_as_object=True)

    value = api.login().json()

    assert isinstance(value, dict)
    assert set(value) == {"Token"}


def test_a_token_needs_encoding_in_a_url(api: Api) -> None:
    assert {"+", "/", "="} <= set(api.token())


@pytest.mark.parametrize("wrong", ["apiKey", "loginUserName", "pwd"])
def test_a_login_with_wrong_credentials_is_401(api: Api, wrong: str) -> None:
    assert api.login(**{wrong: "wrong"}).status == 401


@pytest.mark.parametrize("missing", ["apiKey", "loginUserName", "pwd"])
def test_a_login_without_a_parameter_is_a_plain_400(api: Api, missing: str) -> None:
    answer = api.login(**{missing: ""})

    assert (answer.status, answer.content_type) == (400, "text/plain; charset=utf-8")


def test_a_token_is_accepted_as_query_parameter(api: Api) -> None:
    assert api.get(SEARCH, {}, **QUERY, api_key=api.token()).status == 204


def test_a_token_lives_for_60_minutes(api: Api) -> None:
    token = api.token()

    api.clock.advance(minutes=59.9)
    assert api.get(SEARCH, {}, **QUERY, api_key=token).status == 204

    api.clock.advance(minutes=0.1)
    assert api.get(SEARCH, {}, **QUERY, api_key=token).status == 401


def test_the_life_of_tokens_is_a_switch(api: Api) -> None:
    token = api.token()

    api.switch(token_minutes=0)

    assert api.get(SEARCH, {}, **QUERY, api_key=token).status == 401


def test_a_new_login_ends_the_session_before_it(api: Api) -> None:
    first, second = api.token(), api.token()

    assert first != second
    assert api.get(SEARCH, {}, **QUERY, api_key=first).status == 401
    assert api.get(SEARCH, {}, **QUERY, api_key=second).status == 204


def test_a_failed_login_ends_no_session(api: Api) -> None:
    token = api.token()

    api.login(pwd="wrong")

    assert api.get(SEARCH, {}, **QUERY, api_key=token).status == 204


def test_sessions_may_live_side_by_side_if_switched_so(api: Api) -> None:
    api.switch(login_single_session=False)
    first, second = api.token(), api.token()

    assert [api.get(SEARCH, {}, **QUERY, api_key=each).status for each in (first, second)] == [204, 204]


def test_a_role_without_the_call_is_403(api: Api) -> None:
    patient = api.patient()
    api.switch(denied_status=403)
    api.headers = {"api_key": LOCAL_LIMITED_KEY}

    assert api.get(SEARCH, **QUERY).status == 200
    assert api.post("postAppointmentByPatientID", {"PatientID": patient, **slot()}).status == 403
    assert api.appointments() == []


def test_a_session_has_the_role_of_its_key(api: Api) -> None:
    token = api.login(apiKey=LOCAL_LIMITED_KEY).json()

    assert api.get("getPatientByID", {}, patientID="P", api_key=str(token)).status == 401


@pytest.mark.parametrize("call", [SEARCH, "getTokenByStaffUsernamePwd"])
def test_calls_can_be_denied_to_every_role(api: Api, call: str) -> None:
    api.switch(denied_calls=[call])

    answer = api.login() if call != SEARCH else api.get(SEARCH, **QUERY)

    assert answer.status == 401


def test_the_same_seed_gives_the_same_tokens() -> None:
    assert Api().token() == Api().token()
