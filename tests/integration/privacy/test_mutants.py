"""The canary test is as good as what it finds: each of these leaks, put into the product, is found where it leaves."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import quote

import pytest
from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea import aws
from convox_clinicea import disclosures as register
from convox_clinicea import errors as base_errors
from convox_clinicea import function as observability
from convox_clinicea.bookings import call_status as callbacks
from convox_clinicea.bookings import delivery, identity, intake
from convox_clinicea.bookings import messages as notices
from convox_clinicea.bookings.calendar import Calendar
from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.bookings.messages import BookingQueue
from convox_clinicea.bookings.reconcile import Reconciler
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.clinicea import http as exchange
from convox_clinicea.clinicea import transport as wire
from convox_clinicea.clinicea.errors import Unavailable
from convox_clinicea.convox import http as api
from convox_clinicea.convox import http as errors
from convox_clinicea.errors import ConnectorError
from convox_clinicea.lookups.search import PatientSearch
from convox_clinicea.privacy import FreeTextIds, Personal
from convox_clinicea.sealing import KmsSealer
from tests.support import invented, metrics_table, permissions
from tests.support.canary_day import CANARY, whole_day
from tests.support.deployment import Deployment
from tests.support.exits import Watch, forget_levels

Mutate = Callable[[pytest.MonkeyPatch], None]
REFUSED = {"call": "postAppointmentByPatientID", "kind": "status", "status": 400, "body": "Unknown clinic"}


def before(patch: pytest.MonkeyPatch, owner: Any, name: str, leak: Callable[..., object]) -> None:
    """Let something slip before a function of the product does its work."""
    original = getattr(owner, name)

    @wraps(original)
    def leaking(*given: Any, **named: Any) -> Any:
        leak(*given, **named)
        return original(*given, **named)

    patch.setattr(owner, name, leaking)


def instead(owner: Any, name: str, other: Callable[..., Any]) -> Mutate:
    return lambda patch: patch.setattr(owner, name, other)


def after(owner: Any, name: str, change: Callable[..., Any]) -> Mutate:
    """Change what a function of the product returns."""

    def mutate(patch: pytest.MonkeyPatch) -> None:
        original = getattr(owner, name)
        patch.setattr(owner, name, lambda *given, **named: change(original(*given, **named)))

    return mutate


def logs(text: Callable[[BookingRequest], object]) -> Mutate:
    """A line at DEBUG about a request that has just come in."""

    def mutate(patch: pytest.MonkeyPatch) -> None:
        log = logging.getLogger("anywhere")
        before(patch, intake.Intake, "accept", lambda _, request: log.debug("request", extra={"what": text(request)}))

    return mutate


def notes(request: BookingRequest) -> str:
    assert request.notes is not None
    return request.notes.reveal()


def number(request: BookingRequest) -> str:
    details = request.new_patient
    return details.mobile.national_number if details else "-"


def gender(request: BookingRequest) -> str:
    details = request.new_patient
    return details.gender.reveal() if details and details.gender else "-"


def keeps_dispositions(patch: pytest.MonkeyPatch) -> None:
    original = callbacks.StatusReader.read

    def reading(reader: callbacks.StatusReader, event: APIGatewayProxyEvent) -> Callback:
        callback = original(reader, event)
        said = callback.caller.model_copy(update={"agent_id": json.loads(event.body or "{}").get("disposition")})
        return replace(callback, caller=said)

    patch.setattr(callbacks.StatusReader, "read", reading)
    patch.setattr(FreeTextIds, "agent", lambda _, text: text)  # what holds a number would be hidden


def prints(patch: pytest.MonkeyPatch) -> None:
    before(patch, PatientSearch, "find", lambda _, mobile, __: sys.stdout.write(mobile.reveal()[:10]))


def masks_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Personal, "__repr__", lambda value: repr(value.reveal()))
    before(patch, intake.Intake, "accept", lambda _, request: Logger("anything").info("request %r", request))


def libraries_speak(patch: pytest.MonkeyPatch) -> None:
    for name in {*observability._TALKATIVE, *wire._TALKATIVE}:
        patch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    patch.setattr(observability, "_TALKATIVE", ())
    patch.setattr(wire, "_TALKATIVE", ())
    forget_levels()


def counts_numbers(patch: pytest.MonkeyPatch) -> None:
    def count(_: object, mobile: Personal[str], __: object) -> None:
        with single_metric("Searches", MetricUnit.Count, 1, default_dimensions={"caller": mobile.reveal()}):
            pass

    before(patch, PatientSearch, "find", count)


def tells_the_queue(patch: pytest.MonkeyPatch) -> None:
    def attach(queue: BookingQueue, _: object) -> None:
        name: Any = {"name": {"DataType": "String", "StringValue": invented.FIRST_NAME.upper()}}
        aws.sqs().send_message(
            QueueUrl=queue.url,
            MessageBody="{}",
            MessageAttributes=name,
        )

    before(patch, BookingQueue, "send", attach)


def cannot_be_read(*_: object) -> None:
    raise ValueError(f"cannot read {CANARY}")


def raised_from(*_: object) -> None:
    try:
        cannot_be_read()
    except ValueError as error:
        raise ConnectorError("the calendar cannot be compared") from error


def says_why(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Calendar, "read", cannot_be_read)
    for user in (delivery, api):
        patch.setattr(user, "failure", lambda error: {"error": str(error)})


def quotes_the_answer(patch: pytest.MonkeyPatch) -> None:
    def quoting(call: str, _spec: object, answered: Any, *_: object) -> ConnectorError:
        return Unavailable(call, answered.status, answered.text)

    patch.setattr(exchange, "failure_of", quoting)


MUTANTS: Mapping[str, tuple[Mutate, str]] = {
    "a field in a log line": (logs(notes), "log of anywhere"),
    "a gender in a log line": (logs(gender), "log of anywhere"),
    "a disposition in the ledger": (keeps_dispositions, "ledger and register"),
    "a number without its country code": (logs(number), "log of anywhere"),
    "a field in base64": (logs(lambda request: base64.b64encode(b"x" + notes(request).encode())), "log of anywhere"),
    "a field in a query": (logs(lambda request: f"?notes={quote(notes(request))}"), "log of anywhere"),
    "half a number on standard output": (prints, "standard output"),
    "a type without its mask": (masks_off, "standard output"),
    "the libraries' own lines": (libraries_speak, "log of "),
    "a metric's dimension": (counts_numbers, "standard output"),
    "an attribute of a message": (tells_the_queue, "sqs SendMessage"),
    "a record's key of its patient": (
        instead(identity, "patient_key", lambda _, request: number(request)),
        "ledger and register",
    ),
    "a hash without a key": (
        instead(
            identity,
            "number_key",
            lambda _, request: (
                hashlib.sha256(request.new_patient.mobile.reveal().encode()).hexdigest()
                if request.new_patient
                else None
            ),
        ),
        "ledger and register",
    ),
    "a request that is not sealed": (
        instead(KmsSealer, "seal", lambda _, __, plain: plain),
        "dynamodb PutItem",
    ),
    "a value in the register": (
        after(register, "to_item", lambda item: item | {"name": {"S": invented.LAST_NAME}}),
        "ledger and register",
    ),
    "a name in a notice": (after(notices, "notice", lambda text: text + invented.FIRST_NAME[:8]), "sns Publish"),
    "an answer that repeats the input": (
        instead(base_errors, "sentence", lambda *_: f"not {invented.BIRTH_DATE}"),
        "answer of book_new_patient",
    ),
    "an error's public text": (
        after(errors, "http_error_of", lambda face: face._replace(code=invented.LAST_NAME.lower())),
        "answer of",
    ),
    "a raw exception": (instead(Reconciler, "compare", cannot_be_read), "exception"),
    "an exception's cause": (instead(Reconciler, "compare", raised_from), "exception"),
    "an exception's text in the log": (says_why, "standard output"),
    "Clinicea's answer in an error": (quotes_the_answer, "standard output"),
}


@pytest.fixture(autouse=True)
def _the_product_does_none_of_this() -> Iterator[None]:
    with permissions.not_judged(), metrics_table.not_judged():
        yield


@pytest.mark.parametrize("name", MUTANTS)
def test_a_leak_is_found(deployment: Deployment, watch: Watch, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    mutate, surface = MUTANTS[name]
    mutate(monkeypatch)

    # ConVox's own failures are not the question here; what is raised on the way ends the day early.
    with suppress(AssertionError, ValueError):
        whole_day(deployment, (REFUSED,))

    assert [where for where, _ in watch.leaks() if where.startswith(surface)]


def test_the_same_day_without_a_leak_shows_none(deployment: Deployment, watch: Watch) -> None:
    whole_day(deployment, (REFUSED,))

    assert watch.leaks() == []
    assert watch.text("sns Publish"), "somebody was told of the refusal"
