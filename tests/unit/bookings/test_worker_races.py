"""Two workers, one booking: interleavings by hand, each at the step where it hurts most."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from convox_clinicea.bookings.ledger import Ledger, Overtaken
from convox_clinicea.bookings.messages import Message
from convox_clinicea.bookings.protocol import Reason, State, Wait
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.worker import Done, Outcome, Worker
from convox_clinicea.deadline import Deadline
from convox_clinicea.privacy import PersonalText
from convox_clinicea.table import Table, TableUnavailable
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import new_request

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POST = "postAppointmentByPatientID"
CREATE = "postAppointment"
LOOK = "getAppointmentsByPatient"
SEARCH = "searchPatientByMobileNumber"


def worked_by(worker: Worker, bench: Bench, booking: Booking) -> Outcome:
    message = Message(v=1, booking_id=booking.booking_id, generation=1)
    return worker.work(message, received=1, deadline=Deadline.after(bench.clock, 28))


@pytest.fixture
def outcomes() -> list[Outcome]:
    return []


def interleave(bench: Bench, booking: Booking, call: str, outcomes: list[Outcome]) -> Callable[[], None]:
    """Let a second worker have its whole turn just before the first one's `call` reaches Clinicea."""

    def second() -> None:
        outcomes.append(worked_by(bench.another_worker(), bench, booking))

    bench.transport.before[call] = second
    return second


def test_two_workers_that_both_saw_an_empty_calendar_post_once(bench: Bench, outcomes: list[Outcome]) -> None:
    bench.patient()
    booking = bench.accept()
    interleave(bench, booking, LOOK, outcomes)

    first = bench.waits(booking)

    assert isinstance(outcomes[0], Done)
    assert isinstance(first.cause, Overtaken)
    assert bench.fake.posted() == 1
    assert bench.now(booking).state is State.BOOKED
    assert bench.ends(booking) == bench.now(booking)


def test_worker_beside_a_posting_one_waits_for_its_lease(bench: Bench, outcomes: list[Outcome]) -> None:
    bench.patient()
    booking = bench.accept()
    interleave(bench, booking, POST, outcomes)

    first = bench.work(booking)

    assert isinstance(outcomes[0], Wait)
    assert outcomes[0].seconds > 28, "as long as the other can possibly post"
    assert isinstance(first, Done)
    assert bench.fake.posted() == 1
    assert bench.now(booking).state is State.BOOKED


@pytest.mark.parametrize("call", [SEARCH, CREATE])
def test_two_workers_on_one_new_patient_create_one(bench: Bench, outcomes: list[Outcome], call: str) -> None:
    booking = bench.accept(new_request())
    interleave(bench, booking, call, outcomes)

    bench.work(booking)

    assert len(bench.fake.patients()) == 1
    assert bench.fake.posted() == 1
    assert bench.ends(booking).state is State.BOOKED


@pytest.mark.parametrize("frozen", [60, 100, 170, 1000])
def test_worker_that_wakes_after_its_lease_posts_nothing(bench: Bench, frozen: float) -> None:
    bench.patient()
    booking = bench.accept()

    def lease_runs_out_and_another_takes_over() -> None:
        bench.clock.advance(frozen)
        worked_by(bench.another_worker(), bench, booking)

    bench.transport.before[POST] = lease_runs_out_and_another_takes_over
    first = bench.waits(booking)

    assert isinstance(first.cause, Overtaken)
    assert bench.now(booking).state in (State.UNKNOWN, State.BOOKED)
    assert bench.settles(booking).state is State.BOOKED
    assert bench.fake.posted() == len(bench.fake.standing()) == 1


def without_transactions() -> DynamoDBClient:
    """DynamoDB, but every transaction is refused before it does anything."""
    client = boto3.client("dynamodb")

    def refuse(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.invalid")

    client.meta.events.register("before-call.dynamodb.TransactWriteItems", refuse)
    return client


def test_lost_ledger_answer_after_the_post_costs_no_second_post(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    bench.worker = bench.another_worker(ledger=Ledger(Table(without_transactions(), bench.stack.table), bench.clock))

    wait = bench.waits(booking)

    assert isinstance(wait.cause, TableUnavailable)
    assert bench.now(booking).state is State.SENDING
    bench.worker = bench.another_worker()
    bench.clock.advance(60)
    booked = bench.ends(booking)
    assert (booked.state, booked.appointment_id) == (State.BOOKED, bench.fake.standing()[0]["appointment_id"])
    assert bench.fake.posted() == 1


@pytest.mark.parametrize("call", [LOOK, POST])
def test_two_bookings_for_one_start_make_one_appointment(bench: Bench, outcomes: list[Outcome], call: str) -> None:
    bench.patient()
    mine, yours = bench.accept(), bench.accept(service=PersonalText(invented.SERVICE))

    def the_other_booking_too() -> None:
        outcomes.append(worked_by(bench.another_worker(), bench, yours))

    bench.transport.before[call] = the_other_booking_too
    bench.work(mine)

    assert isinstance(outcomes[0], Wait)
    assert (bench.now(mine).state, bench.now(mine).reason) == (State.BOOKED, None)
    assert (bench.ends(yours).state, bench.now(yours).reason) == (State.BOOKED, Reason.ALREADY_THERE)
    assert bench.now(yours).appointment_id == bench.now(mine).appointment_id
    assert len(bench.fake.standing()) == 1


def test_known_patient_and_same_newcomer_get_one_appointment(bench: Bench, outcomes: list[Outcome]) -> None:
    bench.patient()
    known, new = bench.accept(), bench.accept(new_request())
    assert known.patient_key != new.patient_key, "nothing tells beforehand that they are one person"

    def the_other_booking_too() -> None:
        outcomes.append(worked_by(bench.another_worker(), bench, new))

    bench.transport.before[POST] = the_other_booking_too
    bench.work(known)

    assert isinstance(outcomes[0], Wait)
    assert (bench.ends(new).state, bench.now(new).reason) == (State.BOOKED, Reason.ALREADY_THERE)
    assert len(bench.fake.standing()) == 1
