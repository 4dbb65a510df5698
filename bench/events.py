"""Events for the measurements: those of `events/`, made as new as a function needs them."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from bench import desk_events
from bench.stage import BARE, DESK, USUAL, USUAL_COMPILED, Place, Stage, function_of
from commands.event import event as sample_event
from convox_clinicea import aws
from convox_clinicea.deadline import SystemClock
from convox_clinicea.rate_counters import Counters, Kind, shown_on
from convox_clinicea.table import Table
from tests.support import events, invented
from tests.support.account import Stack

Json = dict[str, Any]
Next = Callable[[], Json]
SLOT = timedelta(minutes=30)
RECEIVE_SECONDS = 5
CROWD_MOBILE = "9999900090"
"""Number of all patients of the crowd, because there are too few unassigned numbers."""


class Refused(Exception):
    """A function gave an unexpected answer, which is the text."""


class Numbers:
    """Source of distinct bookings."""

    def __init__(self) -> None:
        self._count = itertools.count(1)
        self._first = datetime.now(ZoneInfo("Asia/Kolkata")).replace(minute=0, second=0, microsecond=0)
        self._first += timedelta(days=2)

    def next(self) -> tuple[int, datetime]:
        """Return a new number and a new start."""
        number = next(self._count)
        return number, (self._first + number * SLOT).replace(tzinfo=None)


def sample(name: str) -> Json:
    """Return a function's event of `events/`, moved to now."""
    return sample_event(name, datetime.now(UTC))


def fresh(event: Json, **body: object) -> Json:
    """Return an event as from API Gateway now, with other values in its body."""
    event = {**event, "requestContext": {**event["requestContext"], "requestTimeEpoch": int(time.time() * 1000)}}
    return {**event, "body": json.dumps({**json.loads(event["body"]), **body})} if body else event


def succeeded(name: str, answer: Any) -> Any:
    """Return a successful answer; raises Refused, because the time of an error is meaningless."""
    if (
        not isinstance(answer, dict)
        or answer.get("statusCode", 200) not in (200, 202, 204)
        or answer.get("batchItemFailures")
    ):
        raise Refused(f"{name}: {answer}"[:600])
    return answer


class Intake:
    """Accepts bookings through the booking function, and delivers them like the event source."""

    def __init__(self, stage: Stage, place: Place, numbers: Numbers) -> None:
        self._place = place
        self._runtime = stage.runtime("book_appointment", place)
        self._numbers = numbers

    def __enter__(self) -> Self:
        self._runtime.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runtime.__exit__(kind, error, trace)

    def accept(self, patient_id: str = "P-01") -> str:
        """Send a booking, and return its id."""
        answer = succeeded("book_appointment", self._runtime.invoke(booking(self._numbers, patient_id)))
        return str(json.loads(answer["body"])["booking_id"])

    def deliver(self) -> Json:
        """Return the worker's event for the next message of the queue."""
        found = received(self._place.stack, 1, RECEIVE_SECONDS)
        if not found:
            raise Refused("the queue gave no message")
        return found[0]


def received(stack: Stack, most: int, wait_seconds: int) -> list[Json]:
    """Receive messages of a deployment's queue, each as an event of its event source."""
    answer = aws.sqs().receive_message(
        QueueUrl=stack.queue_url, MaxNumberOfMessages=most, WaitTimeSeconds=wait_seconds, AttributeNames=["All"]
    )
    name = stack.queue_url.rsplit("/", 1)[-1]
    return [events.sqs({**message}, name) for message in answer.get("Messages", [])]


def booking(numbers: Numbers, patient_id: str) -> Json:
    """Return a request for a new booking."""
    number, start = numbers.next()
    event = fresh(sample("book_appointment"), start=start.isoformat(), call_id=f"CALL-{number}")
    path = f"/patients/{patient_id}/appointments"
    return {**event, "path": path, "pathParameters": {"patient_id": patient_id}}


def show(place: Place, event: Json) -> None:
    """Record the patient of an event as shown on its call, as a search would; valid for most of an hour."""
    counters = Counters(Table(aws.dynamodb(), place.stack.table), SystemClock())
    now = counters.now()
    patient_id, query = event["pathParameters"]["patient_id"], event["queryStringParameters"]
    shown = shown_on(patient_id, query["call_id"], query["agent_id"])
    caller = event["requestContext"]["authorizer"]["caller"]
    counters.add(caller, now, {}, {now.attribute(Kind.SHOWN): [shown]})


def crowd(stage: Stage, count: int) -> list[str]:
    """Register `count` patients with Clinicea; returns their ids."""
    people = [
        {"first_name": "Crowd", "last_name": f"Extra{each}", "mobile": CROWD_MOBILE, "gender": "Female"}
        for each in range(count)
    ]
    return [str(each["patient_id"]) for each in stage.clinicea.add_patients(*people)]


class Feeding:
    """Source of events for any function; a context manager, because some events need a running booking function."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._numbers = Numbers()
        self._patients: Iterator[str] = itertools.chain.from_iterable(iter(lambda: crowd(stage, 50), []))
        self._running = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.__exit__(kind, error, trace)

    def of(self, name: str, place: Place) -> Next:
        """Return the source of a function's events in a deployment."""
        match name:
            case "book_appointment":
                return lambda: booking(self._numbers, "P-01")
            case "book_new_patient":
                return self._newcomer
            case "call_status":
                return self._status
            case "booking_worker":
                return self._worked(place)
            case "booking_status":
                return self._asked(place)
            case _ if name == DESK:
                return self._list_of_calls(place)
            case "authorizer":
                return lambda: events.authorizer({"Access-Token": invented.TOKEN})
            case "past_appointments":
                show(place, sample(name))
                return lambda: fresh(sample(name))
            case _ if name in (USUAL, USUAL_COMPILED, BARE):
                return lambda: fresh(sample("search_patient"))
            case _:
                event = sample(function_of(name))
                return lambda: fresh(event) if "httpMethod" in event else event

    def _newcomer(self) -> Json:
        number, start = self._numbers.next()
        return fresh(sample("book_new_patient"), start=start.isoformat(), call_id=f"CALL-{number}")

    def _status(self) -> Json:
        number, start = self._numbers.next()
        when = {"appointment_date": f"{start:%Y-%m-%d}", "appointment_time": f"{start:%H:%M}"}
        return fresh(sample("call_status"), CALL_REFERENCE_ID=f"CALL-{number}", **when)

    def _list_of_calls(self, place: Place) -> Next:
        with self._stage.runtime("call_popup", place) as popup:
            agent = desk_events.announced(place, lambda event: succeeded("call_popup", popup.invoke(event)))
        return agent.home

    def _worked(self, place: Place) -> Next:
        intake = self._intake(place)

        def next_message() -> Json:
            intake.accept(next(self._patients))
            return intake.deliver()

        return next_message

    def _asked(self, place: Place) -> Next:
        booking_id = self._intake(place).accept()
        event = sample("booking_status")
        event = {**event, "path": f"/bookings/{booking_id}", "pathParameters": {"booking_id": booking_id}}
        return lambda: fresh(event)

    def _intake(self, place: Place) -> Intake:
        return self._running.enter_context(Intake(self._stage, place, self._numbers))
