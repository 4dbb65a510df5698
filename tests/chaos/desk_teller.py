"""What stories at the desk are made of: calls with a pop-up, and what an agent does at the desk while they last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from local.clinicea.records import Patient
from tests.chaos.consent_said import said_in
from tests.chaos.diary import PRACTITIONERS, Diary
from tests.chaos.intent import AtDesk, Call, Intent, Json, Mind, Slot
from tests.chaos.people import Number, People, Person
from tests.chaos.stories import Stories
from tests.chaos.world import World

NOW, AT_CALL_END, DRAFT = "now", "at_call_end", "draft"
CALLS_OF_AN_AGENT = 12
"""The desk lists the last 50 of an agent; none of a run's may leave the list."""
BARE, ENQUIRY = "Appointment Booked", "Connected"


@dataclass(frozen=True)
class Line:
    """A call at one agent's desk.

    Attributes:
        rings_at: when its pop-up comes; None where the agent types the number by hand.
    """

    call_id: str
    agent_id: str
    number: Number
    rings_at: float | None


class DeskTeller(Stories):
    """Makes wishes at the desk, beside those of a run: people, staff, calls, tags and chance are its own.

    Attributes:
        lines: the calls that ring.
    """

    def __init__(self, world: World, chance: Random, *, first_tag: int = 1) -> None:
        super().__init__(world, chance, repeats=False)
        self.people = People(chance, lasts=range(99, -1, -1))
        staff = range(PRACTITIONERS, 2 * PRACTITIONERS)
        self.diary = Diary(self.store, chance, world.clinicea.account.zone, staff=staff)
        self.lines: list[Line] = []
        self._first_tag = first_tag

    def line(self, at: float, number: Number | None = None, *, by_hand: bool = False) -> Line:
        """Have a call reach an agent."""
        self._calls += 1
        agent = f"AGENT-D{(self._calls - 1) // CALLS_OF_AN_AGENT + 1:03d}"
        call_id = f"{'HAND' if by_hand else 'DESK'}-{self._calls:06d}"
        return self._rings(Line(call_id, agent, number or self.people.number(), None if by_hand else at))

    def transfers(self, line: Line, at: float) -> Line:
        """Give the call to another agent, at whose desk it rings as well."""
        return self._rings(replace(line, agent_id=f"{line.agent_id}-NEXT", rings_at=at))

    def caller(self, line: Line) -> str:
        """Register the caller, the only patient with that number, before the run begins."""
        self._patients += 1
        person = self.people.person(line.number)
        patient = Patient(
            patient_id=f"PD-{self._patients:06d}",
            first_name=person.first_name,
            last_name=person.last_name,
            mobile=line.number.national,
            country_code=line.number.country_code,
        )
        return self.store.add_patient(patient).patient_id

    def wish(
        self,
        line: Line,
        slot: Slot,
        *presses: tuple[float, str],
        patient_id: str | None = None,
        person: Person | None = None,
        beside: Intent | None = None,
        agreed: bool = True,
    ) -> Intent:
        """Add what is agreed on the call.

        Args:
            presses: when the agent does what at the desk.
            beside: another wish of the call; of one person's only the last is to stand.
            agreed: whether the caller wants it; a newcomer who does not has refused consent.
        """
        intent = Intent(self._first_tag + len(self.intents), "", slot, patient_id, person, desk=AtDesk(agreed=agreed))
        self.intents.append(intent)
        if beside is not None:
            intent.mind = beside.mind = beside.mind or Mind()
        said = intent.body(line.call_id, line.agent_id, self.diary.spelled(slot.start)) | {"mobile": line.number.e164}
        if person is not None:
            said["consent"] = {"given_by": "self", **said["consent"], "given": agreed}
        self._texts += 1
        said = said_in(said, self._texts)
        intent.calls += [Call(at, said, at_desk=what) for at, what in presses]
        return intent

    def presses(self, intent: Intent, at: float, what: str) -> None:
        """Have the agent send the form once more."""
        intent.calls.append(Call(at, intent.calls[0].body, at_desk=what))

    def consents(self, intent: Intent, at: float, what: str) -> None:
        """Have a caller consent who has refused at first."""
        assert intent.desk is not None
        intent.desk.agreed = True
        said = intent.calls[0].body
        intent.calls.append(Call(at, {**said, "consent": {**said["consent"], "given": True}}, at_desk=what))

    def tells(self, intent: Intent, at: float) -> None:
        """Send a status callback that asks for the wish as well."""
        self.ends_call(intent, max(0.0, at))

    def ends_bare(self, intent: Intent, at: float, disposition: str = BARE) -> None:
        """Send a status callback of the call without a word on an appointment."""
        of_call: Json = {name: intent.calls[0].body[name] for name in ("call_id", "agent_id", "mobile")}
        said = of_call | {"disposition": disposition}
        intent.calls.append(Call(max(0.0, at), said, by_status=True, asks=False))

    def one_of(self, *choices: Any) -> Any:
        return self._chance.choice(choices)

    def happens(self, share: float) -> bool:
        return self._chance.random() < share

    def _rings(self, line: Line) -> Line:
        self.lines.append(line)
        return line
