"""How long a booking is left alone."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.protocol import LEFT_TO_A_PERSON, LONGEST_SECONDS, LOOKS_OF_A_MINUTE, wait_for, wait_until
from convox_clinicea.clinicea.errors import CliniceaRateLimited, Unavailable
from tests.support.clock import NOON
from tests.support.properties import PROPERTY

CAUSE = Unavailable("searchPatientByMobileNumber", 503)


@PROPERTY
@given(received=st.integers(1, 1000))
def test_wait_grows_with_each_receive_up_to_15_minutes(received: int) -> None:
    wait = wait_for(CAUSE, received)

    assert wait.cause is CAUSE
    longest = min(LONGEST_SECONDS, 2.0 * 2 ** min(received, 10))
    assert longest / 2 <= wait.seconds <= longest <= 900


@PROPERTY
@given(received=st.integers(1, 100), asked=st.floats(0, 1e9))
def test_wait_follows_clinicea_but_is_15_minutes_at_most(received: int, asked: float) -> None:
    wait = wait_for(CliniceaRateLimited("postAppointment", asked), received)

    assert min(asked, LONGEST_SECONDS) <= wait.seconds <= LONGEST_SECONDS


def test_a_hundred_receives_outlast_an_outage_of_12_hours() -> None:
    assert sum(wait_for(CAUSE, received).seconds for received in range(1, 101)) > 10 * 3600


@PROPERTY
@given(received=st.integers(1, 100), left=st.floats(-3600, 7200))
def test_a_wait_for_another_booking_ends_before_the_start(received: int, left: float) -> None:
    wait = wait_until(NOON + timedelta(seconds=left), NOON, received)

    if wait is None:
        assert left <= LEFT_TO_A_PERSON.total_seconds()
        assert received > LOOKS_OF_A_MINUTE or left < 32
    else:
        assert wait.seconds < left
        assert wait.seconds <= left - LEFT_TO_A_PERSON.total_seconds() + 1e-6 or received <= LOOKS_OF_A_MINUTE


def test_a_limit_without_a_time_waits_as_anything_else() -> None:
    assert wait_for(CliniceaRateLimited("postAppointment", None), 1).seconds <= 4
