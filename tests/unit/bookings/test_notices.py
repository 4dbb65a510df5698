"""Someone is told of each booking that was rejected or waits for a person: at least once, and nothing of a patient."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from convox_clinicea import aws
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.messages import Notices, SnsTopic
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.privacy import PersonalText
from convox_clinicea.table import Table, TableUnavailable
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import AGENT_ID, CALL_ID, known_request, new_request

POST = "postAppointmentByPatientID"


def rejected(bench: Bench) -> Booking:
    bench.patient()
    bench.fake.fault(POST, "status", status=400, body="Slot is already booked", count=1)
    request = known_request(notes=PersonalText(invented.NOTES), service=PersonalText(invented.SERVICE))
    return bench.ends(bench.accept(request))


def parked(bench: Bench) -> Booking:
    bench.patient()
    bench.fake.add_patient(**invented.child())
    return bench.ends(bench.accept(new_request()))


def test_rejected_booking_is_notified_once_with_all_needed(bench: Bench) -> None:
    booking = rejected(bench)

    standing = bench.now(booking)
    (notice,) = bench.stack.notices()
    assert notice == {
        "v": 1,
        "booking_id": booking.booking_id,
        "state": "rejected",
        "reason": "slot_taken",
        "caller": "convox",
        "call_id": CALL_ID,
        "agent_id": AGENT_ID,
        "accepted_at": notice["accepted_at"],
        "updated_at": notice["updated_at"],
    }
    assert standing.notice_due is False
    bench.work(booking)
    bench.sweep()
    assert len(bench.stack.notices()) == 1


def test_a_parked_booking_is_told_of(bench: Bench) -> None:
    booking = parked(bench)

    (notice,) = bench.stack.notices()
    assert (notice["state"], notice["reason"]) == ("needs_attention", "several_patients")
    assert bench.now(booking).notice_due is False


@pytest.mark.parametrize("made", [rejected, parked])
def test_a_notice_says_nothing_of_the_patient(bench: Bench, made: Any) -> None:
    made(bench)

    text = json.dumps(bench.stack.notices())
    assert not invented.leaks(text)
    assert "P-41" not in text


def test_what_was_booked_is_nobodys_business(bench: Bench) -> None:
    bench.patient()
    bench.ends(bench.accept())

    assert bench.stack.notices() == []
    assert bench.now(bench.accept()).notice_due is False


@pytest.mark.parametrize("made", [rejected, parked])
def test_while_the_topic_is_down_the_notice_stays_pending(bench: Bench, made: Any) -> None:
    bench.stack.without_topic()
    booking = made(bench)
    assert bench.now(booking).notice_due is True
    assert bench.sweep().told == 0
    bench.stack.with_topic_again()

    assert bench.sweep().told == 1

    (notice,) = bench.stack.notices()
    assert notice["booking_id"] == booking.booking_id
    standing = bench.now(booking)
    assert (standing.notice_due, standing.state) == (False, booking.state)
    assert bench.sweep().told == 0


def test_that_it_was_told_may_be_lost_and_then_it_is_told_twice(bench: Bench) -> None:
    class Forgetful(Ledger):
        def mark_notified(self, booking: Booking) -> None:
            raise TableUnavailable("dynamodb: lost")

    forgetful = Forgetful(Table(aws.dynamodb(), bench.stack.table), bench.clock)
    bench.notices = Notices(SnsTopic(aws.sns(), bench.stack.topic), forgetful, Logger("bench"), "IN")
    bench.worker = bench.another_worker()
    booking = rejected(bench)
    assert bench.now(booking).notice_due is True

    bench.sweep(notices=Notices(SnsTopic(aws.sns(), bench.stack.topic), bench.ledger, Logger("bench"), "IN"))

    first, second = bench.stack.notices()
    assert first["booking_id"] == second["booking_id"] == booking.booking_id
    assert bench.now(booking).notice_due is False


def test_booking_that_moved_on_is_notified_by_its_new_worker(bench: Bench) -> None:
    bench.stack.without_topic()
    booking = parked(bench)
    bench.stack.with_topic_again()
    resumed = bench.ledger.move(bench.now(booking), State.ACCEPTED)

    assert bench.notices.publish(booking) is False
    assert bench.now(booking) == resumed


def test_a_booking_whose_notice_is_not_due_publishes_nothing(bench: Bench) -> None:
    assert bench.notices.publish(bench.accept()) is True
    assert bench.stack.notices() == []


def test_the_end_of_a_parked_booking_is_told_anew(bench: Bench) -> None:
    booking = parked(bench)
    ended = bench.ledger.move(bench.now(booking), State.REJECTED, reason=Reason.REFUSED)
    assert ended.notice_due is True

    bench.sweep()

    assert [notice["state"] for notice in bench.stack.notices()] == ["needs_attention", "rejected"]
