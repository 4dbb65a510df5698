"""The ledger as a machine: whatever happens in whatever order, no step is taken that the table of states lacks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from convox_clinicea.bookings.audit import OperatorAction, Person
from convox_clinicea.bookings.ledger import AppointmentOwned, Overtaken
from convox_clinicea.bookings.operator import ActionResult, Obstacle
from convox_clinicea.bookings.protocol import TRANSITIONS, ProtocolTimings, Reason, State
from convox_clinicea.bookings.record import Booking
from tests.support.bench import Bench
from tests.support.bookings import new_request
from tests.support.properties import PROPERTY

STATES = st.sampled_from(State)
PERSON = Person("arn:aws:iam::123456789012:user/front-desk", "looked at the calendar")
APPOINTMENTS = st.sampled_from(["A-1", "A-2"])


class LedgerMachine(RuleBasedStateMachine):
    """Two bookings on one number; every reading ever made may be written from, however old it is."""

    readings = Bundle("readings")

    @initialize(target=readings)
    def accepted(self) -> Any:
        self.bench = Bench()
        self.standing = {
            booking.booking_id: booking
            for booking in (
                self.bench.now(self.bench.accept(new_request(clinic_id=clinic))) for clinic in ("C-1", "C-2")
            )
        }
        return multiple(*self.standing.values())

    @rule(target=readings, old=readings)
    def is_read(self, old: Booking) -> Booking:
        return self.bench.now(old)

    @rule(target=readings, reading=readings, to=STATES, reason=st.none() | st.sampled_from(Reason))
    def moves(self, reading: Booking, to: State, reason: Reason | None) -> Booking:
        allowed = to in TRANSITIONS[reading.state]
        return self._writes(reading, lambda: self.bench.ledger.move(reading, to, reason=reason), allowed=allowed)

    @rule(target=readings, reading=readings, appointment=APPOINTMENTS)
    def is_booked(self, reading: Booking, appointment: str) -> Booking:
        allowed = State.BOOKED in TRANSITIONS[reading.state]
        return self._writes(reading, lambda: self.bench.ledger.book(reading, appointment), allowed=allowed)

    @rule(target=readings, booking=readings)
    def a_person_redrives(self, booking: Booking) -> Booking:
        before = self.standing[booking.booking_id]
        done = self.bench.acting.redrive(booking.booking_id, PERSON)

        started = not before.posted and before.start < self.bench.clock.now() + ProtocolTimings().margin
        assert (done.obstacle is None) is (before.state.parked and not started)
        after = self._acted(before, done)
        if done.obstacle is None:
            assert (after.state, after.generation) == (State.ACCEPTED, before.generation + 1)
            assert (after.posted, after.seen) == (before.posted, before.seen), "what was posted is still known"
            assert after.unsettled_since == before.unsettled_since
        return after

    @rule(target=readings, booking=readings, appointment=st.none() | APPOINTMENTS)
    def a_person_resolves(self, booking: Booking, appointment: str | None) -> Booking:
        before = self.standing[booking.booking_id]
        end: Literal[OperatorAction.REJECTED, OperatorAction.BOOKED] = (
            OperatorAction.REJECTED if appointment is None else OperatorAction.BOOKED
        )
        done = self.bench.acting.resolve(booking.booking_id, end, PERSON, appointment_id=appointment)

        assert before.state.parked or done.obstacle is Obstacle.NOT_PARKED
        after = self._acted(before, done)
        assert done.obstacle is not None or after.state.value == end.value
        return after

    def _acted(self, before: Booking, done: ActionResult) -> Booking:
        """What an act left; one that met an obstacle left everything as it was, and no line."""
        after = self.bench.now(before)
        assert after == before if done.obstacle else after.version == before.version + 1
        assert len(after.acts) == len(before.acts) + (done.obstacle is None)
        assert [str(act.version) for act in self.bench.ledger.acts_of(after)] == list(after.acts)
        self.standing[before.booking_id] = after
        return after

    @rule(target=readings, reading=readings)
    def is_posted(self, reading: Booking) -> Booking:
        """As a worker claims it: from then on its appointment may stand."""
        allowed = State.SENDING in TRANSITIONS[reading.state]
        now = self.bench.clock.now()
        claim: dict[str, Any] = {"posted": True, "unsettled_since": now, "seen": ("A-0",)}
        return self._writes(reading, lambda: self.bench.ledger.move(reading, State.SENDING, **claim), allowed=allowed)

    @rule(target=readings, reading=readings)
    def is_sent_anew(self, reading: Booking) -> Booking:
        return self._writes(reading, lambda: self.bench.ledger.requeue(reading))

    @rule(target=readings, reading=readings)
    def is_told_of(self, reading: Booking) -> Booking:
        def tell() -> Booking:
            self.bench.ledger.mark_notified(reading)
            return self.bench.now(reading)

        return self._writes(reading, tell)

    @rule(reading=readings)
    def is_put_again(self, reading: Booking) -> None:
        assert self.bench.ledger.put_if_absent(reading) == self.standing[reading.booking_id]

    @rule(reading=readings)
    def holds_the_number(self, reading: Booking) -> None:
        before = self._holder()
        held = self.bench.locks.acquire_number_lock(reading)

        holder = self.standing.get(before or "")
        free = holder is None or holder.state.ended or (holder.state.parked and not holder.posted)
        assert held is (free or before == reading.booking_id)
        assert self._holder() == (reading.booking_id if held else before)

    @rule(minutes=st.sampled_from([1, 60, 60 * 24]))
    def time_passes(self, minutes: int) -> None:
        self.bench.clock.advance(minutes=minutes)

    @invariant()
    def every_record_is_what_its_last_step_left(self) -> None:
        for booking_id, booking in getattr(self, "standing", {}).items():
            now = self.bench.ledger.get(booking_id)
            assert now == booking
            assert booking.state.ended is (booking.request is None) is (booking.expires_at is not None)
            if booking.expires_at is not None:
                assert booking.expires_at >= booking.start + timedelta(days=2)
            assert (booking.appointment_id is not None) <= (booking.state is State.BOOKED)

    @invariant()
    def an_appointment_belongs_to_the_one_booking_that_names_it(self) -> None:
        for appointment in ("A-1", "A-2") if hasattr(self, "standing") else ():
            named = [booking.booking_id for booking in self.standing.values() if booking.appointment_id == appointment]
            owner = self.bench.ledger.owner_of(appointment)
            assert named == ([] if owner is None else [owner])

    def _holder(self) -> str | None:
        held = [item for item in self.bench.stack.items() if item["pk"]["S"].startswith("creating#")]
        return held[0]["booking_id"]["S"] if held else None

    def _writes(self, reading: Booking, write: Any, *, allowed: bool = True) -> Booking:
        """Write from a reading; it succeeds only from the latest one, and changes nothing otherwise."""
        before = self.standing[reading.booking_id]
        try:
            after: Booking = write()
        except ValueError:
            assert not allowed
            return before
        except Overtaken:
            assert allowed
            assert reading.version < before.version
            return before
        except AppointmentOwned:
            assert allowed
            return before
        assert allowed
        assert reading.version == before.version
        assert after.version == before.version + 1
        assert after.generation >= before.generation
        assert after.state is before.state or after.state in TRANSITIONS[before.state]
        assert not before.state.ended or after.state is before.state
        self.standing[reading.booking_id] = after
        return after


@pytest.mark.usefixtures("account")
def test_no_sequence_leaves_an_end_or_takes_an_unlisted_step() -> None:
    run_state_machine_as_test(LedgerMachine, settings=settings(PROPERTY, max_examples=8, stateful_step_count=30))
