"""The whole service as a machine: callbacks, messages, sweeps, deaths, faults and a person's word, in any order.

What it writes is judged at the table, past the ledger's own check.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from convox_clinicea.bookings.limits import Limits
from convox_clinicea.bookings.record import Booking, from_item
from convox_clinicea.bookings.states import TRANSITIONS, State
from convox_clinicea.table import Item, Put, Table
from tests.support.bench import Bench
from tests.support.bookings import known_request, new_request
from tests.support.properties import PROPERTY

CALLS = ("postAppointmentByPatientID", "postAppointment", "getAppointmentsByPatient", "searchPatientByMobileNumber")
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "timeout_before"},
    {"kind": "timeout_after"},
    {"kind": "late_commit", "seconds": 20},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 401},
    {"kind": "status", "status": 400, "after_work": True},
    {"kind": "status", "status": 400, "body": "Slot is already booked"},
)
LONG = (Limits().stuck, Limits().age, Limits().retention)
WHICH = st.integers(0, 1)
TOLD = {"notice_due", "version", "updated_at", "write_token", "open"}
"""What changes in the record of a booking that has ended, once somebody has been told of it."""


class WatchedTable(Table):
    """Lets no write pass that takes a step which the table of states lacks, or that touches what has ended."""

    def put(self, put: Put) -> None:
        before = self._before(put)
        super().put(put)
        _check(before, put.item)

    def put_all(self, puts: Sequence[Put], token: str) -> None:
        before = [self._before(put) for put in puts]
        super().put_all(puts, token)
        for was, put in zip(before, puts, strict=True):
            _check(was, put.item)

    def _before(self, put: Put) -> Item | None:
        return self.get(str(put.item["pk"].get("S")))


def _check(before: Item | None, after: Item) -> None:
    if not str(after["pk"].get("S")).startswith("booking#"):
        return
    new = from_item(after)
    if before is None:
        assert new.state is State.ACCEPTED
        return
    old = from_item(before)
    assert new.version == old.version + 1
    assert new.generation >= old.generation
    assert new.state is old.state or new.state in TRANSITIONS[old.state]
    if old.state.ended:
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        assert changed <= TOLD


class ServiceMachine(RuleBasedStateMachine):
    """A known patient's booking, and a newcomer's."""

    @initialize()
    def begins(self) -> None:
        self.bench = Bench(WatchedTable)
        self.bench.patient(mobile="9999900042")
        self.requests = (known_request(), new_request())
        self.ids = [self.bench.accept(request).booking_id for request in self.requests]
        self.topic_away = False

    @rule(which=WHICH)
    def the_callback_comes_again(self, which: int) -> None:
        assert self.bench.accept(self.requests[which]).booking_id == self.ids[which]

    @rule(which=WHICH, older=st.integers(0, 1), seconds=st.sampled_from([5, 12, 28]), received=st.integers(1, 5))
    def a_message_arrives(self, which: int, older: int, seconds: int, received: int) -> None:
        booking = self._now(which)
        generation = max(1, booking.generation - older)
        self.bench.work(booking, generation=generation, seconds=seconds, received=received)

    @rule(which=WHICH)
    def a_worker_claims_and_dies(self, which: int) -> None:
        if State.SENDING in TRANSITIONS[self._now(which).state]:
            self.bench.claimed(self._now(which))

    @rule(call=st.sampled_from(CALLS), fault=st.sampled_from(FAULTS))
    def clinicea_will_fail(self, call: str, fault: dict[str, Any]) -> None:
        self.bench.fake.fault(call, count=1, **fault)

    @rule(seconds=st.sampled_from([1, 46, 121]))
    def time_passes(self, seconds: int) -> None:
        self.bench.clock.advance(seconds)

    @rule(span=st.sampled_from(LONG))
    def much_time_passes(self, span: Any) -> None:
        self.bench.clock.advance(span.total_seconds() + 1)

    @rule()
    def the_sweeper_comes(self) -> None:
        self.bench.sweep()

    @rule(which=WHICH)
    def a_message_becomes_a_dead_letter(self, which: int) -> None:
        booking = self._now(which)
        body = {"v": 1, "booking_id": booking.booking_id, "generation": booking.generation}
        self.bench.queue.bury(json.dumps(body), f"{booking.booking_id}-{booking.version}")

    @rule()
    def the_topic_goes_or_comes_back(self) -> None:
        if self.topic_away:
            self.bench.stack.with_topic_again()
        else:
            self.bench.stack.without_topic()
        self.topic_away = not self.topic_away

    @precondition(lambda self: any(self._now(which).state.parked for which in (0, 1)))
    @rule(which=WHICH)
    def a_person_looks_and_decides(self, which: int) -> None:
        booking = self._now(which)
        if not booking.state.parked:
            return
        self.bench.clock.advance(121)
        made = self._made(booking)
        if made:
            self.bench.ledger.book(booking, made[0])
        else:
            self.bench.ledger.move(booking, State.ACCEPTED)

    @invariant()
    def nobody_is_harmed(self) -> None:
        for which in (0, 1) if hasattr(self, "ids") else ():
            booking = self._now(which)
            made = self._made(booking)
            assert len(made) <= 1
            if booking.state is State.BOOKED:
                assert made == [booking.appointment_id]
            if booking.state is State.REJECTED:
                assert made == []
            assert booking.state.ended is (booking.request is None)

    def _now(self, which: int) -> Booking:
        standing = self.bench.ledger.get(self.ids[which])
        assert standing is not None
        return standing

    def _made(self, booking: Booking) -> list[str]:
        """The standing appointments that bear the booking's id."""
        return [
            each["appointment_id"] for each in self.bench.fake.standing() if booking.booking_id in (each["notes"] or "")
        ]


@pytest.mark.usefixtures("account")
def test_whatever_happens_in_whatever_order_ends_stay_and_steps_are_the_tables() -> None:
    run_state_machine_as_test(ServiceMachine, settings=settings(PROPERTY, max_examples=8, stateful_step_count=30))
