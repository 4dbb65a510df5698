"""Signing in against a provider on a socket: what is checked, and what each refusal says."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from convox_clinicea.desk.web import SESSION_COOKIE, SIGN_IN_COOKIE
from tests.support.desk_browser import DESK, Browser
from tests.support.openid import CLIENT, Provider, token_of
from tests.support.small_server import Drip, Reply, Reset, json_reply


def test_the_browser_is_sent_away_with_pkce_state_and_nonce(browser: Browser, provider: Provider) -> None:
    page = browser.get("sign-in", follow=False)
    query = {name: values[0] for name, values in parse_qs(urlsplit(page.headers["Location"][0]).query).items()}

    assert page.headers["Location"][0].startswith(f"{provider.url}/authorize?")
    assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
    assert query["redirect_uri"] == f"{DESK}/signed-in"
    assert query["code_challenge_method"] == "S256"
    assert all(len(query[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
    (cookie,) = page.headers["Set-Cookie"]
    assert cookie.startswith(f"{SIGN_IN_COOKIE}=")
    assert cookie.endswith("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600")


def test_a_session_begins_under_a_new_value(browser: Browser, provider: Provider) -> None:
    browser.cookies[SESSION_COOKIE] = "a" * 64  # as an attacker might have set it
    browser.sign_in(provider)
    first = browser.cookies[SESSION_COOKIE]
    browser.sign_in(provider)
    second = browser.cookies[SESSION_COOKIE]

    assert len({"a" * 64, first, second}) == 3
    browser.cookies[SESSION_COOKIE] = first
    assert "Sign in to the desk" in browser.get().text, "the session before has ended"
    assert SIGN_IN_COOKIE not in browser.cookies


def test_a_state_serves_once(browser: Browser, provider: Provider) -> None:
    started = browser.get("sign-in", follow=False)
    kept = dict(browser.cookies)
    back = provider.sign_in(started.headers["Location"][0])
    assert browser.get(back).status == 200
    browser.cookies |= kept

    again = browser.get(back)

    assert (again.status, "sign in again" in again.text.lower()) == (400, True)


def test_a_sign_in_that_was_begun_in_another_browser_is_refused(browser: Browser, provider: Provider) -> None:
    started = browser.get("sign-in", follow=False)
    browser.cookies.clear()

    page = browser.get(provider.sign_in(started.headers["Location"][0]))

    assert (page.status, SESSION_COOKIE in browser.cookies) == (400, False)
    assert provider.codes, "the code was not even exchanged"


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?code=y", "?state=" + "0" * 64 + "&code=y"])
def test_a_made_up_return_is_refused(browser: Browser, query: str) -> None:
    browser.get("sign-in", follow=False)

    assert browser.get(f"signed-in{query}").status == 400


def test_a_refusal_of_the_provider_is_a_page_with_a_way_on(browser: Browser) -> None:
    started = browser.get("sign-in", follow=False)
    state = parse_qs(urlsplit(started.headers["Location"][0]).query)["state"][0]

    page = browser.get(f"signed-in?state={state}&error=access_denied&error_description=<b>no</b>")

    assert page.status == 400
    assert "<b>no" not in page.body
    assert 'href="../desk/sign-in"' in page.body


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"aud": ["another"]},
        {"azp": "another"},
        {"exp": 1},
        {"exp": "soon"},
        {"nonce": "another"},
        {"nonce": None},
    ],
    ids=str,
)
def test_an_id_token_for_somebody_else_signs_nobody_in(
    browser: Browser, provider: Provider, wrong: dict[str, object]
) -> None:
    provider.claims |= wrong

    page = browser.sign_in(provider)

    assert (page.status, SESSION_COOKIE in browser.cookies) == (503, False)


@pytest.mark.parametrize(
    "lacking",
    [{"custom:agent_id": None}, {"custom:agent_id": " "}, {"cognito:groups": None}, {"cognito:groups": ["x"]}],
)
def test_a_person_without_agent_id_or_role_is_told_so(
    browser: Browser, provider: Provider, lacking: dict[str, object]
) -> None:
    provider.claims |= lacking

    page = browser.sign_in(provider)

    assert (page.status, "not set up as an agent" in page.text) == (403, True)


def test_roles_may_come_as_words_between_spaces(browser: Browser, provider: Provider) -> None:
    provider.claims["cognito:groups"] = "staff agents"

    assert browser.sign_in(provider).status == 200


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (json_reply({"error": "invalid_grant"}, 400), 400),
        (json_reply({"error": "invalid_client"}, 401), 500),
        (Reply(500), 503),
        (Reply(200, b"<html>"), 503),
        (Reply(302, b"", {"Location": "http://127.0.0.1:1/"}), 503),
        (json_reply({"id_token": "no.token"}), 503),
        (json_reply({"id_token": token_of({})}), 503),
        (json_reply(["a", "list"]), 503),
        (Reply(200, b"x" * 100_000), 503),
        (Reset(), 503),
    ],
)
def test_a_token_endpoint_that_does_not_answer_as_it_should(
    browser: Browser, provider: Provider, answer: Reply, status: int
) -> None:
    provider.token_answer = answer

    page = browser.sign_in(provider)

    assert (page.status, SESSION_COOKIE in browser.cookies) == (status, False)
    assert "sign in again" in page.text.lower()


@pytest.mark.parametrize(
    "answer",
    [
        Reply(404),
        json_reply({"issuer": "https://elsewhere.example"}),
        Reply(200, b"{"),
        Drip(b"{" * 4000, b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"),
    ],
    ids=["missing", "another issuer", "broken", "dripping"],
)
def test_a_provider_that_cannot_be_asked_is_a_page(browser: Browser, provider: Provider, answer: Reply) -> None:
    provider.discovery_answer = answer

    page = browser.get("sign-in")

    assert page.status in (500, 503)
    assert "To the desk" in page.text
    provider.discovery_answer = None
    assert browser.sign_in(provider).status == 200, "it is asked again"


def test_a_discovery_document_with_a_plain_address_is_refused(browser: Browser, provider: Provider) -> None:
    provider.discovery_answer = json_reply(
        {
            "issuer": provider.issuer,
            "authorization_endpoint": "http://elsewhere.example/authorize",
            "token_endpoint": f"{provider.url}/token",
        }
    )

    assert browser.get("sign-in").status == 503
