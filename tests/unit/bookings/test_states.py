"""The table of transitions, and that nothing moves outside it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from convox_clinicea.bookings.protocol import TRANSITIONS, Reason, State
from convox_clinicea.bookings.record import Booking
from tests.support.bench import Bench

PAIRS = list(itertools.product(State, State))
ALLOWED = {(here, there) for here, targets in TRANSITIONS.items() for there in targets}
ROADS: dict[State, tuple[State, ...]] = {
    State.ACCEPTED: (),
    State.SENDING: (State.SENDING,),
    State.UNKNOWN: (State.SENDING, State.UNKNOWN),
    State.NEEDS_ATTENTION: (State.NEEDS_ATTENTION,),
    State.BOOKED: (State.BOOKED,),
    State.REJECTED: (State.SENDING, State.REJECTED),
}


def standing_at(bench: Bench, state: State, **changes: Any) -> Booking:
    booking = bench.now(bench.accept(**changes))
    for step in ROADS[state]:
        booking = bench.ledger.move(booking, step)
    return booking


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(State)


def test_the_states_and_reasons_are_the_contracts() -> None:
    assert {state.value for state in State} == {
        "accepted", "sending", "unknown", "booked", "rejected", "needs_attention",
    }  # fmt: skip
    assert {reason.value for reason in Reason} == {
        "already_there", "slot_taken", "unknown_patient", "unknown_clinic", "several_patients",
        "number_registered_to_other", "outcome_unknown", "changed_after_booking", "too_late",
        "age_limit", "waits_for_other_booking", "expired_unresolved", "refused", "maybe_same_person",
        "no_longer_wanted", "restored",
    }  # fmt: skip


def test_ended_states_have_no_next_state_and_parked_is_not_one() -> None:
    ended = {state for state in State if state.ended}

    assert ended == {State.BOOKED, State.REJECTED}
    assert all(not TRANSITIONS[state] for state in ended)
    assert [state for state in State if state.parked] == [State.NEEDS_ATTENTION]


def test_posts_need_a_certain_state_and_doubt_is_never_undone() -> None:
    assert State.ACCEPTED not in TRANSITIONS[State.UNKNOWN]
    assert {here for here, there in ALLOWED if there is State.SENDING} == {State.ACCEPTED, State.UNKNOWN}


@pytest.mark.parametrize(("here", "there"), PAIRS)
def test_the_ledger_moves_within_the_table_only(bench: Bench, here: State, there: State) -> None:
    booking = standing_at(bench, here)

    if (here, there) in ALLOWED:
        assert bench.ledger.move(booking, there).state is there
        assert bench.now(booking).state is there
    else:
        with pytest.raises(ValueError, match="no transition"):
            bench.ledger.move(booking, there)
        assert bench.now(booking) == booking


@pytest.mark.parametrize("here", [state for state in State if State.BOOKED not in TRANSITIONS[state]])
def test_appointment_is_never_stored_on_an_unbookable_state(bench: Bench, here: State) -> None:
    booking = standing_at(bench, here)

    with pytest.raises(ValueError, match="no transition"):
        bench.ledger.book(booking, "A-1")
    assert bench.now(booking) == booking
    assert len(bench.stack.items("booking#")) == 1
