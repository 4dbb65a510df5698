"""The pages as a person uses them: by what is written on them, never by their insides."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from local.clinicea.testing import ControlClient
from tests.support.clock import present

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / ".local" / "pictures"
KEPT = ROOT / "docs" / "pictures"
WIDTHS, SCHEMES = (1280, 400), ("light", "dark")
BOOKED_MILLISECONDS = 180_000
"""A booking that met a Clinicea that is down is tried again after a pause."""
DAYS_BETWEEN, SUNDAY = 9, 7
MOST_TABS = 30
SHOWN = ("desk-list-1280-light", "desk-one-1280-light", "desk-many-1280-light", "desk-booked-400-dark")
"""What the documentation shows; `make browser KEEP=yes` writes these anew."""


def expect(locator: Any) -> Any:
    """Return Playwright's assertions, which wait."""
    from playwright.sync_api import expect as expecting

    return expecting(locator)


def clinicea_has(clinicea: ControlClient, start: str) -> list[str]:
    """Return the patients of the appointments that stand at that start in the clinics' zone."""
    return [each["patient_id"] for each in clinicea.standing() if each["start"] == f"{start}:00+05:30"]


def day(slot: int, more: int = 0) -> str:
    """Return a weekday in the clinics' zone; two slots are more than a week apart, so that no second booking is near.

    Args:
        slot: 4 to 39; the fake's known caller has appointments before.
        more: days after it.
    """
    found = present().astimezone(ZoneInfo("Asia/Kolkata")).date() + timedelta(days=DAYS_BETWEEN * slot)
    return (found + timedelta(days=(found.isoweekday() == SUNDAY) + more)).isoformat()


@dataclass
class CallCentre:
    """The ConVox simulator's page."""

    page: Any
    url: str

    def call_from(self, caller: str, agent: str = "agent-7") -> None:
        """Let a call come: from `a known number`, `a shared number` and so on."""
        self.page.goto(self.url)
        self.page.get_by_label("for agent").select_option(agent)
        self._click(f"Call from {caller}")

    def clinicea(self, weather: str) -> None:
        """Let Clinicea be `down`, `slow` or `back`."""
        self.page.goto(self.url)
        self._click(f"Clinicea {weather}")

    def hang_up(self, disposition: str) -> None:
        """End the newest call with a disposition."""
        self.page.goto(self.url)
        self._hang_up(disposition)

    def hang_up_all(self) -> None:
        """End every call that is spoken on."""
        self.page.goto(self.url)
        for _ in range(self.page.get_by_role("button", name="Hang up").count()):
            self._hang_up("Enquiry")

    def _hang_up(self, disposition: str) -> None:
        self.page.get_by_label("disposition").first.select_option(disposition)
        self.page.get_by_role("button", name="Hang up").first.click()
        self.page.wait_for_load_state()

    def transfer(self, agent: str) -> None:
        """Give the newest call to another agent."""
        self.page.goto(self.url)
        self.page.get_by_label("to agent").first.select_option(agent)
        self.page.get_by_role("button", name="Transfer").first.click()
        self.page.wait_for_load_state()

    def judge(self) -> None:
        """Let axe judge the page, wide and narrow, light and dark."""
        judge(self.page, "simulator")

    def _click(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state()


class Desk:
    """The desk in one browser."""

    def __init__(self, page: Any, stack: Mapping[str, Any]) -> None:
        self.page = page
        self.url = str(stack["desk_url"])

    def sign_in(self, person: Mapping[str, str]) -> None:
        """Sign in on the user pool's own page."""
        self.page.goto(self.url)
        self.page.get_by_role("link", name="Sign in").click()
        self.enter(person)

    def enter(self, person: Mapping[str, str]) -> None:
        """Give name and password on the user pool's own page."""
        self.page.get_by_label("Username").fill(person["user"])
        self.page.get_by_label("Password").fill(person["password"])
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", name="Calls today")).to_be_visible()

    def open_newest(self) -> None:
        """Open the newest call of the list by hand."""
        self.page.goto(self.url)
        self.page.get_by_role("link", name=re.compile("^Open")).first.click()

    def wait_for_call(self) -> None:
        """Wait until the announced call has opened by itself."""
        self.page.wait_for_url(re.compile("/desk/calls/"))

    def choose(self, name: str, birth_date: str) -> None:
        """Choose one of several patients, and compare the birth date that the caller tells."""
        self.page.get_by_role("radio", name=name).check()
        self.page.get_by_label("Birth date, as the caller says it").fill(birth_date)
        self.page.get_by_role("button", name="Compare").click()

    def fill_in_new_patient(self, first: str, last: str, *, consent: str | None) -> None:
        """Fill in who is registered, and what the caller said of the consent text."""
        if consent is not None:
            self.page.get_by_role("radiogroup", name="The caller agrees").get_by_label(consent).check()
        if consent == "Yes":
            self.name(first, last)

    def name(self, first: str, last: str, birth_date: str = "") -> None:
        """Fill in who it is."""
        self.page.get_by_label("First name").fill(first)
        self.page.get_by_label("Last name").fill(last)
        self.page.get_by_label("Birth date").fill(birth_date)

    def is_registered(self, said: str) -> None:
        """Take down whether the caller is a patient already: `Yes` or `No`."""
        self.page.get_by_role("radiogroup", name="Already a patient").get_by_label(said).check()

    @property
    def shifts(self) -> list[Any]:
        """What has moved since the page was opened, without having been asked to."""
        moved: list[Any] = self.page.evaluate("window.shifts")
        return moved

    def fill_in(self, slot: int, time: str, *, notes: str = "") -> None:
        """Fill in the appointment."""
        self.fill_in_at(day(slot), time)
        self.page.get_by_label("Notes").fill(notes)

    def fill_in_at(self, day: str, time: str, clinic: str = "Example Clinic Andheri") -> None:
        """Fill in clinic, day and time."""
        self.page.get_by_label("Clinic", exact=True).select_option(label=clinic)
        self.page.get_by_label("Day").fill(day)
        self.page.get_by_label("Time", exact=True).fill(time)

    def book(self) -> None:
        """Press the main button."""
        self.page.get_by_role("button", name="Book", exact=True).click()

    @property
    def booked(self) -> Any:
        """The chips of bookings that are booked."""
        return self.page.locator("#bookings .chip.booked")

    @property
    def chips(self) -> Any:
        """How the call's bookings stand."""
        return self.page.locator("#bookings .chip")

    def expect_booked(self) -> None:
        """Wait until the page says that one booking is booked."""
        from playwright.sync_api import expect as expecting

        expecting(self.booked).to_have_count(1, timeout=BOOKED_MILLISECONDS)

    def expect_text(self, text: str) -> None:
        """Wait until the text is on the page."""
        expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def come_back(self) -> None:
        """Return to this tab. Without a screen every tab counts as seen, so the browser's event is given by hand."""
        self.page.bring_to_front()
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)

    def press_counted(self, key: str) -> int:
        """Press one key; returns how many that is."""
        self.press(key)
        return 1

    def tab_to(self, label: str) -> int:
        """Go on by Tab until a field has the focus; returns how often."""
        wanted = self.page.get_by_label(label, exact=True)
        for pressed in range(MOST_TABS):
            if wanted.evaluate("each => each === document.activeElement"):
                return pressed
            self.press("Tab")
        raise AssertionError(f"{label} is not reached by {MOST_TABS} times Tab")

    def expect_in_main_focused(self) -> None:
        """Check that the focus is in the page's content."""
        assert self.page.evaluate("document.getElementById('main').contains(document.activeElement)")

    def look(self, state: str) -> None:
        """Take the pictures of a state, and let axe judge it; nothing may be wider than the window."""
        judge(self.page, f"desk-{state}")


def judge(page: Any, state: str) -> None:
    """Take the pictures of a page at each width, light and dark, and let axe judge it.

    Nothing may be wider than the window.
    """
    from axe_playwright_python.sync_playwright import Axe

    before = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": before["height"]})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            name = f"{state}-{width}-{scheme}"
            file = PICTURES / f"{name}.png"
            page.screenshot(path=file, full_page=True)
            if os.environ.get("KEEP") == "yes" and name in SHOWN:
                shutil.copyfile(file, KEPT / file.name)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{state} is {wide} pixels wide in a window of {width}"
    page.set_viewport_size(before)
    page.emulate_media(color_scheme="light")
