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


def test_the_page_states_the_keys_for_a_known_patient(desk: Desk, centre: CallCentre, clinicea: ControlClient) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    desk.press("?")
    desk.expect_text("A known patient is booked with")
    desk.look("keys")
    said = desk.page.get_by_text("A known patient is booked with").text_content()
    desk.press("Escape")
    year, month, date = day(12).split("-")

    pressed = [desk.press_counted("a")]
    desk.type("Example Clinic A")
    pressed.append(desk.tab_to("Day"))
    desk.type(f"{month}{date}{year}")
    pressed.append(desk.tab_to("Time"))
    desk.type("1015A")
    pressed.append(desk.press_counted("Control+Enter"))

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(12)}T10:15") == ["P-01"]
    assert said == f"A known patient is booked with {sum(pressed)} keys, beside what is typed."


def test_the_keys_of_one_sign_can_be_switched_off(desk: Desk, centre: CallCentre) -> None:
    centre.call_from("a shared number")
    desk.wait_for_call()
    desk.expect_text("Several patients have this number")
    desk.page.get_by_role("button", name="Keys").click()
    desk.page.get_by_label("Keys of one sign are on").uncheck()
    desk.press("Escape")

    desk.page.reload()
    desk.expect_text("Several patients have this number")
    desk.press("2", "?", "a")

    expect(desk.page.get_by_role("radio").nth(1)).not_to_be_checked()
    expect(desk.page.get_by_role("dialog")).to_be_hidden()
    expect(desk.page.get_by_label("Clinic", exact=True)).not_to_be_focused()
    desk.page.get_by_role("button", name="Keys").click()
    expect(desk.page.get_by_label("Keys of one sign are on")).not_to_be_checked()


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
