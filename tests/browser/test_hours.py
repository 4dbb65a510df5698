"""The booking form and the clinic's opening hours."""

from __future__ import annotations

from datetime import date

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk, clinicea_has, day, expect

CLINIC = "Example Clinic Indiranagar"
SUNDAY = 6


def test_a_closed_day_is_told_and_booked_by_a_second_press(
    desk: Desk, centre: CallCentre, clinicea: ControlClient
) -> None:
    ahead = next(each for each in range(20, 27) if date.fromisoformat(day(each)).weekday() == SUNDAY)
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")

    desk.fill_in(ahead, "10:15", clinic=CLINIC, notes="Wheelchair")
    desk.page.get_by_label("Service").fill("Follow-up")
    desk.book()

    desk.expect_text(f"{CLINIC} is closed on Sun")
    expect(desk.page.get_by_label("Notes")).to_have_value("Wheelchair")
    assert clinicea_has(clinicea, f"{day(ahead)}T10:15") == []
    desk.look("hours")

    desk.page.get_by_role("button", name="Book outside hours").click()

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(ahead)}T10:15") == ["P-01"]
    (booked,) = [each for each in clinicea.standing() if each["start"].startswith(f"{day(ahead)}T10:15")]
    assert booked["end"].startswith(f"{day(ahead)}T10:30"), "as long as the service"
