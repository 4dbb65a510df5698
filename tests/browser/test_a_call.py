"""The whole way: signed in, a call comes, who is calling, booked."""

from __future__ import annotations

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk, clinicea_has, day, expect


def test_a_known_caller_is_shown_with_visits_and_booked_once(
    desk: Desk, centre: CallCentre, clinicea: ControlClient
) -> None:
    centre.call_from("a known number")

    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    desk.expect_text("22 Nowhere Road, Andheri West, Mumbai")
    desk.look("one")
    desk.fill_in(20, "09:30", notes="Wheelchair")
    desk.book()
    desk.expect_booked()

    desk.look("booked")
    assert clinicea_has(clinicea, f"{day(20)}T09:30") == ["P-01"]
    centre.hang_up("Enquiry")
    centre.call_from("an unknown number")
    desk.page.goto(desk.url)
    expect(desk.page.get_by_role("row").filter(has_text="on the line")).to_have_count(1)
    expect(desk.page.get_by_role("row").filter(has_text="ended")).to_contain_text("booked")
    desk.look("list")
    assert clinicea_has(clinicea, f"{day(20)}T09:30") == ["P-01"]
