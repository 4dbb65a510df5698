"""One pace over all workers: turns are counted a second at a time, and who gets none has certainly not sent."""

from __future__ import annotations

from collections import Counter

import pytest

from convox_clinicea import aws
from convox_clinicea.clinicea.errors import TimedOut, Unavailable
from convox_clinicea.clinicea.wire import NoAnswer, WireAnswer, WireRequest
from convox_clinicea.clinicea_session import PACE_RETENTION_SECONDS, PacedTransport, SteadyTransport
from convox_clinicea.deadline import Deadline
from convox_clinicea.table import Table
from tests.support.account import Stack
from tests.support.canaries import CREATED, MOBILE, new_appointment, new_patient
from tests.support.clients import Scripted, answer, nothing, scripted_client
from tests.support.clock import VirtualClock

pytestmark = pytest.mark.usefixtures("account")

REQUEST = WireRequest("searchPatientByMobileNumber", "GET", "/x")


class Timed(Scripted):
    """Notes in which second each request was sent."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(nothing())
        self._clock = clock
        self.seconds: list[int] = []

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        self.seconds.append(int(self._clock.now().timestamp()))
        return super().send(request, deadline)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def paced(
    stack: Stack, clock: VirtualClock, transport: Scripted, per_second: int, table: str | None = None
) -> PacedTransport:
    return PacedTransport(transport, Table(aws.dynamodb(), table or stack.table), per_second, clock)


def test_two_workers_together_keep_to_the_rate_in_any_second(stack: Stack, clock: VirtualClock) -> None:
    timed = Timed(clock)
    workers = [paced(stack, clock, timed, 3) for _ in range(2)]

    for number in range(14):
        workers[number % 2].send(REQUEST, Deadline.after(clock, 60))
        clock.advance(0.05)

    assert len(timed.seconds) == 14
    assert max(Counter(timed.seconds).values()) == 3
    assert timed.seconds[-1] - timed.seconds[0] == 4, "and no fewer than they may"


def test_below_the_pace_nobody_waits(stack: Stack, clock: VirtualClock) -> None:
    transport = paced(stack, clock, Scripted(nothing()), 2)

    for _ in range(4):
        transport.send(REQUEST, Deadline.after(clock, 9))
        clock.advance(0.5)

    assert clock.slept == []


def test_the_turns_are_kept_by_the_second_and_expire(stack: Stack, clock: VirtualClock) -> None:
    transport = paced(stack, clock, Scripted(nothing()), 2)
    for _ in range(2):
        transport.send(REQUEST, Deadline.after(clock, 9))

    second = int(clock.now().timestamp())
    assert stack.items() == [
        {"pk": {"S": f"pace#{second}"}, "taken": {"N": "2"}, "expires_at": {"N": str(second + PACE_RETENTION_SECONDS)}}
    ]


def test_who_gets_no_turn_before_the_deadline_has_not_sent(stack: Stack, clock: VirtualClock) -> None:
    scripted = Scripted(nothing())
    transport = paced(stack, clock, scripted, 1)
    transport.send(REQUEST, Deadline.after(clock, 9))

    with pytest.raises(NoAnswer) as caught:
        transport.send(REQUEST, Deadline.after(clock, 0.9))

    assert (caught.value.left, caught.value.timed_out) == (False, True)
    assert len(scripted.sent) == 1
    assert clock.slept == [], "it is known at once"


def test_without_the_table_nothing_is_sent(stack: Stack, clock: VirtualClock) -> None:
    scripted = Scripted(nothing())

    with pytest.raises(NoAnswer) as caught:
        paced(stack, clock, scripted, 1, table="no-such-table").send(REQUEST, Deadline.after(clock, 9))

    assert (caught.value.left, caught.value.timed_out) == (False, False)
    assert scripted.sent == []


def test_a_booking_without_a_turn_is_certainly_not_made(stack: Stack, clock: VirtualClock) -> None:
    transport = paced(stack, clock, Scripted(answer(CREATED)), 1)
    transport.send(REQUEST, Deadline.after(clock, 9))
    client = scripted_client(transport, clock=clock)

    with pytest.raises(TimedOut) as caught:
        client.post_appointment(new_patient(), new_appointment(), Deadline.after(clock, 0.5))
    assert caught.value.outcome_known
    with pytest.raises(Unavailable):
        scripted_client(
            paced(stack, clock, Scripted(nothing()), 1, table="no-such-table"), clock=clock
        ).search_patient_by_mobile_number(MOBILE, Deadline.after(clock, 9))


def test_a_steady_pace_keeps_a_time_between_requests(clock: VirtualClock) -> None:
    scripted = Scripted(nothing())
    transport = SteadyTransport(scripted, 0.25, clock)

    for _ in range(5):
        transport.send(REQUEST, Deadline.after(clock, 60))
    clock.advance(10)
    transport.send(REQUEST, Deadline.after(clock, 60))

    assert clock.slept == [0.25] * 4
    with pytest.raises(NoAnswer) as caught:
        transport.send(REQUEST, Deadline.after(clock, 0.2))
    assert (caught.value.left, caught.value.timed_out) == (False, True)
    assert len(scripted.sent) == 6
