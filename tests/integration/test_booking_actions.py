"""`booking_actions` and the commands that ask it: what they change, what they print, and what they never say."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from commands import bookings, redrive, resolve
from commands.cli_support import Ask, Output, Session
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
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


def ask(deployment: Deployment) -> Ask:
    return lambda order: deployment.function("booking_actions").invoke(order)


def session(deployment: Deployment, *, as_json: bool = False) -> Session:
    return Session(Output(as_json=as_json), ask(deployment), "the stack", lambda: WHO)


def listing(deployment: Deployment, dead_letters: int = 0, *, as_json: bool = False, **narrowed: Any) -> int:
    return bookings.tell(session(deployment, as_json=as_json), lambda: dead_letters, **narrowed)


def showing(deployment: Deployment, booking: Booking) -> int:
    return bookings.show(session(deployment), booking.booking_id)


def redriving(deployment: Deployment, *, as_json: bool = False, **given: Any) -> int:
    return redrive.carry_out(session(deployment, as_json=as_json), **given)


def resolving(deployment: Deployment, booking: Booking, end: str, appointment: str = "", why: str = WHY) -> int:
    return resolve.carry_out(session(deployment), booking.booking_id, end, appointment, why=why)


def test_list_shows_state_reason_age_and_call_but_no_patient(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listing(deployment, 1) == 0

    said = capsys.readouterr().out
    assert "the stack: 1 needs_attention; 1 dead letters" in said
    for expected in (parked.booking_id, "outcome_unknown", "age", "start     2 d", f"call {parked.call_id}"):
        assert expected in said
    assert not invented.leaks(said)
    assert "P-41" not in said


def test_ended_bookings_are_listed_on_request(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listing(deployment, states=["rejected"]) == 0
    assert parked.booking_id not in capsys.readouterr().out
    deployment.ledger().move(parked, State.REJECTED, reason=Reason.REFUSED)

    assert listing(deployment, states=["rejected"]) == 0
    assert parked.booking_id in capsys.readouterr().out


def test_the_list_as_json_is_one_document(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listing(deployment, as_json=True, reasons=["outcome_unknown"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert [each["booking_id"] for each in document["bookings"]] == [parked.booking_id]
    assert document["dead_letters"] == 0


def test_what_the_filters_leave_out_is_not_listed(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    left_out: list[dict[str, Any]] = [{"states": ["accepted"]}, {"reasons": ["too_late"]}, {"older": 60}]
    for narrowed in left_out:
        assert listing(deployment, **narrowed) == 0
        assert parked.booking_id not in capsys.readouterr().out


def test_a_redrive_first_says_what_it_would_do(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert redriving(deployment) == 0

    said = capsys.readouterr().out
    assert f"would be  {parked.booking_id}, outcome_unknown" in said
    assert "1 would be redriven, 0 left" in said
    assert "Nothing was changed" in said
    assert deployment.booking(parked.booking_id) == parked


def test_a_redrive_as_json_is_one_document(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert redriving(deployment, as_json=True) == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["dry_run"], document["redriven"], document["left"]) == (True, 1, 0)
    assert [each["booking"]["booking_id"] for each in document["results"]] == [parked.booking_id]


def test_a_redriven_booking_is_made_and_the_act_is_shown(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deployment.deliver().acknowledged, "the first message, which means nothing any more"
    assert redriving(deployment, go=True, why=WHY) == 0
    assert deployment.deliver().acknowledged
    said = capsys.readouterr().out
    assert "1 redriven, 0 left" in said
    assert '"message":"acted"' in said, "the log has the line, too"

    assert deployment.booking(parked.booking_id).state is State.BOOKED
    assert showing(deployment, parked) == 0
    shown = capsys.readouterr().out
    assert f'redrive, was needs_attention (outcome_unknown), by {WHO}: "{WHY}"' in shown
    assert "booked" in shown
    assert not invented.leaks(said + shown)


def test_what_cannot_be_redriven_is_left_with_its_reason(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.ledger().move(parked, State.REJECTED)
    ids = [parked.booking_id, "bk_" + "a" * 26]

    assert redriving(deployment, ids=ids, go=True, why=WHY) == 1

    said = capsys.readouterr().out
    assert f"left      {parked.booking_id}: it does not need a person" in said
    assert "there is no such booking" in said
    assert "0 redriven, 2 left" in said


def test_booking_asked_for_after_another_is_redriven_only_by_id(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    back = deployment.ledger().move(parked, State.ACCEPTED)
    deployment.ledger().move(back, State.NEEDS_ATTENTION, reason=Reason.CHANGED_AFTER_BOOKING)

    assert redriving(deployment, go=True, why=WHY) == 0
    assert "1 with reason changed_after_booking skipped" in capsys.readouterr().out
    assert deployment.booking(parked.booking_id).state is State.NEEDS_ATTENTION

    assert redriving(deployment, ids=[parked.booking_id], go=True, why=WHY) == 0
    assert deployment.booking(parked.booking_id).state is State.ACCEPTED


def test_many_are_redriven_a_few_at_a_time(
    deployment: Deployment, parked: Booking, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for minute in (10, 20):
        start = (in_days(4) + timedelta(minutes=minute)).isoformat()
        booking_id = deployment.book_known("P-41", known_body(start=start)).body["booking_id"]
        deployment.ledger().move(deployment.booking(booking_id), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
    monkeypatch.setattr(redrive, "AT_A_TIME", 2)

    assert redriving(deployment, go=True, why=WHY) == 0

    assert "3 redriven, 0 left" in capsys.readouterr().out


def test_a_booking_is_resolved_as_booked_with_its_appointment(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resolving(deployment, parked, "booked", appointment="A-7") == 0

    assert f'booked as A-7, was needs_attention (outcome_unknown), by {WHO}: "{WHY}"' in capsys.readouterr().out
    assert deployment.status(parked.booking_id).body["appointment_id"] == "A-7"
    again = resolving(deployment, parked, "rejected")
    assert again == 1
    assert "it does not need a person; nothing was changed" in capsys.readouterr().err


def test_an_appointment_of_another_booking_is_not_given_away(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    other = deployment.book_known("P-41", known_body(start=in_days(5).isoformat())).body["booking_id"]
    deployment.ledger().book(deployment.booking(other), "A-7")

    assert resolving(deployment, parked, "booked", appointment="A-7") == 1

    assert f"belongs to {other}; nothing was changed" in capsys.readouterr().err


def test_a_booking_is_resolved_as_rejected(deployment: Deployment, parked: Booking) -> None:
    assert resolving(deployment, parked, "rejected") == 0

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
def test_reason_with_patient_data_is_refused_and_not_repeated(
    deployment: Deployment, parked: Booking, why: str
) -> None:
    with pytest.raises(InvalidRequest, match="an e-mail address or a telephone number") as refused:
        resolving(deployment, parked, "rejected", why=why)

    assert why not in str(refused.value)
    assert deployment.booking(parked.booking_id) == parked


def test_of_a_booking_that_never_was_nothing_is_shown(deployment: Deployment) -> None:
    assert ask(deployment)({"action": "show", "booking_id": "bk_" + "a" * 26}) == {"booking": None, "acts": []}


def test_unreadable_record_is_listed_by_id_whatever_the_filter(
    deployment: Deployment, parked: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.stack.spoil(f"booking#{parked.booking_id}", reason="a reason of a later version")

    for told, code in (
        (partial(listing, deployment), 0),
        (partial(listing, deployment, states=["accepted"], reasons=["refused"]), 0),
        (partial(showing, deployment, parked), 1),
    ):
        assert told() == code
        said = capsys.readouterr().out
        assert parked.booking_id in said
        assert "unreadable       version 2" in said
    assert listing(deployment, as_json=True) == 0
    assert [each["booking_id"] for each in json.loads(capsys.readouterr().out)["unreadable"]] == [parked.booking_id]
