"""`python -m bench.simulation --bookings 100000`: the same burst in virtual time, by the simulation of the chaos runs.

Handlers, ledger rules and pace are the product's own; AWS and Clinicea are the simulation's, without faults. No
schedules run, because scans of the simulated table are too slow with so many open bookings. It prints one line of JSON
at its end.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from bench.runtime import ROOT
from local.clinicea.records import Patient, Practitioner
from tests.chaos.callers import Callers
from tests.chaos.clinicea import tag_of
from tests.chaos.clock import BEGINNING
from tests.chaos.intent import Call, Intent, Slot
from tests.chaos.world import World

Json = dict[str, Any]
PER_SECOND = 10
CALLS_A_BOOKING = 2
CALLBACKS_A_SECOND = 50.0
"""Requests per second of the API's default throttle."""
WORKERS = 10
SLICE, REPORT_SECONDS = 30.0, 5.0
LONGEST = 86_400.0
CLINIC, NUMBER = "C-01", "9999900090"
OPENS, HOURS, FIRST_DAY = 8, 11, 3
PATIENCE_SECONDS, SAY_SECONDS = 900.0, 15.0


class SimulationFailed(Exception):
    """The simulation failed; the text says why."""


def simulate(bookings: int, seed: int = 1) -> Json:
    """Simulate the burst until nothing moves any more, and check the calendar; times are in seconds."""
    began = time.monotonic()
    habits = {"requests_per_second": PER_SECOND, "single_appointments": False, "max_page_size": 0}
    # A proven setup: the canary of a new one comes once, not with each burst.
    parameters = {"CliniceaPerSecond": PER_SECOND, "WorkerConcurrency": WORKERS, "Canary": "off"}
    # Limits are off, because a burst exceeds them; the rest of the way is measured.
    parameters |= {"BookingsPerCallerMinute": 0, "BookingsPerAgentMinute": 0, "OpenBookingsPerNumber": 0}
    with World(seed, 0.0, 0.0, habits=habits, parameters=parameters, scheduled=False) as world:
        intents = [_intent(world, tag) for tag in range(1, bookings + 1)]
        callers = Callers(world, intents)
        drained = _play(world, callers, bookings)
        tags = Counter(tag_of(each.notes) for each in world.clinicea.calendar.appointments.values())
        statuses = Counter(each.status for each in world.clinicea.log.entries)
    calls = statuses.total() - statuses[429]
    ideal = bookings * CALLS_A_BOOKING / PER_SECOND
    return {
        "bookings": bookings,
        "seed": seed,
        "per_second": PER_SECOND,
        "workers": WORKERS,
        "asked_seconds": bookings / CALLBACKS_A_SECOND,
        "accepted": sum(bool(each.booking_ids) for each in intents),
        "drain_seconds": drained,
        "ideal_seconds": ideal,
        "share": ideal / drained,
        "calls": calls,
        "refused_calls": statuses[429],
        "lost": sum(tags[each.tag] == 0 for each in intents),
        "doubled": sum(tags[each.tag] > 1 for each in intents),
        "real_seconds": time.monotonic() - began,
    }


def _intent(world: World, tag: int) -> Intent:
    """Return one request with a patient and an hour of its own."""
    store = world.clinicea.calendar
    patient = Patient(patient_id=f"P-{tag:06d}", first_name="Crowd", last_name=f"Extra{tag}", mobile=NUMBER)
    store.add_patient(patient)
    hours, staff = divmod(tag, 400)
    practitioner = f"D-{staff + 1:03d}"
    if practitioner not in store.practitioners:
        store.practitioners[practitioner] = Practitioner(practitioner, "Doctor", f"Number {staff + 1}")
    days, hour = divmod(hours, HOURS)
    day = datetime.combine(BEGINNING.date(), datetime.min.time()) + timedelta(days=FIRST_DAY + days)
    start = day + timedelta(hours=OPENS + hour)
    intent = Intent(tag, "burst", Slot(CLINIC, practitioner, start), patient.patient_id)
    body = intent.body(f"CALL-{tag}", f"AGENT-{tag % 40:02d}", start.isoformat())
    intent.calls.append(Call(tag / CALLBACKS_A_SECOND, body))
    return intent


def _play(world: World, callers: Callers, bookings: int) -> float:
    """Run until the calendar has all appointments, or nothing moves; return the time of that."""
    appointments = world.clinicea.calendar.appointments
    reported = time.monotonic()
    while world.scheduler.now < LONGEST:
        world.let_pass(SLICE)
        if len(appointments) >= bookings or not (callers.waiting or world.busy):
            break
        if time.monotonic() - reported > REPORT_SECONDS:
            reported = time.monotonic()
            sys.stderr.write(f"hour {world.scheduler.now / 3600:.2f}, {len(appointments)} appointments\n")
            sys.stderr.flush()
    made = max((each.created_at for each in appointments.values()), default=BEGINNING)
    return (made - BEGINNING).total_seconds()


class Simulation:
    """A simulation in its own process, with low priority."""

    def __init__(self, bookings: int) -> None:
        self._command = [sys.executable, "-m", "bench.simulation", "--bookings", str(bookings), "--nice", "5"]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def start(self) -> None:
        """Start the simulation."""
        path = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "connector")])
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def result(self, say: Callable[[str], None]) -> Json:
        """Wait for its end and return its result; raises SimulationFailed."""
        if self._process is None:
            raise SimulationFailed("it was never started")
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            say("waiting for the simulation")
            try:
                said, _ = self._process.communicate(timeout=SAY_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            if self._process.returncode:
                raise SimulationFailed(f"exit code {self._process.returncode}")
            found: Json = json.loads(said)
            return found
        raise SimulationFailed(f"not ready within {PATIENCE_SECONDS:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.simulation", description=__doc__)
    parser.add_argument("--bookings", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nice", type=int, default=0, help="how much it gets out of the way of others, 0 to 19")
    given = parser.parse_args()
    os.nice(given.nice)
    sys.stdout.write(json.dumps(simulate(given.bookings, given.seed)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
