"""A call reaches the page by its socket; without one, by polling."""

from __future__ import annotations

import re
from typing import Any

from tests.browser.pages import CallCentre, Desk, expect

POLLED = re.compile(r"/desk/calls\?seen=")
SOCKETS = re.compile(r"^wss?://")


def tickets_of(page: Any) -> list[str]:
    """Return the addresses of the tickets that the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if each.url.endswith("/desk/socket") else None)
    return asked


def wait_for_socket(page: Any) -> None:
    """Wait until the page is told of calls by its socket."""
    expect(page.locator("body")).to_have_attribute("data-socket", "open")


def test_a_call_appears_by_push_where_no_poll_shows_it(desk: Desk, centre: CallCentre) -> None:
    """Until a message has come, the page's requests for the list are answered with nothing new."""
    told: list[Any] = []
    desk.page.on("websocket", lambda socket: socket.on("framereceived", lambda message: told.append(message)))
    desk.page.route(POLLED, lambda route: route.continue_() if told else route.fulfill(status=204))
    desk.page.goto(desk.url)
    wait_for_socket(desk.page)

    centre.call_from("a known number")

    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    assert told == ["calls"]


def test_an_open_socket_ends_the_polling(page: Any, stack: dict[str, Any], centre: CallCentre) -> None:
    """The page's clock goes on by half a minute; without a socket it would ask some ten times."""
    polls: list[str] = []
    page.on("request", lambda each: polls.append(each.url) if POLLED.search(each.url) else None)
    page.clock.install()
    Desk(page, stack).sign_in(stack["people"][1])  # who has no call, so nothing moves on the list
    wait_for_socket(page)
    expect(page.locator("#calls.htmx-request")).to_have_count(0)  # when the socket opens, the page asks once
    polls.clear()

    page.clock.run_for(30_000)
    assert polls == []
    page.clock.run_for(31_000)
    assert len(polls) == 1


def test_without_a_socket_polling_stands_in(desk: Desk, centre: CallCentre) -> None:
    desk.page.route_web_socket(SOCKETS, lambda socket: socket.close())
    asked = tickets_of(desk.page)
    desk.page.goto(desk.url)

    centre.call_from("a known number")

    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    assert asked


def test_a_browser_without_sockets_polls(desk: Desk, centre: CallCentre) -> None:
    desk.page.add_init_script("delete window.WebSocket")
    asked = tickets_of(desk.page)
    desk.page.goto(desk.url)

    centre.call_from("a known number")

    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    assert asked == []


def test_a_closed_socket_is_opened_again_a_few_times_a_minute(desk: Desk, centre: CallCentre) -> None:
    desk.page.clock.install()
    desk.page.route_web_socket(SOCKETS, lambda socket: socket.close())
    asked = tickets_of(desk.page)
    desk.page.goto(desk.url)
    expect(desk.page.get_by_role("heading", name="Calls today")).to_be_visible()

    for _ in range(60):
        desk.page.clock.run_for(1000)

    assert 2 <= len(asked) <= 5
