"""One deployment for handler tests: the stack's resources, a fake Clinicea on a socket, the functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.intake import booking_collaborators
from convox_clinicea.bookings.ledger import Ledger, ledger_from
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.deadline import SystemClock
from convox_clinicea.settings import IntakeSettings
from local.clinicea.testing import RunningFake
from tests.support import events
from tests.support.account import Stack
from tests.support.clock import VirtualClock
from tests.support.functions import Answer, Function


@dataclass(frozen=True)
class Delivered:
    """What became of one message."""

    message: dict[str, Any]
    answer: dict[str, Any]

    @property
    def acknowledged(self) -> bool:
        return self.answer == {"batchItemFailures": []}

    @property
    def comes_again(self) -> bool:
        return self.answer == {"batchItemFailures": [{"itemIdentifier": self.message["MessageId"]}]}


class Deployment:
    """Functions that are warm after their first use, as Lambda keeps them."""

    def __init__(self, stack: Stack, fake: RunningFake, environment: pytest.MonkeyPatch) -> None:
        self.stack = stack
        self.fake = fake
        self._environment = environment
        self._warm: dict[str, Function] = {}
        self.configure(**stack.environment(fake.url))

    def configure(self, **variables: str) -> None:
        """Change environment variables; every function starts cold again."""
        for name, value in variables.items():
            self._environment.setenv(name, value)
        self._warm.clear()

    def function(self, name: str) -> Function:
        """The warm function of that name."""
        if name not in self._warm:
            self._warm[name] = Function(name)
        return self._warm[name]

    def search(self, body: object, **more: Any) -> Answer:
        return self.function("search_patient")(events.search(body, **more))

    def search_by_get(self, query: Mapping[str, str], **more: Any) -> Answer:
        return self.function("search_patient")(events.search_by_get(query, **more))

    def completed(self, patient_id: str, query: Mapping[str, str], **more: Any) -> Answer:
        return self.function("past_appointments")(events.completed(patient_id, query, **more))

    def confirm(self, patient_id: str, body: object, **more: Any) -> Answer:
        return self.function("past_appointments")(events.confirm(patient_id, body, **more))

    def popup_by_get(self, query: Mapping[str, str], **more: Any) -> Answer:
        return self.function("call_popup")(events.popup_by_get(query, **more))

    def popup(self, body: object, **more: Any) -> Answer:
        return self.function("call_popup")(events.popup(body, **more))

    def call_status(self, body: object, **more: Any) -> Answer:
        return self.function("call_status")(events.call_status(body, **more))

    def book_known(self, patient_id: str, body: object, **more: Any) -> Answer:
        return self.function("book_appointment")(events.book_known(patient_id, body, **more))

    def book_new(self, body: object, **more: Any) -> Answer:
        return self.function("book_new_patient")(events.book_new(body, **more))

    def status(self, booking_id: str, **more: Any) -> Answer:
        return self.function("booking_status")(events.booking(booking_id, **more))

    def of_call(self, call_id: str, **more: Any) -> Answer:
        return self.function("booking_status")(events.call_bookings(call_id, **more))

    def of_call_by_query(self, call_id: str | None, **more: Any) -> Answer:
        return self.function("booking_status")(events.call_bookings_by_query(call_id, **more))

    def tasks(self, **query: str) -> Answer:
        return self.function("booking_status")(events.tasks(query or None))

    def sweep(self, *, seconds: float = 50.0) -> dict[str, Any]:
        event = events.scheduled("convox-clinicea-SweeperFunctionEachMinute", datetime.now(UTC))
        return self.function("sweeper").invoke(event, seconds=seconds)

    def reconcile(self, day: str | None = None, *, seconds: float = 300.0) -> dict[str, Any]:
        nightly = events.scheduled("convox-clinicea-ReconcileFunctionNightly", datetime.now(UTC))
        return self.function("reconcile").invoke({"day": day} if day else nightly, seconds=seconds)

    def deliver(self, *, seconds: float = 30.0) -> Delivered:
        """Hand the queue's next message to the worker, as the event source does; delete it if it is done."""
        url = self.stack.queue_url
        received = aws.sqs().receive_message(QueueUrl=url, AttributeNames=["All"], MaxNumberOfMessages=1)
        message: dict[str, Any] = {**received["Messages"][0]}
        name = url.rsplit("/", 1)[-1]
        answer = self.function("booking_worker").invoke(events.sqs(message, name), seconds=seconds)
        delivered = Delivered(message, answer)
        if delivered.acknowledged:
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return delivered

    def hurry(self, waiting: Delivered) -> None:
        """Let a message that was postponed be visible at once."""
        aws.sqs().change_message_visibility(
            QueueUrl=self.stack.queue_url, ReceiptHandle=waiting.message["ReceiptHandle"], VisibilityTimeout=0
        )

    def accepted_at(self, clock: VirtualClock, request: BookingRequest) -> Booking:
        """Have a request accepted at another time than now."""
        return booking_collaborators(IntakeSettings.from_environment(), clock).intake.accept(request).booking

    def booking(self, booking_id: str) -> Booking:
        """The booking as the ledger has it."""
        standing = self.ledger().get(booking_id)
        assert standing is not None
        return standing

    def ledger(self) -> Ledger:
        """The deployment's ledger."""
        return ledger_from(self.stack.table, SystemClock())
