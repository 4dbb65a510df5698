"""The simulation's faults over real sockets, on the deployed template; judged from the fake's calendar.

48 bookings, each sent three times at once, with a third of Clinicea's calls faulty.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
import requests

from local.clinicea.records import Appointment, Patient
from tests.chaos.intent import Call, Intent, Slot
from tests.chaos.judge import Judge
from tests.chaos.people import People, Person
from tests.end_to_end.api import Api, slot
from tests.end_to_end.real_world import RealClinicea, RealWorld

FAULTS = 0.33
BAD_SECONDS, LONGEST_BAD_SECONDS = 12.0, 120.0
"""How long the weather stays bad after the last callback, at least; and until enough has gone wrong, at most."""
KINDS = 5
"""Of faults, without which the test proves nothing."""
ENDED_WITHIN = 150.0
TRIES = 6
BOOKINGS, TIMES, SENDERS = 48, 3, 12
FIRST_DAY = 100
"""Days ahead: none of the other tests books so late."""


class Workload:
    """Bookings of every story, each with an appointment of its own unless the story wants another."""

    def __init__(self, clinicea: RealClinicea, chance: Random) -> None:
        self._clinicea = clinicea
        self._people = People(chance)
        self._days = FIRST_DAY
        self._patients = 0
        self.intents: list[Intent] = []

    def plan(self) -> None:
        for _ in range(22):
            self._intent("known", self._slot(), patient_id=self._patient())
        for _ in range(10):
            self._intent("newcomer", self._slot(), person=self._person())
        for _ in range(2):
            slot, patient_id, person = self._slot(), self._patient(), self._person()
            for _ in range(2):
                self._intent("two calls", slot, patient_id=patient_id)
            slot = self._slot()
            for _ in range(2):
                self._intent("newcomer twice", slot, person=person)
        for _ in range(3):
            slot = self._slot()
            self._stand(self._patient(), slot)
            self._intent("slot taken", slot, patient_id=self._patient())
        for _ in range(2):
            slot, patient_id = self._slot(), self._patient()
            self._stand(patient_id, slot)
            self._intent("already there", slot, patient_id=patient_id)
        child = self._person()
        for each in (child, self._people.relative(child)):
            self._intent("children", self._slot(), person=each)
        slot = self._slot()
        self._stand(self._patient(), slot)
        self._intent("newcomer, slot taken", slot, person=self._person())

    def _intent(self, story: str, slot: Slot, *, patient_id: str | None = None, person: Person | None = None) -> None:
        intent = Intent(len(self.intents) + 1, story, slot, patient_id, person)
        body = intent.body(f"CHAOS-{intent.tag:03d}", "agent-9", slot.start.isoformat())
        intent.calls = [Call(0.0, dict(body)) for _ in range(TIMES)]
        if intent.tag % 8 == 0:  # ConVox repeats itself, now and then with other content
            intent.calls[-1] = Call(0.0, {**body, "duration_minutes": 45})
        self.intents.append(intent)

    def _slot(self) -> Slot:
        self._days += 1
        return Slot("C-01", f"D-{self._days % 3 + 1:02d}", datetime.fromisoformat(slot(self._days, 10)))

    def _person(self) -> Person:
        return replace(self._people.person(self._people.number()), born=None)

    def _patient(self) -> str:
        self._patients += 1
        person = self._people.person(self._people.number())  # none that another test looks for
        draft = Patient(
            person.first_name,
            person.number.national,
            f"P-chaos-{self._patients}",
            last_name=person.last_name,
            country_code=person.number.country_code,
        )
        return self._clinicea.store.add_patient(draft).patient_id

    def _stand(self, patient_id: str, slot: Slot) -> None:
        now, end = self._clinicea.clock.now(), slot.start + timedelta(minutes=30)
        self._clinicea.store.add_appointment(
            Appointment(patient_id, slot.clinic_id, slot.start, end, now, now, practitioner_id=slot.practitioner_id)
        )


def send(api: Api, intents: list[Intent]) -> None:
    """Send all callbacks of a booking at once, and again what was not answered well, as ConVox does."""
    with ThreadPoolExecutor(SENDERS) as senders:
        sent = [(intent, senders.submit(_send, api, intent, call)) for intent in intents for call in intent.calls]
    for intent, answered in sent:
        booking_id = answered.result()
        if booking_id is not None:
            intent.booking_ids.add(booking_id)


def _send(api: Api, intent: Intent, call: Call) -> str | None:
    for _ in range(TRIES):
        try:
            answer = api.post(intent.path, call.body)
        except requests.Timeout:
            continue
        if answer.status_code in (200, 202):
            return str(answer.json()["booking_id"])
    return None


@pytest.fixture
def intents(world: RealWorld) -> list[Intent]:
    with world.standing_still() as clinicea:
        workload = Workload(clinicea, Random(7))
        workload.plan()
    return workload.intents


def kinds_hit(world: RealWorld) -> set[str]:
    """Return the kinds of faults that Clinicea's calls have met so far."""
    with world.standing_still() as clinicea:
        return {entry.fault for entry in clinicea.log.entries if entry.fault is not None}


def test_simulated_faults_harm_nobody_on_the_deployed_template(
    world: RealWorld, api: Api, intents: list[Intent]
) -> None:
    assert len(intents) == BOOKINGS
    with world.bad_weather(FAULTS):
        send(api, intents)
        time.sleep(BAD_SECONDS)
        clears = time.monotonic() + LONGEST_BAD_SECONDS
        while len(kinds_hit(world)) < KINDS and time.monotonic() < clears:
            time.sleep(1.0)
    ends = time.monotonic() + ENDED_WITHIN
    while not Judge(world, intents).all_ended() and time.monotonic() < ends:
        time.sleep(1.0)
    with world.standing_still() as clinicea:
        assert clinicea.waiting_commits == 0
    verdict = Judge(world, intents).verdict()

    assert verdict.harmless, verdict.evidence
    assert verdict.accepted == len(intents)
    assert not verdict.split
    assert not verdict.untold
    assert not verdict.crashes
    assert verdict.rejected == 4
    # By the rules, a refusal that the call table does not list is for a person too.
    assert all(each.endswith(": refused") for each in verdict.parked), verdict.parked
    assert len(kinds_hit(world)) >= KINDS, "too few faults to prove anything"
