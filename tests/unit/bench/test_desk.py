"""The desk's measurements: their bars, their sums, and what a browser's traffic is counted as."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from bench import bars, bill, desk, desk_bill, page
from bench.desk_chromium import POLLING, PUSH, Traffic, is_poll
from bench.desk_http import links
from bench.desk_slots import slots
from convox_clinicea.desk.pages import key_of
from tests.unit.bench.test_bill import PRICES, warm

Json = dict[str, Any]
SAMPLE: Json = json.loads(Path(__file__).with_name("sample.json").read_text("utf-8"))
DESK = "https://desk.invalid/v1/desk"
LISTED = PRICES | {
    "websocket_message": 0.5,
    "websocket_connection_minute": 0.25,
    "cognito_user": 2.0,
    "cognito_free_users": 40,
}


def shared(p50: float, p95: float) -> Json:
    return {"p50": p50, "p95": p95}


def call(**changed: Json) -> Json:
    """A call in the browser that holds every bar."""
    held = {"named": shared(900, 1900), "taken_down": shared(100, 400), "booked": shared(2000, 4000)}
    return held | {"requests": shared(4, 8)} | changed


def judged(chromium: Json | None) -> dict[str, bool]:
    http = {"taken_down": shared(100, 501), "booked": shared(2000, 5000), "weight": {"list": 60_001}}
    found = bars.judge({"desk": {"chromium": chromium, "http": http}})
    return {f"{bar.kind}: {bar.what}": bar.held for bar in found}


def test_without_a_browser_only_http_is_judged() -> None:
    assert judged(None) == {
        "desk: *Book* to *taken down*, p95: over HTTP": False,
        "desk: *Book* to *booked*, p95: over HTTP": True,
        "desk: a page with its files: the list": False,
    }


def test_push_is_judged_where_it_is_and_polling_is_not() -> None:
    ways = {POLLING: call(named=shared(3000, 4000)), PUSH: call(named=shared(900, 2001))}

    found = judged({"ways": ways, "usable": shared(100, 499)})

    assert found["desk: announcement to name, p50: in Chromium, by push"]
    assert not found["desk: announcement to name, p95: in Chromium, by push"]
    assert found["desk: usable after sign-in, p95: in Chromium"]
    assert found["desk: requests of one call: without polling, p95"]
    assert not any("polling" in each for each in found if "announcement" in each)


def test_polling_is_judged_as_long_as_there_is_no_push() -> None:
    found = judged({"ways": {POLLING: call(requests=shared(4, 9))}, "usable": shared(100, 501)})

    assert found["desk: announcement to name, p50: in Chromium, by polling"]
    assert not found["desk: usable after sign-in, p95: in Chromium"]
    assert not found["desk: requests of one call: without polling, p95"]


def test_a_browser_s_figures_are_summed_up_by_the_way() -> None:
    one = {what: [10.0, 20.0, 30.0] for what in desk.OF_A_CALL}

    found = desk.summary({"version": "150", "usable": [1.0], "received": [2.0], "ways": [{"by": PUSH, **one}]})

    assert found["ways"][PUSH]["named"] == {"p50": 20.0, "p95": pytest.approx(29.0), "count": 3}
    assert (found["usable"]["p95"], found["first_visit_bytes"]["p95"]) == (1.0, 2.0)


def test_a_browser_s_program_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(desk, "BROWSER", tmp_path / "browser")
    (tmp_path / "browser").write_text("#!/bin/sh\necho no screen >&2\nexit 1\n")
    (tmp_path / "browser").chmod(0o755)

    with pytest.raises(desk.NotMeasured, match="no screen"):
        desk.in_chromium(tmp_path / "stack.json", 1, 1)


class Session:
    """The events of Chromium that a test gives by hand."""

    def __init__(self) -> None:
        self._handlers: dict[str, Callable[[Json], None]] = {}

    def new_cdp_session(self, _page: object) -> Session:
        return self

    def on(self, event: str, handler: Callable[[Json], None]) -> None:
        self._handlers[event] = handler

    def send(self, command: str) -> None:
        assert command == "Network.enable"

    def tell(self, event: str, **told: Any) -> None:
        self._handlers[f"Network.{event}"](told)

    def asked(self, number: str, url: str, **more: Any) -> None:
        self.tell("requestWillBeSent", requestId=number, request={"url": url}, **more)


def test_only_what_the_desk_sends_over_the_wire_is_counted() -> None:
    session = Session()
    traffic = Traffic(session, None, DESK)
    session.asked("1", f"{DESK}/signed-in?code=1")
    session.asked("1", DESK, redirectResponse={"encodedDataLength": 100})
    session.tell("loadingFinished", requestId="1", encodedDataLength=2000)
    session.asked("2", "https://pool.invalid/login")
    session.tell("loadingFinished", requestId="2", encodedDataLength=9000)
    session.asked("3", f"{DESK}/static/desk.css")
    session.tell("requestServedFromCache", requestId="3")
    session.asked("4", f"{DESK}/static/icon.svg")
    session.tell("responseReceived", requestId="4", response={"fromDiskCache": True})
    session.asked("5", f"{DESK}/calls?seen=0f")
    session.tell("responseReceived", requestId="5", response={"fromDiskCache": False})

    assert traffic.sent == ["/signed-in?code=1", "", "/calls?seen=0f"]
    assert (traffic.received, traffic.polls, traffic.sockets) == (2100.0, 1, 0)


def test_sockets_are_remembered_when_a_call_begins() -> None:
    session = Session()
    traffic = Traffic(session, None, DESK)
    session.asked("1", DESK)
    session.tell("webSocketCreated", requestId="2", url="wss://desk.invalid")

    traffic.forget()

    assert (traffic.sent, traffic.sockets) == ([], 1)


@pytest.mark.parametrize(
    ("beyond", "poll"),
    [
        ("/calls?seen=0f", True),
        (f"/calls/{key_of('C-1')}/bookings", True),
        (f"/calls/{key_of('C-1')}", False),
        (f"/calls/{key_of('C-1')}/book", False),
        ("", False),
    ],
)
def test_polls_are_told_from_a_call_s_own_requests(beyond: str, poll: bool) -> None:
    assert is_poll(beyond) is poll


def test_the_files_of_a_page_are_those_that_it_loads() -> None:
    html = '<link rel="stylesheet" href="../desk/static/a.css">\n<script defer src="../desk/static/b.js"></script>'

    found = links(html + '<a href="other">', f"{DESK}/calls")

    assert found == [f"{DESK}/static/a.css", f"{DESK}/static/b.js"]


def test_each_start_is_on_a_working_day_and_used_once() -> None:
    friday = date(2031, 3, 7)

    found = [*itertools.islice(slots(0, friday), 14)]

    assert found[0] == (0, datetime.fromisoformat("2031-03-07T10:00"))
    assert found[12] == (0, datetime.fromisoformat("2031-03-07T16:00"))
    assert found[13] == (3, datetime.fromisoformat("2031-03-10T10:00"))


def test_a_month_of_polls_is_paid_for_as_a_poll_is() -> None:
    requests = {kind: warm() for kind in (*desk_bill.OF_A_CALL, "poll")}

    found = desk_bill.of(requests, 1024, LISTED)

    one = LISTED["lambda_request"] + LISTED["api_gateway_rest_request"] + 0.05  # 0.1 of the traces at 0.5
    assert found["polls"] == 50 * 8 * 1800 * 26
    assert found["rows"]["polling"]["total"] == pytest.approx(found["polls"] * one)
    assert found["rows"]["calls"]["total"] == pytest.approx(found["calls"] * 10 * one)
    assert found["by_polling"] == pytest.approx(sum(found["rows"][row]["total"] for row in ("calls", "polling")) + 20.0)


def test_a_month_of_sockets_is_paid_for_by_minutes_and_messages() -> None:
    requests = {kind: warm() for kind in (*desk_bill.OF_A_CALL, "poll", "ticket", "disconnect")}
    requests["connect"] = warm(**{"DynamoDB.GetItem ledger": 1})

    found = desk_bill.of(requests, 1024, LISTED)

    sockets, calls, minutes = found["sockets"], found["calls"], found["connection_minutes"]
    push = found["rows"]["push"]
    assert minutes == 50 * 8 * 60 * 26
    assert found["polls_by_push"] == minutes + 4 * calls
    assert push["gateway"] == pytest.approx((sockets + found["polls_by_push"]) * 0.002 + calls * 0.5 + minutes * 0.25)
    assert push["dynamodb"] == pytest.approx(sockets * 0.001)
    assert found["by_push"] == pytest.approx(found["rows"]["calls"]["total"] + push["total"] + 20.0)


def test_a_desk_without_push_has_no_sum_of_it() -> None:
    found = desk_bill.of({kind: warm() for kind in (*desk_bill.OF_A_CALL, "poll")}, 1024, LISTED)

    assert found["by_push"] is None
    assert "push" not in found["rows"]
    assert found["cognito"] == 20.0  # ten people beyond the free ones


def test_the_price_list_has_the_desk_s_prices_with_their_sources() -> None:
    assert set(LISTED) <= set(bill.prices())
    assert any("cognito_user" in each for each in bill.prices()["sources_of_the_desk"])


def test_a_run_without_chromium_has_a_table_all_the_same() -> None:
    measured = SAMPLE["desk"]

    with_it, without = (
        page.TABLES["desk"]({"desk": {**measured, "chromium": each}}) for each in (measured["chromium"], None)
    )

    assert "in Chromium, by polling" in with_it
    assert "Chromium" not in without
    assert page.TABLES["desk-bill"]({}) == page.TABLES["desk"]({}) == page.NOT_YET
