"""The plays of which every interleaving is run: who works at once, what becomes of the POST, and how time passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.request import Caller
from tests.chaos.workers import Workers
from tests.support import invented
from tests.support.bookings import START, known_request, new_request, newcomer

LATE: dict[str, Any] = {"kind": "late_commit", "seconds": 100, "reset": True}
LOST: dict[str, Any] = {"kind": "timeout_after"}
NEVER: dict[str, Any] = {"kind": "status", "status": 503}
PAST_THE_LEASE, PAST_THE_SETTLE_TIME = 50.0, 170.0
Make = Callable[[], Workers]


def _other_call(**changes: Any) -> dict[str, Any]:
    return {"caller": Caller(name="convox", call_id="CALL-7002", agent_id="agent-13"), **changes}


def _known(workers: int, fate: dict[str, Any] | None = None, passes: float = 0.0) -> Make:
    """One booking, of which several workers have a message."""

    def make() -> Workers:
        play = Workers()
        play.fake.add_patient(**invented.patient(patient_id="P-41"))
        play.accepts(known_request())
        return _all(play, [0] * workers, "postAppointmentByPatientID", fate, passes)

    return make


def _same_start(
    calls: int, fate: dict[str, Any] | None = None, passes: float = 0.0, *, read_backs: bool = True
) -> Make:
    """Several calls that want one appointment of one patient."""

    def make() -> Workers:
        play = Workers(read_backs=read_backs)
        play.fake.add_patient(**invented.patient(patient_id="P-41"))
        callers = [Caller(name="convox", call_id=f"CALL-{each}", agent_id="agent-13") for each in range(calls)]
        play.accepts(*(known_request(caller=caller) for caller in callers))
        return _all(play, range(calls), "postAppointmentByPatientID", fate, passes)

    return make


def _same_number(calls: int, fate: dict[str, Any] | None = None, passes: float = 0.0, *, lag: float = 0.0) -> Make:
    """Several calls of one newcomer, who wants an appointment on each; readings may lag behind."""

    def make() -> Workers:
        play = Workers()
        play.fake.switch(read_lag_seconds=lag)
        starts = [START + timedelta(hours=each) for each in range(calls)]
        play.accepts(*(new_request(start=start) for start in starts))
        return _all(play, range(calls), "postAppointment", fate, passes)

    return make


def _newcomer_and_known(fate: dict[str, Any] | None = None, passes: float = 0.0) -> Make:
    """One call takes somebody for a newcomer whom another knows."""

    def make() -> Workers:
        play = Workers()
        play.fake.add_patient(**invented.patient(patient_id="P-41"))
        play.accepts(new_request(new_patient=newcomer()), known_request(**_other_call()))
        return _all(play, (0, 1), "postAppointmentByPatientID", fate, passes)

    return make


def _comes_back() -> Workers:
    """A booking that was parked before it had posted holds a number, and is redriven while another one takes over."""
    play = Workers()
    play.accepts(new_request(), new_request(start=START + timedelta(hours=1)))
    first = play.bookings[0]
    assert play.locks.acquire_number_lock(first)
    play.ledger.move(play.now(first), State.NEEDS_ATTENTION, reason=Reason.AGE_LIMIT)
    play.works(play.bookings[1])
    play.redriven_and_works(first)
    return play


class Canaries(Workers):
    """Two bookings of a setup that puts every start off by a zone: only one of them may be posted."""

    def __init__(self) -> None:
        super().__init__(guarded=True)
        self.fake.add_patient(**invented.patient(patient_id="P-41"))
        self.fake.switch(shift_zones=330)
        self.accepts(known_request(), known_request(start=START + timedelta(hours=1)))
        for booking in self.bookings:
            self.works(booking)

    def harm(self) -> list[str]:
        self.deliver(most=8)
        posted = self.fake.posted()
        return [] if posted == 1 else [f"{posted} were posted"]


def _all(play: Workers, which: Any, post: str, fate: dict[str, Any] | None, passes: float) -> Workers:
    if fate is not None:
        play.fake.fault(post, count=1, **fate)
    for place in which:
        play.works(play.bookings[place])
    if passes:
        play.time_passes(passes)
    return play


PLAYS: dict[str, Make] = {
    "one booking, two workers": _known(2),
    "one booking, two workers, its answer is lost": _known(2, LOST),
    "one booking, two workers, past the lease": _known(2, LATE, PAST_THE_LEASE),
    "one booking, two workers, past the settle time": _known(2, LATE, PAST_THE_SETTLE_TIME),
    "one booking, three workers": _known(3),
    "one start, two calls": _same_start(2),
    "one start, two calls, an answer is lost": _same_start(2, LOST),
    "one start, two calls, a late commit past the settle time": _same_start(2, LATE, PAST_THE_SETTLE_TIME),
    "one start, three calls": _same_start(3),
    "one start, three calls, an answer is lost": _same_start(3, LOST),
    "one start, two calls, without read-backs": _same_start(2, read_backs=False),
    "one number, two calls": _same_number(2),
    "one number, two calls, read late": _same_number(2, lag=20.0),
    "one number, two calls, an answer is lost": _same_number(2, LOST),
    "one number, two calls, a late commit past the lease": _same_number(2, LATE, PAST_THE_LEASE),
    "one number, three calls": _same_number(3),
    "a newcomer who is known": _newcomer_and_known(),
    "a newcomer who is known, an error": _newcomer_and_known(NEVER),
    "a parked holder comes back": _comes_back,
    "two want to be the canary": Canaries,
}
