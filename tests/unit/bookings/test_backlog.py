"""How much is open, and since when."""

from __future__ import annotations

from convox_clinicea.bookings.listing import Backlog, Waiting
from convox_clinicea.bookings.protocol import Reason, State
from tests.support.bench import Bench


def measured(bench: Bench) -> Waiting:
    return Backlog(bench.ledger, bench.clock).measure()


def test_nothing_is_open(bench: Bench) -> None:
    assert measured(bench) == Waiting(on_their_way=0, oldest_seconds=0.0, parked=0)


def test_age_counts_from_acceptance_not_from_the_last_sending(bench: Bench) -> None:
    oldest = bench.accept()
    bench.clock.advance(600)
    bench.accept(service="Blood test")
    bench.ledger.requeue(bench.now(oldest))
    bench.clock.advance(30)

    assert measured(bench) == Waiting(on_their_way=2, oldest_seconds=630.0, parked=0)


def test_a_parked_booking_is_not_on_its_way_told_of_or_not(bench: Bench) -> None:
    for told in (True, False):
        booking = bench.accept(service=f"told {told}")
        parked = bench.ledger.move(booking, State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
        if told:
            bench.ledger.mark_notified(parked)

    assert measured(bench) == Waiting(on_their_way=0, oldest_seconds=0.0, parked=2)


def test_an_ended_booking_is_no_longer_open(bench: Bench) -> None:
    bench.patient()
    bench.ends(bench.accept())

    assert measured(bench) == Waiting(on_their_way=0, oldest_seconds=0.0, parked=0)
