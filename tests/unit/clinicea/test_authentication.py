"""The two ways into Clinicea, and what becomes of a credential that it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from convox_clinicea.clinicea import Credentials, connect, errors
from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.clinicea.http import Scheme
from convox_clinicea.clinicea.wire import WireAnswer, WireRequest
from convox_clinicea.errors import ConfigurationError
from tests.support.canaries import API_KEY, MOBILE, PASSWORD, TOKEN, USER_NAME, new_appointment
from tests.support.clients import UNUSED, Outcome, Scripted, answer, credentials, lost, nothing, scripted_client, within
from tests.support.clock import VirtualClock
from tests.support.leaks import found

SECRET = {"api_key": API_KEY, "user_name": USER_NAME, "password": PASSWORD}
SEARCH = "searchPatientByMobileNumber"
REFUSED = answer({"Message": "Authorization has been denied for this request."}, 401)


class Clinic:
    """A transport: logs in with numbered tokens, and refuses those before `good_from`."""

    def __init__(self, *, good_from: int = 1, login: Callable[[int], WireAnswer] | None = None) -> None:
        self.good_from = good_from
        self.logins = 0
        self._login = login or (lambda number: answer(f"token-{number}"))
        self.tokens: list[str] = []
        self.sent: list[WireRequest] = []

    def send(self, request: WireRequest, _deadline: object) -> WireAnswer:
        self.sent.append(request)
        if request.call == LOGIN:
            self.logins += 1
            return self._login(self.logins)
        self.tokens.append(request.query["api_key"])
        good = int(request.query["api_key"].removeprefix("token-")) >= self.good_from
        return nothing() if good else REFUSED


def search(transport: Clinic | Scripted, clock: VirtualClock, times: int = 1, scheme: Scheme = "staff_session") -> None:
    client = connect(
        UNUSED, credentials=lambda: Credentials.from_secret(SECRET), scheme=scheme, clock=clock, transport=transport
    )
    for _ in range(times):
        client.search_patient_by_mobile_number(MOBILE, within(60, clock))


class TestApiKey:
    def test_it_travels_in_a_header_and_nowhere_else(self) -> None:
        transport = Scripted(nothing())
        search(transport, VirtualClock(), scheme="api_key")
        (request,) = transport.sent
        assert request.headers == {"api_key": API_KEY}
        assert API_KEY not in str(dict(request.query))

    def test_one_that_is_refused_is_not_renewed(self) -> None:
        transport = Scripted(REFUSED)
        with pytest.raises(errors.AuthenticationFailed, match="401"):
            search(transport, VirtualClock(), scheme="api_key")
        assert [request.call for request in transport.sent] == [SEARCH]

    def test_a_rotated_secret_takes_effect_at_the_next_request(self) -> None:
        keys = iter(["old-key", "new-key"])
        transport, clock = Scripted(nothing()), VirtualClock()
        client = connect(UNUSED, credentials=lambda: credentials(next(keys)), clock=clock, transport=transport)
        for _ in range(2):
            client.search_patient_by_mobile_number(MOBILE, within(60, clock))
        assert [request.headers["api_key"] for request in transport.sent] == ["old-key", "new-key"]


class TestStaffSession:
    def test_one_login_serves_all_calls_with_its_token_in_the_query(self) -> None:
        clinic = Clinic()
        search(clinic, VirtualClock(), times=3)
        assert (clinic.logins, clinic.tokens) == (1, ["token-1"] * 3)
        login, first = clinic.sent[:2]
        assert login.query == {"apiKey": API_KEY, "loginUserName": USER_NAME, "pwd": PASSWORD}
        assert "api_key" not in first.headers

    def test_a_token_is_renewed_before_it_grows_old(self) -> None:
        clinic, clock = Clinic(), VirtualClock()
        client = connect(UNUSED, credentials=credentials, scheme="staff_session", clock=clock, transport=clinic)
        for minutes in (0, 54, 2):
            clock.advance(minutes=minutes)
            client.search_patient_by_mobile_number(MOBILE, within(60, clock))
        assert clinic.tokens == ["token-1", "token-1", "token-2"]

    def test_a_refused_token_is_renewed_once(self) -> None:
        clinic = Clinic(good_from=2)
        search(clinic, VirtualClock())
        assert (clinic.logins, clinic.tokens) == (2, ["token-1", "token-2"])

    def test_and_not_again_if_the_new_one_is_refused_too(self) -> None:
        clinic = Clinic(good_from=99)
        with pytest.raises(errors.AuthenticationFailed):
            search(clinic, VirtualClock())
        assert (clinic.logins, clinic.tokens) == (2, ["token-1", "token-2"])

    def test_a_booking_refused_for_its_token_is_sent_once_more(self) -> None:
        clock = VirtualClock()
        transport = Scripted(
            answer("token-1"), REFUSED, answer("token-2"), answer({"ID": "A-1", "StartDateTime": "2031-03-10T10:00:00"})
        )
        client = scripted_client(transport, scheme="staff_session", clock=clock)
        created = client.post_appointment_by_patient_id("P-1", new_appointment(), within(60, clock))
        assert created.appointment_id == "A-1"
        assert [request.query.get("api_key") for request in transport.sent] == [None, "token-1", None, "token-2"]

    def test_but_not_when_its_second_outcome_is_unknown(self) -> None:
        clock = VirtualClock()
        transport = Scripted(answer("token-1"), REFUSED, answer("token-2"), lost())
        client = scripted_client(transport, scheme="staff_session", clock=clock)
        with pytest.raises(errors.OutcomeUnknown):
            client.post_appointment_by_patient_id("P-1", new_appointment(), within(60, clock))
        assert len(transport.sent) == 4

    def test_login_follows_the_call_table(self) -> None:
        clock = VirtualClock()
        transport = Scripted(answer("t"), nothing())
        login = {"verb": "POST", "style": "form", "version": "v3", "parameters": {"password": "Secret"}}
        table = {"login": login, "credentials": {"token_parameter": "session"}}
        client = scripted_client(transport, scheme="staff_session", clock=clock, table=table)
        client.search_patient_by_mobile_number(MOBILE, within(60, clock))
        first, second = transport.sent
        assert (first.verb, first.path) == ("POST", "/api/v3/login/getTokenByStaffUsernamePwd")
        assert first.form == {"apiKey": "local-api-key", "loginUserName": "local-user", "Secret": "local-password"}
        assert (first.query, second.query["session"]) == ({}, "t")


class TestLoginAnswers:
    @pytest.mark.parametrize("body", [TOKEN, f" {TOKEN} ", {"Token": TOKEN}, {"token": TOKEN, "UserID": 5}])
    def test_a_string_or_an_object_with_a_token(self, body: object) -> None:
        transport = Scripted(answer(body), nothing())
        search(transport, VirtualClock())
        assert transport.sent[1].query["api_key"] == TOKEN

    @pytest.mark.parametrize(
        ("outcome", "kind"),
        [
            (nothing(), errors.AuthenticationFailed),
            (REFUSED, errors.AuthenticationFailed),
            (answer(status=403, text=""), errors.PermissionDenied),
            (answer(""), errors.UnexpectedAnswer),
            (answer("  "), errors.UnexpectedAnswer),
            (answer({}), errors.UnexpectedAnswer),
            (answer({"Token": None}), errors.UnexpectedAnswer),
            (answer({"Token": 5}), errors.UnexpectedAnswer),
            (answer([TOKEN]), errors.UnexpectedAnswer),
            (answer(None), errors.UnexpectedAnswer),
            (answer(text=TOKEN), errors.UnexpectedAnswer),
            (answer(status=503, text=""), errors.Unavailable),
            (lost(), errors.Unavailable),
        ],
    )
    def test_anything_else_is_an_error_of_the_login(self, outcome: Outcome, kind: type[errors.CliniceaError]) -> None:
        transport = Scripted(outcome)
        with pytest.raises(kind) as caught:
            search(transport, VirtualClock())
        assert caught.value.call == LOGIN
        assert {request.call for request in transport.sent} == {LOGIN}
        assert TOKEN not in str(caught.value)


class TestCredentials:
    @pytest.mark.parametrize(
        ("secret", "field"),
        [
            ({}, "api_key"),
            ({"api_key": ""}, "api_key"),
            ({"api_key": "canary\n"}, "api_key"),
            ({"api_key": " canary"}, "api_key"),
            ({"api_key": "canary\u20ac"}, "api_key"),
            ({"api_key": 5}, "api_key"),
            ({"api_key": "k", "pwd": "canary"}, "pwd"),
            ("canary", "secret"),
            (None, "secret"),
        ],
    )
    def test_a_wrong_secret_names_the_field_and_no_value(self, secret: object, field: str) -> None:
        with pytest.raises(ConfigurationError, match=f"the Clinicea secret is not valid at: {field}$") as caught:
            Credentials.from_secret(secret)
        assert caught.value.__context__ is None  # pydantic's own error holds the secret

    @pytest.mark.parametrize("missing", ["user_name", "password"])
    def test_a_staff_session_needs_user_and_password(self, missing: str) -> None:
        given = {name: value for name, value in SECRET.items() if name != missing}
        transport = Scripted(nothing())
        client = connect(
            UNUSED,
            credentials=lambda: Credentials.from_secret(given),
            scheme="staff_session",
            clock=VirtualClock(),
            transport=transport,
        )
        with pytest.raises(ConfigurationError, match="lacks user_name or password"):
            client.search_patient_by_mobile_number(MOBILE, within(60))
        assert transport.sent == []

    def test_they_print_no_value(self) -> None:
        given = Credentials.from_secret(SECRET)
        shown = str(given) + repr(given) + given.model_dump_json() + json.dumps(given.model_dump(), default=str)
        assert found((API_KEY, USER_NAME, PASSWORD), shown) == []
