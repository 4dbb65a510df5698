"""What stories are made of: people, callbacks with their repeats, and what the clinic does by hand meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from local.clinicea.records import Appointment, Patient
from tests.chaos.clinicea_faults import Draw
from tests.chaos.clock import moment
from tests.chaos.consent_said import said_in
from tests.chaos.data_subjects import Erasure
from tests.chaos.diary import Diary
from tests.chaos.intent import Call, Intent, Mind, Slot
from tests.chaos.people import People, Person
from tests.chaos.world import World

Json = dict[str, Any]
MINUTE = 60.0


class Stories:
    """Makes intents, puts the clinic's records in place and plans what is done by hand."""

    def __init__(self, world: World, chance: Random, *, repeats: bool = True) -> None:
        self._world = world
        self._chance = chance
        self._repeats = repeats
        self.store = world.clinicea.calendar
        self.people = People(chance)
        self.diary = Diary(self.store, chance, world.clinicea.account.zone)
        self.intents: list[Intent] = []
        self._first_tag = 1
        self._patients = 0
        self._calls = 0
        self._texts = 0

    def patient(self) -> str:
        """Register somebody before the run begins; some share a number."""
        self._patients += 1
        number = self.people.shared_number()
        person = self.people.person(number)
        return self.store.add_patient(
            Patient(
                patient_id=f"P-{self._patients:06d}",
                first_name=person.first_name,
                last_name=person.last_name,
                mobile=number.national,
                country_code=number.country_code,
            )
        ).patient_id

    def intent(
        self,
        at: float,
        slot: Slot,
        *,
        patient_id: str | None = None,
        person: Person | None = None,
        call_id: str = "",
        agent: str = "",
        by_status: bool = False,
        recorded_at: float | None = None,
    ) -> Intent:
        """Add an intent with its first callback, and perhaps the repeats that ConVox may send."""
        intent = Intent(self._first_tag + len(self.intents), "", slot, patient_id, person, recorded_at=recorded_at)
        self.intents.append(intent)
        if not call_id:
            self._calls += 1
            call_id = f"CALL-{self._calls:06d}"
        agent_id = f"AGENT-{self._chance.randrange(40):02d}"
        body = self._said(intent.body(call_id, agent or agent_id, self.diary.spelled(intent.slot.start)))
        said = self._status(body, intent) if by_status else body
        intent.calls.append(Call(at, said, by_status, recorded_at=recorded_at))
        if not self._repeats:
            return intent
        if self._chance.random() < 0.25:
            for _ in range(self._chance.randint(1, 3)):
                self.repeat(intent, at + self._chance.expovariate(1 / 15))
        if self._chance.random() < 0.05:
            self.repeat(intent, at + self._chance.uniform(0, 0.05))
        if self._chance.random() < 0.08:
            self.repeat(intent, at + self._chance.uniform(2 * MINUTE, 90 * MINUTE))
        return intent

    def repeat(self, intent: Intent, at: float, **changes: object) -> None:
        """Send the callback again, spelled a little differently."""
        body = {**intent.calls[0].body, "start": self.diary.spelled(intent.slot.start), **changes}
        first = intent.calls[0]
        intent.calls.append(Call(at, body, first.by_status, recorded_at=first.recorded_at))

    def changes(self, before: Intent, at: float, slot: Slot, *, agent: str = "", **wanted: Any) -> Intent:
        """Have an agent record another appointment on the same call, by a status callback.

        Args:
            agent: to whom the call was transferred; the same one as before, if none is named.
        """
        before.mind = before.mind or Mind()
        of_call = {"call_id": before.calls[0].body["call_id"], "agent": agent or before.agent_id}
        wish = self.intent(at, slot, by_status=True, **of_call, **wanted)
        wish.mind = before.mind
        return wish

    def returns(self, wish: Intent, at: float, *, recorded_at: float) -> None:
        """Have the agent record a wish of the call once more, after another one; of a newcomer with another text."""
        wish.recorded_at = recorded_at
        recorded = {"recorded_at": moment(recorded_at).isoformat(timespec="seconds")}
        body = self._said({**wish.calls[0].body, **recorded})
        wish.calls.append(Call(at, body, by_status=True, recorded_at=recorded_at))

    def ends_call(self, intent: Intent, at: float) -> None:
        """Send a status callback for what a flow function was asked for."""
        intent.calls.append(Call(at, self._status(intent.calls[0].body, intent), by_status=True))

    def notes(self, intent: Intent, at: float, **changes: object) -> None:
        """Send a status callback of the same call that does not ask for the appointment as it is meant."""
        body = {**self._status(intent.calls[0].body, intent), **changes}
        intent.calls.append(Call(at, body, by_status=True, asks=False))

    def by_hand(self, at: float, act: Callable[[], object]) -> None:
        """Have the clinic's staff do something in Clinicea at that time."""

        def done() -> None:
            self._world.clinicea.advance()
            act()

        self._world.scheduler.at(at, done)

    def destines(self, intent: Intent, *fates: Draw) -> None:
        """Have the first POSTs of an intent meet these fates, where anything goes wrong at all."""
        if self._world.weather.share():
            self._world.troubles.destined[intent.tag] = [*fates]

    def erases(self, intent: Intent, at: float) -> None:
        """Have the person ask for the erasure of what is held on them."""

        def asks() -> None:
            intent.withdrawn = True
            Erasure(self._world, intent)

        self._world.scheduler.at(at, asks)

    def cancel(self, appointment_id: str) -> None:
        """Cancel an appointment by hand."""
        self.store.cancel(appointment_id, "Patient asked", moment(self._world.scheduler.now))

    def stand(self, patient_id: str, slot: Slot) -> str:
        """Put an appointment into the calendar by hand; returns its id."""
        now = moment(self._world.scheduler.now)
        return self.store.add_appointment(
            Appointment(
                patient_id=patient_id,
                clinic_id=slot.clinic_id,
                practitioner_id=slot.practitioner_id,
                start=slot.start,
                end=slot.start + timedelta(minutes=30),
                created_at=now,
                modified_at=now,
                made_by="hand",
            )
        ).appointment_id

    def register(self, person: Person, patient_id: str = "") -> str:
        """Register somebody by hand; returns the patient's id."""
        return self.store.add_patient(
            Patient(
                patient_id=patient_id,
                first_name=person.first_name,
                last_name=person.last_name,
                mobile=person.number.national,
                country_code=person.number.country_code,
                date_of_birth=person.born,
                made_by="hand",
                created_at=moment(self._world.scheduler.now),
            )
        ).patient_id

    def take(self, slot: Slot) -> None:
        """Give a slot to another customer of the clinic, if it is still free."""
        for other in self._near(slot):
            if other.practitioner_id == slot.practitioner_id and other.start == slot.start and not other.cancelled:
                return
        self.stand(self.patient(), slot)

    def between(self, low: float, high: float) -> float:
        return self._chance.uniform(low, high)

    def chosen(self, *choices: Draw) -> Draw:
        return self._chance.choice(choices)

    def _said(self, body: Json) -> Json:
        """Return the body; a newcomer's with a text that nothing else of its call was said with."""
        self._texts += 1
        return said_in(body, self._texts)

    def _near(self, slot: Slot) -> list[Appointment]:
        self.store.look_near(slot.clinic_id, slot.practitioner_id, slot.start)
        found = list(self.store.appointments.values())
        self.store.look_everywhere()
        return found

    def _status(self, body: Json, intent: Intent) -> Json:
        """Return the body as a status callback's."""
        told: Json = {"disposition": self._chance.choice(("Appointment Booked", "APPOINTMENT FIXED", "appointment"))}
        if intent.person is None:
            told["patient_id"] = intent.patient_id
        if intent.recorded_at is not None:
            told["recorded_at"] = moment(intent.recorded_at).isoformat(timespec="seconds")
        return {**body, **told}
