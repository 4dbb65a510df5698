"""The bill's arithmetic, on round prices."""

from __future__ import annotations

from typing import Any

import pytest

from bench import bill
from bench.stage import FUNCTIONS
from commands.template import memory_megabytes

PRICES: dict[str, Any] = {
    "lambda_request": 0.001,
    "lambda_gb_second_arm64": 0.01,
    "api_gateway_rest_request": 0.002,
    "dynamodb_write_unit": 0.01,
    "dynamodb_read_unit": 0.001,
    "sqs_request": 0.1,
    "sns_request": 0.2,
    "kms_request": 0.3,
    "secrets_manager_request": 0.4,
    "logs_gigabyte": 1.0,
    "xray_trace": 0.5,
    "xray_sampled_share": 0.1,
}


def warm(wall: float = 0.0, log_bytes: float = 0.0, **calls: float) -> dict[str, Any]:
    return {"wall": {"p50": wall}, "log_bytes": log_bytes, "calls": calls}


@pytest.mark.parametrize(
    ("call", "units"),
    [
        ("DynamoDB.PutItem ledger", (3.0, 0.0)),
        ("DynamoDB.PutItem disclosures", (4.0, 0.0)),
        ("DynamoDB.UpdateItem ledger", (1.0, 0.0)),
        ("DynamoDB.TransactWriteItems ledger x3", (10.0, 0.0)),
        ("DynamoDB.GetItem ledger", (0.0, 1.0)),
        ("DynamoDB.Query ledger", (0.0, 1.0)),
        ("AmazonSQS.SendMessage", (0.0, 0.0)),
        ("clinicea", (0.0, 0.0)),
    ],
)
def test_what_a_request_costs_of_dynamodb(call: str, units: tuple[float, float]) -> None:
    assert bill.units(call) == units


def test_time_is_billed_with_the_waiting_for_clinicea() -> None:
    found = bill.of("sweeper", warm(600.0, clinicea=2), 512, PRICES)

    assert found.lambda_ == pytest.approx(1000 * (0.001 + 0.5 * 1.0 * 0.01))
    assert found.gateway == 0.0


def test_each_service_is_billed_for_what_it_was_asked() -> None:
    calls = {"DynamoDB.PutItem ledger": 1, "DynamoDB.GetItem ledger": 2, "TrentService.Encrypt": 1, "Query.Publish": 1}

    found = bill.of("book_appointment", warm(0.0, 1e6, **calls), 1024, PRICES)

    assert found.gateway == pytest.approx(2.0)
    assert found.dynamodb == pytest.approx(1000 * (3 * 0.01 + 2 * 0.001))
    assert found.others == pytest.approx(1000 * (0.3 + 0.2))
    assert found.logs == pytest.approx(1000 * (0.001 + 0.05))
    assert found.total == pytest.approx(sum((found.lambda_, found.gateway, found.dynamodb, found.others, found.logs)))


def test_the_worker_pays_for_its_event_source_too() -> None:
    assert bill.of("booking_worker", warm(), 1024, PRICES).others == pytest.approx(1000 * 2 * 0.1)


def test_a_call_is_billed_as_its_functions_are() -> None:
    found = bill.of_all({name: warm() for name in bill.ONE_CALL}, dict.fromkeys(bill.ONE_CALL, 1024))

    assert found["one_call"] == pytest.approx(sum(each["total"] for each in found["functions"].values()))
    assert bill.of_all({"sweeper": warm()}, {"sweeper": 1024})["one_call"] is None


def test_price_list_is_complete_and_names_its_source() -> None:
    assert set(PRICES) <= set(bill.prices())
    assert {"region", "currency", "stated_on", "source"} <= set(bill.prices())


def test_the_template_says_every_functions_memory() -> None:
    assert all(memory_megabytes(name) >= 128 for name in FUNCTIONS)
    with pytest.raises(ValueError, match="no function nobody"):
        memory_megabytes("nobody")
