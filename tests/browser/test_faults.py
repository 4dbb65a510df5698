"""Faults around the page: no connection, a limit, a part of AWS that does not answer, input of any kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from local.clinicea.testing import ControlClient
from tests.browser.pages import CallCentre, Desk, clinicea_has, day, expect
from tests.end_to_end.aws import Aws

HTML = '"><script>document.title="injected"</script><img src=x onerror=document.title="injected">'


def sent_by_script(desk: Desk, where: str, form: dict[str, str]) -> Any:
    """Send a form with the browser's cookies, as the page's script would; returns the answer."""
    return desk.page.evaluate(
        """async ([where, form]) => {
          const body = new URLSearchParams(form);
          const headers = { "HX-Request": "true" };
          const answer = await fetch(where, { method: "POST", headers, body, redirect: "error" });
          return { status: answer.status, text: await answer.text() };
        }""",
        [where, form],
    )


def test_offline_the_text_stays_and_a_repeat_is_harmless(
    desk: Desk, centre: CallCentre, clinicea: ControlClient
) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    desk.fill_in(16, "09:00", notes="typed before")

    desk.page.context.set_offline(True)
    desk.expect_text("No connection.")
    desk.book()
    desk.look("offline")
    expect(desk.page.get_by_label("Notes")).to_have_value("typed before")
    desk.page.context.set_offline(False)
    expect(desk.page.locator("#offline-bar")).to_be_hidden()
    desk.book()
    desk.expect_booked()
    desk.book()

    desk.expect_text("This was booked before; it counts once.")
    assert clinicea_has(clinicea, f"{day(16)}T09:00") == ["P-01"]


def test_an_answer_that_is_lost_is_asked_for_again(desk: Desk, centre: CallCentre, clinicea: ControlClient) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    desk.fill_in(29, "09:00")
    desk.page.route(re.compile("/book$"), lambda route: (route.fetch(), route.abort())[0])
    desk.book()
    desk.expect_text("No connection.")
    desk.page.unroute(re.compile("/book$"))

    desk.book()

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(29)}T09:00") == ["P-01"]


@contextmanager
def one_booking_a_minute(stack: dict[str, Any]) -> Iterator[None]:
    """The desk lets each agent book once a minute as long as the block lasts."""
    aws = Aws(stack)
    functions, name = aws.client("lambda"), aws.physical_id("AgentDeskFunction")
    known = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    limited = known | {"BOOKINGS_PER_AGENT_MINUTE": "1"}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": limited})
    yield
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": known})


def test_beyond_a_limit_the_page_says_what_to_do(desk: Desk, centre: CallCentre, stack: dict[str, Any]) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    desk.fill_in(30, "09:00", notes="typed before")

    with one_booking_a_minute(stack):
        for _ in range(4):  # a minute may begin in between
            with desk.page.expect_response(re.compile("/book$")) as answered:
                desk.book()
            if answered.value.status == HTTPStatus.TOO_MANY_REQUESTS:
                break
        desk.expect_text("This one was not stored. Send it again in a moment.")
        expect(desk.page.get_by_label("Notes")).to_have_value("typed before")
        desk.look("limit")


def test_what_is_not_stored_is_said_and_the_form_kept(desk: Desk, centre: CallCentre) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    desk.fill_in(31, "09:00", notes="typed before")
    told = '<div class="problem" role="alert"><p>Not confirmed</p></div>'
    desk.page.route(re.compile("/book$"), lambda route: route.fulfill(status=503, content_type="text/html", body=told))

    desk.book()

    desk.expect_text("Not confirmed")
    expect(desk.page.get_by_label("Notes")).to_have_value("typed before")
    desk.page.unroute(re.compile("/book$"))
    desk.book()
    desk.expect_booked()


def test_clinicea_down_and_back_on_one_call(desk: Desk, centre: CallCentre, clinicea: ControlClient) -> None:
    centre.clinicea("down")
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Go on: what you take down is kept and booked later")
    desk.fill_in(8, "09:00", notes="typed meanwhile")
    centre.clinicea("back")

    desk.page.get_by_role("button", name="Try again").click()
    desk.expect_text("Meera Samplewala")
    expect(desk.page.get_by_label("Notes")).to_have_value("typed meanwhile")
    desk.book()

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(8)}T09:00") == ["P-01"]


def test_html_in_every_field_is_text(desk: Desk, centre: CallCentre, clinicea: ControlClient) -> None:
    centre.call_from("an unknown number")
    desk.wait_for_call()
    desk.expect_text("No patient has this number")
    desk.fill_in_new_patient(HTML[:90], HTML[:90], consent="Yes")
    for label in ("E-mail", "Service", "Doctor's id", "Notes"):
        desk.page.get_by_label(label).fill(HTML[:64])
    with desk.page.expect_response(lambda answer: answer.url.endswith("/draft")):
        desk.page.get_by_label("Notes").press_sequentially("!")

    desk.page.get_by_label("Clinic", exact=True).select_option(index=1)
    desk.page.get_by_label("Day").fill(day(23))
    desk.page.get_by_label("Time", exact=True).fill("13:00")
    desk.page.locator("#booking").evaluate("each => each.noValidate = true")
    desk.book()
    desk.expect_text("Not done:")
    desk.page.reload()

    desk.expect_text("No patient has this number")
    expect(desk.page.get_by_label("Notes")).to_have_value(f"{HTML[:64]}!")
    assert desk.page.title() != "injected"
    assert desk.page.locator("main img, main script").count() == 0
    desk.page.get_by_label("Caller's number").fill(HTML[:50])
    desk.page.get_by_role("button", name="Look up").click()
    desk.expect_text("That could not be understood")
    assert desk.page.title() != "injected"


def test_a_post_of_a_megabyte_is_refused_with_a_way_on(desk: Desk, centre: CallCentre) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    booking = desk.page.locator("#booking")
    form = booking.evaluate("each => Object.fromEntries(new FormData(each))") | {"notes": "x" * 1_000_000}

    answer = sent_by_script(desk, booking.get_attribute("action"), form)

    assert answer["status"] == 413
    assert "xxx" not in answer["text"]
    desk.page.locator("#notes").evaluate("each => { each.maxLength = 2000000; each.value = 'x'.repeat(1000000); }")
    desk.fill_in_at(day(24), "13:00")
    desk.book()
    desk.expect_text("Not done:")
    expect(desk.chips).to_have_count(0)


def test_a_second_appointment_within_a_week_is_asked_about_once(
    desk: Desk, centre: CallCentre, clinicea: ControlClient
) -> None:
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.expect_text("Meera Samplewala")
    desk.fill_in(9, "09:00")
    desk.book()
    desk.expect_booked()
    centre.hang_up("Enquiry")
    desk.page.goto(desk.url)
    centre.call_from("a known number")
    desk.wait_for_call()
    desk.page.get_by_role("heading", name="Next").wait_for()
    desk.page.locator("#ahead .visits, #ahead details").first.wait_for()
    desk.fill_in_at(day(9, 2), "09:00")

    desk.page.get_by_role("button", name="Book at the end of the call").click()
    desk.expect_text("Book another?")
    desk.look("another")
    assert clinicea_has(clinicea, f"{day(9, 2)}T09:00") == []
    desk.page.get_by_role("button", name="Yes, book it beside the other one").click()
    desk.expect_text("waits for the end of the call")
    centre.hang_up("Enquiry")

    desk.expect_booked()
    assert clinicea_has(clinicea, f"{day(9)}T09:00") == ["P-01"]
    assert clinicea_has(clinicea, f"{day(9, 2)}T09:00") == ["P-01"]
