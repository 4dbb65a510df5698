"""A look-up answers within its budget, in a documented shape, whatever AWS does; over real sockets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from convox_clinicea import aws
from convox_clinicea.errors import ConfigurationError, SecretUnavailable
from local.clinicea.testing import RunningFake
from tests.support import events, invented
from tests.support.account import Stack
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.events import Event
from tests.support.functions import Answer, Function
from tests.support.small_aws import SmallAws
from tests.support.small_server import Reply, SmallServer

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
VISIT = {"clinic_id": "C-01", "start": "2024-02-03T10:00:00", "status": "Check Out", "service": invented.SERVICE}
LOOK_UPS: dict[str, Callable[[], Event]] = {
    "search_patient": lambda: events.search({"mobile": invented.MOBILE, **CALL}),
    "call_popup": lambda: events.popup({"mobile": invented.MOBILE, **CALL}),
    "past_appointments": lambda: events.completed("P-41", CALL),
}
STACK = Stack("ledger", "disclosures", "https://sqs.invalid/q", "https://sqs.invalid/d", "key", "topic", "c", "i", "t")
SOON = {"LOOKUP_BUDGET_SECONDS": "2"}
"""Less, and a busy machine may have used it up before the held call is made."""
ENOUGH = "8"
"""On any machine, for an answer that is to come after something was given up."""
COUNTED = {
    "LOOKUPS_PER_CALLER_MINUTE": "100",
    "LOOKUPS_PER_AGENT_MINUTE": "100",
    "SUSPECTED_AFTER_MISSES": "100",
    "PATIENTS_PER_CALLER_TEN_MINUTES": "100",
}
SESSION = {"CLINICEA_AUTHENTICATION": "staff_session"}
DYNAMODB = ("GetItem", "PutItem", "UpdateItem")
KMS = ("Encrypt", "Decrypt")
HELD = {
    "the session": ("GetItem",),
    "the session's lease": ("PutItem",),
    "the session's key": KMS,
    "the secret": ("GetSecretValue",),
    "all of DynamoDB": DYNAMODB,
    "everything": (*DYNAMODB, *KMS, "GetSecretValue"),
}
"""What Clinicea cannot be asked without."""


@pytest.fixture
def small_aws() -> Iterator[SmallAws]:
    small = SmallAws()
    with SmallServer(small) as server, pytest.MonkeyPatch.context() as environment:
        for name, value in (
            ("AWS_ENDPOINT_URL", server.url),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_DEFAULT_REGION", "ap-south-1"),
        ):
            environment.setenv(name, value)
        aws.forget()
        # Made beforehand: on a busy machine they would take much of the time that a look-up has here.
        aws.dynamodb_at_once()
        aws.kms_in_time()
        aws.secret("arn:any", in_time=True)
        aws.secret_cache.clear()
        small.asked.clear()
        yield small
        small.let_go.set()
    aws.forget()


@pytest.fixture
def configured(fake: RunningFake, small_aws: SmallAws, monkeypatch: pytest.MonkeyPatch) -> SmallAws:
    fake.add_patient(**invented.patient(patient_id="P-41", appointments=[VISIT]))
    for name, value in (STACK.environment(fake.url) | SOON | COUNTED | SESSION).items():
        monkeypatch.setenv(name, value)
    return small_aws


def ask(function: Function) -> Answer:
    return function(LOOK_UPS[function.name]())


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("name", LOOK_UPS)
def test_it_answers_before_aws_does(configured: SmallAws, name: str, held: str) -> None:
    configured.holds = HELD[held].__contains__

    answer = ask(Function(name))

    assert configured.held, "nothing was held"
    assert not configured.let_go.is_set()
    if name == "call_popup":
        assert (answer.status, answer.body["degraded"], answer.body["match"]) == (200, True, None)
    else:
        assert answer.body["code"] in ("clinicea_unavailable", "clinicea_timeout")


@pytest.mark.parametrize("name", LOOK_UPS)
def test_without_the_record_nothing_is_shown(configured: SmallAws, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKUP_BUDGET_SECONDS", ENOUGH)
    function = Function(name)
    assert ask(function).status == 200, "the session is known now"
    configured.holds = "PutItem".__eq__

    ask(function).is_error(503, "not_stored")

    assert configured.held == ["PutItem"] * len(configured.held)
    assert not configured.let_go.is_set()


def test_a_counter_that_does_not_answer_leaves_time_for_clinicea(
    configured: SmallAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKUP_BUDGET_SECONDS", ENOUGH)
    configured.holds = "UpdateItem".__eq__

    assert ask(Function("call_popup")).body["degraded"] is False
    assert configured.held == ["UpdateItem"], "the other counter is not tried"


@pytest.mark.parametrize("name", LOOK_UPS)
def test_warm_look_up_calls_aws_for_limits_and_register_only(
    configured: SmallAws, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKUP_BUDGET_SECONDS", ENOUGH)
    function = Function(name)
    ask(function)
    configured.asked.clear()

    assert ask(function).status == 200

    announced = int(name == "call_popup")
    assert Counter(configured.asked) == {"UpdateItem": 1, "PutItem": 1 + announced}


@pytest.mark.parametrize("document", ["ssm:/stack/clinics", "s3://bucket/clinics"])
def test_stalled_configuration_document_is_an_error_in_time(
    configured: SmallAws, monkeypatch: pytest.MonkeyPatch, document: str
) -> None:
    monkeypatch.setenv("CLINICS", document)
    configured.holds = lambda _operation: True

    ask(Function("search_patient")).is_error(500, "internal")

    assert configured.held
    assert not configured.let_go.is_set()


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [
        (500, "InternalServiceError", True),
        (400, "ThrottlingException", True),
        (400, "ResourceNotFoundException", False),
        (400, "AccessDeniedException", False),
    ],
)
def test_secret_that_is_briefly_late_is_no_setup_error(
    small_aws: SmallAws, status: int, code: str, again: bool
) -> None:
    small_aws.instead = Reply(status, json.dumps({"__type": code, "message": "m"}).encode())

    with pytest.raises(ConfigurationError) as caught:
        aws.secret("arn:aws:secretsmanager:ap-south-1:123456789012:secret:c", in_time=True)

    assert isinstance(caught.value, SecretUnavailable) is again
    assert caught.value.__context__ is None
