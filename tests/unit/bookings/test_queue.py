"""The queue: what a message says, what it does not, and what is no message of ours."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea import aws
from convox_clinicea.bookings.messages import (
    BookingQueue,
    DeadLetter,
    DeadLetterQueue,
    Message,
    QueueUnavailable,
    UnparsableMessage,
)
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import new_request
from tests.support.properties import PROPERTY, json_values

ID = f"bk_{'a' * 26}"
GOOD = {"v": 1, "booking_id": ID, "generation": 1}


def test_a_message_names_booking_and_generation_and_nothing_else(bench: Bench) -> None:
    booking = bench.accept(new_request())

    (message,) = bench.stack.messages()
    assert json.loads(message["Body"]) == {"v": 1, "booking_id": booking.booking_id, "generation": 1}
    assert not {"MessageGroupId", "MessageDeduplicationId"} & set(message["Attributes"])
    assert "MessageAttributes" not in message
    assert not invented.leaks(json.dumps(message, default=str))


def test_message_sent_twice_makes_one_booking(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    bench.queue.send(booking)

    for message in bench.stack.messages():
        bench.work(booking, generation=json.loads(message["Body"])["generation"])

    assert len(bench.stack.messages()) == 2
    assert len(bench.fake.standing()) == 1


def test_what_was_sent_can_be_read() -> None:
    assert Message.parse(json.dumps(GOOD)) == Message(v=1, booking_id=ID, generation=1)


def test_fields_that_a_later_version_adds_are_ignored() -> None:
    assert Message.parse(json.dumps(GOOD | {"priority": "high"})).booking_id == ID


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "hello",
        "{",
        json.dumps({}),
        json.dumps(GOOD | {"v": 2}),
        json.dumps(GOOD | {"v": 0}),
        json.dumps(GOOD | {"generation": 0}),
        json.dumps(GOOD | {"generation": None}),
        json.dumps(GOOD | {"booking_id": ""}),
        json.dumps(GOOD | {"booking_id": ID + "\n"}),
        json.dumps(GOOD | {"booking_id": ID.upper()}),
        json.dumps(GOOD | {"booking_id": "session"}),
        "[" * 50_000,
    ],
)
def test_what_is_no_message_is_said_so(body: str) -> None:
    with pytest.raises(UnparsableMessage):
        Message.parse(body)


@PROPERTY
@given(value=json_values | st.text())
def test_whatever_comes_is_a_message_or_said_not_to_be(value: object) -> None:
    with contextlib.suppress(UnparsableMessage):
        Message.parse(json.dumps(value) if not isinstance(value, str) else value)


def test_a_queue_that_is_not_there_is_said_so_for_every_step(bench: Bench) -> None:
    booking = bench.accept()
    gone = f"{bench.stack.queue_url}-gone"
    nowhere, no_letters = BookingQueue(aws.sqs(), gone), DeadLetterQueue(aws.sqs(), gone)

    with pytest.raises(QueueUnavailable):
        nowhere.send(booking)
    with pytest.raises(QueueUnavailable):
        nowhere.postpone("handle", 5)
    with pytest.raises(QueueUnavailable):
        no_letters.bury("body")
    with pytest.raises(QueueUnavailable):
        no_letters.discard(DeadLetter("body", "handle"))
    with pytest.raises(QueueUnavailable):
        next(no_letters.letters())


def test_what_is_buried_is_a_dead_letter(bench: Bench) -> None:
    bench.dead_letters.bury("what is this")

    (letter,) = bench.stack.dead_letters()
    assert letter["Body"] == "what is this"
