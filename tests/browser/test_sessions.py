"""Signing out, a session that ends in mid-form, two calls at once, a reload."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk, clinicea_has, day, expect
from tests.end_to_end.aws import Aws


def end_sessions(stack: dict[str, Any]) -> int:
    """Make every session of the desk as old as one that was left alone for two hours; returns how many."""
    table, ledger = Aws(stack).client("dynamodb"), stack["ledger_table"]
    items = table.scan(TableName=ledger, ConsistentRead=True)["Items"]
    keys = [each["pk"] for each in items if each["pk"]["S"].startswith("desk-session#")]
    for key in keys:
        table.update_item(
            TableName=ledger,
            Key={"pk": key},
            UpdateExpression="SET seen_at = :then",
            ExpressionAttributeValues={":then": {"S": "1970-01-01T00:00:00.000000Z"}},
        )
    return len(keys)


def test_a_page_without_a_session_offers_to_sign_in(page: Any, stack: dict[str, Any], centre: CallCentre) -> None:
    visitor = Desk(page, stack)
    visitor.page.goto(visitor.url)
    visitor.look("sign-in")

    visitor.page.goto(f"{visitor.url}/calls")

    visitor.expect_text("You are signed out")
    visitor.look("signed-out")


def test_after_signing_out_no_page_shows_a_call(desk: Desk, centre: CallCentre) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    call = desk.page.url

    desk.page.get_by_role("button", name="Sign out").click()
    desk.expect_text("Sign in to the desk")
    desk.page.goto(call)

    desk.expect_text("You are signed out")
    assert "Samplewala" not in desk.page.content()
    from playwright.sync_api import Error

    with suppress(Error):  # the browser itself may refuse to show what was not to be stored
        desk.page.go_back()
    expect(desk.page.get_by_text("Samplewala")).to_have_count(0)


def test_a_session_that_ended_in_mid_form_loses_nothing(
    desk: Desk, centre: CallCentre, clinicea: ControlClient, stack: dict[str, Any]
) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    desk.fill_in(25, "09:00", notes="typed before")

    assert end_sessions(stack) > 0
    desk.book()
    desk.expect_text("You are signed out. What you typed stays here.")
    desk.look("session-ended")
    with desk.page.context.expect_page() as opened:
        desk.page.get_by_role("link", name="Sign in again in a new tab").first.click()
    Desk(opened.value, stack).enter(stack["people"][0])
    desk.come_back()
    expect(desk.page.locator("#signed-out-bar")).to_be_hidden()
    expect(desk.page.get_by_label("Notes")).to_have_value("typed before")
    desk.book()

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(25)}T09:00") == ["P-01"]


def test_two_calls_at_once_have_a_page_and_a_form_each(
    desk: Desk, centre: CallCentre, clinicea: ControlClient, stack: dict[str, Any]
) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    second = Desk(desk.page.context.new_page(), stack)
    second.page.goto(second.url)
    centre.call_from("an unknown number")
    second.wait_for_call()
    second.expect_text("No patient has this number")

    second.fill_in_new_patient("Tara", "Placeholder", consent="Yes")
    second.fill_in(26, "10:00")
    desk.fill_in(26, "09:00")
    second.book()
    desk.book()

    desk.expect_booked()
    second.expect_booked()
    assert clinicea_has(clinicea, f"{day(26)}T09:00") == ["P-01"]
    assert len(clinicea_has(clinicea, f"{day(26)}T10:00")) == 1


def test_what_is_typed_survives_a_reload(desk: Desk, centre: CallCentre) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    with desk.page.expect_response(lambda answer: answer.url.endswith("/draft") and answer.ok):
        desk.fill_in(27, "09:00", notes="typed before the reload")

    desk.page.reload()

    desk.expect_text("Meera Samplewala")
    expect(desk.page.get_by_label("Notes")).to_have_value("typed before the reload")
    expect(desk.page.get_by_label("Day")).to_have_value(day(27))


def test_a_transferred_call_reaches_the_other_agent_s_desk(
    desk: Desk, centre: CallCentre, browser: Any, stack: dict[str, Any]
) -> None:
    other = Desk(browser.new_context().new_page(), stack)
    other.sign_in(stack["people"][1])
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")

    centre.transfer("agent-1")

    other.wait_for_call()
    other.expect_text("Meera Samplewala")
    desk.page.goto(desk.url)
    expect(desk.page.get_by_role("row").nth(1)).to_contain_text("ended")
    other.page.context.close()
