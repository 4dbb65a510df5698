"""What makes a booking wait, and that waiting changes nothing that matters."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.messages import Message
from convox_clinicea.bookings.protocol import ProtocolTimings, State
from convox_clinicea.bookings.worker import Done
from convox_clinicea.clinicea.errors import (
    CliniceaError,
    CliniceaRateLimited,
    MethodRefused,
    PermissionDenied,
    SetupFault,
)
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import ConfigurationError, ConnectorError
from convox_clinicea.sealing import KmsSealer, SealingUnavailable
from convox_clinicea.table import Table, TableUnavailable
from tests.support.bench import Bench
from tests.support.bookings import new_request

POST = "postAppointmentByPatientID"
LOOK = "getAppointmentsByPatient"
SEARCH = "searchPatientByMobileNumber"


@pytest.mark.parametrize("status", [401, 403, 405, 429])
@pytest.mark.parametrize("new_patient", [False, True], ids=["known patient", "new patient"])
def test_post_that_certainly_did_nothing_leaves_it_accepted(bench: Bench, status: int, new_patient: bool) -> None:
    if not new_patient:
        bench.patient()
    call = "postAppointment" if new_patient else POST
    bench.fake.fault(call, "status", status=status, count=1)
    booking = bench.accept(new_request() if new_patient else None)

    wait = bench.waits(booking)

    assert isinstance(wait.cause, CliniceaError)
    assert wait.cause.status == status
    assert isinstance(wait.cause, SetupFault) is (status != 429)
    waiting = bench.now(booking)
    assert (waiting.state, waiting.owner, waiting.lease_until) == (State.ACCEPTED, None, None)
    assert waiting.request is not None
    bench.clock.advance(wait.seconds)
    assert bench.ends(booking).state is State.BOOKED
    assert len(bench.fake.standing()) == 1


def test_a_post_that_never_left_leaves_the_booking_accepted(bench: Bench) -> None:
    bench.patient()
    bench.transport.unplugged.add(POST)
    booking = bench.accept()

    bench.waits(booking)

    assert bench.now(booking).state is State.ACCEPTED
    bench.transport.unplugged.clear()
    assert bench.ends(booking).state is State.BOOKED


def test_missing_route_is_the_deployments_fault_not_the_patients(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(POST, "status", status=404, body="No HTTP resource was found that matches", count=1)
    booking = bench.accept()

    wait = bench.waits(booking)

    assert isinstance(wait.cause, SetupFault)
    assert bench.now(booking).state is State.ACCEPTED


def test_secret_failing_between_read_and_post_leaves_it_accepted(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()

    bench.credential_reads = 1
    wait = bench.waits(booking)

    assert isinstance(wait.cause, ConfigurationError)
    assert (bench.now(booking).state, bench.now(booking).version) == (State.ACCEPTED, 3)
    bench.credential_reads = 1_000
    assert bench.ends(booking).state is State.BOOKED


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "html"}, {"kind": "timeout_before"}])
@pytest.mark.parametrize("call", [SEARCH, LOOK])
def test_nothing_is_claimed_while_the_look_fails(bench: Bench, call: str, fault: dict[str, Any]) -> None:
    bench.fake.fault(call, **fault)
    if call == LOOK:
        bench.patient()
    booking = bench.accept(new_request() if call == SEARCH else None)

    wait = bench.waits(booking)

    assert isinstance(wait.cause, CliniceaError)
    assert (bench.now(booking).state, bench.now(booking).version) == (State.ACCEPTED, 1)
    assert bench.fake.posted() == 0


@pytest.mark.parametrize("error", [PermissionDenied, MethodRefused])
def test_a_role_that_lacks_a_look_makes_every_booking_wait(bench: Bench, error: type[ConnectorError]) -> None:
    bench.patient()
    if error is PermissionDenied:
        bench.fake.switch(denied_calls=[LOOK], denied_status=403)
    else:
        bench.fake.fault(LOOK, "status", status=405)
    booking = bench.accept()

    wait = bench.waits(booking)

    assert isinstance(wait.cause, error)
    assert bench.now(booking).version == 1


def test_clinicea_is_left_alone_as_long_as_it_asked(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(LOOK, "status", status=429, headers={"Retry-After": "400"}, count=1)

    wait = bench.waits(bench.accept())

    assert isinstance(wait.cause, CliniceaRateLimited)
    assert wait.seconds == 400


def test_remaining_time_must_be_enough_for_a_post(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()

    wait = bench.waits(booking, seconds=ProtocolTimings().seconds_for_a_post - 1)

    assert wait.cause is None
    assert bench.now(booking).version == 1
    assert bench.fake.posted() == 0


def test_a_slow_look_leaves_too_little_time_for_a_post(bench: Bench) -> None:
    bench.patient()
    bench.fake.switch(slow_pages=19)
    booking = bench.accept()

    bench.waits(booking)

    assert bench.now(booking).version == 1
    assert bench.fake.posted() == 0


def test_message_of_an_older_generation_is_acknowledged_only(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    requeued = Ledger(Table(aws.dynamodb(), bench.stack.table), bench.clock)
    raised = requeued.move(booking, State.NEEDS_ATTENTION)
    raised = requeued.move(raised, State.ACCEPTED, generation=2)

    outcome = bench.work(booking, generation=1)

    assert outcome == Done(raised)
    assert bench.fake.requests() == []
    assert bench.ends(booking) == raised, "the first generation stays acknowledged"
    assert isinstance(bench.work(booking, generation=2), Done)
    assert bench.now(booking).state is State.BOOKED


@pytest.mark.parametrize("state", [State.BOOKED, State.REJECTED, State.NEEDS_ATTENTION])
def test_ended_or_parked_booking_is_acknowledged_and_left(bench: Bench, state: State) -> None:
    bench.patient()
    booking = bench.accept()
    for step in (State.SENDING, state) if state is State.REJECTED else (state,):
        booking = bench.ledger.move(booking, step, notice_due=False)

    assert bench.work(booking) == Done(booking)
    assert bench.now(booking) == booking
    assert bench.fake.requests() == []


def test_a_booking_that_does_not_exist_is_acknowledged(bench: Bench) -> None:
    message = Message(v=1, booking_id=f"bk_{'a' * 26}", generation=1)

    outcome = bench.worker.work(message, received=1, deadline=Deadline.after(bench.clock, 28))

    assert outcome == Done(None)


def test_a_ledger_that_does_not_answer_makes_the_message_wait(bench: Bench) -> None:
    booking = bench.accept()
    bench.worker = bench.another_worker(ledger=Ledger(Table(aws.dynamodb(), "no-such-table"), bench.clock))

    assert isinstance(bench.waits(booking).cause, TableUnavailable)


def test_request_that_cannot_be_decrypted_waits_unclaimed(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    other_key = aws.kms().create_key()["KeyMetadata"]["Arn"]
    sealed_elsewhere = KmsSealer(aws.kms(), other_key).seal(f"bk_{'b' * 26}", b"{}")
    moved = bench.ledger.move(booking, State.NEEDS_ATTENTION)
    bench.ledger.move(moved, State.ACCEPTED, request=sealed_elsewhere)

    wait = bench.waits(booking)

    assert isinstance(wait.cause, SealingUnavailable)
    assert bench.fake.requests() == []
