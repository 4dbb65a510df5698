"""Records put back from a backup are older than the truth: nothing is written over, and nothing posted blindly."""

from __future__ import annotations

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.audit import OperatorAction
from convox_clinicea.bookings.ledger import Overtaken
from convox_clinicea.bookings.operator import Obstacle
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from tests.support.account import Stack
from tests.support.bench import Bench
from tests.support.callbacks import LATER, MUCH_LATER, booking_of, content, first, takes
from tests.support.restoring import CALL_STANDS, PERSON, backup, lose, put_back
from tests.support.sweeping import STUCK

POST = "postAppointmentByPatientID"


def test_a_plan_changes_nothing(bench: Bench) -> None:
    booking = bench.accept()
    copy = backup(bench)
    lose(bench, "booking#")

    assert put_back(bench, copy, go=False) == {"booking: would be put back, needs a person": 1, CALL_STANDS: 1}
    assert bench.ledger.get(booking.booking_id) is None


def redriven(bench: Bench, booking: Booking) -> Booking:
    """A person has looked, and sends the booking on its way."""
    assert bench.acting.redrive(booking.booking_id, PERSON).obstacle is None
    return bench.now(booking)


class TestWhatHadNotEnded:
    def test_it_waits_for_a_person_who_is_told_and_nothing_works_it(self, bench: Bench) -> None:
        bench.patient()
        booking = bench.accept()
        copy = backup(bench)
        lose(bench, "booking#")

        assert put_back(bench, copy) == {"booking: put back, needs a person": 1, CALL_STANDS: 1}
        bench.sweep()
        bench.ends(booking)
        bench.clock.advance(STUCK)
        bench.sweep()

        parked = bench.now(booking)
        assert (parked.state, parked.reason, parked.posted) == (State.NEEDS_ATTENTION, Reason.RESTORED, True)
        assert [notice["reason"] for notice in bench.stack.notices()] == ["restored"]
        assert bench.fake.requests() == []

    def test_appointment_made_after_the_backup_is_found_not_repeated(self, bench: Bench) -> None:
        bench.patient()
        booking = bench.accept()
        copy = backup(bench)
        assert bench.ends(booking).state is State.BOOKED
        lose(bench, "booking#", "appointment#", "slot#")
        put_back(bench, copy)

        ended = bench.settles(redriven(bench, booking))

        assert ended.state is State.BOOKED
        assert [each["appointment_id"] for each in bench.fake.standing()] == [ended.appointment_id]
        assert bench.fake.posted() == 1

    def test_what_clinicea_may_still_carry_out_is_waited_for(self, bench: Bench) -> None:
        bench.patient()
        bench.fake.fault(POST, "late_commit", count=1, seconds=100)
        booking = bench.accept()
        copy = backup(bench)
        bench.waits(booking)
        lose(bench, "booking#", "slot#")
        put_back(bench, copy)

        bench.waits(redriven(bench, booking))
        assert bench.fake.standing() == []
        ended = bench.settles(bench.now(booking))

        assert [each["appointment_id"] for each in bench.fake.standing()] == [ended.appointment_id]

    def test_unmade_booking_is_made_after_a_decision_and_settle_time(self, bench: Bench) -> None:
        bench.patient()
        booking = bench.accept()
        copy = backup(bench)
        lose(bench, "booking#")
        put_back(bench, copy)

        assert bench.settles(redriven(bench, booking)).state is State.BOOKED
        assert bench.fake.posted() == 1

    def test_own_appointment_in_the_calendar_restores_as_booked(self, bench: Bench) -> None:
        bench.patient()
        booking = bench.accept()
        copy = backup(bench)
        ended = bench.ends(booking)
        lose(bench, "booking#")

        assert put_back(bench, copy) == {"booking: put back as booked since": 1, CALL_STANDS: 1}
        standing = bench.now(booking)
        assert (standing.state, standing.appointment_id) == (State.BOOKED, ended.appointment_id)
        assert standing.request is None
        assert standing.expires_at is not None

    def test_one_that_a_person_has_rejected_since_stays_rejected(self, bench: Bench) -> None:
        booking = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
        copy = backup(bench)
        bench.acting.resolve(booking.booking_id, OperatorAction.REJECTED, PERSON)
        lose(bench, "booking#")

        assert put_back(bench, copy)["booking: put back as rejected since"] == 1
        assert (bench.now(booking).state, bench.now(booking).request) == (State.REJECTED, None)

    def test_booking_rejected_since_is_not_posted_again_by_itself(self, bench: Bench) -> None:
        booking = bench.accept()  # for a patient whom Clinicea does not know
        copy = backup(bench)
        assert bench.ends(booking).state is State.REJECTED
        lose(bench, "booking#")

        put_back(bench, copy)
        bench.clock.advance(STUCK)
        bench.sweep()

        assert bench.now(booking).state is State.NEEDS_ATTENTION
        assert bench.fake.posted() == 1

    def test_its_version_is_beyond_any_that_the_lost_record_had(self, bench: Bench) -> None:
        """Else a worker with the lost record in its hands could write over it, and a person's line be in the way."""
        booking = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
        copy = backup(bench)
        bench.acting.redrive(booking.booking_id, PERSON)
        stale = bench.now(booking)
        lose(bench, "booking#")
        put_back(bench, copy)

        with pytest.raises(Overtaken):
            bench.ledger.move(stale, State.SENDING)
        assert redriven(bench, booking).state is State.ACCEPTED


class TestReplacedSince:
    def test_the_old_content_is_neither_made_nor_can_be(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))
        copy = backup(bench)
        takes(bench, first(start=LATER))
        lose(bench, "booking#")

        counts = put_back(bench, copy)

        assert counts["booking: put back, replaced since: needs a person, without its content"] == 1
        assert (bench.now(booking).reason, bench.now(booking).request) == (Reason.RESTORED, None)
        assert bench.acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.NO_CONTENT
        bench.clock.advance(STUCK)
        bench.sweep()
        assert bench.fake.posted() == 0

    def test_nor_where_another_booking_counts_by_now(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))
        copy = backup(bench)
        takes(bench, first(start=LATER))
        bench.ends(bench.now(booking))
        takes(bench, first(start=MUCH_LATER))
        lose(bench, f"booking#{booking.booking_id}", "appointment#", "slot#")

        put_back(bench, copy)

        assert bench.now(booking).request is None
        assert [each["start"] for each in bench.fake.standing()] == [bench.fake.standing()[0]["start"]]

    def test_a_callback_that_comes_after_it_books_nothing_beside_it(self, bench: Bench) -> None:
        bench.patient()
        takes(bench)
        copy = backup(bench)
        takes(bench, first(start=LATER))
        lose(bench, "booking#")
        put_back(bench, copy)

        assert takes(bench, first(start=LATER)).repeated
        changed = booking_of(takes(bench, first(start=MUCH_LATER)))

        assert (changed.state, changed.reason) == (State.NEEDS_ATTENTION, Reason.CHANGED_AFTER_BOOKING)

    def test_return_to_the_first_wish_restores_its_content(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))
        copy = backup(bench)
        lose(bench, "booking#")

        put_back(bench, copy)

        assert content(bench, bench.now(booking)) == first()


def test_what_has_expired_stays_away(bench: Bench) -> None:
    bench.patient()
    bench.ends(bench.accept())
    copy = backup(bench)
    kinds = ("booking", "slot", "appointment", "call")
    lose(bench, *(f"{kind}#" for kind in kinds))
    bench.clock.advance(400 * 86400)

    assert set(put_back(bench, copy)) == {f"{kind}: expired, skipped" for kind in kinds}
    assert [item for item in bench.stack.items() if not item["pk"]["S"].startswith("canary#")] == []


def test_what_a_later_release_wrote_is_left_to_that_release(bench: Bench) -> None:
    booking = bench.accept()
    bench.stack.spoil(f"booking#{booking.booking_id}", state="of_the_next_release")
    copy = backup(bench)
    lose(bench, "booking#", "call#")

    assert put_back(bench, copy) == {"booking: of a later release, skipped": 1, "call: put back": 1}
    assert [item["pk"]["S"].split("#")[0] for item in bench.stack.items()] == ["call"]


def test_existing_records_are_untouched_and_ends_restored(bench: Bench) -> None:
    bench.patient()
    ended = bench.ends(bench.accept())
    waiting = bench.ledger.move(bench.accept(clinic_id="C-02"), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
    copy = backup(bench)
    lose(bench, f"booking#{ended.booking_id}")
    resolved = bench.ledger.move(waiting, State.REJECTED)

    counts = put_back(bench, copy)

    assert (counts["booking: put back as it ended"], counts["booking: exists, unchanged"]) == (1, 1)
    assert same(bench.now(ended), ended)
    assert same(bench.now(waiting), resolved)


def test_sessions_and_counters_stay_where_they_are(bench: Bench) -> None:
    copy = Stack.create()
    for key in ("session", "pace#1"):
        aws.dynamodb().put_item(TableName=copy.table, Item={"pk": {"S": key}})

    assert put_back(bench, copy) == {}
    assert bench.stack.items() == []


def same(one: Booking, other: Booking) -> bool:
    return (one.state, one.version, one.appointment_id) == (other.state, other.version, other.appointment_id)
