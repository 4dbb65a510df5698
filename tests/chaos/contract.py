"""The sides of the contract: the doubles, and accounts of emulators; with what its tests have in common."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.chaos.clock import EPOCH
from tests.chaos.dynamodb import DynamoDb
from tests.chaos.kms import Kms
from tests.chaos.queue import Queue, QueueSettings
from tests.chaos.sqs import Sqs
from tests.chaos.table import KeySchema, Table

SIDES = ("double", "moto", "embedded")
REGION = "ap-south-1"
TABLE, INDEX = "things", "by_kind"
VISIBILITY = 60
"""The queue's, in seconds: no test takes so long. One that waits for its end makes it shorter first."""
SOON = 1
MOST_RECEIVES = 3
Json = dict[str, Any]
_names = itertools.count(1)


@dataclass(frozen=True)
class Side:
    """One side of the contract: the clients, the resources, and how time passes there."""

    name: str
    dynamodb: Any
    sqs: Any
    kms: Any
    queue_url: str
    dead_letter_url: str
    key_id: str
    wait: Callable[[float], None]

    def known_deviation(self, request: pytest.FixtureRequest, what: str, *sides: str) -> None:
        """An emulator's known deviation: expected to fail there, and failing the test once it no longer does."""
        if self.name in sides:
            request.applymarker(pytest.mark.xfail(reason=f"{self.name}: {what}", strict=True))


class Account:
    """boto3's clients of an account, in this process or at an address."""

    def __init__(self, endpoint: str | None = None) -> None:
        session = boto3.session.Session("test", "test", region_name=REGION)
        self.dynamodb = session.client("dynamodb", endpoint_url=endpoint)
        self.sqs: Any = session.client("sqs", endpoint_url=endpoint)
        self.kms = session.client("kms", endpoint_url=endpoint)
        self.key_id = self.kms.create_key()["KeyMetadata"]["KeyId"]


def double() -> Side:
    passed = [0.0]

    def clock() -> float:
        return EPOCH + passed[0]

    def wait(seconds: float) -> None:
        passed[0] += seconds

    base = f"https://sqs.{REGION}.amazonaws.com/123456789012"
    dead = Queue(QueueSettings(f"{base}/dead"), clock)
    live = Queue(QueueSettings(f"{base}/live", VISIBILITY, MOST_RECEIVES), clock, dead)
    table = Table(TABLE, KeySchema("pk"), {INDEX: KeySchema("sort_of", "due")})
    return Side(
        name="double",
        dynamodb=DynamoDb([table], clock),
        sqs=Sqs([live, dead]),
        kms=Kms("key"),
        queue_url=live.settings.url,
        dead_letter_url=dead.settings.url,
        key_id="key",
        wait=wait,
    )


def made_in(account: Account, name: str) -> Side:
    dynamodb, sqs = account.dynamodb, account.sqs
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sort_of", "AttributeType": "S"},
            {"AttributeName": "due", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": INDEX,
                "KeySchema": [
                    {"AttributeName": "sort_of", "KeyType": "HASH"},
                    {"AttributeName": "due", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    number = next(_names)
    dead = sqs.create_queue(QueueName=f"dead-{number}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "{MOST_RECEIVES}"}}'
    settings = {"VisibilityTimeout": str(VISIBILITY), "RedrivePolicy": redrive}
    live = sqs.create_queue(QueueName=f"live-{number}", Attributes=settings)["QueueUrl"]
    return Side(
        name=name,
        dynamodb=dynamodb,
        sqs=sqs,
        kms=account.kms,
        queue_url=live,
        dead_letter_url=dead,
        key_id=account.key_id,
        wait=time.sleep,
    )


def put(side: Side, pk: str, **more: Any) -> Json:
    item: Json = {"pk": {"S": pk}, **{name: attribute(value) for name, value in more.items()}}
    side.dynamodb.put_item(TableName=TABLE, Item=item)
    return item


def get(side: Side, pk: str) -> Json | None:
    answer = side.dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": pk}}, ConsistentRead=True)
    found: Json | None = answer.get("Item")
    return found


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def attribute(value: Any) -> Json:
    match value:
        case bytes():
            return {"B": value}
        case int():
            return {"N": str(value)}
        case list():
            return {"L": [attribute(each) for each in value]}
        case _:
            return {"S": value}
