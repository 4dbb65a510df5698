"""The one retry rule."""

from __future__ import annotations

import random

import pytest

from convox_clinicea.clinicea import errors
from convox_clinicea.clinicea.errors import CliniceaError
from convox_clinicea.clinicea.http import CAP_SECONDS, MAX_ATTEMPTS, MAX_RETRY_AFTER_SECONDS, pause_before_retry
from convox_clinicea.deadline import Deadline
from tests.support.clock import VirtualClock

CALL = "searchPatientByMobileNumber"
TRANSIENT = errors.Unavailable(CALL, 503)


def pause(
    error: CliniceaError = TRANSIENT,
    *,
    writes: bool = False,
    never_left: bool = False,
    attempt: int = 1,
    seconds: float = 60.0,
    seed: int = 1,
) -> float | None:
    return pause_before_retry(
        error,
        writes=writes,
        never_left=never_left,
        attempt=attempt,
        deadline=Deadline.after(VirtualClock(), seconds),
        source=random.Random(seed),
    )


class TestReads:
    @pytest.mark.parametrize(
        "error",
        [TRANSIENT, errors.TimedOut(CALL), errors.UnexpectedAnswer(CALL, 200), errors.CliniceaRateLimited(CALL, None)],
    )
    def test_a_retryable_error_is_retried(self, error: CliniceaError) -> None:
        assert pause(error) is not None

    @pytest.mark.parametrize(
        "error",
        [
            errors.AuthenticationFailed(CALL, 401),
            errors.PermissionDenied(CALL, 403),
            errors.Rejected(CALL, 400),
            errors.NotFoundInClinicea(CALL, 404),
            errors.MethodRefused(CALL, "GET"),
            errors.RouteMissing(CALL),
        ],
    )
    def test_what_will_not_go_away_is_not(self, error: CliniceaError) -> None:
        assert pause(error) is None

    def test_only_so_often(self) -> None:
        assert pause(attempt=MAX_ATTEMPTS - 1) is not None
        assert pause(attempt=MAX_ATTEMPTS) is None


class TestWrites:
    @pytest.mark.parametrize("error", [errors.OutcomeUnknown(CALL), errors.CliniceaRateLimited(CALL, 0.0), TRANSIENT])
    def test_one_that_left_is_never_retried_whatever_came_back(self, error: CliniceaError) -> None:
        assert pause(error, writes=True, never_left=False) is None

    def test_one_that_certainly_never_left_is(self) -> None:
        assert pause(TRANSIENT, writes=True, never_left=True) is not None

    def test_only_so_often(self) -> None:
        assert pause(TRANSIENT, writes=True, never_left=True, attempt=MAX_ATTEMPTS) is None


class TestWaiting:
    def test_the_wait_is_jittered_and_grows_up_to_a_cap(self) -> None:
        waits = {attempt: [pause(attempt=attempt, seed=seed) or 0.0 for seed in range(200)] for attempt in (1, 2)}
        assert 0 <= min(waits[1]) < 0.02
        assert 0.18 < max(waits[1]) <= 0.2
        assert 0.36 < max(waits[2]) <= 0.4
        assert max(waits[2]) < CAP_SECONDS

    def test_retry_after_is_a_lower_bound(self) -> None:
        waits = [pause(errors.CliniceaRateLimited(CALL, 3.0), seed=seed) or 0.0 for seed in range(50)]
        assert 3.0 <= min(waits) < max(waits) <= 3.2

    def test_a_retry_after_that_is_too_long_is_not_waited_for(self) -> None:
        assert pause(errors.CliniceaRateLimited(CALL, MAX_RETRY_AFTER_SECONDS)) is not None
        assert pause(errors.CliniceaRateLimited(CALL, MAX_RETRY_AFTER_SECONDS + 0.1)) is None

    def test_nothing_is_begun_that_the_deadline_leaves_no_time_for(self) -> None:
        assert pause(errors.CliniceaRateLimited(CALL, 3.0), seconds=2.9) is None
        assert pause(seconds=0.0) is None
