"""How long a booking is left alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.waiting import LONGEST_SECONDS, wait_for
from convox_clinicea.clinicea.errors import RateLimited, Unavailable
from tests.support.properties import PROPERTY

CAUSE = Unavailable("searchPatientByMobileNumber", 503)


@PROPERTY
@given(received=st.integers(1, 1000))
def test_a_wait_grows_with_each_receipt_up_to_a_quarter_of_an_hour(received: int) -> None:
    wait = wait_for(CAUSE, received)

    assert wait.cause is CAUSE
    longest = min(LONGEST_SECONDS, 2.0 * 2 ** min(received, 10))
    assert longest / 2 <= wait.seconds <= longest <= 900


@PROPERTY
@given(received=st.integers(1, 100), asked=st.floats(0, 1e9))
def test_a_wait_is_as_long_as_clinicea_asked_but_never_longer_than_a_quarter_of_an_hour(
    received: int, asked: float
) -> None:
    wait = wait_for(RateLimited("postAppointment", asked), received)

    assert min(asked, LONGEST_SECONDS) <= wait.seconds <= LONGEST_SECONDS


def test_a_hundred_receipts_last_longer_than_an_outage_of_half_a_day() -> None:
    assert sum(wait_for(CAUSE, received).seconds for received in range(1, 101)) > 10 * 3600


def test_a_limit_without_a_time_waits_as_anything_else() -> None:
    assert wait_for(RateLimited("postAppointment", None), 1).seconds <= 4
