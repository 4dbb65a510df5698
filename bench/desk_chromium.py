"""The desk in Chromium: `python -m bench.desk_chromium stack.json found.json`, in the environment of `make browser`.

Each moment is taken inside the page, when the words are there; so the driver's own time does not count.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.desk_slots import slots
from commands.api import Api
from tests.browser.conftest import FLAGS, chromium
from tests.browser.pages import Desk

Json = dict[str, Any]
KNOWN, NAME, CLINIC = "+919999900001", "Meera Samplewala", "Example Clinic Andheri"
PUSH, POLLING = "push", "polling"
MILLISECONDS = 30_000
SETTLED_SECONDS = 2.0
"""Longest pause before a call: it comes at any moment between two polls."""
# Notes when a name, a booking's chip and a booked one are first seen, in milliseconds of the wall clock.
OBSERVER = """(() => {
  const seen = {};
  window.benchSeen = seen;
  const now = () => performance.timeOrigin + performance.now();
  const note = (what, there) => { if (!(what in seen) && there) seen[what] = now(); };
  const look = () => {
    note("named", document.getElementById("caller")?.textContent.includes(NAME));
    note("taken_down", document.querySelector("#bookings .chip"));
    note("booked", document.querySelector("#bookings .chip.booked"));
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", look);
  document.addEventListener("submit", (event) => { if (event.target.id === "booking") seen.sent = now(); }, true);
})();""".replace("NAME", json.dumps(NAME))
WANTED = """() => {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "another", value: "yes" });
  document.getElementById("booking").append(field);
}"""
LISTENS = "() => !document.querySelector('main [data-socket]') || document.body.dataset.socket === 'open'"
SEEN = "what => window.benchSeen?.[what]"
USABLE = "performance.timeOrigin + performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


class Traffic:
    """What a page asks of the desk, by Chromium's own account.

    Attributes:
        sent: address of each request on the wire, less the desk's.
        received: bytes of their answers, headers included.
        sockets: how many WebSockets were opened.
    """

    def __init__(self, context: Any, page: Any, desk_url: str) -> None:
        self.sockets = 0
        self._desk = desk_url
        self.forget()
        cdp = context.new_cdp_session(page)
        cdp.on("Network.requestWillBeSent", self._asked)
        cdp.on("Network.requestServedFromCache", self._cached)
        cdp.on("Network.responseReceived", self._answered)
        cdp.on("Network.loadingFinished", self._finished)
        cdp.on("Network.webSocketCreated", self._opened)
        cdp.send("Network.enable")

    def forget(self) -> None:
        """Begin to count anew; sockets stay."""
        self._asked_for: dict[str, list[str]] = {}
        self.received = 0.0

    @property
    def sent(self) -> list[str]:
        return [each for all_of_one in self._asked_for.values() for each in all_of_one]

    @property
    def polls(self) -> int:
        """How many requests asked only whether something had changed."""
        return sum(is_poll(each) for each in self.sent)

    def _asked(self, told: Json) -> None:
        url, number = str(told["request"]["url"]), str(told["requestId"])  # the same one for what a redirect leads to
        if url.startswith(self._desk):
            self._asked_for.setdefault(number, []).append(url.removeprefix(self._desk))
        if number in self._asked_for and "redirectResponse" in told:
            self.received += float(told["redirectResponse"]["encodedDataLength"])

    def _cached(self, told: Json) -> None:
        self._asked_for.pop(str(told["requestId"]), None)

    def _answered(self, told: Json) -> None:
        if told["response"].get("fromDiskCache"):  # of an icon, nothing else says so
            self._cached(told)

    def _finished(self, told: Json) -> None:
        if str(told["requestId"]) in self._asked_for:
            self.received += float(told["encodedDataLength"])

    def _opened(self, _told: Json) -> None:
        self.sockets += 1


def is_poll(beyond: str) -> bool:
    """Whether a request of the desk asks only whether something has changed; `beyond` follows the desk's address."""
    return beyond.startswith("/calls?seen=") or re.fullmatch(r"/calls/[^/?]+/bookings", beyond) is not None


class Measuring:
    """One browser before one stack."""

    def __init__(self, browser: Any, stack: Json) -> None:
        self._browser = browser
        self._stack = stack
        self._api = Api(stack["api_url"], stack["access_token_header"], stack["access_token"])

    def signed_in(self) -> tuple[float, float]:
        """Sign in with a new profile; returns the milliseconds from the provider's return until the page is usable.

        The second figure is the bytes that the desk has sent since its address was opened.
        """
        with self._profile() as context:
            page = context.new_page()
            returned: list[Any] = []
            page.on("request", lambda each: returned.append(each) if "/desk/signed-in?" in each.url else None)
            desk = Desk(page, self._stack)
            traffic = Traffic(context, page, desk.url)
            desk.sign_in(self._stack["people"][0])
            usable = float(page.evaluate(USABLE))
            return usable - float(returned[0].timing["startTime"]), traffic.received

    def calls(self, count: int, *, first_day: int, sockets: bool = True) -> Json:
        """Play calls with one agent; the first is not counted.

        Args:
            first_day: days ahead of the first appointment.
            sockets: whether the page may open WebSockets.
        """
        person = self._stack["people"][0]
        with self._profile() as context:
            if not sockets:
                context.route_web_socket(re.compile(".*"), lambda socket: socket.close())
            context.add_init_script(OBSERVER)
            page = context.new_page()
            desk = Desk(page, self._stack)
            desk.sign_in(person)
            traffic = Traffic(context, page, desk.url)
            times = itertools.islice(slots(first_day), count + 1)
            found = [self._call(desk, traffic, person["agent_id"], start, sockets=sockets) for _, start in times][1:]
            way = PUSH if sockets and traffic.sockets else POLLING
            return {"by": way, **{what: [each[what] for each in found] for what in found[0]}}

    def _call(self, desk: Desk, traffic: Traffic, agent: str, start: datetime, *, sockets: bool) -> dict[str, float]:
        """Play a call from the list to the booking; returns its times in milliseconds, and what it asked for."""
        page = desk.page
        traffic.forget()
        page.goto(desk.url)
        if sockets:
            page.wait_for_function(LISTENS)
        page.wait_for_timeout(random.SystemRandom().uniform(0, SETTLED_SECONDS) * 1000)
        call_id = f"CHROMIUM-{time.time_ns()}"
        told = {"call_hit_reference_number": call_id, "agent_id": agent, "mobile_number": KNOWN}
        popup = threading.Thread(target=self._told, args=("/calls/popup", told | {"queue_name": "Andheri"}))
        announced = time.time() * 1000
        popup.start()
        named = self._seen(page, "named")
        desk.fill_in_at(f"{start:%Y-%m-%d}", f"{start:%H:%M}", CLINIC)
        page.evaluate(WANTED)  # as the agent says where the page asks about a second appointment
        desk.book()
        taken_down, booked = (self._seen(page, what) for what in ("taken_down", "booked"))
        sent = self._seen(page, "sent")
        popup.join()
        found = {
            "named": named - announced,
            "taken_down": taken_down - sent,
            "booked": booked - sent,
            "requests": float(len(traffic.sent) - traffic.polls),
            "polls": float(traffic.polls),
            "bytes": traffic.received,
        }
        self._told("/calls/status", {"CALL_REFERENCE_ID": call_id, "USER_ID": agent, "DISPOSITION": "Enquiry"})
        return found

    def _told(self, path: str, body: Json) -> None:
        self._api.call("POST", path, body)

    def _seen(self, page: Any, what: str) -> float:
        return float(page.wait_for_function(SEEN, arg=what).json_value())

    def _profile(self) -> AbstractContextManager[Any]:
        context = self._browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(MILLISECONDS)
        closing: AbstractContextManager[Any] = context
        return closing


def measured(stack: Json, calls: int, sign_ins: int, first_day: int) -> Json:
    """Return raw figures; the first sign-in warms up. By push, polling is measured too: with sockets closed."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=MILLISECONDS)
    with ExitStack() as running:
        playwright = running.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        running.callback(browser.close)
        measuring = Measuring(browser, stack)
        signed_in = [measuring.signed_in() for _ in range(sign_ins + 1)][1:]
        ways = [measuring.calls(calls, first_day=first_day)]
        if ways[0]["by"] == PUSH:
            ways.append(measuring.calls(calls, first_day=first_day + 30, sockets=False))
        usable, received = zip(*signed_in, strict=True)
        return {"version": browser.version, "usable": [*usable], "received": [*received], "ways": ways}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.desk_chromium", description=__doc__)
    parser.add_argument("stack", type=Path, help="the stack file")
    parser.add_argument("found", type=Path, help="where the figures go")
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--sign-ins", type=int, required=True)
    parser.add_argument("--first-day", type=int, default=40, help="days ahead of the first appointment")
    given = parser.parse_args(arguments)
    stack = json.loads(given.stack.read_text("utf-8"))
    found = measured(stack, given.calls, given.sign_ins, given.first_day)
    given.found.write_text(json.dumps(found), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
