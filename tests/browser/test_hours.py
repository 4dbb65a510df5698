"""The booking form and the clinic's opening hours."""

from __future__ import annotations

from datetime import date, timedelta

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk, clinicea_has, day, expect

EARLY_MILLISECONDS = 15_000
"""For an answer that asks Clinicea."""
CLINIC = "Example Clinic Indiranagar"
SATURDAY, SUNDAY = 5, 6
AFTER_THAT = [(hour, minute) for hour in range(9, 13) for minute in (0, 15, 30, 45)][2:]
"""Saturday's times after the one that is taken."""
CHOOSE = """
(chosen) => {
  for (const [id, value] of Object.entries(chosen)) {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
"""


def the_next(weekday: int, day: str) -> str:
    """The first such weekday from a day on; no other test books within a week of it."""
    first = date.fromisoformat(day)
    return (first + timedelta(days=(weekday - first.weekday()) % 7)).isoformat()


def test_a_closed_day_is_told_and_booked_by_a_second_press(
    desk: Desk, centre: CallCentre, clinicea: ControlClient
) -> None:
    closed = the_next(SUNDAY, day(36))
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")

    desk.fill_in_at(closed, "10:15", CLINIC)
    desk.page.get_by_label("Notes").fill("Wheelchair")
    desk.page.get_by_label("Service").fill("Follow-up")
    desk.book()

    desk.expect_text(f"{CLINIC} is closed on Sun")
    expect(desk.page.get_by_label("Notes")).to_have_value("Wheelchair")
    assert clinicea_has(clinicea, f"{closed}T10:15") == []
    desk.look("hours")

    desk.page.get_by_role("button", name="Book outside hours").click()

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{closed}T10:15") == ["P-01"]
    (booked,) = [each for each in clinicea.standing() if each["start"].startswith(f"{closed}T10:15")]
    assert booked["end"].startswith(f"{closed}T10:30"), "as long as the service"


def test_choices_in_a_row_ask_once_for_the_free_times(desk: Desk, centre: CallCentre) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/times") else None)

    desk.page.evaluate(CHOOSE, {"clinic_id": "C-01", "day": day(2), "service": "Follow-up"})

    expect(desk.page.get_by_text("as in the calendar at")).to_be_visible(timeout=EARLY_MILLISECONDS)
    assert len(asked) == 1


def test_a_free_time_is_chosen_by_a_click(desk: Desk, centre: CallCentre, clinicea: ControlClient) -> None:
    saturday = the_next(SATURDAY, day(4))
    taken = {"clinic_id": "C-01", "start": f"{saturday}T09:15:00", "duration_minutes": 15}
    clinicea.add_patient(first_name="Arun", mobile="9999900077", appointments=[taken])
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")

    desk.fill_in_at(saturday, "20:00", CLINIC)
    desk.page.get_by_label("Service").fill("Follow-up")
    desk.page.get_by_label("Notes").focus()

    times = desk.page.locator("#times [data-time]")
    expect(desk.page.get_by_text("as in the calendar at")).to_be_visible(timeout=EARLY_MILLISECONDS)
    expect(times).to_have_text(["09:00", *(f"{hour:02}:{minute:02}" for hour, minute in AFTER_THAT)])
    desk.look("times")
    times.nth(1).click()
    expect(desk.page.get_by_label("Time", exact=True)).to_have_value("09:30")
    desk.book()

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{saturday}T09:30") == ["P-01"]
