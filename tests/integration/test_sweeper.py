"""The sweeper, which a schedule starts each minute: what it requeues, parks, expires and notifies."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.table import TableUnavailable
from tests.support import events, invented
from tests.support.bookings import in_days, known_body, known_request, new_request
from tests.support.clock import VirtualClock
from tests.support.deployment import Deployment
from tests.support.functions import ROOT

POST = "postAppointmentByPatientID"
NOTHING = {"requeued": 0, "parked": 0, "expired": 0, "told": 0, "made": 0}


def an_hour_ago() -> VirtualClock:
    return VirtualClock(datetime.now(UTC) - timedelta(hours=1))


class TestSweeper:
    def test_with_nothing_to_do_it_says_so(self, deployment: Deployment) -> None:
        assert deployment.sweep() == NOTHING

    def test_a_booking_whose_message_is_gone_is_made_all_the_same(self, deployment: Deployment) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        booking = deployment.accepted_at(an_hour_ago(), known_request(start=in_days(2)))
        aws.sqs().purge_queue(QueueUrl=deployment.stack.queue_url)

        assert deployment.sweep() == NOTHING | {"requeued": 1}

        assert deployment.deliver().acknowledged
        assert deployment.booking(booking.booking_id).state is State.BOOKED

    def test_near_its_start_a_booking_that_waits_for_none_is_left(self, deployment: Deployment) -> None:
        soon = datetime.now(UTC) + timedelta(minutes=8)
        before = VirtualClock(datetime.now(UTC) - timedelta(minutes=10))
        waiting = [
            deployment.accepted_at(before, each) for each in (known_request(start=soon), new_request(start=soon))
        ]

        assert deployment.sweep() == NOTHING

        assert [deployment.booking(each.booking_id).state for each in waiting] == [State.ACCEPTED] * 2

    def test_a_message_of_the_generation_before_does_nothing(self, deployment: Deployment) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        deployment.accepted_at(an_hour_ago(), known_request(start=in_days(2)))
        deployment.sweep()

        assert deployment.deliver().acknowledged
        assert deployment.fake.requests() == []
        assert deployment.deliver().acknowledged
        assert len(deployment.fake.standing()) == 1

    def test_unreadable_record_is_counted_each_minute_and_left(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        booking = deployment.accepted_at(an_hour_ago(), known_request(start=in_days(2)))
        deployment.stack.spoil(f"booking#{booking.booking_id}", state="of_a_later_version")
        before = deployment.stack.items()

        for _ in range(2):
            assert deployment.sweep() == NOTHING
            said = capsys.readouterr().out.replace(" ", "")
            assert '"UnreadableRecords":[1' in said
            assert '"OpenBookings":[1' in said
            (oldest,) = re.findall(r'"OldestOpenBooking":\[(\d+)', said)
            assert 3600 <= int(oldest) < 3700
        assert deployment.stack.items() == before

    def test_a_dead_letters_booking_is_parked_and_told_of(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
        (message,) = deployment.stack.messages()
        aws.sqs().send_message(
            QueueUrl=deployment.stack.dead_letter_queue_url,
            MessageBody=message["Body"],
        )

        assert deployment.sweep() == NOTHING | {"parked": 1}

        assert deployment.booking(booking_id).reason is Reason.AGE_LIMIT
        assert [notice["booking_id"] for notice in deployment.stack.notices()] == [booking_id]
        assert deployment.stack.dead_letters() == []
        assert '"SweptParked":[1' in capsys.readouterr().out.replace(" ", "")

    def test_a_notice_that_could_not_be_published_is_published_later(self, deployment: Deployment) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        deployment.fake.fault(POST, "status", status=400, body="Unknown patient", count=1)
        booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
        deployment.stack.without_topic()
        assert deployment.deliver().acknowledged
        deployment.stack.with_topic_again()

        assert deployment.sweep() == NOTHING | {"told": 1}

        (notice,) = deployment.stack.notices()
        assert (notice["booking_id"], notice["state"], notice["reason"]) == (booking_id, "rejected", "unknown_patient")
        assert not invented.leaks(json.dumps(notice))

    def test_time_that_is_short_is_not_begun_with(self, deployment: Deployment) -> None:
        deployment.accepted_at(an_hour_ago(), known_request(start=in_days(2)))

        assert deployment.sweep(seconds=4) == NOTHING

    def test_a_ledger_that_is_away_fails_the_invocation(self, deployment: Deployment) -> None:
        deployment.configure(LEDGER_TABLE="no-such-table")

        with pytest.raises(TableUnavailable):
            deployment.sweep()

    def test_the_sample_event_is_one(self, deployment: Deployment) -> None:
        event = json.loads((ROOT / "events" / "sweeper.json").read_text())

        assert set(event) == set(events.scheduled("rule", datetime.now(UTC)))
        assert deployment.function("sweeper").invoke(event) == NOTHING
