"""`booking_actions` and the commands that ask it: what they change, what they print, and what they never say."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands import bookings, desk, redrive, resolve
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.states import Reason, State
from convox_clinicea.errors import InvalidRequest
from tests.support import invented
from tests.support.bookings import in_days, known_body
from tests.support.deployment import Deployment

WHO = "arn:aws:sts::123456789012:assumed-role/FrontDesk/asha"
WHY = "looked into the calendar"


@pytest.fixture
def parked(deployment: Deployment) -> Booking:
    """A booking that waits for a person."""
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    booking_id = deployment.book_known("P-41", known_body(start=in_days(3).isoformat())).body["booking_id"]
    booking = deployment.booking(booking_id)
    deployment.ledger().move(booking, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
    return deployment.booking(booking_id)


def ask(deployment: Deployment) -> desk.Ask:
    return lambda order: deployment.function("booking_actions").invoke(order)


def listing(**changes: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"state": [], "reason": [], "older": 0, "id": "", "json": False} | changes)


def redriving(**changes: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"id": [], "reason": [], "older": 0, "go": False, "why": ""} | changes)


def resolving(booking: Booking, end: str, **changes: Any) -> argparse.Namespace:
    given = {"id": booking.booking_id, "end": end, "appointment": "", "patient": "", "why": WHY}
    return argparse.Namespace(**given | changes)


def test_the_list_tells_state_reason_age_and_call_and_nothing_of_the_patient(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bookings.tell(listing(), ask(deployment), "the stack", lambda: 1) == 0

    said = capsys.readouterr().out
    assert "the stack: 1 needs_attention; 1 dead letters" in said
    for expected in (parked.booking_id, "outcome_unknown", "age", "start     2 d", f"call {parked.call_id}"):
        assert expected in said
    assert not invented.leaks(said)
    assert "P-41" not in said


def test_bookings_that_have_ended_are_listed_when_they_are_asked_for(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    rejected = listing(state=["rejected"])
    assert bookings.tell(rejected, ask(deployment), "", lambda: 0) == 0
    assert parked.booking_id not in capsys.readouterr().out
    deployment.ledger().move(parked, State.REJECTED, reason=Reason.REFUSED)

    assert bookings.tell(rejected, ask(deployment), "", lambda: 0) == 0
    assert parked.booking_id in capsys.readouterr().out


def test_the_list_as_json_is_one_document(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bookings.tell(listing(json=True, reason=["outcome_unknown"]), ask(deployment), "", lambda: 0) == 0

    document = json.loads(capsys.readouterr().out)
    assert [each["booking_id"] for each in document["bookings"]] == [parked.booking_id]
    assert document["dead_letters"] == 0


def test_what_the_filters_leave_out_is_not_listed(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    for wanted in (listing(state=["accepted"]), listing(reason=["too_late"]), listing(older=60)):
        assert bookings.tell(wanted, ask(deployment), "the stack", lambda: 0) == 0
        assert parked.booking_id not in capsys.readouterr().out


def test_a_redrive_first_says_what_it_would_do(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert redrive.redrive(redriving(), ask(deployment), "the stack", WHO) == 0

    said = capsys.readouterr().out
    assert f"would be  {parked.booking_id}, outcome_unknown" in said
    assert "1 would be redriven, 0 left" in said
    assert "Nothing was changed" in said
    assert deployment.booking(parked.booking_id) == parked


def test_a_redriven_booking_is_made_and_the_act_is_shown(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deployment.deliver().acknowledged, "the first message, which means nothing any more"
    assert redrive.redrive(redriving(go=True, why=WHY), ask(deployment), "the stack", WHO) == 0
    assert deployment.deliver().acknowledged
    said = capsys.readouterr().out
    assert "1 redriven, 0 left" in said
    assert '"message":"acted"' in said, "the log has the line, too"

    assert deployment.booking(parked.booking_id).state is State.BOOKED
    assert bookings.tell(listing(id=parked.booking_id), ask(deployment), "", lambda: 0) == 0
    shown = capsys.readouterr().out
    assert f'redrive, was needs_attention (outcome_unknown), by {WHO}: "{WHY}"' in shown
    assert "booked" in shown
    assert not invented.leaks(said + shown)


def test_what_cannot_be_redriven_is_left_with_its_reason(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.ledger().move(parked, State.REJECTED)
    wanted = redriving(id=[parked.booking_id, "bk_" + "a" * 26], go=True, why=WHY)

    assert redrive.redrive(wanted, ask(deployment), "the stack", WHO) == 1

    said = capsys.readouterr().out
    assert f"left      {parked.booking_id}: it does not wait for a person" in said
    assert "there is no such booking" in said
    assert "0 redriven, 2 left" in said


def test_what_was_asked_for_after_another_was_booked_is_only_redriven_by_name(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    back = deployment.ledger().move(parked, State.ACCEPTED)
    deployment.ledger().move(back, State.NEEDS_ATTENTION, reason=Reason.CHANGED_AFTER_BOOKING)

    assert redrive.redrive(redriving(go=True, why=WHY), ask(deployment), "the stack", WHO) == 0
    assert "1 with reason changed_after_booking passed over" in capsys.readouterr().out
    assert deployment.booking(parked.booking_id).state is State.NEEDS_ATTENTION

    by_name = redriving(id=[parked.booking_id], go=True, why=WHY)
    assert redrive.redrive(by_name, ask(deployment), "the stack", WHO) == 0
    assert deployment.booking(parked.booking_id).state is State.ACCEPTED


def test_many_are_redriven_a_few_at_a_time(
    deployment: Deployment, parked: Booking, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for minute in (10, 20):
        start = (in_days(4) + timedelta(minutes=minute)).isoformat()
        booking_id = deployment.book_known("P-41", known_body(start=start)).body["booking_id"]
        deployment.ledger().move(deployment.booking(booking_id), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
    monkeypatch.setattr(redrive, "AT_A_TIME", 2)

    assert redrive.redrive(redriving(go=True, why=WHY), ask(deployment), "the stack", WHO) == 0

    assert "3 redriven, 0 left" in capsys.readouterr().out


def test_a_booking_is_resolved_as_booked_with_its_appointment(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resolve.resolve(resolving(parked, "booked", appointment="A-7"), ask(deployment), "the stack", WHO) == 0

    assert f'booked as A-7, was needs_attention (outcome_unknown), by {WHO}: "{WHY}"' in capsys.readouterr().out
    assert deployment.status(parked.booking_id).body["appointment_id"] == "A-7"
    again = resolve.resolve(resolving(parked, "rejected"), ask(deployment), "the stack", WHO)
    assert again == 1
    assert "it does not wait for a person; nothing was changed" in capsys.readouterr().err


def test_an_appointment_of_another_booking_is_not_given_away(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    other = deployment.book_known("P-41", known_body(start=in_days(5).isoformat())).body["booking_id"]
    deployment.ledger().book(deployment.booking(other), "A-7")

    assert resolve.resolve(resolving(parked, "booked", appointment="A-7"), ask(deployment), "the stack", WHO) == 1

    assert f"belongs to {other}; nothing was changed" in capsys.readouterr().err


def test_a_booking_is_resolved_as_rejected(deployment: Deployment, parked: Booking) -> None:
    assert resolve.resolve(resolving(parked, "rejected"), ask(deployment), "the stack", WHO) == 0

    body = deployment.status(parked.booking_id).body
    assert (body["state"], body["reason"]) == ("rejected", "outcome_unknown")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"action": "delete"},
        {"action": "list", "states": ["lost"]},
        {"action": "list", "limit": 100_000},
        {"action": "list", "surprise": 1},
        {"action": "show", "booking_id": "booking#x"},
        {"action": "redrive", "booking_ids": [], "who": WHO, "why": WHY},
        {"action": "redrive", "booking_ids": ["bk_" + "a" * 26], "who": WHO},
        {"action": "redrive", "booking_ids": ["bk_" + "a" * 26], "who": "", "why": WHY},
        {"action": "resolve", "booking_id": "bk_" + "a" * 26, "end": "accepted", "who": WHO, "why": WHY},
        {"action": "resolve", "booking_id": "bk_" + "a" * 26, "end": "booked", "who": WHO, "why": WHY},
        {
            "action": "resolve",
            "booking_id": "bk_" + "a" * 26,
            "end": "rejected",
            "appointment_id": "A-1",
            "who": WHO,
            "why": WHY,
        },
    ],
)
def test_an_order_that_makes_no_sense_is_refused(deployment: Deployment, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        ask(deployment)(wrong)


@pytest.mark.parametrize("why", [f"called {invented.MOBILE}", "she is at +91 99999 000 17", "wrote to a@example.com"])
def test_a_reason_that_would_tell_of_the_patient_is_refused_and_not_repeated(
    deployment: Deployment, parked: Booking, why: str
) -> None:
    with pytest.raises(InvalidRequest, match="neither an address nor a telephone number") as refused:
        resolve.resolve(resolving(parked, "rejected", why=why), ask(deployment), "the stack", WHO)

    assert why not in str(refused.value)
    assert deployment.booking(parked.booking_id) == parked


@pytest.mark.parametrize(("text", "minutes"), [("45m", 45), ("12h", 720), ("3d", 4320)])
def test_a_duration_is_read(text: str, minutes: int) -> None:
    assert desk.minutes(text) == minutes


@pytest.mark.parametrize("text", ["", "h", "12", "12 h", "-1h", "1w"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        desk.minutes(text)


def test_spans_are_told_in_their_greatest_unit() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    booking = {
        "state": "accepted",
        "reason": None,
        "accepted_at": (now - timedelta(hours=30)).isoformat(),
        "start": (now - timedelta(days=3)).isoformat(),
        "booking_id": "bk_1",
        "call_id": None,
        "agent_id": None,
        "posted": True,
        "appointment_id": None,
    }

    said = desk.line(booking, now)

    assert "age   30 h" in said
    assert "start    -3 d" in said
    assert said.endswith("posted")


def test_of_a_booking_that_never_was_nothing_is_shown(deployment: Deployment) -> None:
    assert ask(deployment)({"action": "show", "booking_id": "bk_" + "a" * 26}) == {"booking": None, "acts": []}


def test_a_record_that_cannot_be_read_is_listed_with_its_id_whatever_is_asked_for(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.stack.spoil(f"booking#{parked.booking_id}", reason="a reason of a later version")

    for wanted in (listing(), listing(state=["accepted"], reason=["refused"]), listing(id=parked.booking_id)):
        assert bookings.tell(wanted, ask(deployment), "the stack", lambda: 0) == int(bool(wanted.id))
        said = capsys.readouterr().out
        assert parked.booking_id in said
        assert "unreadable       version 2" in said
    assert bookings.tell(listing(json=True), ask(deployment), "the stack", lambda: 0) == 0
    assert [each["booking_id"] for each in json.loads(capsys.readouterr().out)["unreadable"]] == [parked.booking_id]
