"""What a page answers to a request that is wrong: a page that says what to do, nothing lost, nothing shown."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from convox_clinicea.clinicea.errors import TimedOut
from convox_clinicea.desk.pages import key_of
from convox_clinicea.desk.web import MOST_FIELDS, SESSION_COOKIE
from convox_clinicea.errors import (
    ConnectorError,
    ConsentRequired,
    FieldProblem,
    InvalidRequest,
    NotShown,
    NotStored,
    TooManyBookings,
)
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.sealing import SealingUnavailable
from convox_clinicea.table import TableUnavailable
from tests.support.clock import SkippingClock
from tests.support.desk_browser import ORIGIN, Browser, Page
from tests.support.openid import Provider
from tests.unit.desk.stand_ins import CallerView, DeskCall, Services

CALL = f"calls/{key_of('call-1')}"
FILLED = {"patient_id": "p-1", "clinic_id": "andheri", "day": "2031-03-05", "time": "09:30", "when": "now"}
HTML = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def says_what_to_do(page: Page) -> bool:
    """Whether a page has a heading and a way on."""
    return re.search(r"<h1>[^<]+</h1>", page.body) is not None and re.search(r"<(a|button)[ >]", page.body) is not None


def test_another_agent_s_call_is_not_there(browser: Browser, provider: Provider, services: Services) -> None:
    provider.claims["custom:agent_id"] = "agent-8"
    browser.sign_in(provider)

    for where in (CALL, f"{CALL}/caller", f"{CALL}/bookings"):
        page = browser.get(where)
        assert (page.status, says_what_to_do(page)) == (404, True)
        assert "9999900001" not in page.body
    assert services.shown_to == []


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Origin": ""}])
def test_a_form_of_another_site_does_nothing(signed_in: Browser, services: Services, headers: dict[str, Any]) -> None:
    token = signed_in.get(CALL).token

    page = signed_in.post(f"{CALL}/book", FILLED | {"token": token}, **headers)

    assert (page.status, says_what_to_do(page)) == (403, True)
    assert "Send" not in page.text, "no second try is offered"
    assert services.booked == []


@pytest.mark.parametrize("token", [{}, {"token": ""}, {"token": "0" * 64}, {"token": "é"}])
def test_a_form_without_the_token_asks_before_it_is_sent(
    signed_in: Browser, services: Services, token: dict[str, str]
) -> None:
    page = signed_in.post(f"{CALL}/book", FILLED | {"notes": HTML} | token)

    assert (page.status, says_what_to_do(page)) == (403, True)
    assert services.booked == []
    assert "<script>alert" not in page.body
    held = {name: page.field(name) or "" for name in (*FILLED, "notes", "token")}
    assert signed_in.post(f"{CALL}/book", held).status == 200
    assert services.booked[0]["notes"] == HTML


def test_a_form_of_an_expired_session_is_not_lost(
    browser: Browser, provider: Provider, services: Services, clock: SkippingClock
) -> None:
    browser.sign_in(provider)
    token = browser.get(CALL).token
    clock.advance(3601)

    out = browser.post(f"{CALL}/book", FILLED | {"token": token, "notes": "knee"})
    provider.claims["exp"] = 4_102_444_800
    browser.sign_in(provider)
    asked = browser.post(f"{CALL}/book", {name: out.field(name) or "" for name in (*FILLED, "notes")})
    done = browser.post(f"{CALL}/book", {name: asked.field(name) or "" for name in (*FILLED, "notes", "token")})

    assert (out.status, "What you typed is still in this page" in out.text) == (401, True)
    assert 'target="_blank"' in out.body
    assert (asked.status, done.status) == (403, 200)
    assert [each["notes"] for each in services.booked] == ["knee"]


def test_a_part_of_a_page_of_an_expired_session_says_so(signed_in: Browser, clock: SkippingClock) -> None:
    clock.advance(3601)

    page = signed_in.get(f"{CALL}/caller", fragment=True)

    assert (page.status, "You are signed out" in page.text) == (401, True)
    assert "9999900001" not in page.body


@pytest.mark.parametrize("where", ["calls", CALL, "token", "calls/x/y/z", "nowhere"])
def test_nothing_is_shown_without_a_session(browser: Browser, where: str) -> None:
    page = browser.get(where)

    assert (page.status, says_what_to_do(page)) == (401, True)


@pytest.mark.parametrize("cookie", ["0" * 64, "x", "a; b", "é", ""])
def test_a_cookie_of_another_stack_is_no_session(browser: Browser, cookie: str) -> None:
    browser.cookies[SESSION_COOKIE] = cookie

    assert "Sign in to the desk" in browser.get().text


def test_html_in_each_field_stays_text(signed_in: Browser, services: Services) -> None:
    services.refused = InvalidRequest(FieldProblem("start", "must be in the future"))
    services.agents_calls["agent-7"][0] = DeskCall(line=HTML)
    token = signed_in.get(CALL).token
    names = ("patient_id", "clinic_id", "day", "time", "service", "practitioner_id", "notes", "duration_minutes")

    page = signed_in.post(f"{CALL}/book", dict.fromkeys(names, HTML) | {"token": token})
    services.view = CallerView("none")
    again = signed_in.post("calls", {"token": token, "mobile": HTML.replace("9", "")})

    assert page.status == 400
    assert "must be in the future" in page.text
    for each in (page, again, signed_in.get()):
        assert "<script>alert" not in each.body
        assert "onerror=alert(1)>" not in each.body
    assert page.field("service") == HTML, "what was typed is kept"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (urlencode({"notes": "x" * 1_000_000}), {}, 413),
        ('{"clinic_id": "andheri"}', {"Content_Type": "application/json"}, 400),
        ("clinic_id=andheri&clinic_id=bandra", {}, 400),
        ("&".join(f"f{each}=1" for each in range(MOST_FIELDS + 1)), {}, 400),
        ("", {"Content_Type": "multipart/form-data; boundary=x"}, 400),
    ],
    ids=["one megabyte", "JSON", "a field twice", "too many fields", "multipart"],
)
def test_what_is_no_form_of_a_page_is_refused(
    signed_in: Browser, services: Services, body: str, headers: dict[str, Any], status: int
) -> None:
    page = signed_in.post(f"{CALL}/book", body, **headers)

    assert (page.status, says_what_to_do(page)) == (status, True)
    assert services.booked == []


@pytest.mark.parametrize(
    "where",
    ["nowhere", "calls/!!!", "calls/4pyT", "static/app.py", "static/..%2Fviews.py", "static/desk.css", "calls//caller"],
)
def test_what_is_not_there_is_a_page(signed_in: Browser, where: str) -> None:
    page = signed_in.get(where)

    assert (page.status, says_what_to_do(page)) == (404, True)


@pytest.mark.parametrize("where", ["nowhere", f"{CALL}/nothing", "sign-in"])
def test_a_form_sent_to_nowhere_is_a_page(signed_in: Browser, where: str) -> None:
    page = signed_in.post(where, {"token": signed_in.get().token})

    assert (page.status, says_what_to_do(page)) == (404, True)


REFUSALS: list[tuple[ConnectorError, int, str]] = [
    (ConsentRequired("no"), 400, "has not consented"),
    (NotShown("no"), 403, "was not found on this call"),
    (TooManyBookings("limit", 17), 429, "was not stored"),
    (NotStored("no"), 503, "not confirmed"),
    (TableUnavailable("dynamodb"), 503, "Something went wrong"),
    (SealingUnavailable("kms:Decrypt"), 503, "Something went wrong"),
    (UnreadableRecord("a later release's"), 503, "Something went wrong"),
    (TimedOut("no"), 504, TimedOut.public),
]


@pytest.mark.parametrize(("error", "status", "words"), REFUSALS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("fragment", [True, False], ids=["part", "page"])
def test_a_refused_booking_says_why_and_keeps_what_was_typed(
    signed_in: Browser, services: Services, error: ConnectorError, status: int, words: str, fragment: bool
) -> None:
    services.refused = error
    token = signed_in.get(CALL).token

    page = signed_in.post(f"{CALL}/book", FILLED | {"token": token, "service": "Knee"}, fragment=fragment)

    assert (page.status, words in page.text) == (status, True)
    if not fragment:
        assert page.field("service") == "Knee"
    elif status == 429:
        assert page.headers["Retry-After"] == ["17"]


def test_nothing_about_a_person_is_in_the_log(
    signed_in: Browser, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    token = signed_in.get(CALL).token
    signed_in.get(f"{CALL}/caller", fragment=True)
    services.refused = NotStored("no")
    signed_in.post(f"{CALL}/book", FILLED | {"token": token, "notes": "Samplewala"}, Origin=ORIGIN)

    said = "".join(str(vars(each)) for each in caplog.records)
    assert "request failed" in said
    for telling in ("Samplewala", "9999900001", "Asha", "0d2f0a52", token):
        assert telling not in said
