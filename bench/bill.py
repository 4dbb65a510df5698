"""AWS's charge for a thousand invocations of each function, from a price list and measured counts.

Assumed are the units of a DynamoDB request (written items of up to 1 KB, read pages of up to 4 KB), and Clinicea's
average time.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PRICES = Path(__file__).with_name("prices.json")
CLINICEA_MILLISECONDS = 200.0
"""Clinicea's time for an answer [assumed]; Lambda bills waiting, too."""
LEDGER_INDEXES, DISCLOSURE_INDEXES = 2, 3
TRANSACTION = 2
"""Factor of the price of a write in a transaction."""
OF_THE_QUEUE = 2
"""The event source's requests to the queue for one message: receive and delete."""
BY_HTTP = frozenset(
    {
        "search_patient",
        "past_appointments",
        "call_popup",
        "call_popup_with_desk",
        "agent_desk",
        "book_appointment",
        "book_new_patient",
        "booking_status",
        "call_status",
    }
)
ONE_CALL = ("call_popup", "call_status", "booking_worker")
"""Functions invoked by one call that ends with an appointment; the authorizer's answer is cached."""


@dataclass(frozen=True)
class Bill:
    """Cost of a thousand invocations, in the price list's currency."""

    lambda_: float
    gateway: float
    dynamodb: float
    others: float
    logs: float

    @property
    def total(self) -> float:
        return self.lambda_ + self.gateway + self.dynamodb + self.others + self.logs

    def as_json(self) -> Json:
        return {**asdict(self), "total": self.total}


@cache
def prices() -> Json:
    """Return the price list."""
    found: Json = json.loads(PRICES.read_text("utf-8"))
    return found


def units(call: str) -> tuple[float, float]:
    """Return the write and read units of one request in the probe's form; 0 if it is not DynamoDB's."""
    operation, _, rest = call.removeprefix("DynamoDB.").partition(" ")
    table, _, items = rest.partition(" x")
    if not call.startswith("DynamoDB."):
        return 0.0, 0.0
    indexes = DISCLOSURE_INDEXES if table == "disclosures" else LEDGER_INDEXES
    match operation:
        case "PutItem" | "DeleteItem":
            return 1.0 + indexes, 0.0
        case "UpdateItem":  # counters, which are in no index
            return 1.0, 0.0
        case "TransactWriteItems":  # one of its items is a booking, which is in the indexes
            return TRANSACTION * (float(items or 1) + indexes), 0.0
        case "BatchWriteItem":
            return float(items or 1) * (1.0 + indexes), 0.0
    return 0.0, 1.0


def of(name: str, warm: Json, memory_megabytes: int, listed: Json) -> Bill:
    """Return a function's bill for a thousand invocations."""
    calls: dict[str, float] = warm["calls"]
    milliseconds = warm["wall"]["p50"] + calls.get("clinicea", 0.0) * CLINICEA_MILLISECONDS
    gigabyte_seconds = memory_megabytes / 1024 * milliseconds / 1000
    writes = sum(count * units(call)[0] for call, count in calls.items())
    reads = sum(count * units(call)[1] for call, count in calls.items())
    asked = {
        "sqs_request": _count(calls, "AmazonSQS.") + (OF_THE_QUEUE if name == "booking_worker" else 0),
        "kms_request": _count(calls, "TrentService."),
        "secrets_manager_request": _count(calls, "secretsmanager."),
        "sns_request": _count(calls, "Query."),
    }
    one = Bill(
        lambda_=listed["lambda_request"] + gigabyte_seconds * listed["lambda_gb_second_arm64"],
        gateway=listed["api_gateway_rest_request"] if name in BY_HTTP else 0.0,
        dynamodb=writes * listed["dynamodb_write_unit"] + reads * listed["dynamodb_read_unit"],
        others=sum(count * listed[what] for what, count in asked.items()),
        logs=warm["log_bytes"] / 1e9 * listed["logs_gigabyte"] + listed["xray_trace"] * listed["xray_sampled_share"],
    )
    return Bill(**{what: amount * 1000 for what, amount in asdict(one).items()})


def _count(calls: dict[str, float], prefix: str) -> float:
    return sum(count for call, count in calls.items() if call.startswith(prefix))


def of_all(warm: Json, memory_megabytes: dict[str, int]) -> Json:
    """Return every function's bill, and that of a thousand calls that end with an appointment."""
    bills = {
        name: of(name, each, memory_megabytes[name], prices())
        for name, each in warm.items()
        if name in memory_megabytes
    }
    one_call = [bills[name].total for name in ONE_CALL if name in bills]
    return {
        "functions": {name: bill.as_json() for name, bill in bills.items()},
        "one_call": sum(one_call) if len(one_call) == len(ONE_CALL) else None,
    }
