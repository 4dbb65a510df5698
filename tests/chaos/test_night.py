"""What a run leaves standing that should not be is among the findings of the night after it."""

from __future__ import annotations

from collections import defaultdict

import pytest

from local.clinicea.records import Appointment
from tests.chaos import clinicea_faults
from tests.chaos.clinicea import tag_of
from tests.chaos.mix import Mix
from tests.chaos.run import Run

BEYOND_SETTLING = (200.0, 1500.0)
"""Seconds after which a POST is carried out: far later than the protocol waits."""
OFTEN = 40.0


@pytest.fixture
def late_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Clinicea carry out many POSTs that late, of which the protocol can promise nothing."""
    for name, reset in (("late_commit", False), ("late_commit_reset", True)):
        fault = clinicea_faults.rule("very late commit", "late_commit", seconds=BEYOND_SETTLING, reset=reset)
        monkeypatch.setitem(clinicea_faults.OF_POSTS, name, (OFTEN, fault))


def standing_by_tag(run: Run) -> dict[int, list[Appointment]]:
    """Return what stands in the calendar for each wish."""
    found: dict[int, list[Appointment]] = defaultdict(list)
    for each in run.world.clinicea.calendar.appointments.values():
        tag = tag_of(each.notes)
        if tag is not None and not each.cancelled:
            found[tag].append(each)
    return found


def ill_standing(run: Run) -> list[Appointment]:
    """Return what stands twice, or for a wish of which no booking is booked or on its way."""
    wrong: list[Appointment] = []
    standing = standing_by_tag(run)
    for intent in run.intents:
        made = standing.get(intent.tag, [])
        states = {run.states[each] for each in intent.booking_ids}
        if len(made) > 1 or (states and states <= {"rejected", "needs_attention"}):
            wrong += made
    return wrong


@pytest.mark.usefixtures("late_commits")
@pytest.mark.parametrize(
    ("attended", "omit_notes"), [(False, False), (True, True)], ids=["notes", "attended, no notes"]
)
def test_doubles_and_appointments_of_given_up_bookings_are_found(attended: bool, omit_notes: bool) -> None:
    untouched = Mix(frozenset({"front_desk"}))  # what the clinic changes by hand is a finding of its own
    run = Run(70, 5, 0.33, attended=attended, reconciled=True, habits={"omit_notes": omit_notes}, mix=untouched)
    verdict = run.verdict()
    named = {each for finding in run.findings for each in finding["appointment_ids"]}
    wrong = ill_standing(run)

    assert not verdict.crashes
    assert verdict.duplicate_appointments > 2, "late commits double: that is what the night is for"
    assert "doubled" in {finding["finding"] for finding in run.findings}
    assert [each.appointment_id for each in wrong if each.appointment_id not in named] == []


def test_a_run_that_harmed_nobody_leaves_nothing_doubled() -> None:
    run = Run(120, 3, 0.0, reconciled=True)
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert run.findings == []
