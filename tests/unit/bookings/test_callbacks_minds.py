"""Ways back, corrections of what waits, two doors of one call, and what no order of callbacks may lose."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.request import Caller
from convox_clinicea.errors import InvalidRequest
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import known_request, new_request, newcomer
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
    sent,
    standing,
    takes,
)


class TestWhatIsKept:
    STEPS = ("A", "A", "B incomplete", "B incomplete", "B corrected")

    @pytest.mark.parametrize("claimed", [False, True], ids=["A waits", "A is sent"])
    def test_only_a_later_appointment_of_that_patient_clears_it(self, bench: Bench, claimed: bool) -> None:
        for number, order in enumerate(sorted(set(permutations(self.STEPS)))):
            caller = Caller(name="convox", call_id=f"CALL-{number}")
            wishes = {"A": first(caller=caller), "B corrected": second(caller=caller)}
            told: list[str] = []
            waits = False
            for name in order:
                if name not in wishes:
                    cannot_be_booked(bench, call_id=caller.call_id)
                    waits = True
                else:
                    booking = booking_of(takes(bench, wishes[name], call_id=caller.call_id))
                    if name not in told:
                        told.append(name)
                        waits = False
                        if name == "A" and claimed and booking.state is State.ACCEPTED:
                            bench.claimed(booking)
                after = bench.calls.get("convox", caller.call_id or "")
                assert after.problems == (("clinic_id",) if waits else ()), order
                assert (after.kept is not None) is waits, order
            counts = bench.ledger.get(after.booking_id or "")
            assert counts is not None
            assert content(bench, counts).start == wishes[told[-1]].start, order

    def test_what_is_recorded_before_it_clears_nothing(self, bench: Bench) -> None:
        now = bench.clock.now()
        takes(bench, first(), recorded_at=now)
        with pytest.raises(InvalidRequest):
            takes(bench, asks=False, refusal=PROBLEM, recorded_at=now + timedelta(seconds=9))

        takes(bench, second(), recorded_at=now + timedelta(seconds=5))

        assert call(bench).problems == ("clinic_id",)

    def test_another_patients_appointment_clears_nothing(self, bench: Bench) -> None:
        cannot_be_booked(bench, patient_id="P-42")

        takes(bench, first())

        assert call(bench).problems == ("clinic_id",)
        takes(bench, second(patient_id="P-42"))
        assert call(bench).problems == ()

    def test_of_two_persons_neither_ones_correction_clears_it(self, bench: Bench) -> None:
        cannot_be_booked(bench, patient_id=None, mobile=Mobile.from_e164(invented.MOBILE))
        cannot_be_booked(bench, patient_id=None, mobile=Mobile.from_e164(invented.OTHER_MOBILE))

        takes(bench, new_request(new_patient=newcomer(mobile=Mobile.from_e164(invented.OTHER_MOBILE))))

        assert call(bench).problems == ("clinic_id",)
        assert bench.calls.forget(call(bench)).several_kept is False


class TestAReturn:
    """A is booked, B came too late and waits; then the agent records A once more."""

    @pytest.fixture
    def waiting(self, bench: Bench) -> str:
        bench.patient()
        self.now = bench.clock.now()
        bench.ends(booking_of(takes(bench, first(), recorded_at=self.now)))
        return booking_of(takes(bench, second(), recorded_at=self.now + timedelta(seconds=5))).booking_id

    def test_frees_what_waits_and_tells_so(self, bench: Bench, waiting: str) -> None:
        bench.sweep()

        taken = takes(bench, first(), recorded_at=self.now + timedelta(seconds=9))

        assert (booking_of(taken).state, taken.repeated, taken.changed, taken.dropped) == (
            State.BOOKED, True, False, True,
        )  # fmt: skip
        freed = bench.ledger.get(waiting)
        assert freed is not None
        assert (freed.state, freed.reason, freed.request) == (State.REJECTED, Reason.NO_LONGER_WANTED, None)
        bench.sweep()
        assert [(each["state"], each["reason"]) for each in bench.stack.notices()] == [
            ("needs_attention", "changed_after_booking"),
            ("rejected", "no_longer_wanted"),
        ]
        assert len(standing(bench)) == 1

    @pytest.mark.parametrize("seconds", [None, 2], ids=["no time", "an earlier time"])
    def test_a_repeat_frees_nothing(self, bench: Bench, waiting: str, seconds: int | None) -> None:
        recorded = None if seconds is None else self.now + timedelta(seconds=seconds)

        taken = takes(bench, first(), recorded_at=recorded)

        assert (taken.repeated, taken.dropped) == (True, False)
        parked = bench.ledger.get(waiting)
        assert parked is not None
        assert parked.reason is Reason.CHANGED_AFTER_BOOKING

    def test_frees_what_waits_for_another_reason_too(self, bench: Bench, waiting: str) -> None:
        parked = bench.ledger.get(waiting)
        assert parked is not None
        redriven = bench.ledger.move(parked, State.ACCEPTED, reason=None)
        bench.ledger.move(redriven, State.NEEDS_ATTENTION, reason=Reason.WAITS_FOR_OTHER_BOOKING)

        assert takes(bench, first(), recorded_at=self.now + timedelta(seconds=9)).dropped

    def test_frees_nothing_that_was_posted(self, bench: Bench, waiting: str) -> None:
        parked = bench.ledger.get(waiting)
        assert parked is not None
        posted = bench.ledger.move(parked, State.ACCEPTED, reason=None, posted=True)
        bench.ledger.move(posted, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

        assert not takes(bench, first(), recorded_at=self.now + timedelta(seconds=9)).dropped
        assert bench.now(parked).state is State.NEEDS_ATTENTION

    def test_and_the_freed_one_may_be_wanted_again(self, bench: Bench, waiting: str) -> None:
        for seconds, wanted in ((9, first()), (11, second()), (13, first()), (15, second())):
            taken = takes(bench, wanted, recorded_at=self.now + timedelta(seconds=seconds))

        again = booking_of(taken)
        assert (again.state, again.reason, again.start) == (
            State.NEEDS_ATTENTION, Reason.CHANGED_AFTER_BOOKING, LATER,
        )  # fmt: skip
        assert again.booking_id != waiting
        assert [each.state.value for each in bookings(bench)].count("needs_attention") == 1
        assert takes(bench, second()).repeated

    def test_another_persons_waits_on(self, bench: Bench, waiting: str) -> None:
        other = bench.ends(booking_of(takes(bench, known_request(patient_id="P-nobody", start=MUCH_LATER))))
        assert other.state is State.REJECTED
        takes(bench, first(), recorded_at=self.now + timedelta(seconds=9))

        assert bench.now(other).reason is Reason.UNKNOWN_PATIENT


class TestACorrectionOfWhatWaits:
    @pytest.mark.parametrize(
        "reason",
        [
            Reason.NUMBER_REGISTERED_TO_OTHER, Reason.SEVERAL_PATIENTS, Reason.TOO_LATE, Reason.AGE_LIMIT,
            Reason.WAITS_FOR_OTHER_BOOKING, Reason.OUTCOME_UNKNOWN,
        ],
    )  # fmt: skip
    def test_takes_its_place_and_is_worked_if_it_was_never_posted(self, bench: Bench, reason: Reason) -> None:
        parked = bench.ledger.move(booking_of(takes(bench, new_request())), State.NEEDS_ATTENTION, reason=reason)
        bench.sweep()

        taken = takes(bench, new_request(start=LATER))

        now = bench.now(parked)
        assert (now.state, now.reason, now.notice_due, now.start) == (State.ACCEPTED, None, False, LATER)
        assert booking_of(taken).booking_id == parked.booking_id
        assert sent(bench)[-1] == (parked.booking_id, now.generation)
        assert bench.ends(now).state is State.BOOKED
        assert standing(bench) == [LATER]

    def test_waits_too_if_that_was_posted(self, bench: Bench) -> None:
        doubtful = bench.ledger.move(bench.claimed(booking_of(takes(bench))), State.UNKNOWN)
        bench.ledger.move(doubtful, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

        assert booking_of(takes(bench, second())).reason is Reason.CHANGED_AFTER_BOOKING

    def test_what_expired_unposted_is_certain_not_to_stand(self, bench: Bench) -> None:
        parked = bench.ledger.move(booking_of(takes(bench)), State.NEEDS_ATTENTION, reason=Reason.SEVERAL_PATIENTS)
        bench.ledger.move(parked, State.REJECTED, reason=Reason.EXPIRED_UNRESOLVED)

        assert booking_of(takes(bench, second())).state is State.ACCEPTED


class TestTwoDoors:
    """A flow function and the status callbacks of one call ask for one patient."""

    def test_overtaking_callback_is_no_second_appointment(self, bench: Bench) -> None:
        bench.patient()
        flow = bench.ends(bench.accept(first()))

        # The callback that confirms the booking is held up: DynamoDB is away, and ConVox sends it again.
        overtaking = booking_of(takes(bench, second()))
        late = takes(bench, first())

        assert (overtaking.state, overtaking.reason) == (State.NEEDS_ATTENTION, Reason.CHANGED_AFTER_BOOKING)
        assert (booking_of(late).booking_id, late.repeated, late.changed) == (flow.booking_id, True, False)
        assert bench.now(overtaking).state is State.NEEDS_ATTENTION, "which of both is meant only the agent can say"
        assert len(standing(bench)) == 1

    def test_nor_a_request_that_comes_after_the_calls_end(self, bench: Bench) -> None:
        bench.patient()
        bench.ends(booking_of(takes(bench, first())))

        late = bench.accept(second())

        assert (late.state, late.reason, late.notice_due) == (
            State.NEEDS_ATTENTION, Reason.CHANGED_AFTER_BOOKING, True,
        )  # fmt: skip

    def test_two_requests_of_flow_functions_are_two_appointments(self, bench: Bench) -> None:
        bench.patient()

        ended = [bench.ends(bench.accept(each)) for each in (first(), second())]

        assert [each.state for each in ended] == [State.BOOKED, State.BOOKED]
        assert takes(bench, second()).repeated

    def test_another_person_is_booked_beside(self, bench: Bench) -> None:
        bench.accept(first())

        taken = takes(bench, second(patient_id="P-42"))

        assert (booking_of(taken).state, taken.beside) == (State.ACCEPTED, True)

    @pytest.mark.parametrize("booked", [False, True], ids=["it waits", "it is booked"])
    def test_a_service_spelled_otherwise_is_the_same_appointment(self, bench: Bench, booked: bool) -> None:
        bench.patient()
        flow = bench.accept(first(service=PersonalText("Consult")))
        if booked:
            bench.ends(flow)

        taken = takes(bench, first(service=PersonalText("Consultation")))

        assert (booking_of(taken).booking_id, taken.repeated, taken.changed) == (flow.booking_id, True, True)
        bench.ends(bench.now(flow))
        assert (len(standing(bench)), len(bookings(bench))) == (1, 1)
        assert takes(bench, first(service=PersonalText("Consultation"))).repeated
        assert booking_of(takes(bench, asks=False)).booking_id == flow.booking_id

    def test_the_other_way_round_the_slot_lock_joins_them(self, bench: Bench) -> None:
        bench.patient()
        told = bench.ends(booking_of(takes(bench, first(service=PersonalText("Consultation")))))

        flow = bench.ends(bench.accept(first(service=PersonalText("Consult"))))

        assert (flow.reason, flow.appointment_id) == (Reason.ALREADY_THERE, told.appointment_id)
        assert len(standing(bench)) == 1

    def test_a_call_of_many_requests_takes_more(self, bench: Bench) -> None:
        for hours in range(52):
            assert bench.accept(start=LATER + timedelta(hours=hours)).state is State.ACCEPTED

        assert len(call(bench).wishes) == 50

    def test_a_request_without_a_call_has_no_record_of_one(self, bench: Bench) -> None:
        bench.accept(first(caller=Caller(name="convox")))

        assert bench.stack.items("call#") == []


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(days=365 * 900)])
def test_fast_clock_makes_no_later_correction_obsolete(bench: Bench, ahead: timedelta) -> None:
    takes(bench, first(), recorded_at=bench.clock.now() + ahead)

    corrected = booking_of(takes(bench, first(start=LATER), recorded_at=bench.clock.now()))

    assert bench.now(corrected).start == LATER
    assert content(bench, corrected).start == LATER
