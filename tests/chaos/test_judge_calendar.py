"""The judge of starts, of cancelled appointments and of wishes that nobody knows of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from local.clinicea.auth import Credentials
from local.clinicea.records import Appointment, Patient
from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.clock import TrueClock
from tests.chaos.intent import Call, Intent, Slot
from tests.chaos.judge_calendar import Acts, judge_made_again, judge_start
from tests.chaos.judge_traces import judge_trace
from tests.chaos.made import Made, Touch
from tests.chaos.scheduler import Scheduler
from tests.chaos.trace import Trace

START = datetime.fromisoformat("2031-03-10T09:00:00")
NOW = datetime(2031, 3, 3, 4, 0, tzinfo=UTC)
BOOKING = "bk_aaaaaaaaaaaaaaaaaaaaaaaaaa"


@dataclass
class Court:
    """Notes what is found."""

    state: str = "booked"
    found: list[str] = field(default_factory=list)

    def told(self, booking_id: str) -> tuple[str, str | None]:
        del booking_id
        return self.state, None

    def harm(self, harm: str, intent: Intent, why: str) -> None:
        del intent, why
        self.found.append(harm)

    def cannot_be_told(self, what: str) -> None:
        self.found.append(f"undecidable: {what}")


@pytest.fixture
def clinicea() -> SimulatedClinicea:
    return SimulatedClinicea(TrueClock(Scheduler(Trace())), 1, Credentials())


def wish(*, by_status: bool = False) -> Intent:
    body = {"call_id": "CALL-1", "agent_id": "AGENT-1"}
    intent = Intent(1, "known", Slot("C-01", None, START), "P-1", calls=[Call(1.0, body, by_status)])
    if not by_status:
        intent.booking_ids.add(BOOKING)
    return intent


def made(clinicea: SimulatedClinicea, minutes: float, start: datetime = START, *, bare: bool = False) -> Made:
    """Let the intent's POST be carried out so many minutes after the beginning."""
    at = NOW + timedelta(minutes=minutes)
    clinicea.calendar.add_patient(Patient("Meera", "9999900001", "P-1"))
    draft = Appointment("P-1", "C-01", start, start + timedelta(minutes=30), at, at)
    one = Made(1, START, clinicea.calendar.add_appointment(draft), at, bare)
    clinicea.made.note(one)
    return one


def touch(clinicea: SimulatedClinicea, one: Made, how: Touch, minutes: float) -> None:
    one.touch, one.touched_at = how, NOW + timedelta(minutes=minutes)
    if how is not Touch.MOVED:
        clinicea.calendar.cancel(one.was.appointment_id, "", NOW, delete=how is Touch.DELETED)


class TestStarts:
    def test_where_it_was_asked_for(self, clinicea: SimulatedClinicea) -> None:
        made(clinicea, 1)
        assert start_judged(clinicea) == []

    def test_elsewhere_and_believed(self, clinicea: SimulatedClinicea) -> None:
        made(clinicea, 1, START + timedelta(hours=5))
        assert start_judged(clinicea) == ["moved_untold"]

    def test_elsewhere_and_parked_so_that_a_person_is_told(self, clinicea: SimulatedClinicea) -> None:
        made(clinicea, 1, START + timedelta(hours=5))
        assert start_judged(clinicea, Court("needs_attention")) == []

    def test_elsewhere_and_a_person_has_said_so(self, clinicea: SimulatedClinicea) -> None:
        made(clinicea, 1, START + timedelta(hours=5))
        assert start_judged(clinicea, acts=Acts(ended={BOOKING})) == []

    def test_moved_by_the_clinic_itself(self, clinicea: SimulatedClinicea) -> None:
        touch(clinicea, made(clinicea, 1, START + timedelta(hours=5)), Touch.MOVED, 2)
        assert start_judged(clinicea) == []

    def test_a_bare_id_that_could_not_be_read_back(self, clinicea: SimulatedClinicea) -> None:
        made(clinicea, 1, START + timedelta(hours=5), bare=True).unread = True
        assert start_judged(clinicea) == ["undecidable: a bare id for another start, without read-backs"]


def start_judged(clinicea: SimulatedClinicea, court: Court | None = None, acts: Acts | None = None) -> list[str]:
    court = court or Court()
    judge_start(court, clinicea, wish(), acts or Acts())
    return court.found


class TestMadeAgain:
    def test_after_the_clinic_had_cancelled_it(self, clinicea: SimulatedClinicea) -> None:
        assert again_judged(clinicea, Touch.CANCELLED) == ["made_again"]

    def test_after_it_had_deleted_it_which_no_read_shows(self, clinicea: SimulatedClinicea) -> None:
        assert again_judged(clinicea, Touch.DELETED) == ["undecidable: made again after the clinic had deleted it"]

    def test_by_a_person_who_has_looked_since(self, clinicea: SimulatedClinicea) -> None:
        looked = Acts(redriven={BOOKING: [NOW + timedelta(minutes=3)]})
        assert again_judged(clinicea, Touch.CANCELLED, looked) == []

    def test_a_look_before_the_cancellation_is_no_excuse(self, clinicea: SimulatedClinicea) -> None:
        looked = Acts(redriven={BOOKING: [NOW + timedelta(minutes=1.5)]})
        assert again_judged(clinicea, Touch.CANCELLED, looked) == ["made_again"]

    def test_once_only(self, clinicea: SimulatedClinicea) -> None:
        court = Court()
        touch(clinicea, made(clinicea, 1), Touch.CANCELLED, 2)
        judge_made_again(court, clinicea, wish(), Acts())
        assert court.found == []


def again_judged(clinicea: SimulatedClinicea, how: Touch, acts: Acts | None = None) -> list[str]:
    court = Court()
    touch(clinicea, made(clinicea, 1), how, 2)
    made(clinicea, 4)
    judge_made_again(court, clinicea, wish(), acts or Acts())
    return court.found


class TestTraces:
    def test_a_status_callback_that_failed_unseen(self, clinicea: SimulatedClinicea) -> None:
        assert trace_judged(clinicea, wish(by_status=True)) == ["unnoticed"]

    def test_one_that_rang(self, clinicea: SimulatedClinicea) -> None:
        intent = wish(by_status=True)
        intent.traced.add(None)
        assert trace_judged(clinicea, intent) == []

    def test_one_that_was_accepted_though_nobody_heard(self, clinicea: SimulatedClinicea) -> None:
        intent = wish(by_status=True)
        intent.taken.add(None)
        assert trace_judged(clinicea, intent) == []

    def test_what_is_recorded_once_more_has_to_ring_by_itself(self, clinicea: SimulatedClinicea) -> None:
        """The agent has returned to it after another wish, and nothing was stored of that."""
        intent = wish(by_status=True)
        intent.booking_ids.add("bk_a")
        intent.calls.append(replace(intent.calls[0], recorded_at=4.0))
        intent.taken.add(None)
        assert trace_judged(clinicea, intent) == ["unnoticed"]
        intent.traced.add(4.0)
        assert trace_judged(clinicea, intent) == []

    def test_one_whose_call_is_listed(self, clinicea: SimulatedClinicea) -> None:
        assert trace_judged(clinicea, wish(by_status=True), "CALL-1") == []

    def test_one_that_was_made_all_the_same(self, clinicea: SimulatedClinicea) -> None:
        made(clinicea, 1)
        assert trace_judged(clinicea, wish(by_status=True)) == []

    def test_of_a_flow_function_the_agent_sees_the_failure(self, clinicea: SimulatedClinicea) -> None:
        intent = wish()
        intent.booking_ids.clear()
        assert trace_judged(clinicea, intent) == []

    def test_neither_pop_up_nor_callback_were_stored(self, clinicea: SimulatedClinicea) -> None:
        intent = wish(by_status=True)
        intent.announced = True
        assert trace_judged(clinicea, intent) == [
            "undecidable: neither the pop-up's record nor the callback was stored"
        ]


def trace_judged(clinicea: SimulatedClinicea, intent: Intent, *listed: str) -> list[str]:
    court = Court()
    judge_trace(court, clinicea, intent, listed)
    return court.found
