"""The worker as Lambda runs it: one SQS message an invocation, waiting is no error, nothing raises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.protocol import State
from convox_clinicea.errors import ConfigurationError
from tests.support import events, invented
from tests.support.bookings import in_days, known_body, new_body
from tests.support.deployment import Deployment

POST = "postAppointmentByPatientID"
LOOK = "getAppointmentsByPatient"


@pytest.fixture
def accepted(deployment: Deployment) -> str:
    """A booking for P-41, in ledger and queue."""
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    return str(deployment.book_known("P-41", known_body()).body["booking_id"])


@pytest.fixture
def postponed() -> Iterator[list[int]]:
    """The visibility time-outs that were set."""
    seconds: list[int] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        seconds.append(params["VisibilityTimeout"])

    aws.sqs.cache_clear()
    aws.sqs().meta.events.register("provide-client-params.sqs.ChangeMessageVisibility", note)
    yield seconds
    aws.sqs.cache_clear()


def test_a_message_that_is_done_is_acknowledged(deployment: Deployment, accepted: str) -> None:
    delivered = deployment.deliver()

    assert delivered.answer == {"batchItemFailures": []}
    assert deployment.booking(accepted).state is State.BOOKED
    assert len(deployment.fake.standing()) == 1


def test_message_that_must_wait_is_reported_and_hidden_so_long(
    deployment: Deployment, accepted: str, postponed: list[int]
) -> None:
    deployment.fake.fault(LOOK, "status", status=429, headers={"Retry-After": "120"}, count=1)

    delivered = deployment.deliver()

    assert delivered.comes_again
    assert postponed == [120]
    assert deployment.stack.messages() == []
    assert deployment.booking(accepted).state is State.ACCEPTED


def test_it_is_done_when_it_comes_again(deployment: Deployment, accepted: str) -> None:
    deployment.fake.fault(POST, "status", status=403, count=1)
    first = deployment.deliver()
    assert first.comes_again

    deployment.hurry(first)
    second = deployment.deliver()

    assert second.message["MessageId"] == first.message["MessageId"]
    assert second.acknowledged
    assert deployment.booking(accepted).state is State.BOOKED
    assert len(deployment.fake.standing()) == 1


def test_a_lost_answer_is_looked_into_when_it_comes_again(deployment: Deployment, accepted: str) -> None:
    deployment.fake.fault(POST, "reset_after", count=1)
    first = deployment.deliver()
    assert first.comes_again
    assert deployment.booking(accepted).state is State.UNKNOWN

    deployment.hurry(first)
    assert deployment.deliver().acknowledged

    assert deployment.booking(accepted).state is State.BOOKED
    assert len(deployment.fake.standing()) == 1
    assert len(deployment.fake.requests(POST)) == 1


def test_too_little_time_left_is_no_time_to_begin(deployment: Deployment, accepted: str) -> None:
    assert deployment.deliver(seconds=8).comes_again
    assert deployment.booking(accepted).version == 1
    assert deployment.fake.requests(POST) == []


def test_a_message_received_twice_is_worked_once(deployment: Deployment, accepted: str) -> None:
    delivered = deployment.deliver()
    again = deployment.function("booking_worker").invoke(events.sqs(delivered.message, "q"))

    assert again == {"batchItemFailures": []}
    assert len(deployment.fake.requests(POST)) == 1
    assert deployment.booking(accepted).version == 3


@pytest.mark.parametrize(
    "body", ["", "hello", "null", "[]", '{"v": 9}', '{"booking_id": "x", "generation": 1, "v": 1}']
)
def test_a_message_that_is_not_understood_becomes_a_dead_letter(deployment: Deployment, body: str) -> None:
    aws.sqs().send_message(
        QueueUrl=deployment.stack.queue_url,
        MessageBody=body or " ",
    )

    delivered = deployment.deliver()

    assert delivered.acknowledged
    assert deployment.stack.messages() == []
    (letter,) = deployment.stack.dead_letters()
    assert letter["Body"] == (body or " ")


def test_a_message_that_cannot_even_be_buried_comes_again(deployment: Deployment) -> None:
    aws.sqs().send_message(QueueUrl=deployment.stack.queue_url, MessageBody="?")
    deployment.configure(DEAD_LETTER_QUEUE_URL=f"{deployment.stack.dead_letter_queue_url}-gone")

    assert deployment.deliver().comes_again


def test_message_for_an_unknown_booking_is_acknowledged(deployment: Deployment) -> None:
    body = {"v": 1, "booking_id": f"bk_{'a' * 26}", "generation": 1}
    aws.sqs().send_message(
        QueueUrl=deployment.stack.queue_url,
        MessageBody=json.dumps(body),
    )

    assert deployment.deliver().acknowledged
    assert deployment.stack.dead_letters() == []


@pytest.mark.parametrize(
    "variables",
    [
        {"LEDGER_TABLE": "no-such-table"},
        {"KMS_KEY_ARN": ""},
        {"CLINICEA_SECRET_ARN": "arn:aws:secretsmanager:ap-south-1:123456789012:secret:none-abc123"},
        {"CLINICEA_URL": "http://127.0.0.1:9"},
        {"CALL_TABLE": "ssm:/nowhere"},
        {"CLINICS": "ftp://nowhere"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_incomplete_setup_makes_bookings_wait_and_never_raises(
    deployment: Deployment, accepted: str, variables: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    good = {name: deployment.stack.environment(deployment.fake.url)[name] for name in variables}
    deployment.configure(**variables)

    delivered = deployment.deliver()

    assert delivered.comes_again
    assert '"level":"ERROR"' in (said := capsys.readouterr().out) or '"level":"WARNING"' in said
    deployment.configure(**good)
    assert deployment.booking(accepted).version == 1
    deployment.hurry(delivered)
    assert deployment.deliver().acknowledged
    assert deployment.booking(accepted).state is State.BOOKED


def test_one_that_waits_holds_up_no_other_of_its_patient(deployment: Deployment, accepted: str) -> None:
    second = deployment.book_known("P-41", known_body(start=in_days(4).isoformat())).body["booking_id"]
    deployment.fake.fault(LOOK, "status", status=503, count=3)
    first_delivery = deployment.deliver()

    assert first_delivery.comes_again
    assert deployment.deliver().acknowledged
    assert [deployment.booking(each).state for each in (accepted, second)] == [State.ACCEPTED, State.BOOKED]
    deployment.hurry(first_delivery)
    assert deployment.deliver().acknowledged
    assert deployment.booking(accepted).state is State.BOOKED


def test_a_message_of_the_release_before_is_understood(deployment: Deployment, accepted: str) -> None:
    """Its queue was FIFO, and feeds the worker until the deployment is over."""
    (message,) = deployment.stack.messages()
    fifo = {"MessageGroupId": "f" * 64, "MessageDeduplicationId": f"{accepted}:1", "SequenceNumber": "1" * 20}
    event = events.sqs({**message, "Attributes": {**message["Attributes"], **fifo}}, "bookings.fifo")

    assert deployment.function("booking_worker").invoke(event) == {"batchItemFailures": []}
    assert deployment.booking(accepted).state is State.BOOKED


@pytest.mark.parametrize("scheme", ["api_key", "staff_session"])
def test_both_kinds_of_patients_are_booked_by_both_calls(deployment: Deployment, scheme: str) -> None:
    deployment.configure(CLINICEA_AUTHENTICATION=scheme)
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    known = deployment.book_known("P-41", known_body()).body["booking_id"]
    new = deployment.book_new(new_body(mobile=invented.OTHER_MOBILE, start=in_days(5).isoformat())).body["booking_id"]

    assert deployment.deliver().acknowledged
    assert deployment.deliver().acknowledged

    assert deployment.booking(known).state is State.BOOKED
    assert deployment.booking(new).state is State.BOOKED
    assert len(deployment.fake.standing()) == 2


@pytest.mark.parametrize(
    "variables",
    [{"LEASE_SECONDS": "44"}, {"VISIBILITY_SECONDS": "45"}],
    ids=lambda variables: next(iter(variables)),
)
def test_worker_with_contradictory_settings_takes_no_booking(deployment: Deployment, variables: dict[str, Any]) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
    deployment.configure(**variables)

    assert deployment.deliver().comes_again

    assert deployment.booking(booking_id).version == 1
    assert deployment.fake.requests() == []
    with pytest.raises(ConfigurationError):
        deployment.function("booking_worker").module.function.parts()


def test_containers_that_start_cold_share_one_session(deployment: Deployment) -> None:
    deployment.configure(CLINICEA_AUTHENTICATION="staff_session")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    for number in range(3):
        deployment.configure()
        assert deployment.search({"mobile": invented.MOBILE, "call_id": "c", "agent_id": "a"}).status == 200
        deployment.book_known("P-41", known_body(start=in_days(2 + number).isoformat()))
        assert deployment.deliver().acknowledged

    assert len(deployment.fake.requests("getTokenByStaffUsernamePwd")) == 1
    assert len(deployment.fake.standing()) == 3


def test_the_shared_pace_is_kept_by_the_worker(deployment: Deployment) -> None:
    deployment.configure(CLINICEA_PER_SECOND="1000")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.book_known("P-41", known_body())
    assert deployment.deliver().acknowledged

    turns = [int(item["taken"]["N"]) for item in deployment.stack.items() if item["pk"]["S"].startswith("pace#")]
    assert sum(turns) == len(deployment.fake.requests())
