"""What invokes functions by itself: the queue's event source mapping, and schedules."""

from __future__ import annotations

from random import Random
from typing import Any

from botocore.exceptions import ClientError

from tests.chaos.clock import EPOCH
from tests.chaos.queue import Queue
from tests.chaos.runtime import Runtime
from tests.chaos.scheduler import Scheduler
from tests.chaos.sqs import Sqs, as_received
from tests.chaos.weather import Weather

Json = dict[str, Any]
TROUBLED = 0.12
"""The share of deliveries that go wrong, of the share of Clinicea calls."""
BURIED = 0.03
"""Of those, the share of messages that end among the dead letters."""
EXPIRED = 0.03
"""Likewise of those whose life is over: days in operation, sooner here."""


class QueueSource:
    """Lambda's poller: one message an invocation, so many at a time, deleting what was done.

    A handler that raises, dies or names its message leaves the message as it is, until its visibility ends.
    """

    def __init__(
        self,
        queue: Queue,
        function: str,
        most: int,
        runtime: Runtime,
        scheduler: Scheduler,
        weather: Weather,
        chance: Random,
    ) -> None:
        self._queue = queue
        self._sqs = Sqs([queue])
        self._function = function
        self._most = most
        self._runtime = runtime
        self._scheduler = scheduler
        self._weather = weather
        self._chance = chance
        self._next_poll: float | None = None
        self._enabled = True
        self.busy = 0
        self.worn_out: list[str] = []
        """Bodies of messages that were made dead letters without their fault."""
        queue.woken = self._wake

    def enable(self, enabled: bool) -> None:
        """Enable or disable the mapping; what it has received already is still worked."""
        self._enabled = enabled
        self._wake(self._queue.clock())

    def _wake(self, when: float) -> None:
        """Poll when a message may be there; the queue's time is the scheduler's, a little later."""
        when = max(self._scheduler.now, when - EPOCH) + self._chance.uniform(0.01, 0.2)
        if self._next_poll is None or when < self._next_poll:
            self._next_poll = when
            self._scheduler.at(when, lambda: self._poll(when))

    def _poll(self, when: float) -> None:
        if when != self._next_poll:
            return  # an earlier poll has taken its place
        self._next_poll = None
        if not self._enabled:
            return
        while self.busy < self._most:
            message = self._queue.receive()
            if message is None:
                break
            self._deliver(as_received(message))
        upcoming = self._queue.next_at()
        if upcoming is not None and self.busy < self._most:
            self._wake(upcoming)

    def _deliver(self, received: Json) -> None:
        self.busy += 1
        delay = self._chance.uniform(0.002, 0.05)
        share = self._weather.share(TROUBLED)
        if share and self._chance.random() < share:
            drawn = self._chance.random()
            if drawn < BURIED:
                # It has been received far too often: the next receipt makes it a dead letter.
                self._queue.wear_out(received["ReceiptHandle"])
                self.worn_out.append(received["Body"])
            elif drawn < BURIED + EXPIRED:
                self._expire(received)
                return
            elif drawn < 0.5:
                # The poller kept it until its visibility had nearly ended.
                delay = self._queue.settings.visibility_seconds - self._chance.uniform(0.1, 25.0)
            else:
                self._queue.change_visibility(received["ReceiptHandle"], self._chance.uniform(0.1, 12.0))
        self._scheduler.trace.note(self._scheduler.now, self._function, f"gets {received['Body']} in {delay:.3f}")
        self._scheduler.after(delay, lambda: self._invoke(received))

    def _expire(self, received: Json) -> None:
        self._scheduler.trace.note(self._scheduler.now, self._function, f"never gets {received['Body']}: it expires")
        self._queue.delete(received["ReceiptHandle"])
        self.busy -= 1
        self._wake(self._queue.clock())

    def _invoke(self, received: Json) -> None:
        event = {"Records": [_record(received, self._queue.settings.arn)]}
        self._runtime.invoke(self._function, event, lambda result, failure: self._done(received, result, failure))

    def _done(self, received: Json, result: Any, failure: BaseException | None) -> None:
        self.busy -= 1
        left = {each["itemIdentifier"] for each in (result or {}).get("batchItemFailures", [])}
        if failure is None and received["MessageId"] not in left:
            self._delete(received)
        self._wake(self._queue.clock())

    def _delete(self, received: Json) -> None:
        share = self._weather.share(TROUBLED / 4)
        if share and self._chance.random() < share:
            return  # lost on the way: it is delivered again, done or not
        try:
            self._sqs.delete_message(QueueUrl=self._queue.settings.url, ReceiptHandle=received["ReceiptHandle"])
        except ClientError:
            return  # another receipt is the valid one by now


class Schedule:
    """Runs a function at regular intervals, now and then twice."""

    def __init__(
        self, function: str, seconds: float, runtime: Runtime, scheduler: Scheduler, weather: Weather, chance: Random
    ) -> None:
        self._function = function
        self._seconds = seconds
        self._runtime = runtime
        self._scheduler = scheduler
        self._weather = weather
        self._chance = chance
        self.runs = 0
        self._enabled = True
        scheduler.after(chance.uniform(0, seconds), self._run)

    def enable(self, enabled: bool) -> None:
        """Enable or disable the rule."""
        self._enabled = enabled

    def _run(self) -> None:
        self._scheduler.after(self._seconds, self._run)
        if not self._enabled:
            return
        share = self._weather.share(TROUBLED)
        for _ in range(2 if share and self._chance.random() < share else 1):
            self.runs += 1
            self._scheduler.after(self._chance.uniform(0.0, 1.0), self._invoke)

    def _invoke(self) -> None:
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
        self._runtime.invoke(self._function, event, lambda _result, _failure: None)


def _record(received: Json, arn: str) -> Json:
    return {
        "messageId": received["MessageId"],
        "receiptHandle": received["ReceiptHandle"],
        "body": received["Body"],
        "attributes": received["Attributes"],
        "messageAttributes": {},
        "md5OfBody": received["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "ap-south-1",
    }
