"""A booking whose AWS is silent is refused with 503 before Lambda ends the function; over real sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from convox_clinicea import aws
from convox_clinicea.convox.http import SECONDS_FOR_THE_ANSWER
from tests.support import events, invented
from tests.support.account import Stack
from tests.support.bookings import known_body, new_body
from tests.support.call_ends import new
from tests.support.events import Event
from tests.support.functions import Function
from tests.support.small_aws import SmallAws
from tests.support.small_server import SmallServer

STACK = Stack("ledger", "disclosures", "https://sqs.invalid/q", "https://sqs.invalid/d", "key", "topic", "c", "i", "t")
SECONDS_FOR_AWS = 1.0
"""Less than the first try of a silent service takes."""
BOOKINGS: dict[str, Callable[[], Event]] = {
    "book_appointment": lambda: events.book_known("P-41", known_body()),
    "book_new_patient": lambda: events.book_new(new_body()),
    "call_status": lambda: events.call_status(new()),
}
SILENT = {
    "Secrets Manager": ("GetSecretValue",),
    "DynamoDB's reads": ("GetItem",),
    "DynamoDB's writes": ("PutItem", "TransactWriteItems"),
    "KMS": ("Encrypt",),
    "SQS": ("SendMessage",),
}


@pytest.fixture
def small_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallAws]:
    small = SmallAws()
    small.secrets[STACK.environment("")["IDENTITY_SECRET_ARN"]] = {"key": invented.IDENTITY_KEY}
    with SmallServer(small) as server:
        for name, value in (
            ("AWS_ENDPOINT_URL", server.url),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_DEFAULT_REGION", "ap-south-1"),
            *STACK.environment("https://clinicea.invalid").items(),
        ):
            monkeypatch.setenv(name, value)
        aws.forget()
        # Made beforehand: on a busy machine they would take much of the time that a booking has here.
        for made in (aws.dynamodb, aws.kms, aws.sqs):
            made()
        aws.secret(STACK.environment("")["IDENTITY_SECRET_ARN"])
        aws.secret_cache.clear()
        small.asked.clear()
        yield small
        small.let_go.set()
    aws.forget()


def book(name: str, seconds: float) -> tuple[int, str]:
    """Status and code."""
    function = Function(name)
    function.module.function.parts()
    result = function.invoke(BOOKINGS[name](), seconds=seconds)
    return result["statusCode"], json.loads(result["body"]).get("code", "")


@pytest.mark.parametrize("silent", SILENT)
@pytest.mark.parametrize("name", BOOKINGS)
def test_it_is_refused_before_a_silent_service_is_given_up(small_aws: SmallAws, name: str, silent: str) -> None:
    small_aws.holds = SILENT[silent].__contains__

    answered = book(name, SECONDS_FOR_THE_ANSWER + SECONDS_FOR_AWS)

    assert answered == (503, "not_stored")
    assert len(small_aws.held) == 1, "it was in the first of its tries"
    assert not small_aws.let_go.is_set()


@pytest.mark.parametrize("name", BOOKINGS)
@pytest.mark.parametrize("variable", ["CALL_TABLE", "CLINICS", "DIALECT"])
def test_a_document_that_does_not_come_is_no_booking_and_says_so(
    small_aws: SmallAws, monkeypatch: pytest.MonkeyPatch, name: str, variable: str
) -> None:
    """In a function that begins: what the deployment says is read before the first booking."""
    monkeypatch.setenv(variable, "ssm:/a/document")
    small_aws.holds = ("GetParameter",).__contains__

    function = Function(name)
    result = function.invoke(BOOKINGS[name](), seconds=SECONDS_FOR_THE_ANSWER + SECONDS_FOR_AWS)

    assert (result["statusCode"], json.loads(result["body"])["code"]) == (503, "not_stored")
    assert small_aws.held
    assert not {"PutItem", "TransactWriteItems", "SendMessage"} & set(small_aws.asked)
    assert not small_aws.let_go.is_set()


@pytest.mark.parametrize(
    ("event", "silent"),
    [
        (events.booking(f"bk_{'a' * 26}"), "GetItem"),
        (events.call_bookings("CALL-1"), "Query"),
        (events.call_bookings("CALL-1"), "GetItem"),
    ],
)
def test_a_question_about_bookings_has_an_answer_of_ours_too(small_aws: SmallAws, event: Event, silent: str) -> None:
    small_aws.holds = (silent,).__contains__
    function = Function("booking_status")
    function.module.function.parts()

    result = function.invoke(event, seconds=SECONDS_FOR_THE_ANSWER + SECONDS_FOR_AWS)

    assert (result["statusCode"], json.loads(result["body"])["code"]) == (500, "internal")
    assert small_aws.held == [silent], "it was in the first of its tries"
    assert not small_aws.let_go.is_set()


@pytest.mark.parametrize("name", BOOKINGS)
def test_with_aws_as_usual_it_is_accepted(small_aws: SmallAws, name: str) -> None:
    assert book(name, 30) == (202, "")
    assert {"GetSecretValue", "GetItem", "Encrypt", "SendMessage"} <= set(small_aws.asked)


@pytest.mark.parametrize("name", BOOKINGS)
def test_one_that_begins_without_time_left_asks_nobody(small_aws: SmallAws, name: str) -> None:
    assert book(name, SECONDS_FOR_THE_ANSWER) == (503, "not_stored")
    assert small_aws.asked == []
