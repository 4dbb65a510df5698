"""A booking at the call's end: by ConVox's status callback, and by the sweeper where none came."""

from __future__ import annotations

from typing import Any

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk, clinicea_has, day, expect
from tests.end_to_end.aws import Aws


def let_time_pass(stack: dict[str, Any]) -> None:
    """Make what waits for a call's end as old as if it had waited for longer than CallEndMinutes."""
    table, ledger = Aws(stack).client("dynamodb"), stack["ledger_table"]
    items = table.scan(TableName=ledger, ConsistentRead=True)["Items"]
    waiting = [each["pk"] for each in items if each["pk"]["S"].startswith("desk-wish#") and "open" in each]
    assert waiting, "nothing waits"
    for key in waiting:
        table.update_item(
            TableName=ledger,
            Key={"pk": key},
            UpdateExpression="SET queued_at = :then",
            ExpressionAttributeValues={":then": {"S": "1970-01-01T00:00:00.000000Z"}},
        )


def keep_for_the_end(desk: Desk, centre: CallCentre, slot: int, time: str) -> None:
    """Take a call of the known patient, and keep an appointment for its end."""
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    desk.fill_in(slot, time)
    desk.page.get_by_role("button", name="Book at the end of the call").click()
    desk.expect_text("waits for the end of the call")


def test_what_waits_is_booked_when_the_call_ends(desk: Desk, centre: CallCentre, clinicea: ControlClient) -> None:
    keep_for_the_end(desk, centre, 13, "09:00")
    desk.look("waits")
    assert clinicea_has(clinicea, f"{day(13)}T09:00") == []

    centre.hang_up("Enquiry")

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(13)}T09:00") == ["P-01"]
    desk.page.reload()
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("ended")


def test_what_waits_is_booked_without_a_status_callback(
    desk: Desk, centre: CallCentre, clinicea: ControlClient, stack: dict[str, Any]
) -> None:
    keep_for_the_end(desk, centre, 14, "10:00")

    let_time_pass(stack)
    Aws(stack).sweep()

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(14)}T10:00") == ["P-01"]
    centre.hang_up("Enquiry")
    desk.page.reload()
    expect(desk.booked).to_have_count(1)


def test_booking_now_takes_the_place_of_what_waits(desk: Desk, centre: CallCentre, clinicea: ControlClient) -> None:
    keep_for_the_end(desk, centre, 15, "09:00")
    desk.fill_in(15, "09:30")

    desk.book()
    desk.expect_booked()
    centre.hang_up("Enquiry")
    desk.page.reload()

    expect(desk.chips).to_have_count(1)
    assert clinicea_has(clinicea, f"{day(15)}T09:30") == ["P-01"]
    assert clinicea_has(clinicea, f"{day(15)}T09:00") == []
