"""A burst of bookings with a slow Clinicea: time until all are acknowledged, and until all are made."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.events import Numbers, booking, crowd, received, succeeded
from bench.popup import slow_clinicea
from bench.runtime import Runtime
from bench.spread import percentile
from bench.stage import Place, Stage
from convox_clinicea import aws

Json = dict[str, Any]
Say = Callable[[str], None]
PER_SECOND = 10
LATENCY_SECONDS = 0.2
INTAKES, WORKERS = 4, 4
CALLS_A_BOOKING = 2
"""Calls for a known patient's booking: one reading of the calendar, one POST."""
PATIENCE = 1.5
"""Factor of the ideal time after which the burst counts as failed."""
PATIENCE_SECONDS = 60.0
SAY_SECONDS = 10.0


@dataclass
class _Drain:
    """Progress of the pollers."""

    wanted: int
    ends: float
    done: int = 0
    waits: int = 0
    last: float = 0.0
    failed: list[Exception] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def over(self) -> bool:
        return self.done >= self.wanted or bool(self.failed) or time.perf_counter() > self.ends

    def note(self, done: bool) -> None:
        with self.lock:
            self.done += done
            self.waits += not done
            self.last = time.perf_counter()


def measure(stage: Stage, bookings: int, say: Say, asked_for: Callable[[], None] = lambda: None) -> Json:
    """Request bookings as fast as the booking functions answer, while workers make them.

    Args:
        asked_for: called after the last request, from which on the machine is mostly idle.
    """
    place = stage.place().with_(CLINICEA_PER_SECOND=str(PER_SECOND))
    patients = crowd(stage, bookings)
    numbers = Numbers()
    with ExitStack() as running:
        say("burst, starting functions")
        intakes = [running.enter_context(stage.runtime("book_appointment", place)) for _ in range(INTAKES)]
        workers = [running.enter_context(stage.runtime("booking_worker", place)) for _ in range(WORKERS)]
        _warm(stage, place, intakes, workers, numbers)
        before = len(stage.clinicea.requests())
        running.enter_context(slow_clinicea(stage, LATENCY_SECONDS))
        running.enter_context(_limited(stage))
        ideal = bookings * CALLS_A_BOOKING / PER_SECOND
        events = [booking(numbers, each) for each in patients]
        began = time.perf_counter()
        drain = _Drain(bookings, began + ideal * PATIENCE + PATIENCE_SECONDS)
        threads = running.enter_context(ThreadPoolExecutor(INTAKES + WORKERS))
        pollers = [threads.submit(_poll, place, worker, drain) for worker in workers]
        try:
            shares = [events[start::INTAKES] for start in range(INTAKES)]
            acknowledged = [each for found in threads.map(_ask, intakes, shares) for each in found]
            asked = time.perf_counter() - began
            asked_for()
            while not drain.over:
                say(f"burst, {drain.done} of {bookings} worked off after {time.perf_counter() - began:.0f} s")
                time.sleep(SAY_SECONDS)
        finally:
            drain.ends = time.perf_counter()  # the pollers end if the measurement failed
        for poller in pollers:
            poller.result()
    if drain.failed:
        raise drain.failed[0]
    statuses = Counter(each["status"] for each in stage.clinicea.requests()[before:])
    calls = statuses.total() - statuses[429]
    seconds = drain.last - began
    return {
        "bookings": bookings,
        "per_second": PER_SECOND,
        "latency": LATENCY_SECONDS * 1000,
        "intakes": INTAKES,
        "workers": WORKERS,
        "acknowledgement": {f"p{share}": percentile(acknowledged, share) for share in (50, 95, 99)},
        "asked_seconds": asked,
        "drain_seconds": seconds,
        "calls": calls,
        "refused_calls": statuses[429],
        "waits": drain.waits,
        "ideal_seconds": ideal,
        "share": ideal / seconds,
        **standing(patients, [each["patient_id"] for each in stage.clinicea.standing()]),
    }


def standing(patients: Sequence[str], booked: Sequence[str]) -> Json:
    """Check the calendar: each patient must have exactly one appointment."""
    counted = Counter(booked)
    return {
        "lost": sum(counted[each] == 0 for each in patients),
        "doubled": sum(counted[each] > 1 for each in patients),
    }


@contextmanager
def _limited(stage: Stage) -> Iterator[None]:
    stage.clinicea.switch(requests_per_second=PER_SECOND)
    try:
        yield
    finally:
        stage.clinicea.switch(requests_per_second=0)


def _warm(stage: Stage, place: Place, intakes: Sequence[Runtime], workers: Sequence[Runtime], numbers: Numbers) -> None:
    for intake, worker, patient_id in zip(intakes, workers, crowd(stage, len(workers)), strict=True):
        succeeded("book_appointment", intake.invoke(booking(numbers, patient_id)))
        for event in received(place.stack, 1, 5):
            succeeded("booking_worker", worker.invoke(event))
            _delete(place, event)


def _ask(intake: Runtime, share: Sequence[Json]) -> list[float]:
    """Return the time of each acknowledgement in milliseconds."""
    found = []
    for event in share:
        began = time.perf_counter()
        answer = intake.invoke(event)
        found.append((time.perf_counter() - began) * 1000)
        succeeded("book_appointment", answer)
    return found


def _poll(place: Place, worker: Runtime, drain: _Drain) -> None:
    """Act as the queue's event source: one message per invocation, deleted when it is done."""
    try:
        while not drain.over:
            for event in received(place.stack, 1, 1):
                answer = worker.invoke(event)
                done = answer == {"batchItemFailures": []}
                if done:
                    _delete(place, event)
                drain.note(done)
    except Exception as error:  # noqa: BLE001 - the other pollers must end, too, and the first error is raised
        drain.failed.append(error)


def _delete(place: Place, event: Json) -> None:
    (record,) = event["Records"]
    aws.sqs().delete_message(QueueUrl=place.stack.queue_url, ReceiptHandle=record["receiptHandle"])
