"""The judge of what agents agreed at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from tests.chaos.desk_pages import Chip, chips_in
from tests.chaos.intent import AtDesk, Call, Intent, Mind, Slot
from tests.chaos.judge_desk import judge_desk
from tests.chaos.people import Number, Person

BOOKING = "bk_aaaaaaaaaaaaaaaaaaaaaaaaaa"
SOMEBODY = Person("Meera", "Samplewala", Number("91", "9999900001"))


@dataclass
class Court:
    """A run that has come to rest: the bookings' state, and the tags of the wishes that stand or were refused."""

    state: str = "booked"
    standing: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    harms: list[str] = field(default_factory=list)

    def made_for(self, intent: Intent) -> Sequence[object]:
        return [intent.tag] if intent.tag in self.standing else []

    def stands(self, intent: Intent) -> bool:
        return intent.tag in self.standing

    def told(self, booking_id: str) -> tuple[str, str | None]:
        assert booking_id == BOOKING
        return self.state, None

    def was_refused(self, intent: Intent) -> bool:
        return intent.tag in self.refused

    def harm(self, harm: str, intent: Intent, why: str) -> None:
        del intent, why
        self.harms.append(harm)


def wish(tag: int, desk: AtDesk, *, booked: bool = True, person: Person | None = None) -> Intent:
    """A wish of one call at one agent's desk."""
    slot = Slot("C-01", None, datetime.fromisoformat(f"2031-03-03T1{tag}:00:00"))
    body = {"call_id": "DESK-000001", "agent_id": "AGENT-D001"}
    ids = {BOOKING} if booked else set()
    patient_id = None if person else "P-01"
    return Intent(
        tag, "corrected", slot, patient_id, person, [Call(0.0, body, at_desk="now")], booking_ids=ids, desk=desk
    )


def agreed(at: float) -> AtDesk:
    """The form was sent at that second, and the desk answered that it is taken down."""
    return AtDesk(sent=[at], heard=[at + 1])


def judged(court: Court, *wishes: Intent, shown: Sequence[Chip] = ()) -> list[str]:
    mind = Mind()
    for each in wishes:
        each.mind = mind
    judge_desk(court, wishes, lambda _intent: shown)
    return court.harms


def test_what_the_desk_took_down_is_booked() -> None:
    assert judged(Court(standing={1}), wish(1, agreed(0))) == []


@pytest.mark.parametrize(
    ("progress", "harms"), [("a_person_must_look", []), ("taken_down", ["lost"]), ("refused", ["lost"])]
)
def test_without_a_booking_only_a_person_may_have_it(progress: str, harms: list[str]) -> None:
    unbooked = wish(1, agreed(0), booked=False)

    assert judged(Court(), unbooked, shown=[Chip(progress, "Mon 3 Mar 11:00")]) == harms


def test_what_the_desk_took_down_is_not_forgotten() -> None:
    assert judged(Court(), wish(1, agreed(0), booked=False)) == ["lost"]


def test_what_is_booked_without_an_appointment_is_lost() -> None:
    assert judged(Court(), wish(1, agreed(0))) == ["lost"]


@pytest.mark.parametrize(("refused", "harms"), [({1}, []), (set(), ["false_rejected"])])
def test_only_the_clinic_refuses(refused: set[int], harms: list[str]) -> None:
    assert judged(Court("rejected", refused=refused), wish(1, agreed(0))) == harms


def test_the_time_agreed_last_counts() -> None:
    first, second = wish(1, agreed(0), booked=False), wish(2, agreed(10))

    assert judged(Court(standing={2}), first, second) == []
    assert judged(Court(standing={1}), wish(1, agreed(0)), wish(2, agreed(10), booked=False)) == ["lost"]


def test_of_two_forms_at_once_either_may_count() -> None:
    assert judged(Court(standing={1}), wish(1, agreed(0)), wish(2, agreed(0.5), booked=False)) == []


def test_a_form_that_was_refused_replaces_nothing() -> None:
    refused = wish(2, AtDesk(refused=[400]), booked=False)

    assert judged(Court(), wish(1, agreed(0), booked=False), refused) == ["lost"]


def test_a_form_that_failed_may_have_replaced_what_waited() -> None:
    failed = wish(2, AtDesk(sent=[10.0], failed=1), booked=False)

    assert judged(Court(), wish(1, agreed(0), booked=False), failed) == []


def test_the_desk_says_booked_only_of_what_stands() -> None:
    early = AtDesk(sent=[0.0], heard=[1.0], untrue=["at 2.0 s"])

    assert judged(Court(standing={1}), wish(1, early)) == ["untrue"]


@pytest.mark.parametrize(("person", "harm"), [(None, "unwanted"), (SOMEBODY, "without_consent")])
def test_what_nobody_agreed_to_is_not_made(person: Person | None, harm: str) -> None:
    refuses = AtDesk(agreed=False)

    assert judged(Court(standing={1}), wish(1, refuses, booked=False, person=person)) == [harm]
    assert judged(Court(), wish(1, refuses, booked=False, person=person)) == []


def test_chips_are_read_as_the_page_shows_them() -> None:
    html = (
        '<ul class="states">\n<li><span class="chip booked">booked, <span class="num">A-1</span></span> '
        '<span class="num">Mon 3 Mar 11:00</span> Andheri</li>\n'
        '<li><span class="chip a_person_must_look">a person must look: changed</span>  '
        '<span class="quiet">start</span></li></ul>'
    )

    first, second = chips_in(html)
    assert (first.progress, first.is_of(datetime.fromisoformat("2031-03-03T11:00:00"))) == ("booked", True)
    assert second == Chip("a_person_must_look", "")
