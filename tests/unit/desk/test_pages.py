"""The pages: sign in, the announced call, who is calling, book."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from convox_clinicea.clinicea.errors import TimedOut
from convox_clinicea.desk.ahead import Ahead, AnotherAhead, NextAppointment
from convox_clinicea.desk.pages import key_of
from convox_clinicea.desk.states import Progress
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.lookups.clinic_times import DayTimes
from convox_clinicea.lookups.free_times import FreeTime
from convox_clinicea.privacy import PersonalText
from convox_clinicea.table import TableUnavailable
from tests.support import emf
from tests.support.clock import SkippingClock
from tests.support.desk_browser import DESK, Browser
from tests.support.openid import Provider
from tests.unit.desk.stand_ins import MANY, SINCE, BookingState, CallerView, DeskCall, Services

CALL = f"calls/{key_of('call-1')}"
FILLED = {"patient_id": "p-1", "clinic_id": "andheri", "day": "2031-03-05", "time": "09:30", "when": "now"}


def test_a_known_caller_is_booked(browser: Browser, provider: Provider, services: Services) -> None:
    assert "Sign in to the desk" in browser.get().text
    home = browser.sign_in(provider)
    assert "signed in as Asha Demo, agent agent-7" in home.text
    assert "Andheri" in home.text

    call = browser.get(CALL)
    caller = browser.get(f"{CALL}/caller", fragment=True)
    taken = browser.post(f"{CALL}/book", FILLED | {"token": call.token}, fragment=True)
    then = browser.get(f"{CALL}/bookings", fragment=True)

    assert "+91 99999 00001" in call.text
    assert "Meera Samplewala" in caller.text
    assert "22 Nowhere Road" in caller.text
    assert services.shown_to == [("0d2f0a52-person", "call-1")], "the look-up is the person's"
    assert "taken down" in taken.text
    assert "booked, A-1" in then.text
    assert services.booked[0]["patient_id"] == "p-1"
    assert "token" not in services.booked[0]


def test_without_scripts_a_booking_leads_back_to_the_call(signed_in: Browser, services: Services) -> None:
    call = signed_in.get(f"{CALL}?caller=1")
    assert "Meera Samplewala" in call.text

    page = signed_in.post(f"{CALL}/book", FILLED | {"token": call.token})

    assert (page.status, page.address) == (200, f"{DESK}/{CALL}")
    assert len(services.booked) == 1


def test_a_list_that_has_not_changed_is_not_sent_again(signed_in: Browser, services: Services) -> None:
    first = signed_in.get("calls", fragment=True)
    seen = first.body.partition("calls?seen=")[2][:16]

    assert signed_in.get(f"calls?seen={seen}", fragment=True).status == 204, "with a body that is text"
    services.agents_calls["agent-7"].insert(0, DeskCall("call-2"))
    changed = signed_in.get(f"calls?seen={seen}", fragment=True)

    assert f'data-newest="{key_of("call-2")}"' in changed.body


def test_a_list_in_which_something_moves_is_asked_for_more_often(signed_in: Browser, services: Services) -> None:
    """Where a socket tells of calls; it does not tell how they end, or how a booking goes on."""
    ended, hand = DeskCall(ended_at=SINCE), DeskCall("hand-1", by_hand=True)
    booking = BookingState(Progress.TAKEN_DOWN)
    lists = {
        "60000": ([], [ended], [hand, ended], [replace(ended, bookings=(BookingState(Progress.BOOKED),))]),
        "10000": ([DeskCall()], [replace(ended, bookings=(booking,))], [hand, replace(hand, bookings=(booking,))]),
    }

    for rest, calls in lists.items():
        for each in calls:
            services.agents_calls["agent-7"] = [*each]
            assert f'data-rest="{rest}"' in signed_in.get("calls", fragment=True).body
            assert f'data-rest="{rest}"' in signed_in.get().body


def test_a_caller_who_is_shown_in_the_first_minute_is_timed(
    signed_in: Browser, services: Services, clock: SkippingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    since = clock.now() - timedelta(seconds=2)
    calls = [
        DeskCall("call-1", since=since),
        DeskCall("call-2", since=since - timedelta(minutes=1)),
        DeskCall("call-3", since=since, ended_at=since),
        DeskCall("call-4", since=since, by_hand=True),
    ]
    services.agents_calls["agent-7"] = calls
    capsys.readouterr()

    for each in calls:
        assert signed_in.get(f"calls/{key_of(each.call_id)}/caller", fragment=True).status == 200

    (milliseconds,) = emf.values(capsys.readouterr().out, "CallerShownMilliseconds")
    assert 2000 <= milliseconds < 60_000


def test_several_patients_are_told_apart_by_birth_date(signed_in: Browser, services: Services) -> None:
    services.view = MANY
    many = signed_in.get(f"{CALL}/caller", fragment=True)
    form = {"token": many.token, "patient_id": "p-2", "birth_date": "1988-05-01"}

    services.agrees = False
    no = signed_in.post(f"{CALL}/confirm", form, fragment=True)
    services.agrees = True
    yes = signed_in.post(f"{CALL}/confirm", form, fragment=True)

    assert "Several patients have this number" in many.text
    assert "1988" not in many.body
    assert "does not agree" in no.text
    assert 'name="patient_id" value="p-1" form="booking"' in yes.body
    assert yes.headers["HX-Retarget"] == ["#caller"], "the card takes the candidates' place"


def test_a_booking_for_nobody_says_so(signed_in: Browser, services: Services) -> None:
    form = {name: value for name, value in FILLED.items() if name != "patient_id"}

    page = signed_in.post(f"{CALL}/book", form | {"token": signed_in.get(CALL).token}, fragment=True)

    assert (page.status, "Patient: is not chosen yet" in page.text) == (400, True)
    assert services.booked == []


def test_an_unknown_caller_is_asked_for_consent_before_the_name(signed_in: Browser, services: Services) -> None:
    services.view = CallerView("none")
    page = signed_in.get(f"{CALL}/caller", fragment=True)

    assert page.body.index("May we register you?") < page.body.index('name="first_name"')
    assert 'name="consent.given" value="yes" form="booking">' in page.body, "nothing is chosen beforehand"


def test_a_call_id_of_any_signs_has_an_address(signed_in: Browser, services: Services) -> None:
    services.agents_calls["agent-7"] = [DeskCall("a/b?c#d é")]
    assert "Andheri" in signed_in.get(f"calls/{key_of('a/b?c#d é')}").text


def test_a_draft_survives_a_reload(signed_in: Browser, services: Services) -> None:
    services.view = CallerView("none")
    token = signed_in.get(CALL).token
    typed = {"token": token, "notes": "knee", "clinic_id": "bandra", "first_name": "Meera"}

    kept = signed_in.post(f"{CALL}/draft", typed, fragment=True)
    page = signed_in.get(CALL)

    assert kept.status == 204
    assert "token" not in services.kept["call-1"]
    assert ">knee</textarea>" in page.body
    assert '<option value="bandra" selected>' in page.body
    assert signed_in.get(f"{CALL}/caller", fragment=True).field("first_name") == "Meera"


def test_a_call_opens_though_its_draft_cannot_be_read(signed_in: Browser, services: Services) -> None:
    services.refused = TableUnavailable("dynamodb")

    assert "+91 99999 00001" in signed_in.get(CALL).text


def test_free_times_are_buttons_with_the_calendar_s_age(signed_in: Browser, services: Services) -> None:
    token = signed_in.get(CALL).token
    form = {"token": token, "clinic_id": "andheri", "day": "2031-03-03"}
    times = [FreeTime(SINCE, ()), FreeTime(SINCE + timedelta(minutes=90), ())]
    pages = []
    for offer in (None, DayTimes(SINCE.date(), times, SINCE), DayTimes(SINCE.date(), [], None, TimedOut("call"))):
        services.offer = offer
        pages.append(signed_in.post(f"{CALL}/times", form, fragment=True))

    none, free, unchecked = pages
    assert [each.status for each in pages] == [200, 200, 200]
    assert "Choose a clinic" in none.text
    assert re.findall(r'data-time="([^"]+)">([^<]+)<', free.body) == [("12:00", "12:00"), ("13:30", "13:30")]
    assert "as in the calendar at 12:00" in free.text
    assert "No free time on this day" in unchecked.text
    assert "not checked with the calendar" in unchecked.text
    assert services.asked[0]["day"] == "2031-03-03"


def test_a_second_booking_of_a_person_is_asked_about(signed_in: Browser, services: Services) -> None:
    services.refused = InvalidRequest(FieldProblem("another", "is required: this call has another booking"))

    page = signed_in.post(f"{CALL}/book", FILLED | {"token": signed_in.get(CALL).token}, fragment=True)

    assert (page.status, "This call has another booking for this person" in page.text) == (400, True)
    assert '<button form="booking" name="confirmed" value="when=now another=yes">' in page.body


@pytest.mark.parametrize("when", ["now", "at_call_end"])
def test_a_second_appointment_is_asked_about_once(signed_in: Browser, services: Services, when: str) -> None:
    services.refused = AnotherAhead(SINCE, PersonalText("<b>Follow-up</b>"))
    sent = FILLED | {"token": signed_in.get(CALL).token, "when": when}

    with_scripts = signed_in.post(f"{CALL}/book", sent, fragment=True)
    without = signed_in.post(f"{CALL}/book", sent)
    services.refused = None
    signed_in.post(f"{CALL}/book", sent | {"confirmed": f"when={when} another=yes"}, fragment=True)

    for page in (with_scripts, without):
        assert page.status == 400
        assert "This patient has <b>Follow-up</b> on Mon 3 Mar 12:00. Book another?" in page.text
        assert "<b>" not in page.body
        assert f'name="confirmed" value="when={when} another=yes"' in page.body
    (booked,) = services.booked
    assert (booked["another"], booked["at_call_end"]) == ("yes", str(when == "at_call_end"))


def test_the_card_loads_what_is_ahead(signed_in: Browser, services: Services) -> None:
    card = signed_in.get(f"{CALL}/caller", fragment=True)
    services.ahead_of["p-1"] = Ahead(
        tuple(NextAppointment(SINCE, PersonalText("<i>Follow-up</i>"), "Dr. Nobody", "Andheri") for _ in range(3))
    )

    page = signed_in.post(f"{CALL}/ahead", {"token": card.token, "patient_id": "p-1"}, fragment=True)

    assert f'hx-post="../../desk/{CALL}/ahead" hx-trigger="load"' in card.body
    assert page.text.count("<i>Follow-up</i>, Dr. Nobody, Andheri") == 3
    assert "<i>" not in page.body
    assert "1 more later" in page.text
    assert 'name="ahead"' in page.body


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (Ahead(()), "No appointment ahead."),
        (Ahead((), "silent"), "Clinicea does not answer with the next appointments."),
        (Ahead((), "off"), "are not shown at this clinic"),
        (Ahead((), complete=False), "What is being booked cannot be read right now."),
        (Ahead((NextAppointment(None, progress=Progress.BEING_BOOKED),)), "being booked"),
    ],
    ids=["nothing", "silent", "off", "incomplete", "ours"],
)
def test_what_is_not_known_of_the_next_ones_is_said(
    signed_in: Browser, services: Services, ahead: Ahead, said: str
) -> None:
    services.ahead_of["p-1"] = ahead
    form = {"token": signed_in.get(CALL).token, "patient_id": "p-1"}

    assert said in signed_in.post(f"{CALL}/ahead", form, fragment=True).text
