"""Short runs of the whole simulation, and the promise that a seed decides everything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest

from commands.template import ROOT
from tests.chaos.run import Run

BOOKINGS = 250
FAULTS = 0.33


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_is_harmed(seed: int) -> None:
    run = Run(BOOKINGS, seed, FAULTS)
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
    assert not verdict.split
    assert not verdict.untold
    assert sum(bool(intent.booking_ids) for intent in run.intents) >= BOOKINGS * 0.95
    assert verdict.booked > verdict.accepted * 0.5
    # The queue did what a standard queue may do: it delivered twice, and out of order.
    assert sum(queue.doubled for queue in run.world.queues.values()) > BOOKINGS / 100
    assert sum(queue.overtaken for queue in run.world.queues.values()) > BOOKINGS / 10


def test_operator_redrive_and_resolve_harm_nobody() -> None:
    run = Run(700, 2, FAULTS, attended=True)
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
    assert not verdict.untold
    assert run.attendant is not None
    for act in ("redrive: done", "booked: done", "rejected: done"):
        assert run.attendant.outcomes[act] > 0, run.attendant.outcomes


def test_without_faults_everything_ends_by_itself() -> None:
    run = Run(BOOKINGS, 3, 0.0)
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
    assert all(intent.booking_ids for intent in run.intents)
    assert verdict.accepted == len({each for intent in run.intents for each in intent.booking_ids})
    assert verdict.needs_attention == verdict.only_a_person_can_decide


def test_starts_off_by_a_zone_cost_one_appointment_each_decision() -> None:
    run = Run(24, 3, 0.0, habits={"shift_zones": 330})
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert verdict.booked == 0
    assert 0 < verdict.posts <= run.on_call.asked + 1 < verdict.accepted + 1


def test_counting_run_behaves_like_any_other() -> None:
    written = StringIO()

    verdict = Run(60, 1, 0.1, metrics=written).verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
    counted = {json.loads(sample)["name"] for sample in written.getvalue().splitlines()}
    assert {"BookingAccepted", "BookingBooked", "AnswerMilliseconds"} <= counted


def test_the_same_seed_is_the_same_run_in_any_process() -> None:
    one, other, different = _report(4, "0"), _report(4, "77"), _report(5, "0")

    assert one["digest"] == other["digest"]
    assert {**one, "seconds": 0} == {**other, "seconds": 0}
    assert one["digest"] != different["digest"]


def _report(seed: int, hash_seed: str) -> dict[str, Any]:
    """Run in a process of its own, whose sets and dictionaries are ordered otherwise."""
    command = [sys.executable, "-m", "tests.chaos", "--bookings", "60", "--seed", str(seed), "--faults", "0.4"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=environment, timeout=120, check=True)
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report
