"""Nothing moves under the agent's hands when data arrive, and nothing is cut off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.pages import CallCentre, Desk

WIDTHS = (360, 400, 1280)
CUT_OFF = """
() => [...document.querySelectorAll("main *, header *")]
  .filter((each) => each.clientWidth > 0 && !each.matches("input, select, textarea"))
  .filter((each) => getComputedStyle(each).position !== "absolute" && getComputedStyle(each).display !== "inline")
  .filter((each) => each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.outerHTML.slice(0, 120))
"""


def loads_without_a_shift(desk: Desk, address: str, said: str) -> None:
    """Open a page at each width, wait until it is complete, and look at what has moved."""
    before = desk.page.viewport_size
    for width in WIDTHS:
        desk.page.set_viewport_size({"width": width, "height": before["height"]})
        desk.page.goto(address)
        desk.expect_text(said)
        desk.page.wait_for_load_state("networkidle")
        moved: list[Any] = desk.shifts
        assert moved == [], f"at {width} pixels"
        assert desk.page.evaluate(CUT_OFF) == [], f"at {width} pixels"
    desk.page.set_viewport_size(before)


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        ("a known number", "22 Nowhere Road"),
        ("a shared number", "Several patients have this number"),
        ("an unknown number", "No patient has this number"),
        ("a withheld number", "The caller's number is withheld"),
    ],
)
def test_nothing_moves_when_the_caller_is_shown(desk: Desk, centre: CallCentre, caller: str, said: str) -> None:
    centre.call_from(caller)
    desk.wait_for_call()

    loads_without_a_shift(desk, desk.page.url, said)


def test_nothing_moves_when_clinicea_is_silent(desk: Desk, centre: CallCentre) -> None:
    centre.clinicea("down")
    centre.call_from("an unknown number")
    desk.wait_for_call()

    loads_without_a_shift(desk, desk.page.url, "Go on: what you take down is kept and booked later")


def test_nothing_moves_in_the_list(desk: Desk, centre: CallCentre) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()

    loads_without_a_shift(desk, desk.url, "Calls today")
