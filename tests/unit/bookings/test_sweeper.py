"""What the sweeper picks up each minute: its order, its end, and the parked bookings that nobody resolves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.protocol import ProtocolTimings, Reason, State
from convox_clinicea.bookings.record import Booking, Open
from convox_clinicea.bookings.sweeper import Swept
from convox_clinicea.table import Table
from tests.support.bench import Bench
from tests.support.sweeping import NOTHING, RETENTION, STUCK, dead_letter, lost_message


def test_nothing_is_begun_when_time_is_short(bench: Bench) -> None:
    stuck, parked = lost_message(bench), bench.accept(clinic_id="C-02")
    dead_letter(bench, parked)

    assert bench.sweep(seconds=4.9) == NOTHING
    assert bench.now(stuck).generation == 1
    assert bench.now(parked).state is State.ACCEPTED


def test_with_an_empty_ledger_nothing_happens(bench: Bench) -> None:
    assert bench.sweep() == NOTHING


def test_bookings_are_sent_anew_oldest_first(bench: Bench) -> None:
    first = bench.accept(clinic_id="C-9")
    bench.clock.advance(5)
    second = bench.accept(clinic_id="C-1")
    bench.clock.advance(STUCK)

    found = [booking.booking_id for booking in bench.ledger.open_before(Open.ON_ITS_WAY, bench.clock.now())]

    assert found == [first.booking_id, second.booking_id]
    assert bench.sweep(limits=replace(ProtocolTimings(), stuck=timedelta(seconds=STUCK + 2))).requeued == 1
    assert (bench.now(first).generation, bench.now(second).generation) == (2, 1)


class TestParked:
    def test_unresolved_after_the_retention_is_rejected_and_notified(self, bench: Bench) -> None:
        booking = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
        bench.sweep()
        bench.clock.advance(RETENTION)

        assert bench.sweep().expired == 1

        ended = bench.now(booking)
        assert (ended.state, ended.reason) == (State.REJECTED, Reason.EXPIRED_UNRESOLVED)
        assert ended.request is None
        assert ended.expires_at is not None
        assert [notice["reason"] for notice in bench.stack.notices()] == ["outcome_unknown", "expired_unresolved"]
        assert bench.sweep() == NOTHING

    def test_unpublishable_notice_does_not_prevent_rejection(self, bench: Bench) -> None:
        bench.stack.without_topic()
        booking = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
        assert bench.sweep() == NOTHING
        bench.clock.advance(RETENTION)

        assert bench.sweep() == Swept(expired=1)

        ended = bench.now(booking)
        assert (ended.state, ended.reason) == (State.REJECTED, Reason.EXPIRED_UNRESOLVED)
        assert (ended.request, ended.notice_due) == (None, True)
        assert bench.sweep() == NOTHING
        bench.stack.with_topic_again()
        assert bench.sweep() == Swept(told=1)

    def test_ended_unnotified_bookings_do_not_hide_parked_ones(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("convox_clinicea.bookings.sweeper.MOST_AT_A_TIME", 1)
        bench.stack.without_topic()
        for state in (State.BOOKED, State.NEEDS_ATTENTION):
            bench.ledger.move(bench.accept(clinic_id=f"C-{state}"), state, notice_due=True)
            bench.clock.advance(1)
        bench.clock.advance(RETENTION)

        assert bench.sweep().expired == 1

    def test_until_then_it_stays(self, bench: Bench) -> None:
        parked = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, notice_due=False)
        bench.clock.advance(RETENTION - 2)

        assert bench.sweep() == NOTHING
        assert bench.now(parked) == parked

    def test_one_that_a_person_resolves_at_that_moment_is_theirs(self, bench: Bench) -> None:
        parked = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, notice_due=False)
        bench.clock.advance(RETENTION)

        class Slow(Ledger):
            def get(self, booking_id: str) -> Booking | None:
                read = super().get(booking_id)
                bench.ledger.book(parked, "A-1")
                return read

        bench.sweep(ledger=Slow(Table(aws.dynamodb(), bench.stack.table), bench.clock))

        assert bench.now(parked).state is State.BOOKED
