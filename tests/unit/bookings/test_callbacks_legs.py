"""A transferred call: two agents, two status callbacks under one call id, and what the one must not do to the other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.errors import InvalidRequest
from tests.support.bench import Bench
from tests.support.bookings import known_request, new_request
from tests.support.callbacks import (
    LATER,
    MUCH_LATER,
    PROBLEM,
    booking_of,
    bookings,
    call,
    cannot_be_booked,
    content,
    first,
    second,
    standing,
    third,
)
from tests.support.legs import WAITS, A, B, by, leg, parked, says


class TestOnePersonWantedByTwoAgents:
    """Never two appointments, and neither agent's takes the place of the other's: a person decides."""

    @pytest.mark.parametrize("claimed", [False, True], ids=["the first waits", "the first is sent"])
    @pytest.mark.parametrize(("one", "other"), [(A, B), (B, A)], ids=["A before B", "B before A"])
    def test_the_second_waits_and_the_first_is_made(self, bench: Bench, one: str, other: str, *, claimed: bool) -> None:
        bench.patient()
        kept = booking_of(says(bench, one, first()))
        if claimed:
            bench.ends(kept)

        waits = booking_of(says(bench, other, second()))

        assert parked(waits) == WAITS
        assert waits.booking_id != kept.booking_id
        if not claimed:
            assert content(bench, kept).start == first().start
            bench.ends(kept)
        assert standing(bench) == [first().start]
        assert bench.now(kept).state is State.BOOKED
        bench.sweep()
        assert [each["booking_id"] for each in bench.stack.notices()] == [waits.booking_id]

    def test_without_a_time_or_with_one_that_says_otherwise(self, bench: Bench) -> None:
        now = bench.clock.now()
        of_b = booking_of(says(bench, B, second(), recorded_at=now))

        of_a = booking_of(says(bench, A, first(), recorded_at=now - timedelta(minutes=5)))

        assert parked(of_a) == WAITS, "an older word of another agent is no word of this one"
        assert content(bench, of_b).start == LATER

    def test_each_agent_corrects_their_own(self, bench: Bench) -> None:
        of_a = booking_of(says(bench, A, first()))
        of_b = booking_of(says(bench, B, second()))

        corrected = booking_of(says(bench, A, third()))
        again = booking_of(says(bench, B, first(practitioner_id="D-02")))

        assert (corrected.booking_id, again.booking_id) == (of_a.booking_id, of_b.booking_id)
        assert content(bench, corrected).start == MUCH_LATER
        assert (bench.now(of_a).state, parked(bench.now(of_b))) == (State.ACCEPTED, WAITS)

    def test_later_callback_of_the_other_keeps_a_correction_valid(self, bench: Bench) -> None:
        now = bench.clock.now()
        of_a = booking_of(says(bench, A, first(), recorded_at=now))
        says(bench, B, second(), recorded_at=now + timedelta(minutes=2))

        corrected = booking_of(says(bench, A, third(), recorded_at=now + timedelta(minutes=1)))

        assert corrected.booking_id == of_a.booking_id
        assert content(bench, corrected).start == MUCH_LATER

    def test_a_repeat_after_the_other_s_changes_nothing(self, bench: Bench) -> None:
        of_a = booking_of(says(bench, A, first()))
        of_b = booking_of(says(bench, B, second()))

        again = says(bench, A, first())

        assert (booking_of(again).booking_id, again.repeated, again.changed) == (of_a.booking_id, True, False)
        assert parked(bench.now(of_b)) == WAITS
        assert leg(bench, B).booking_id == of_b.booking_id

    def test_beside_one_that_waits_unposted_the_second_waits_too(self, bench: Bench) -> None:
        of_a = booking_of(says(bench, A, first()))
        bench.ledger.move(bench.now(of_a), State.NEEDS_ATTENTION, reason=Reason.SEVERAL_PATIENTS)

        of_b = booking_of(says(bench, B, second()))

        assert parked(of_b) == WAITS, "whoever redrives the first would make a second appointment"
        assert bench.now(of_a).reason is Reason.SEVERAL_PATIENTS

    def test_a_return_of_the_one_gives_up_nothing_of_the_other_s(self, bench: Bench) -> None:
        bench.patient()
        now = bench.clock.now()
        bench.ends(booking_of(says(bench, A, first(), recorded_at=now)))
        of_b = booking_of(says(bench, B, second()))
        says(bench, A, third(), recorded_at=now + timedelta(seconds=5))

        back = says(bench, A, first(), recorded_at=now + timedelta(seconds=9))

        assert back.dropped
        assert parked(bench.now(of_b)) == WAITS

    def test_after_the_first_is_refused_the_second_is_ordinary(self, bench: Bench) -> None:
        of_a = booking_of(says(bench, A, first()))
        bench.ledger.move(bench.now(of_a), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
        bench.ledger.move(bench.now(of_a), State.REJECTED, notice_due=False)

        assert booking_of(says(bench, B, second())).state is State.ACCEPTED


class TestTheSameAppointmentAskedForByBoth:
    def test_is_one_booking(self, bench: Bench) -> None:
        of_a = booking_of(says(bench, A, first()))

        taken = says(bench, B, first())

        assert (booking_of(taken).booking_id, taken.repeated, taken.changed) == (of_a.booking_id, True, False)
        assert leg(bench, B).booking_id == of_a.booking_id

    def test_is_not_taken_from_the_one_by_the_other_s_correction(self, bench: Bench) -> None:
        shared = booking_of(says(bench, A, first()))
        says(bench, B, first())

        corrected = booking_of(says(bench, A, second()))

        assert parked(corrected) == WAITS
        assert content(bench, shared).start == first().start

    def test_corrected_by_the_first_agent_is_no_repeat_of_the_second(self, bench: Bench) -> None:
        says(bench, A, first())
        replaced = booking_of(says(bench, A, second()))

        taken = says(bench, B, first())

        assert (taken.repeated, parked(booking_of(taken))) == (False, WAITS)
        assert content(bench, booking_of(taken)).start == first().start
        assert content(bench, replaced).start == LATER
        assert says(bench, A, first()).repeated, "the first agent's late repeat brings nothing back"
        assert len(bookings(bench)) == 2


class TestWhatOneAgentsCallbackLeavesOfTheOthers:
    @pytest.mark.parametrize("spelled", [B, "AGENT-77"])
    def test_one_without_an_appointment_ends_and_wipes_nothing(self, bench: Bench, spelled: str) -> None:
        of_a = booking_of(says(bench, A, first()))
        cannot_be_booked(bench, caller=by(B))

        noted = says(bench, "agent-99", recorded_at=bench.clock.now())

        assert (noted.booking, noted.asked) == (None, False)
        assert bench.now(of_a).state is State.ACCEPTED
        assert leg(bench, A).booking_id == of_a.booking_id
        assert (leg(bench, spelled).problems, leg(bench, spelled).kept is None) == (("clinic_id",), False)

    @pytest.mark.parametrize(("one", "other"), [(A, B), (B, A)])
    def test_an_appointment_leaves_the_trace_of_the_other_s(self, bench: Bench, one: str, other: str) -> None:
        cannot_be_booked(bench, caller=by(one))

        says(bench, other, first())

        assert (leg(bench, one).problems, leg(bench, other).problems) == (("clinic_id",), ())
        says(bench, one, first())
        assert call(bench).problems_of_all == (), "their own appointment is the end of it"

    def test_what_could_not_be_booked_of_both_is_kept(self, bench: Bench) -> None:
        cannot_be_booked(bench, caller=by(A))
        cannot_be_booked(bench, caller=by(B), patient_id="P-42")

        assert None not in (leg(bench, A).kept, leg(bench, B).kept)
        assert not any(each.several_kept for each in call(bench).legs)
        (item,) = bench.stack.items("call#")
        assert item["open"] == {"S": "not_booked"}

    def test_disposition_alone_is_no_repeat_of_the_other_agents(self, bench: Bench) -> None:
        says(bench, A, first())

        with pytest.raises(InvalidRequest):
            says(bench, B, refusal=PROBLEM, bare=True)

        assert leg(bench, B).problems == ("clinic_id",)
        assert says(bench, A, refusal=PROBLEM, bare=True).repeated

    def test_another_person_is_booked_beside(self, bench: Bench) -> None:
        says(bench, A, first())

        taken = says(bench, B, known_request(patient_id="P-42"))

        assert (booking_of(taken).state, taken.beside) == (State.ACCEPTED, True)

    def test_who_names_no_agent_has_a_leg_of_their_own(self, bench: Bench) -> None:
        of_a = booking_of(says(bench, A, first()))

        waits = booking_of(says(bench, None, second()))

        assert parked(waits) == WAITS
        assert content(bench, of_a).start == first().start
        corrected = booking_of(says(bench, None, third()))
        assert corrected.booking_id == waits.booking_id


def test_flow_request_for_another_slot_waits_in_either_order(bench: Bench) -> None:
    says(bench, A, first())
    says(bench, B, known_request(patient_id="P-42"))

    assert parked(bench.accept(second(caller=by(B)))) == WAITS


def test_a_newcomer_wanted_by_both_waits(bench: Bench) -> None:
    says(bench, A, new_request())

    assert parked(booking_of(says(bench, B, new_request(start=LATER)))) == WAITS
