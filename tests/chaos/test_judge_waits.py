"""The judge of starts that pass while a booking waits, and of what such a booking is left to a person for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.clinicea.auth import Credentials
from local.clinicea.records import Patient
from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.clock import TrueClock
from tests.chaos.deployments import Window
from tests.chaos.intent import Call, Intent, Slot
from tests.chaos.judge_parked import behind, only_a_person
from tests.chaos.people import Number, Person
from tests.chaos.scheduler import Scheduler
from tests.chaos.trace import Trace
from tests.chaos.waits import Waits

START = datetime.fromisoformat("2031-03-03T12:00:00")
"""Three hours after the beginning."""
OTHER_START = START + timedelta(days=1)
NEWCOMER = Person("Meera", "Testkar", Number("91", "9999900042"))
SIBLING = Person("Diya", "Testkar", Number("91", "9999900042"))


@dataclass
class Clinic:
    """A clinic's morning: how each booking stands."""

    clinicea: SimulatedClinicea
    scheduler: Scheduler
    states: dict[str, str]
    holding: frozenset[str]

    def lock_holders(self) -> frozenset[str]:
        return self.holding

    def status(self, booking_id: str) -> tuple[int, Any]:
        return 200, {"state": self.states[booking_id]}


def wish(tag: int, start: datetime = START, person: Person | None = None) -> Intent:
    calls = [Call(60.0 * tag, {"call_id": f"CALL-{tag}"})]
    patient_id = None if person else "P-1"
    return Intent(tag, "", Slot("C-01", None, start), patient_id, person, calls=calls, booking_ids={f"bk_{tag}"})


@pytest.fixture
def clinicea() -> SimulatedClinicea:
    clinicea = SimulatedClinicea(TrueClock(Scheduler(Trace())), 1, Credentials())
    clinicea.calendar.add_patient(Patient(patient_id="P-1", first_name="Asha", mobile="9999900041", country_code="91"))
    return clinicea


def starved(
    clinicea: SimulatedClinicea,
    wishes: tuple[Intent, Intent],
    *states: str,
    posted: Collection[int],
    holding: frozenset[str] = frozenset({"bk_1", "bk_2"}),
    held: frozenset[str] | None = None,
) -> int:
    """How many of two wishes have passed their start in vain, when they stood so at that moment.

    Args:
        holding: the bookings with a lock then.
        held: those a few minutes before; None: the same.
    """
    clinicea.asked.update(posted)
    booked = {f"bk_{place}": state for place, state in enumerate(states, 1)}
    clinic = Clinic(clinicea, Scheduler(Trace()), booked, holding if held is None else held)
    waits = Waits(clinic, wishes)
    for intent in wishes:
        waits.look_ahead(intent)
    clinic.holding = holding
    for intent in wishes:
        waits.look(intent, 3 * 3600.0)
    return len(waits.starved)


@pytest.mark.parametrize("first", ["accepted", "unknown", "needs_attention"])
def test_start_that_passes_behind_the_same_one_in_doubt_counts(clinicea: SimulatedClinicea, first: str) -> None:
    assert starved(clinicea, (wish(1), wish(2)), first, "accepted", posted={1}) == 1


def test_two_that_no_worker_has_reached_wait_for_the_queue(clinicea: SimulatedClinicea) -> None:
    states = ("accepted", "accepted")

    assert starved(clinicea, (wish(1), wish(2)), *states, posted=(), holding=frozenset()) == 0
    assert starved(clinicea, (wish(1), wish(2)), *states, posted=(), holding=frozenset({"bk_1"})) == 1


def test_lock_of_the_last_minutes_is_the_queues_doing(clinicea: SimulatedClinicea) -> None:
    wishes, holding = (wish(1), wish(2)), frozenset({"bk_1"})

    assert starved(clinicea, wishes, "accepted", "accepted", posted=(), holding=holding, held=frozenset()) == 0


@pytest.mark.parametrize("second", ["booked", "rejected", "needs_attention"])
def test_not_once_it_has_ended_or_a_person_knows_of_it(clinicea: SimulatedClinicea, second: str) -> None:
    assert starved(clinicea, (wish(1), wish(2)), "unknown", second, posted={1}) == 0


def test_posted_booking_waits_for_its_own_end_and_counts_not(clinicea: SimulatedClinicea) -> None:
    assert starved(clinicea, (wish(1), wish(2)), "unknown", "unknown", posted={1, 2}) == 0


def test_nobody_waits_for_one_that_was_parked_before_its_post(clinicea: SimulatedClinicea) -> None:
    assert starved(clinicea, (wish(1), wish(2)), "needs_attention", "accepted", posted=()) == 0


def test_another_start_of_a_patient_holds_nobody_up(clinicea: SimulatedClinicea) -> None:
    assert starved(clinicea, (wish(1, OTHER_START), wish(2)), "unknown", "accepted", posted={1}) == 0


def test_another_newcomer_of_the_number_does(clinicea: SimulatedClinicea) -> None:
    two = wish(1, OTHER_START, NEWCOMER), wish(2, person=SIBLING)
    assert starved(clinicea, two, "unknown", "accepted", posted={1}) == 1


def test_same_start_or_number_waits_for_a_persons_decision(clinicea: SimulatedClinicea) -> None:
    first = wish(1)

    assert behind(clinicea, wish(2), first)
    assert not behind(clinicea, first, first)
    assert not behind(clinicea, wish(2, OTHER_START), first)
    assert behind(clinicea, wish(2, OTHER_START, SIBLING), wish(1, person=NEWCOMER))


@pytest.mark.parametrize(
    ("parked", "reason", "persons"),
    [
        (999.0, "outcome_unknown", False),
        (1000.0, "outcome_unknown", True),
        (2660.0, "outcome_unknown", True),
        (2661.0, "outcome_unknown", False),
        (1500.0, "refused", False),
    ],
)
def test_doubt_of_a_worker_that_could_not_read_is_a_persons(
    clinicea: SimulatedClinicea, parked: float, reason: str, *, persons: bool
) -> None:
    assert only_a_person(clinicea, wish(1), reason, parked, Window(1000.0, 2000.0)) is persons
