"""The one retry rule."""

from __future__ import annotations

import random

from convox_clinicea.clinicea.errors import CliniceaError, RateLimited
from convox_clinicea.deadline import Deadline

MAX_ATTEMPTS = 3
BASE_SECONDS = 0.1
CAP_SECONDS = 2.0
MAX_RETRY_AFTER_SECONDS = 10.0


def pause_before_retry(
    error: CliniceaError,
    *,
    writes: bool,
    never_left: bool,
    attempt: int,
    deadline: Deadline,
    chance: random.Random,
) -> float | None:
    """Return the seconds to wait before sending again, or None if it must not be sent again here.

    A read is repeated on any retryable error. A write is repeated only if it certainly never left. The wait is
    exponential with full jitter; a 429's Retry-After is a lower bound, itself bounded. Nothing is begun that
    the deadline leaves no time for.

    Args:
        writes: whether the call changes the calendar.
        attempt: how often the request has been sent, from 1.
    """
    repeatable = never_left if writes else error.retryable
    if not repeatable or attempt >= MAX_ATTEMPTS:
        return None
    pause = chance.uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2**attempt))
    if isinstance(error, RateLimited) and error.retry_after is not None:
        if error.retry_after > MAX_RETRY_AFTER_SECONDS:
            return None
        pause += error.retry_after
    return pause if pause < deadline.remaining() else None
