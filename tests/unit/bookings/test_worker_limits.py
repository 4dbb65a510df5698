"""The protocol's numbers: too old, too late, too little time; and what contradicts one another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.protocol import ProtocolTimings, Reason, State
from convox_clinicea.errors import ConfigurationError
from tests.support.bench import Bench
from tests.support.bookings import new_request

POST = "postAppointmentByPatientID"
LOOK = "getAppointmentsByPatient"
AGE = ProtocolTimings().age.total_seconds()


def test_over_the_age_limit_but_before_its_start_is_not_too_late(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(LOOK, "status", status=503)
    booking = bench.accept()
    bench.waits(booking)
    bench.clock.advance(AGE + 1)

    parked = bench.ends(booking)

    assert (parked.state, parked.reason, parked.posted) == (State.NEEDS_ATTENTION, Reason.AGE_LIMIT, False)
    assert parked.request is not None


def test_one_whose_start_came_meanwhile_is_too_late(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(LOOK, "status", status=503)
    booking = bench.accept(start=bench.clock.now() + timedelta(hours=2))
    bench.waits(booking)
    bench.clock.advance(AGE + 1)

    assert bench.ends(booking).reason is Reason.TOO_LATE


def test_one_that_may_have_been_posted_is_unknown(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(POST, "timeout_before")
    booking = bench.accept()
    bench.waits(booking)
    bench.clock.advance(AGE + 1)

    parked = bench.ends(booking)

    assert (parked.state, parked.reason, parked.posted) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN, True)


def test_a_booking_of_just_that_age_is_still_made(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    bench.clock.advance(AGE)

    assert bench.ends(booking).state is State.BOOKED


@pytest.mark.parametrize(("before", "state"), [(61, State.BOOKED), (59, State.NEEDS_ATTENTION)])
def test_nothing_is_posted_within_a_minute_of_the_start(bench: Bench, before: int, state: State) -> None:
    bench.patient()
    booking = bench.accept(start=bench.clock.now() + timedelta(hours=1))
    bench.clock.advance(3600 - before)

    assert bench.ends(booking).state is state
    assert bench.fake.posted() == (state is State.BOOKED)


def test_booking_in_doubt_at_its_start_is_parked(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(POST, "timeout_before", count=1)
    booking = bench.accept(start=bench.clock.now() + timedelta(minutes=2))
    bench.waits(booking)

    parked = bench.settles(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.TOO_LATE)
    assert bench.fake.posted() == 1


class TestWithoutReadBacks:
    @pytest.fixture
    def blind(self, bench: Bench) -> Bench:
        bench.worker = bench.another_worker(read_backs=False)
        bench.fake.switch(denied_calls=[LOOK])
        bench.patient()
        return bench

    def test_there_is_one_post_and_no_look(self, blind: Bench) -> None:
        booked = blind.ends(blind.accept())

        assert (booked.state, booked.reason) == (State.BOOKED, None)
        assert [call for call, _ in blind.transport.sent] == [POST]

    @pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "reset_after", "html"])
    def test_every_unknown_outcome_goes_to_a_person(self, blind: Bench, kind: str) -> None:
        blind.fake.fault(POST, kind, count=1)

        parked = blind.ends(blind.accept())

        assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
        assert blind.fake.posted() == 1

    def test_so_does_a_worker_that_died(self, blind: Bench) -> None:
        booking = blind.accept()
        blind.claimed(booking)
        blind.clock.advance(46)

        assert blind.ends(booking).state is State.NEEDS_ATTENTION
        assert blind.fake.posted() == 0

    def test_and_a_refusal_that_is_not_listed(self, blind: Bench) -> None:
        blind.fake.fault(POST, "status", status=400, body="Get Operation Failed", count=1)

        assert blind.ends(blind.accept()).state is State.NEEDS_ATTENTION
        assert blind.fake.posted() == 1

    def test_a_known_refusal_is_believed(self, blind: Bench) -> None:
        blind.fake.fault(POST, "status", status=400, body="Slot is already booked", count=1)

        rejected = blind.ends(blind.accept())

        assert (rejected.state, rejected.reason) == (State.REJECTED, Reason.SLOT_TAKEN)

    @pytest.mark.parametrize("status", [401, 403, 405, 429])
    def test_what_certainly_did_nothing_is_no_doubt(self, blind: Bench, status: int) -> None:
        blind.fake.fault(POST, "status", status=status, count=1)

        assert blind.ends(blind.accept()).state is State.BOOKED
        assert blind.fake.made() == 1

    def test_a_new_patients_number_is_searched_all_the_same(self, blind: Bench) -> None:
        booked = blind.ends(blind.accept(new_request()))

        assert (booked.state, booked.patient_id) == (State.BOOKED, "P-41")


GOOD: dict[str, Any] = {"worker_seconds": 30, "visibility_seconds": 180}


class TestCheck:
    def test_the_numbers_as_they_are_agree(self) -> None:
        ProtocolTimings().check(**GOOD)

    @pytest.mark.parametrize(
        ("lease", "worker", "visibility"), [(44, 30, 180), (45, 31, 180), (180, 30, 180), (45, 30, 45)]
    )
    def test_lease_outlives_worker_and_ends_before_visibility(
        self, lease: float, worker: float, visibility: float
    ) -> None:
        with pytest.raises(ConfigurationError, match="lease"):
            ProtocolTimings(lease_seconds=lease).check(worker_seconds=worker, visibility_seconds=visibility)

    @pytest.mark.parametrize("settle", [timedelta(seconds=-1), timedelta(hours=12), timedelta(hours=13)])
    def test_settle_time_is_not_negative_and_under_the_age_limit(self, settle: timedelta) -> None:
        with pytest.raises(ConfigurationError, match="settle"):
            replace(ProtocolTimings(), settle=settle).check(**GOOD)

    @pytest.mark.parametrize("hours", [1, 12])
    def test_a_booking_is_kept_longer_than_it_is_tried(self, hours: int) -> None:
        with pytest.raises(ConfigurationError, match="retention"):
            replace(ProtocolTimings(), retention=timedelta(hours=hours)).check(**GOOD)
