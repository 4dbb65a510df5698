"""Cancel and move what is booked; a person does the rest in Clinicea."""

from __future__ import annotations

import time
from typing import Any

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk, clinicea_has, day, expect
from tests.end_to_end.api import Api
from tests.end_to_end.aws import Aws

MOST_LOOKS = 20
SECONDS_BETWEEN = 5.0


def test_a_booked_appointment_is_moved_and_another_cancelled(
    desk: Desk, centre: CallCentre, clinicea: ControlClient, stack: dict[str, Any]
) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    desk.fill_in(33, "09:30")
    desk.book()
    desk.expect_booked()

    page = desk.page
    page.get_by_text("Move…").click()
    page.get_by_label("Why").filter(visible=True).select_option("cannot_come")
    page.get_by_label("New date").fill(day(34))
    page.get_by_label("New time").fill("10:30")
    desk.look("move")
    page.get_by_role("button", name="Book the new time").click()
    desk.expect_text("stands until the new time is booked")
    expect(desk.booked).to_have_count(2)
    assert clinicea_has(clinicea, f"{day(33)}T09:30") == ["P-01"], "nobody has cancelled it yet"

    page.get_by_text("Cancel…").click()
    page.get_by_label("Why").filter(visible=True).select_option("caller_asked")
    page.get_by_role("button", name="Have it cancelled").click()
    desk.expect_text("is to be cancelled in Clinicea by a person")
    desk.look("tasks")
    assert clinicea_has(clinicea, f"{day(34)}T10:30") == ["P-01"], "nothing is sent to Clinicea"

    api, aws = Api(stack), Aws(stack)
    asked = {each["kind"]: each for each in api.get("/tasks").json()["tasks"]}
    clinicea.cancel(asked["cancel"]["appointment_id"], "by hand")
    done: list[str] = []
    for _ in range(MOST_LOOKS):  # the first minute of a task has no look
        aws.invoke("ReconcileFunction", {"source": "aws.events"})
        done = [each["task_id"] for each in api.get("/tasks", state="done").json()["tasks"]]
        if done:
            break
        time.sleep(SECONDS_BETWEEN)
    assert done == [asked["cancel"]["task_id"]]
    (left,) = api.get("/tasks").json()["tasks"]
    assert (left["kind"], left["state"], left["problem"]) == ("move", "open", None)
    page.reload()
    desk.expect_text("cancelled in Clinicea")
