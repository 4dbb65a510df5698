"""No error, no traceback and no log line shows a URL's query, a credential or a patient, whatever goes wrong."""

from __future__ import annotations

import json
import logging
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from typing import Any

import pytest

from convox_clinicea.clinicea import Clinicea, Credentials
from convox_clinicea.clinicea.errors import CliniceaError
from convox_clinicea.clinicea.http import Scheme
from convox_clinicea.deadline import Deadline
from convox_clinicea.function import failure
from tests.support.canaries import (
    API_KEY,
    MOBILE,
    NOTES,
    PASSWORD,
    START,
    TOKEN,
    USER_NAME,
    leaks,
    new_appointment,
    new_patient,
)
from tests.support.certificates import Certificate
from tests.support.clients import client_for, within
from tests.support.clock import SkippingClock
from tests.support.small_server import Action, Drip, Raw, Reply, Reset, Seen, SmallServer, json_reply

LOGIN = "getTokenByStaffUsernamePwd"
ECHO = b"No HTTP resource was found that matches the request URI 'http://x/api?api_key=canary%2Btoken'"
ACTIONS: dict[str, Action] = {
    "records": json_reply([{"ID": "P-1", "FullName": "Canarina Vogelwala", "Mobile": "9999900042"}]),
    "a record without an id": json_reply([{"FullName": "Canarina Vogelwala"}]),
    "400 that repeats its input": Reply(400, b"Canarina Vogelwala, 9999900042 is not valid"),
    "404 that repeats the address": Reply(404, ECHO),
    "405": Reply(405, ECHO),
    "429": Reply(429, ECHO, {"Retry-After": "canary"}),
    "500": Reply(500, ECHO),
    "saving error": json_reply({"ID": 0, "SavingErrorCode": 7, "SavingErrorText": "Canarina Vogelwala, 9999900042"}),
    "redirect": Reply(302, b"", {"Location": "/api?api_key=canary%2Btoken"}),
    "redirect to nowhere": Reply(307, b"", {"Location": "http://[canary"}),
    "no json": Reply(200, b"Canarina Vogelwala"),
    "a header that is none": Raw(b"HTTP/1.1 200 OK\r\nCanarina Vogelwala\r\nContent-Length: 2\r\n\r\n[]"),
    "both lengths": Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"),
    "cookies": Reply(200, b"[]", {"Set-Cookie": "a=b; expires=canary-api-key-7f3a; domain=canary"}),
    "cut": Raw(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"Name": "Canarina"'),
    "bad chunk": Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nCanarina\r\n"),
    "bad gzip": Reply(200, b"Canarina", {"Content-Encoding": "gzip"}),
    "reset": Reset(),
    "drip": Drip(b"x" * 3000),
}
HOLDING = ("records", "a record without an id", "saving error", "no json", "404 that repeats the address")
"""Answers that a model reads, or that quote the address."""
USES: dict[str, Callable[[Clinicea, Deadline], object]] = {
    "search": lambda client, by: client.search_patient_by_mobile_number(MOBILE, by),
    "pages": lambda client, by: client.appointments_by_patient("P-77", by),
    "known": lambda client, by: client.post_appointment_by_patient_id("P-77", new_appointment(), by),
    "new": lambda client, by: client.post_appointment(new_patient(), new_appointment(), by),
    "services": lambda client, by: client.services("C-01", by, NOTES),
    "changes": lambda client, by: client.changes(START, by),
}
SECRET = Credentials.from_secret({"api_key": API_KEY, "user_name": USER_NAME, "password": PASSWORD})


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """As on a machine where somebody has set the root logger to DEBUG."""
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def shows(url: str, use: str, scheme: Scheme, table: dict[str, Any] | None = None) -> str:
    """All that a caller who is careless with errors could show of this use."""
    clock = SkippingClock()
    client = client_for(url, scheme=scheme, secret=SECRET, clock=clock, table=table)
    seconds = 0.3
    with suppress(CliniceaError):
        try:
            return repr(USES[use](client, within(seconds, clock)))
        except CliniceaError as error:
            links = [error, error.__cause__, error.__context__]
            texts = [f"{each} {each!r} {vars(each)} {each.args}" for each in links if each is not None]
            return "\n".join([*texts, *traceback.format_exception(error), json.dumps(failure(error))])
    return ""


def told(caplog: pytest.LogCaptureFixture) -> str:
    """Every log record, its arguments and its traceback included."""
    formatter = logging.Formatter("%(message)s")
    return "\n".join(formatter.format(record) + repr(record.args) for record in caplog.records)


def assert_clean(text: str) -> None:
    # Source lines in a traceback name variables, not values; the canaries are values and spellings of the wire.
    assert leaks(text) == []


# How an answer arrives is the same code for every use: a read and a write show it, with the credential in a header and
# in the address. What it holds is read by each use's own model.
ARRIVING = product(ACTIONS.keys() - {"drip"}, ("search", "new"), ("api_key", "staff_session"))
READ = product(HOLDING, USES.keys() - {"search", "new"}, ("staff_session",))


@pytest.mark.parametrize(("action", "use", "scheme"), sorted({*ARRIVING, *READ}))
def test_of_an_answer(caplog: pytest.LogCaptureFixture, action: str, use: str, scheme: Scheme) -> None:
    def answers(request: Seen) -> Action:
        return json_reply(TOKEN) if LOGIN in request.path else ACTIONS[action]

    with SmallServer(answers) as server:
        shown = shows(server.url, use, scheme)
    assert server.seen
    assert_clean(shown)
    assert_clean(told(caplog))


@pytest.mark.parametrize("use", ["known", "new"])
@pytest.mark.parametrize("style", ["query", "form", "json"])
@pytest.mark.parametrize("action", ["redirect", "redirect to nowhere", "404 that repeats the address", "500", "reset"])
def test_of_a_booking_wherever_its_parameters_are(
    caplog: pytest.LogCaptureFixture, action: str, style: str, use: str
) -> None:
    calls = ("postAppointmentByPatientID", "postAppointment")
    table = {"calls": {call: {"style": style} for call in calls}}
    with SmallServer(lambda _request: ACTIONS[action]) as server:
        shown = shows(server.url, use, "api_key", table)
    (seen,) = server.seen
    assert ("ClinicID" in seen.query) == (style == "query")
    assert_clean(shown)
    assert_clean(told(caplog))


@pytest.mark.parametrize("use", ["search", "new"])
@pytest.mark.parametrize("scheme", ["api_key", "staff_session"])
def test_of_a_time_out(caplog: pytest.LogCaptureFixture, use: str, scheme: Scheme) -> None:
    def answers(request: Seen) -> Action:
        return json_reply(TOKEN) if LOGIN in request.path else ACTIONS["drip"]

    with SmallServer(answers) as server:
        assert_clean(shows(server.url, use, scheme))
    assert_clean(told(caplog))


@pytest.mark.parametrize("action", ACTIONS)
def test_of_a_login(caplog: pytest.LogCaptureFixture, action: str) -> None:
    with SmallServer(lambda _request: ACTIONS[action]) as server:
        assert_clean(shows(server.url, "search", "staff_session"))
    assert_clean(told(caplog))


@pytest.mark.parametrize("use", ["search", "new"])
@pytest.mark.parametrize("scheme", ["api_key", "staff_session"])
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", f"http://{'x' * 64}.invalid"], ids=["refused", "no name"])
def test_of_a_connection_that_failed(caplog: pytest.LogCaptureFixture, url: str, use: str, scheme: Scheme) -> None:
    assert_clean(shows(url, use, scheme))
    assert_clean(told(caplog))


@pytest.mark.parametrize("use", ["search", "new"])
def test_of_tls_that_failed(caplog: pytest.LogCaptureFixture, certificate: Certificate, use: str) -> None:
    with SmallServer(lambda _request: json_reply([]), tls=certificate.server) as server:
        assert_clean(shows(server.url, use, "staff_session"))
        assert_clean(shows(server.url.replace("127.0.0.1", "localhost"), use, "staff_session"))
    assert_clean(told(caplog))


def test_an_error_keeps_no_hold_of_the_libraries_own_errors() -> None:
    """Those bear the whole URL; whoever follows `__context__` shall find nothing."""
    with pytest.raises(CliniceaError) as caught:
        client_for("http://127.0.0.1:1", secret=SECRET).search_patient_by_mobile_number(MOBILE, within(9))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
