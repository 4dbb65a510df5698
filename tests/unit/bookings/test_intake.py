"""Intake: accepted is what ledger and queue both hold, and the same request is accepted once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.drafting import FURTHEST_AHEAD, Drafter
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import Caller
from convox_clinicea.errors import InvalidRequest, NotStored
from convox_clinicea.privacy import FreeTextIds, PersonalText
from convox_clinicea.sealing import MAX_BYTES, KmsSealer
from convox_clinicea.table import Table
from tests.support import invented
from tests.support.bench import Bench, consents
from tests.support.bookings import START, known_request, new_request


def test_an_accepted_booking_is_in_the_ledger_and_in_the_queue(bench: Bench) -> None:
    accepted = bench.intake.accept(known_request())

    assert (accepted.repeated, accepted.changed) == (False, False)
    standing = bench.now(accepted.booking)
    assert (standing.state, standing.version, standing.generation) == (State.ACCEPTED, 1, 1)
    assert standing.accepted_at == standing.updated_at == bench.clock.now()
    assert [json.loads(message["Body"])["booking_id"] for message in bench.stack.messages()] == [standing.booking_id]


def test_a_repeat_is_the_first_booking(bench: Bench) -> None:
    first = bench.intake.accept(known_request())
    bench.clock.advance(60)

    again = bench.intake.accept(known_request())

    assert (again.repeated, again.changed) == (True, False)
    assert again.booking == bench.now(first.booking)
    assert len(bench.stack.items("booking#")) == 1


def test_repeat_with_other_content_returns_the_first_and_says_so(bench: Bench) -> None:
    first = bench.intake.accept(known_request())

    again = bench.intake.accept(known_request(notes=PersonalText("other")))

    assert (again.repeated, again.changed) == (True, True)
    assert again.booking.request == bench.now(first.booking).request


def test_a_repeat_that_races_the_first_gets_the_one_that_stands(bench: Bench) -> None:
    class Late(Ledger):
        """Its first reading is from before the other request was stored."""

        def get(self, booking_id: str) -> Booking | None:
            missed.append(booking_id)
            return super().get(booking_id) if len(missed) > 1 else None

    missed: list[str] = []
    late = bench.another_intake(ledger=Late(Table(aws.dynamodb(), bench.stack.table), bench.clock))
    first = bench.intake.accept(known_request())

    again = late.accept(known_request(notes=PersonalText("other")))

    assert (again.repeated, again.changed) == (True, True)
    assert again.booking == bench.now(first.booking)


def test_a_repeat_of_what_has_gone_further_is_not_queued_again(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    bench.ends(booking)
    aws.sqs().purge_queue(QueueUrl=bench.stack.queue_url)

    again = bench.intake.accept(known_request())

    assert (again.repeated, again.booking.state) == (True, State.BOOKED)
    assert again.changed is False, "what has ended keeps the digest of its content"
    assert bench.stack.messages() == []


def test_late_repeat_of_a_past_start_gets_the_first_answer(bench: Bench) -> None:
    first = bench.intake.accept(known_request())
    bench.clock.advance(timedelta(days=5).total_seconds())

    again = bench.intake.accept(known_request())

    assert (again.repeated, again.booking.booking_id) == (True, first.booking.booking_id)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=-1), timedelta(days=-400)])
def test_start_in_the_past_is_refused_and_not_stored(bench: Bench, ahead: timedelta) -> None:
    with pytest.raises(InvalidRequest, match="start: must be in the future"):
        bench.intake.accept(known_request(start=bench.clock.now() + ahead))
    assert bench.stack.items() == bench.stack.messages() == []


def test_start_within_a_year_is_accepted_and_later_refused(bench: Bench) -> None:
    last = bench.clock.now() + FURTHEST_AHEAD

    assert bench.accept(start=last).start == last
    with pytest.raises(InvalidRequest, match="365 days"):
        bench.intake.accept(known_request(start=last + timedelta(seconds=1)))
    assert bench.accept(start=bench.clock.now() + timedelta(seconds=1)).state is State.ACCEPTED


def test_without_the_queue_only_a_repeat_confirms_the_booking(bench: Bench) -> None:
    bench.stack.without_queue()
    with pytest.raises(NotStored, match="QueueUnavailable"):
        bench.intake.accept(known_request())
    (item,) = bench.stack.items("booking#")
    bench.stack.with_queue_again()

    again = bench.intake.accept(known_request())

    assert again.repeated is True
    assert item["booking_id"] == {"S": again.booking.booking_id}
    assert len(bench.stack.messages()) == 1


def test_without_the_key_nothing_is_stored(bench: Bench) -> None:
    locked = bench.another_intake(
        drafter=Drafter(
            KmsSealer(aws.kms(), "alias/nowhere"),
            invented.IDENTITY_KEY.encode,
            bench.clock,
            consents(bench.stack),
            ids=FreeTextIds(invented.IDENTITY_KEY.encode, "IN"),
        ),
    )

    with pytest.raises(NotStored, match="SealingUnavailable") as caught:
        locked.accept(new_request())
    assert bench.stack.items() == bench.stack.messages() == []
    assert not invented.leaks(str(caught.value))


def test_request_too_long_to_encrypt_is_the_senders_error(bench: Bench) -> None:
    with pytest.raises(InvalidRequest) as caught:
        bench.intake.accept(known_request(notes=PersonalText("é" * (MAX_BYTES // 2))))

    assert [problem.field for problem in caught.value.problems] == ["notes"]
    assert bench.stack.items() == bench.stack.messages() == []


def test_without_the_ledger_nothing_is_queued(bench: Bench) -> None:
    lost = bench.another_intake(ledger=Ledger(Table(aws.dynamodb(), "no-such-table"), bench.clock))

    with pytest.raises(NotStored, match="TableUnavailable"):
        lost.accept(known_request())
    assert bench.stack.messages() == []


def test_the_ledger_holds_nothing_personal_in_plain(bench: Bench) -> None:
    bench.intake.accept(
        new_request(start=START, notes=PersonalText(invented.NOTES), service=PersonalText(invented.SERVICE))
    )

    raw = b"".join(
        value.encode() if isinstance(value, str) else value
        for item in bench.stack.items()
        for attribute in item.values()
        for value in attribute.values()
        if isinstance(value, str | bytes)
    )
    assert raw
    assert not invented.leaks(raw.decode("latin-1"))


def test_a_request_without_call_and_agent_survives_the_ledger(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept(caller=Caller(name="convox"))

    booked = bench.ends(booking)

    assert booked.state is State.BOOKED
    assert (booked.call_id, booked.agent_id) == (None, None)
