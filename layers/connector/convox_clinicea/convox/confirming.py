"""The time in which a booking is confirmed, refused or shown: our own answer comes before Lambda ends the function."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.prompt import until

SECONDS_FOR_THE_ANSWER = 3.0
"""What is left to answer, and to write logs and metrics, once AWS is not waited for any more."""


@contextmanager
def before_the_time_out(context: LambdaContext, clock: Clock) -> Iterator[None]:
    """Give up every call to AWS inside the block early enough for an answer of our own, such as 503 `not_stored`."""
    left = context.get_remaining_time_in_millis() / 1000
    with until(Deadline.after(clock, max(0.0, left - SECONDS_FOR_THE_ANSWER))):
        yield
