"""The worker's throughput, with a double of the queue that feeds several environments in parallel."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from bench.events import Intake, Numbers, crowd, succeeded
from bench.memory import process_of
from bench.popup import slow_clinicea
from bench.processor import Moment, seconds_of
from bench.runtime import Runtime
from bench.spread import Spread
from bench.stage import Place, Stage

Json = dict[str, Any]
Say = Callable[[str], None]
FUNCTION = "booking_worker"
LATENCY_SECONDS = 0.2
INTAKES = 2
"""Booking functions that accept the bookings beforehand in parallel."""


def measure(stage: Stage, levels: Sequence[int], each: int, rounds: int, say: Say) -> Json:
    """Make `each` bookings in every environment, at all levels of concurrency in turns, `rounds` times."""
    place = stage.place()
    needed = (sum(levels) * rounds) * each + max(levels)
    say(f"throughput, taking in {needed} bookings")
    events = iter(take_in(stage, place, needed))
    with ExitStack() as running:
        workers = []
        for number in range(1, max(levels) + 1):
            say(f"throughput, starting worker {number}")
            worker = running.enter_context(stage.runtime(FUNCTION, place))
            _work(worker, [next(events)])
            workers.append(worker)
        before = len(stage.clinicea.requests())
        rates: dict[int, list[Json]] = {level: [] for level in levels}
        with slow_clinicea(stage, LATENCY_SECONDS):
            for turn in range(1, rounds + 1):
                for level in levels:
                    say(f"throughput, round {turn} of {rounds}, concurrency {level}")
                    shares = [[next(events) for _ in range(each)] for _ in range(level)]
                    rates[level].append(_round(workers[:level], shares))
        worked = sum(levels) * rounds * each
        calls = (len(stage.clinicea.requests()) - before) / worked
    return {
        "latency": LATENCY_SECONDS * 1000,
        "calls_per_booking": calls,
        "levels": [_summary(level, rates[level], level / (calls * LATENCY_SECONDS)) for level in levels],
    }


def take_in(stage: Stage, place: Place, count: int) -> list[Json]:
    """Send bookings, one for each patient, and return the worker's event of each."""
    patients = crowd(stage, count)
    numbers = Numbers()
    with ExitStack() as running, ThreadPoolExecutor(INTAKES) as threads:
        intakes = [running.enter_context(Intake(stage, place, numbers)) for _ in range(INTAKES)]

        def accept(intake: Intake, share: Sequence[str]) -> list[Json]:
            found = []
            for patient_id in share:
                intake.accept(patient_id)
                found.append(intake.deliver())
            return found

        shares = [patients[start::INTAKES] for start in range(INTAKES)]
        return [event for found in threads.map(accept, intakes, shares) for event in found]


def _work(worker: Runtime, share: Sequence[Json]) -> None:
    for event in share:
        succeeded(FUNCTION, worker.invoke(event))


def _round(workers: Sequence[Runtime], shares: Sequence[Sequence[Json]]) -> Json:
    processes = [process_of(worker) for worker in workers]
    cpu, machine = sum(map(seconds_of, processes)), Moment.now()
    began = time.perf_counter()
    with ThreadPoolExecutor(len(workers)) as threads:
        list(threads.map(_work, workers, shares))
    seconds = time.perf_counter() - began
    bookings = sum(map(len, shares))
    return {
        "rate": bookings / seconds,
        "cpu_milliseconds": (sum(map(seconds_of, processes)) - cpu) / bookings * 1000,
        "machine_busy": Moment.now().busy_since(machine),
    }


def _summary(level: int, found: Sequence[Json], ideal: float) -> Json:
    rate = Spread.of([each["rate"] for each in found])
    return {
        "concurrency": level,
        "rate": asdict(rate),
        "ideal": ideal,
        "share": rate.median / ideal,
        "cpu_milliseconds": Spread.of([each["cpu_milliseconds"] for each in found]).median,
        "machine_busy": Spread.of([each["machine_busy"] for each in found]).median,
    }
