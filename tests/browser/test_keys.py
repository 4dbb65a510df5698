"""The desk by keyboard alone."""

from __future__ import annotations

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk, clinicea_has, day, expect


def test_a_known_patient_is_booked_by_keyboard_alone(desk: Desk, centre: CallCentre, clinicea: ControlClient) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")

    desk.tab_to("Clinic")
    desk.press("ArrowDown", "ArrowDown")
    year, month, date = day(28).split("-")
    desk.tab_to("Day")
    desk.type(f"{month}{date}{year}")  # Debian's Chromium has one language: in its order
    desk.tab_to("Time")
    desk.type("0915A")
    desk.press("Control+Enter", "Control+Enter")

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(28)}T09:15") == ["P-01"]


def test_one_of_several_is_chosen_by_a_digit(desk: Desk, centre: CallCentre) -> None:
    centre.call_from("a shared number")
    desk.wait_for_call()
    desk.expect_text("Several patients have this number")

    desk.press("2")

    expect(desk.page.get_by_role("radio").nth(1)).to_be_checked()


def test_the_skip_link_leads_past_the_bar(desk: Desk) -> None:
    desk.page.reload()
    desk.press("Tab")
    expect(desk.page.get_by_role("link", name="To the content")).to_be_focused()
    desk.press("Enter", "Tab")

    desk.expect_in_main_focused()
