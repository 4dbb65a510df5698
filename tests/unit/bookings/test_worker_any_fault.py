"""Whatever goes wrong, in whatever order: never two appointments for one booking, never an end that is not true."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from convox_clinicea.bookings.protocol import TRANSITIONS, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.worker import Done
from convox_clinicea.privacy import PersonalText
from tests.support.bench import Bench
from tests.support.bookings import known_request, new_request
from tests.support.properties import PROPERTY

CALLS = [
    "postAppointmentByPatientID",
    "postAppointment",
    "getAppointmentsByPatient",
    "searchPatientByMobileNumber",
]
KINDS: list[dict[str, Any]] = [
    {"kind": "timeout_before"},
    {"kind": "timeout_after"},
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "html"},
    {"kind": "html", "after_work": True},
    {"kind": "late_commit", "seconds": 20},
    *({"kind": "status", "status": status} for status in (400, 401, 403, 404, 405, 409, 429, 500, 503)),
    *({"kind": "status", "status": status, "after_work": True} for status in (400, 409, 500)),
    {"kind": "status", "status": 400, "body": "Slot is already booked"},
]
FAULTS = st.lists(st.tuples(st.sampled_from(CALLS), st.sampled_from(KINDS), st.integers(1, 2)), max_size=4)
SWITCHES = st.sampled_from(
    [{}, {}, {"own_slot_conflicts": True}, {"create_patient_then_refuse_slot": True}, {"single_appointments": True}]
)
# Seconds that pass before each receipt, and what is left of the invocation.
TURNS = st.lists(st.tuples(st.sampled_from([0, 1, 30, 60]), st.sampled_from([5, 12, 28])), min_size=1, max_size=6)


class Watch:
    """Follows a booking through the ledger and lets no forbidden step pass."""

    def __init__(self, bench: Bench, booking: Booking) -> None:
        self._bench = bench
        self.last = bench.now(booking)

    def look(self) -> None:
        standing = self._bench.now(self.last)
        if standing.version == self.last.version:
            assert standing == self.last
        else:
            assert not self.last.state.ended
            # A turn may take several steps at once.
            assert standing.state in reachable(self.last.state)
        self.last = standing


def reachable(state: State) -> set[State]:
    found, edge = set[State](), {state}
    while edge:
        edge = {there for here in edge for there in TRANSITIONS[here]} - found
        found |= edge
    return found


def of(bench: Bench, booking: Booking) -> list[dict[str, Any]]:
    return [each for each in bench.fake.standing() if booking.booking_id in each["notes"]]


@settings(PROPERTY, max_examples=20)
@given(new=st.booleans(), faults=FAULTS, switches=SWITCHES, turns=TURNS)
def test_one_booking_is_at_most_one_appointment_and_ends_truly(
    account: None, new: bool, faults: list[Any], switches: dict[str, Any], turns: list[tuple[int, int]]
) -> None:
    bench = Bench()
    bench.fake.switch(**switches)
    if not new:
        bench.patient()
    request = new_request if new else known_request
    booking = bench.accept(request(notes=PersonalText("x")))
    watch = Watch(bench, booking)
    for call, kind, count in faults:
        bench.fake.fault(call, count=count, **kind)

    for received, (passes, left) in enumerate(turns, start=1):
        bench.clock.advance(passes)
        outcome = bench.work(booking, received=received, seconds=left)
        watch.look()
        assert len(of(bench, booking)) <= 1
        if isinstance(outcome, Done):
            assert watch.last.state.ended or watch.last.state.parked, "what is acknowledged has ended or is parked"
    bench.fake.clear_faults()
    bench.clock.advance(60)
    ended = bench.ends(booking)
    watch.look()

    mine = of(bench, booking)
    assert len(mine) <= 1
    assert len(bench.fake.patients()) <= 1
    if ended.state is State.BOOKED:
        assert [each["appointment_id"] for each in mine] == [ended.appointment_id]
    elif ended.state is State.REJECTED:
        assert mine == []
    else:
        assert ended.state is State.NEEDS_ATTENTION
        assert ended.request is not None
