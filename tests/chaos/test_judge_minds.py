"""The judge of calls whose agents changed their minds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from local.clinicea.records import Appointment
from tests.chaos.intent import Call, Heard, Intent, Mind, Slot
from tests.chaos.judge_minds import judge_call, of_one_call
from tests.chaos.people import Number, Person

BOOKING = "bk_aaaaaaaaaaaaaaaaaaaaaaaaaa"


@dataclass
class Court:
    """A run that has come to rest: the booking's state, and the tags of the wishes that stand."""

    state: str = "booked"
    standing: set[int] = field(default_factory=set)
    harms: list[str] = field(default_factory=list)

    def made_for(self, intent: Intent) -> list[Appointment]:
        if intent.tag not in self.standing:
            return []
        slot = intent.slot
        start = slot.start
        return [Appointment("P-01", slot.clinic_id, start, start, start, start, appointment_id=f"A-{intent.tag}")]

    def stands(self, intent: Intent) -> bool:
        return intent.tag in self.standing

    def told(self, booking_id: str) -> tuple[str, str | None]:
        del booking_id
        return self.state, None

    def was_refused(self, intent: Intent) -> bool:
        del intent
        return False

    def harm(self, harm: str, intent: Intent, why: str) -> None:
        del intent, why
        self.harms.append(harm)


def wish(tag: int, sent: float, *, answered: bool) -> Intent:
    """A wish of one call; `answered`: it was told that the booking stands for it."""
    intent = Intent(
        tag, "changed", Slot("C-01", None, datetime.fromisoformat(f"2031-03-03T1{tag}:00:00")), "P-01", mind=Mind()
    )
    intent.first_sent = sent
    if answered:
        intent.first_heard = sent + 1
        intent.booking_ids.add(BOOKING)
        intent.heard.append(Heard(BOOKING, changed=False))
    return intent


def judged(court: Court, *wishes: Intent) -> list[str]:
    judge_call(court, wishes)
    return court.harms


def test_the_last_wish_stands() -> None:
    assert judged(Court(standing={2}), wish(1, 0, answered=True), wish(2, 10, answered=True)) == []


def test_an_earlier_one_does_instead() -> None:
    assert judged(Court(standing={1}), wish(1, 0, answered=True), wish(2, 10, answered=True)) == ["lost"]


def test_of_two_agents_the_last_wish_of_each_counts() -> None:
    """The second agent's has taken the place of the first's, whose booking says so of itself."""
    by_a, by_b = wish(1, 0, answered=True), wish(2, 10, answered=True)
    by_a.calls.append(Call(0, {"agent_id": "a"}, by_status=True))
    by_b.calls.append(Call(10, {"agent_id": "b"}, by_status=True))

    assert judged(Court(standing={2}), by_a, by_b) == ["lost"]


def test_nothing_does() -> None:
    assert "lost" in judged(Court(), wish(1, 0, answered=True), wish(2, 10, answered=True))


def test_a_change_that_nobody_confirmed_may_have_been_made() -> None:
    assert judged(Court(standing={2}), wish(1, 0, answered=True), wish(2, 10, answered=False)) == []


def test_or_not() -> None:
    assert judged(Court(standing={1}), wish(1, 0, answered=True), wish(2, 10, answered=False)) == []


def test_but_one_of_them_has_to_stand() -> None:
    assert judged(Court(), wish(1, 0, answered=True), wish(2, 10, answered=False)) == ["lost"]


def returned(*, answered: bool) -> tuple[Intent, Intent]:
    """A wish, another one, and the first one after all, each with the moment it was recorded; the last is answered."""
    first, second = wish(1, 0, answered=True), wish(2, 10, answered=True)
    first.recorded_at, second.recorded_at = 4.0, 2.0
    first.heard_of, second.heard_of = {0.0, 4.0} if answered else {0.0}, {2.0}
    return first, second


def test_a_return_that_was_confirmed_has_to_stand() -> None:
    assert judged(Court(standing={2}), *returned(answered=True)) == ["lost"]


def test_callback_that_always_failed_may_not_have_been_stored() -> None:
    assert judged(Court(standing={2}), *returned(answered=False)) == []
    assert judged(Court(standing={1}), *returned(answered=False)) == []
    assert judged(Court(), *returned(answered=False)) == ["lost", "lost"]


def test_both_of_one_call_stand() -> None:
    harms = judged(Court(standing={1, 2}), wish(1, 0, answered=True), wish(2, 10, answered=True))
    assert harms == ["duplicate_appointments"]


def test_what_a_flow_function_booked_counts_too() -> None:
    by_flow = wish(1, 0, answered=False)
    by_flow.booking_ids.add("bk_bbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert judged(Court(standing={1, 2}), by_flow, wish(2, 10, answered=True)) == ["duplicate_appointments"]


def test_each_person_of_a_call_is_judged_apart() -> None:
    mother, child = wish(1, 0, answered=True), wish(2, 10, answered=True)
    mind = mother.mind = child.mind = Mind()
    child.patient_id, child.person = None, Person("Diya", "Testkar", Number("91", "9999900041"))
    again = replace(mother, tag=3, mind=mind)

    assert [[each.tag for each in wishes] for wishes in of_one_call([mother, child, again])] == [[1, 3], [2]]
