"""Who is calling: several, nobody, a withheld number, and Clinicea that does not answer."""

from __future__ import annotations

import pytest

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk, clinicea_has, day, expect


def numbers(clinicea: ControlClient, patient_id: str) -> list[str]:
    """Return the numbers of the patients with that id."""
    return [each["mobile"] for each in clinicea.patients() if each["patient_id"] == patient_id]


def test_of_several_one_is_shown_once_the_birth_date_agrees(
    desk: Desk, centre: CallCentre, clinicea: ControlClient
) -> None:
    centre.call_from("a shared number")
    desk.wait_for_call()
    desk.expect_text("Several patients have this number")
    assert "1979" not in desk.page.content()
    desk.look("many")

    desk.choose("Rohan Testkar", "1980-01-01")
    desk.expect_text("The birth date does not agree")
    desk.look("disagrees")
    desk.choose("Rohan Testkar", "1979-11-02")
    desk.expect_text("22 Nowhere Road")
    expect(desk.page.get_by_text("Diya Testkar")).to_have_count(0)
    desk.look("chosen")

    desk.fill_in(21, "10:00")
    desk.book()
    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(21)}T10:00") == ["P-02"]


def test_an_unknown_caller_who_consents_becomes_a_patient(
    desk: Desk, centre: CallCentre, clinicea: ControlClient
) -> None:
    centre.call_from("an unknown number")
    desk.wait_for_call()
    desk.expect_text("No patient has this number")
    desk.look("none")

    desk.fill_in_new_patient("Asha", "Placeholder", consent="Yes")
    desk.fill_in(22, "11:00")
    desk.book()
    desk.expect_booked()

    (patient,) = clinicea_has(clinicea, f"{day(22)}T11:00")
    assert len(numbers(clinicea, patient)) == 1
    desk.look("none-booked")


@pytest.mark.parametrize("consent", ["No", None])
def test_without_consent_nothing_is_stored(
    desk: Desk, centre: CallCentre, clinicea: ControlClient, consent: str | None
) -> None:
    before = clinicea.patients()
    centre.call_from("an unknown number")
    desk.wait_for_call()
    desk.expect_text("No patient has this number")

    desk.fill_in_new_patient("Asha", "Placeholder", consent=consent)
    desk.fill_in(22, "12:00")
    desk.book()

    desk.expect_text("has not consented" if consent else "choose one, or fill in a new patient")
    desk.look("no-consent")
    desk.page.reload()
    desk.expect_text("Nothing is booked yet")
    assert (clinicea.patients(), clinicea_has(clinicea, f"{day(22)}T12:00")) == (before, [])


def test_a_withheld_number_is_asked_for(desk: Desk, centre: CallCentre) -> None:
    centre.call_from("a withheld number")
    desk.wait_for_call()
    desk.expect_text("The caller's number is withheld")
    desk.look("withheld")

    desk.page.get_by_label("Caller's number").fill("99999 00001")
    desk.page.get_by_role("button", name="Look up").click()

    desk.expect_text("Meera Samplewala")


def test_a_number_can_be_typed_without_a_call(desk: Desk) -> None:
    desk.page.get_by_label("Caller's number").fill("12")
    desk.page.get_by_role("button", name="Look up").click()
    desk.look("wrong-number")

    desk.page.get_by_label("Caller's number").fill("+91 99999 00001")
    desk.page.get_by_role("button", name="Look up").click()

    desk.expect_text("Meera Samplewala")


def test_without_clinicea_a_new_patient_is_booked_later(
    desk: Desk, centre: CallCentre, clinicea: ControlClient
) -> None:
    centre.clinicea("down")
    centre.call_from("an unknown number")
    desk.wait_for_call()
    desk.expect_text("Go on: what you take down is kept and booked later")
    desk.look("degraded")

    desk.is_registered("No")
    desk.fill_in_new_patient("Ravi", "Nobodyson", consent="Yes")
    desk.fill_in(23, "09:00")
    desk.book()
    expect(desk.chips).to_have_count(1)
    desk.look("taken-down")
    assert clinicea_has(clinicea, f"{day(23)}T09:00") == []
    centre.clinicea("back")

    desk.expect_booked()
    assert len(clinicea_has(clinicea, f"{day(23)}T09:00")) == 1


def test_without_clinicea_a_patient_is_taken_down_by_name(
    desk: Desk, centre: CallCentre, clinicea: ControlClient
) -> None:
    before = len(clinicea.patients())
    centre.clinicea("down")
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Go on: what you take down is kept and booked later")
    expect(desk.page.get_by_label("First name")).to_be_hidden()

    desk.is_registered("Yes")
    desk.name("Meera", "Samplewala")
    desk.look("said-to-be-a-patient")
    desk.fill_in(11, "11:00")
    desk.book()
    expect(desk.chips).to_have_count(1)
    centre.clinicea("back")

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(11)}T11:00") == ["P-01"]
    assert len(clinicea.patients()) == before


def test_a_known_patient_is_booked_though_clinicea_goes_away(
    desk: Desk, centre: CallCentre, clinicea: ControlClient
) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    centre.clinicea("down")
    desk.fill_in(23, "10:00")
    desk.book()
    expect(desk.chips).to_have_count(1)
    centre.clinicea("back")

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(23)}T10:00") == ["P-01"]


def test_the_form_can_be_used_while_clinicea_is_slow(desk: Desk, centre: CallCentre) -> None:
    centre.clinicea("slow")
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.fill_in(24, "10:00", notes="typed while it looked")

    desk.expect_text("Go on: what you take down is kept and booked later")
    expect(desk.page.get_by_label("Notes")).to_have_value("typed while it looked")
    centre.clinicea("back")
    desk.page.get_by_role("button", name="Try again").click()
    desk.expect_text("Meera Samplewala")
    expect(desk.page.get_by_label("Notes")).to_have_value("typed while it looked")
