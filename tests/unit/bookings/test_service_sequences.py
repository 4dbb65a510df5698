"""Callbacks, messages, sweeps, deaths, faults and a person's word, in any order: no end is left, no step invented.

What the service writes is judged at the table, past the ledger's own check, and by Clinicea's calendar.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from convox_clinicea.bookings.protocol import TRANSITIONS, ProtocolTimings, Reason, State
from convox_clinicea.bookings.record import Booking, from_item
from convox_clinicea.table import Item, Put, Table
from tests.support.bench import Bench
from tests.support.bookings import known_request, new_request
from tests.support.properties import PROPERTY

POSTS = ("postAppointmentByPatientID", "postAppointment")
READS = ("getAppointmentsByPatient", "searchPatientByMobileNumber")
FATES: tuple[dict[str, Any], ...] = (
    {"kind": "timeout_before"},
    {"kind": "timeout_after"},
    {"kind": "late_commit", "seconds": 100, "reset": True},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 401},
    {"kind": "status", "status": 400, "after_work": True},
    {"kind": "status", "status": 400, "body": "Slot is already booked"},
)
LONG = [
    span.total_seconds() + 1 for span in (ProtocolTimings().stuck, ProtocolTimings().age, ProtocolTimings().retention)
]
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
        assert {name for name in {*before, *after} if before.get(name) != after.get(name)} <= TOLD


class Service:
    """A known patient's booking and a newcomer's, and all that may happen to them."""

    def __init__(self) -> None:
        self.bench = Bench(WatchedTable)
        self.bench.patient(mobile="9999900042")
        self._requests = (known_request(), new_request())
        self._ids = [self.bench.accept(request).booking_id for request in self._requests]
        self._topic_away = False

    def callback(self, which: int) -> None:
        assert self.bench.accept(self._requests[which]).booking_id == self._ids[which]

    def message(self, which: int, fate: dict[str, Any] | None = None, *, older: int = 0, seconds: float = 28.0) -> None:
        booking = self._now(which)
        if fate is not None:
            self.bench.fake.fault(POSTS[which], count=1, **fate)
        self.bench.work(booking, generation=max(1, booking.generation - older), seconds=seconds)
        self.bench.fake.clear_faults()

    def old_message(self, which: int) -> None:
        self.message(which, older=1)

    def hurried_message(self, which: int) -> None:
        self.message(which, seconds=5.0)

    def death(self, which: int) -> None:
        """A worker claims the booking and is seen no more."""
        if State.SENDING in TRANSITIONS[self._now(which).state]:
            self.bench.claimed(self._now(which))

    def blindness(self, which: int) -> None:
        """The next reading fails; the faults of the message that meets it are cleared with it."""
        self.bench.fake.fault(READS[which], "status", status=503, count=1)

    def pause(self, seconds: float) -> None:
        self.bench.clock.advance(seconds)

    def sweep(self) -> None:
        self.bench.sweep()

    def dead_letter(self, which: int) -> None:
        booking = self._now(which)
        body = {"v": 1, "booking_id": booking.booking_id, "generation": booking.generation}
        self.bench.dead_letters.bury(json.dumps(body))

    def topic(self) -> None:
        """It goes away, or comes back."""
        if self._topic_away:
            self.bench.stack.with_topic_again()
        else:
            self.bench.stack.without_topic()
        self._topic_away = not self._topic_away

    def person(self, which: int) -> None:
        """A person looks, when everything has settled, and decides."""
        booking = self._now(which)
        if not booking.state.parked:
            return
        self.bench.clock.advance(121)
        made = self._made(booking)
        if made:
            self.bench.ledger.book(booking, made[0])
        else:
            self.bench.ledger.move(booking, State.ACCEPTED)

    def nobody_is_harmed(self) -> None:
        for which in (0, 1):
            booking = self._now(which)
            made = self._made(booking)
            assert len(made) <= 1
            assert booking.state.ended is (booking.request is None)
            if booking.state is State.BOOKED:
                assert made == [booking.appointment_id]
            # Nobody looked within the retention: that end says nothing of the calendar.
            if booking.state is State.REJECTED and booking.reason is not Reason.EXPIRED_UNRESOLVED:
                assert made == []

    def _now(self, which: int) -> Booking:
        standing = self.bench.ledger.get(self._ids[which])
        assert standing is not None
        return standing

    def _made(self, booking: Booking) -> list[str]:
        """The standing appointments that bear the booking's id."""
        standing = self.bench.fake.standing()
        return [each["appointment_id"] for each in standing if booking.booking_id in (each["notes"] or "")]


Event = tuple[str, tuple[Any, ...]]
"""What happens, by the name of its method, and to whom."""


def events() -> st.SearchStrategy[Event]:
    """Messages and pauses most of the time, and the rest now and then."""
    which = st.integers(0, 1)
    message = st.tuples(st.just("message"), st.tuples(which, st.none() | st.sampled_from(FATES)))
    pause = st.tuples(st.just("pause"), st.tuples(st.sampled_from([1.0, 46.0, 121.0, 121.0])))
    names = ("callback", "old_message", "hurried_message", "death", "blindness", "dead_letter", "person")
    about_one = st.tuples(st.sampled_from(names), st.tuples(which))
    rare: list[Event] = [("sweep", ()), ("topic", ()), *(("pause", (seconds,)) for seconds in LONG)]
    return st.one_of(message, message, message, pause, pause, about_one, st.sampled_from(rare))


# A failure is told as it was found: to make it smaller would take minutes.
@settings(PROPERTY, max_examples=25, phases=[Phase.generate])
@given(sequence=st.lists(events(), min_size=8, max_size=24))
def test_any_sequence_keeps_ends_and_takes_listed_steps_only(account: None, sequence: list[Event]) -> None:
    service = Service()
    for name, given_ in sequence:
        getattr(service, name)(*given_)
        service.nobody_is_harmed()
