"""The way between the product and an AWS service: it takes time, fails before or after the effect, and is tried again.

What stands between a handler and a double is what stands between it and AWS: a network that loses requests and
acknowledgements, and an SDK that repeats a request which may have been carried out already.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from tests.chaos.aws_errors import client_error
from tests.chaos.scheduler import Scheduler
from tests.chaos.weather import Weather

Json = dict[str, Any]
ATTEMPTS = 3
READ_SECONDS = 3.0
CONNECT_SECONDS = 1.0
GOES_ON = 0.35
"""How probably the next attempt fails as well."""

_KINDS = ("refused", "throttled", "error_before", "error_after", "lost", "delayed")
_URL = "https://aws.invalid"


class Remote:
    """A client as boto3 makes it: the methods of `double`, over that network."""

    def __init__(self, service: str, double: object, scheduler: Scheduler, weather: Weather, chance: Random) -> None:
        self._service = service
        self._double = double
        self._scheduler = scheduler
        self._weather = weather
        self._chance = chance

    def __getattr__(self, operation: str) -> Callable[..., Json]:
        if operation.startswith("__"):
            raise AttributeError(operation)
        effect: Callable[..., Json] = getattr(self._double, operation)

        def call(**given: Any) -> Json:
            return self._call(operation, effect, given)

        return call

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))

    def _call(self, operation: str, effect: Callable[..., Json], given: Json) -> Json:
        process = self._scheduler.current
        if process is None:
            return effect(**given)
        if operation == "transact_write_items":
            # The SDK makes one for all its attempts where the caller gave none.
            given.setdefault("ClientRequestToken", str(uuid.UUID(int=self._chance.getrandbits(128))))
        label = f"{self._service}.{operation}"
        attempt = 0
        while True:  # bounded by ATTEMPTS
            attempt += 1
            process.step(f"{label} >", self._latency())
            try:
                answer = self._attempt(label, effect, given, attempt)
            except (ClientError, ReadTimeoutError, ConnectTimeoutError) as error:
                process.step(f"{label} <", self._latency())
                if attempt >= ATTEMPTS or not _may_pass(error):
                    raise
                process.step("sdk waits", self._chance.uniform(0, 2**attempt))
            else:
                process.step(f"{label} <", self._latency())
                return answer

    def _attempt(self, label: str, effect: Callable[..., Json], given: Json, attempt: int) -> Json:
        process = self._scheduler.current
        assert process is not None
        kind = self._draw(attempt)
        operation = label.partition(".")[2]
        match kind:
            case "refused":
                process.step(f"{label} connects", CONNECT_SECONDS)
                raise ConnectTimeoutError(endpoint_url=_URL)
            case "throttled":
                raise client_error(operation, "ThrottlingException", "Rate exceeded")
            case "error_before":
                raise client_error(operation, "InternalServerError", "Internal server error", 500)
            case "delayed":
                # It arrives when nobody waits for it any more, and perhaps after what was sent later.
                self._scheduler.after(self._chance.uniform(0.5, 6.0), lambda: self._late(process.name, effect, given))
                process.step(f"{label} waits", READ_SECONDS)
                raise ReadTimeoutError(endpoint_url=_URL)
        answer = self._carried_out(process.name, effect, given)
        if kind == "error_after":
            raise client_error(operation, "InternalServerError", "Internal server error", 500)
        if kind == "lost":
            process.step(f"{label} waits", READ_SECONDS)
            raise ReadTimeoutError(endpoint_url=_URL)
        return answer

    def _carried_out(self, who: str, effect: Callable[..., Json], given: Json) -> Json:
        try:
            answer = effect(**given)
        except ClientError as error:
            self._note(who, effect.__name__, given, error.response["Error"]["Code"])
            raise
        self._note(who, effect.__name__, given, "done")
        return answer

    def _late(self, who: str, effect: Callable[..., Json], given: Json) -> None:
        try:
            self._carried_out(f"{who} (late)", effect, given)
        except ClientError:
            return  # nobody is there to be told

    def _draw(self, attempt: int) -> str | None:
        share = self._weather.aws_share()
        if not share:
            return None
        if attempt > 1:
            share = max(share, GOES_ON)
        return self._chance.choice(_KINDS) if self._chance.random() < share else None

    def _latency(self) -> float:
        return self._chance.uniform(0.001, 0.015)

    def _note(self, who: str, operation: str, given: Json, outcome: str) -> None:
        self._scheduler.trace.note(self._scheduler.now, who, f"{operation} {_subject(given)} {outcome}")


class Paginator:
    """boto3's paginator over `ExclusiveStartKey`."""

    def __init__(self, call: Callable[..., Json]) -> None:
        self._call = call

    def paginate(self, **given: Any) -> Iterator[Json]:
        while True:  # bounded by the table's size
            page = self._call(**given)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            given["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _may_pass(error: Exception) -> bool:
    """Whether the SDK tries again."""
    if not isinstance(error, ClientError):
        return True
    return error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or "Throttl" in error.response["Error"]["Code"]


def _subject(given: Json) -> str:
    """What a call is about, for the trace."""
    writes = given.get("TransactItems")
    if writes is not None:
        return " + ".join(_subject(what) for each in writes for what in each.values())
    for name in ("Item", "Key"):
        if name in given:
            item = given[name]
            state = item.get("state", {}).get("S", "")
            return f"{next(iter(item.values())).get('S')} {state}".strip()
    for name in ("MessageBody", "ReceiptHandle", "TopicArn", "KeyConditionExpression", "TableName"):
        if name in given:
            return f"{given[name]} {given.get('VisibilityTimeout', '')}".strip()
    return ""
