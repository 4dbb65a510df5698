"""The first booking of a setup goes alone, until it stands at the right instant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.canary import PROOF_CACHED
from convox_clinicea.bookings.protocol import ProtocolTimings, Reason, State
from convox_clinicea.bookings.worker import Done
from convox_clinicea.mobile import Mobile
from convox_clinicea.table import Put, Table
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import START, known_request, new_request, newcomer
from tests.support.guarding import LOOK, POST, further, held_up, stopped

ANSWERS = pytest.mark.parametrize("answer", ["record", "bare"])


def test_while_the_first_is_in_doubt_no_other_is_posted(guarded: Bench) -> None:
    first = guarded.accept()
    guarded.fake.fault(POST, "timeout_before", count=1)
    guarded.waits(first)

    other = further(guarded)
    asked = len(guarded.transport.sent)

    assert held_up(guarded, other)
    assert len(guarded.transport.sent) == asked, "a booking that is held up costs Clinicea nothing"
    assert guarded.waits(other).seconds <= 10
    assert guarded.settles(first).state is State.BOOKED
    assert guarded.ends(other).state is State.BOOKED


@ANSWERS
def test_after_the_proof_all_proceed_and_nothing_more_is_read(guarded: Bench, answer: str) -> None:
    guarded.fake.switch(created_answer=answer, guid_ids=True)
    guarded.ends(guarded.accept())

    for number in range(1, 4):
        outcome = guarded.work(further(guarded, number))
        assert isinstance(outcome, Done)
        assert outcome.booking is not None
        assert outcome.booking.state is State.BOOKED


def test_a_canary_is_read_back_though_its_answer_shows_the_start(guarded: Bench) -> None:
    guarded.ends(guarded.accept())

    calls = [call for call, _ in guarded.transport.sent]
    assert LOOK in calls[calls.index(POST) :]
    guarded.transport.sent.clear()
    guarded.ends(further(guarded))
    assert [call for call, _ in guarded.transport.sent][-1] == POST


@ANSWERS
@pytest.mark.parametrize("minutes", [330, -330, -90, 15, 30, 60, 240, 1440])
@pytest.mark.parametrize("new", [False, True], ids=["known patient", "new patient"])
def test_start_off_by_the_zone_offset_stops_all_posting(bench: Bench, answer: str, minutes: int, new: bool) -> None:
    bench.worker = bench.another_worker(canary=bench.canary())
    bench.fake.switch(created_answer=answer, guid_ids=True, shift_zones=minutes)
    if not new:
        bench.patient()
    first = bench.accept(new_request() if new else known_request())
    bench.waits(first)
    bench.clock.advance(2)

    outcome = bench.work(first)

    assert isinstance(outcome, Done)
    assert outcome.stopped
    parked = bench.now(first)
    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    posted = bench.fake.posted()
    for number in range(1, 4):
        assert stopped(bench, further(bench, number))
    bench.clock.advance(3600)
    bench.worker = bench.another_worker(canary=bench.canary())
    assert stopped(bench, further(bench, 4))
    assert bench.fake.posted() == posted == 1


def test_canary_in_doubt_returns_soon_however_long_it_waited(guarded: Bench) -> None:
    guarded.fake.fault(POST, "timeout_before", count=1)

    assert guarded.waits(guarded.accept(), received=90).seconds <= 4


def test_canary_returning_after_anothers_turn_also_stops_posting(guarded: Bench) -> None:
    guarded.fake.switch(shift_zones=330)
    first = guarded.accept()
    guarded.waits(first)
    guarded.clock.advance(300)
    guarded.fake.fault(POST, "timeout_before", count=1)
    guarded.waits(further(guarded, 1))

    parked = guarded.ends(first)

    assert parked.state is State.NEEDS_ATTENTION
    assert stopped(guarded, further(guarded, 2))


def test_a_canary_is_judged_by_the_call_that_it_was_posted_with(guarded: Bench) -> None:
    """A newcomer who is registered by now is posted as a known patient: what new patients have proven says nothing."""
    details = newcomer(mobile=Mobile.from_e164(invented.OTHER_MOBILE))
    guarded.ends(guarded.accept(new_request(new_patient=details)))
    guarded.fake.switch(shift_zones=60)

    parked = guarded.ends(guarded.accept(new_request(start=START + timedelta(days=2))))

    assert guarded.transport.sent[-1][0] == LOOK
    assert parked.state is State.NEEDS_ATTENTION
    assert stopped(guarded, further(guarded))


def test_a_canary_that_an_earlier_release_posted_is_still_known(guarded: Bench) -> None:
    """It noted the booking's id alone; it may run beside this one, and read what this one notes."""
    first = guarded.accept()
    guarded.canary().turn(first, known_request(), "P-41", 1)
    table = Table(aws.dynamodb(), guarded.stack.table)
    item = table.get(guarded.canary().key)
    assert item is not None
    assert {"S": first.booking_id} in item["tried"]["L"]
    item["tried"] = {"L": [{"S": first.booking_id}]}
    table.put(Put(item))
    guarded.fake.switch(shift_zones=60)

    guarded.ends(first)

    assert stopped(guarded, further(guarded))


def test_a_mended_setup_has_a_canary_of_its_own(guarded: Bench) -> None:
    guarded.fake.switch(shift_zones=330)
    guarded.ends(guarded.accept())
    other = further(guarded)
    assert stopped(guarded, other)

    guarded.fake.switch(shift_zones=0)
    guarded.worker = guarded.another_worker(canary=guarded.canary(account="again-1"))

    assert guarded.ends(other).state is State.BOOKED


def test_canary_moved_to_its_start_is_booked_on_redrive(guarded: Bench) -> None:
    guarded.fake.switch(shift_zones=330)
    guarded.ends(guarded.accept())
    (appointment,) = guarded.fake.standing()
    guarded.fake.move(appointment["appointment_id"], START.isoformat())
    first = guarded.now(guarded.accept())

    again = guarded.ledger.move(first, State.ACCEPTED, redriven_at=guarded.clock.now())

    assert guarded.ends(again).appointment_id == appointment["appointment_id"]
    assert stopped(guarded, further(guarded)), "it proves nothing any more"


def test_redriven_canary_without_appointment_waits_like_others(guarded: Bench) -> None:
    guarded.fake.switch(shift_zones=330)
    guarded.ends(guarded.accept())
    guarded.fake.cancel(guarded.fake.standing()[0]["appointment_id"])
    guarded.clock.advance(ProtocolTimings().settle.total_seconds() + 1)
    first = guarded.now(guarded.accept())

    again = guarded.ledger.move(first, State.ACCEPTED, redriven_at=guarded.clock.now())

    assert stopped(guarded, again)
    assert guarded.fake.posted() == 1


def test_other_time_differences_are_in_doubt_and_stop_nothing(guarded: Bench) -> None:
    guarded.fake.switch(round_starts=60)
    parked = guarded.ends(guarded.accept(start=START + timedelta(minutes=20)))
    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)

    guarded.fake.switch(round_starts=0)

    assert guarded.ends(further(guarded)).state is State.BOOKED


def test_a_refusal_proves_nothing_and_holds_nobody_up(guarded: Bench) -> None:
    guarded.fake.fault(POST, "status", status=400, body="Slot is already booked", count=1)
    assert guarded.ends(guarded.accept()).state is State.REJECTED

    guarded.fake.switch(shift_zones=330)
    guarded.ends(further(guarded, 1))
    assert stopped(guarded, further(guarded, 2))


def test_what_was_there_already_proves_nothing(bench: Bench) -> None:
    bench.worker = bench.another_worker(canary=bench.canary())
    bench.patient(appointments=[{"clinic_id": "C-01", "start": START.isoformat()}])
    assert bench.ends(bench.accept()).reason is Reason.ALREADY_THERE

    bench.fake.switch(shift_zones=330)
    bench.ends(further(bench, 1))
    assert stopped(bench, further(bench, 2))


def test_each_call_has_a_canary_of_its_own(guarded: Bench) -> None:
    guarded.ends(guarded.accept())

    guarded.fake.switch(shift_zones=330)
    details = newcomer(mobile=Mobile.from_e164(invented.OTHER_MOBILE))
    parked = guarded.ends(guarded.accept(new_request(new_patient=details)))

    assert parked.state is State.NEEDS_ATTENTION
    guarded.clock.advance(PROOF_CACHED.total_seconds())
    assert stopped(guarded, further(guarded)), "posting stops for the call that was proven too"
