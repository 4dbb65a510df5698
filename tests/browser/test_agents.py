"""Two agents at once, and the call centre's simulator."""

from __future__ import annotations

from typing import Any

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk, clinicea_has, day, expect


def test_two_agents_work_at_once_and_see_their_own_calls(
    desk: Desk, centre: CallCentre, clinicea: ControlClient, browser: Any, stack: dict[str, Any]
) -> None:
    context = browser.new_context()
    other = Desk(context.new_page(), stack)
    other.sign_in(stack["people"][1])
    centre.call_from("a known number")
    centre.call_from("an unknown number", agent="agent-1")
    desk.wait_for_call()
    other.wait_for_call()
    desk.expect_text("Meera Samplewala")
    other.expect_text("No patient has this number")

    other.fill_in_new_patient("Lata", "Placeholder", consent="Yes")
    other.fill_in(18, "10:00")
    desk.fill_in(18, "09:00")
    other.book()
    desk.book()
    desk.expect_booked()
    other.expect_booked()

    assert clinicea_has(clinicea, f"{day(18)}T09:00") == ["P-01"]
    assert len(clinicea_has(clinicea, f"{day(18)}T10:00")) == 1
    theirs, mine = desk.page.url, other.page.url
    other.page.goto(theirs)
    other.expect_text("The call is not yours, or is older than a day.")
    other.look("not-yours")
    assert "Samplewala" not in other.page.content()
    desk.page.goto(mine)
    desk.expect_text("The call is not yours, or is older than a day.")
    other.page.goto(other.url)
    expect(other.page.get_by_role("link", name="Open")).not_to_have_count(0)
    assert theirs.rsplit("/", 1)[-1] not in other.page.content()
    context.close()


def test_the_simulator_has_no_finding_of_axe(centre: CallCentre, desk: Desk) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    centre.hang_up("Enquiry")
    centre.call_from("a withheld number")

    centre.judge()
