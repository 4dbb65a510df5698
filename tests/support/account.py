"""An AWS account in this process (moto), with the resources that the template would make."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.sns.models import sns_backends

from commands.template import template
from convox_clinicea import aws
from tests.support import environment, invented, permissions

REGION: Literal["ap-south-1"] = "ap-south-1"
_numbers = itertools.count(1)


@contextmanager
def aws_account() -> Iterator[None]:
    """Everything boto3 does inside the block stays in this process."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("AWS_DEFAULT_REGION", REGION)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        forget_clients()
        permissions.watch()
        yield
    forget_clients()


def forget_clients() -> None:
    """Forget the clients and resources that were made for another account."""
    for made in (_data_key, _secrets):
        made.cache_clear()
    aws.forget()


NO_LIMITS = {
    "LOOKUPS_PER_CALLER_MINUTE": "0",
    "LOOKUPS_PER_AGENT_MINUTE": "0",
    "SUSPECTED_AFTER_MISSES": "0",
    "VISITS_ONLY_IF_SHOWN": "false",
    "BOOKINGS_PER_CALLER_MINUTE": "0",
    "BOOKINGS_PER_AGENT_MINUTE": "0",
    "OPEN_BOOKINGS_PER_NUMBER": "0",
    "STATUS_PER_CALLER_MINUTE": "0",
}
"""What a client may do is not counted."""


@dataclass(frozen=True)
class Stack:
    """What one deployment consists of."""

    table: str
    disclosures_table: str
    queue_url: str
    dead_letter_queue_url: str
    kms_key_arn: str
    topic: str
    clinicea_secret: str
    identity_secret: str
    tokens_secret: str

    @classmethod
    def create(cls) -> Stack:
        """Make the resources; table and queues have names of their own."""
        name = f"test-{next(_numbers)}"
        clinicea_secret, identity_secret, tokens_secret = _secrets()
        return cls(
            table=_table("Ledger", name),
            disclosures_table=_table("Disclosures", f"{name}-disclosures"),
            queue_url=_queue(name),
            dead_letter_queue_url=_queue(f"{name}-dead"),
            kms_key_arn=_data_key(),
            topic=aws.sns().create_topic(Name=name)["TopicArn"],
            clinicea_secret=clinicea_secret,
            identity_secret=identity_secret,
            tokens_secret=tokens_secret,
        )

    def environment(self, clinicea_url: str) -> dict[str, str]:
        """The environment variables of all functions together, as the template sets them; without limits on clients."""
        return {
            **environment.defaults(),
            **NO_LIMITS,
            "CLINICEA_URL": clinicea_url,
            "CLINICEA_SECRET_ARN": self.clinicea_secret,
            "LOOKUP_BUDGET_SECONDS": "8",
            "SEARCH_BY_GET": "true",
            "CONSENT_TEXT_VERSION": "2031-01",
            "DISCLOSURES_TABLE": self.disclosures_table,
            "LEDGER_TABLE": self.table,
            "QUEUE_URL": self.queue_url,
            "DEAD_LETTER_QUEUE_URL": self.dead_letter_queue_url,
            "IDENTITY_SECRET_ARN": self.identity_secret,
            "KMS_KEY_ARN": self.kms_key_arn,
            "NOTICES_TOPIC_ARN": self.topic,
            "DESK_CLIENT": "convox",
            "DESK_SOCKETS": "",  # pages poll, unless a test has the API that tells them
            "ACCESS_TOKENS_SECRET_ARN": self.tokens_secret,
            "SHARED_USAGE_KEY": "0f0f0f0f-0000-4000-8000-000000000000-shared",
        }

    def items(self, kind: str = "") -> list[dict[str, Any]]:
        """Every item of the ledger, raw; or those of a kind, such as `booking#`."""
        found = aws.dynamodb().scan(TableName=self.table)["Items"]
        return [dict(item) for item in found if str(item["pk"]["S"]).startswith(kind)]

    def entries(self) -> list[dict[str, Any]]:
        """Every entry of the register of disclosures, raw."""
        return [dict(item) for item in aws.dynamodb().scan(TableName=self.disclosures_table)["Items"]]

    def without_register(self) -> None:
        """Take the register's table away."""
        aws.dynamodb().delete_table(TableName=self.disclosures_table)

    def delete(self, key: str) -> None:
        """Take an item away."""
        aws.dynamodb().delete_item(TableName=self.table, Key={"pk": {"S": key}})

    def spoil(self, key: str, **attributes: str) -> None:
        """Write something else into an item, past the ledger."""
        for name, value in attributes.items():
            aws.dynamodb().update_item(
                TableName=self.table,
                Key={"pk": {"S": key}},
                UpdateExpression="SET #name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": {"S": value}},
            )

    def messages(self) -> list[dict[str, Any]]:
        """Every message that can be received now; all stay in the queue, to be received again."""
        return _received(self.queue_url)

    def dead_letters(self) -> list[dict[str, Any]]:
        """The same of the dead-letter queue."""
        return _received(self.dead_letter_queue_url)

    def hidden_dead_letters(self) -> int:
        """How many dead letters somebody has looked at and left."""
        counted: Literal["ApproximateNumberOfMessagesNotVisible"] = "ApproximateNumberOfMessagesNotVisible"
        attributes = aws.sqs().get_queue_attributes(QueueUrl=self.dead_letter_queue_url, AttributeNames=[counted])
        return int(attributes["Attributes"][counted])

    def notices(self) -> list[dict[str, Any]]:
        """Every notice that was published."""
        topic = sns_backends[ACCOUNT_ID][REGION].topics[self.topic]
        return [json.loads(text) for _, text, *_ in topic.sent_notifications]

    def without_topic(self) -> None:
        """Take the topic away."""
        aws.sns().delete_topic(TopicArn=self.topic)

    def with_topic_again(self) -> None:
        """Put a topic of the same name back."""
        aws.sns().create_topic(Name=self.table)

    def without_queue(self) -> None:
        """Take the queue away."""
        aws.sqs().delete_queue(QueueUrl=self.queue_url)

    def with_queue_again(self) -> None:
        """Put a queue of the same name back."""
        _queue(self.table)


def secret(name: str, content: Mapping[str, str] | str) -> str:
    """Keep a secret; gives its ARN."""
    text = content if isinstance(content, str) else json.dumps(content)
    return boto3.client("secretsmanager").create_secret(Name=name, SecretString=text)["ARN"]


def change(arn: str, content: Mapping[str, str] | str) -> None:
    """Put something else into a secret."""
    text = content if isinstance(content, str) else json.dumps(content)
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=text)


def age_secrets(seconds: float) -> None:
    """Let what the process knows of secrets be so much older."""
    for arn, (read_at, content) in aws.secret_cache.items():
        aws.secret_cache[arn] = (read_at - seconds, content)


def document(content: Mapping[str, Any] | str) -> str:
    """Keep a configuration document in S3; gives what the environment calls it."""
    s3, bucket = boto3.client("s3"), f"documents-{next(_numbers)}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="a/b.json", Body=content if isinstance(content, str) else json.dumps(content))
    return f"s3://{bucket}/a/b.json"


@cache
def _data_key() -> str:
    return aws.kms().create_key()["KeyMetadata"]["Arn"]


@cache
def _secrets() -> tuple[str, str, str]:
    """The three secrets, the same for all stacks of an account; nobody changes them."""
    credentials = {"api_key": invented.API_KEY, "user_name": "local-user", "password": "local-password"}
    return (
        secret("clinicea", credentials),
        secret("identity", {"key": invented.IDENTITY_KEY}),
        secret("tokens", {"current": invented.TOKEN, "previous": invented.OLD_TOKEN}),
    )


def _table(logical_id: str, name: str) -> str:
    """Make a table with the keys and indexes that the template gives it."""
    written = template()["Resources"][logical_id]["Properties"]
    keys = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
    aws.dynamodb().create_table(TableName=name, **{key: written[key] for key in keys})
    return name


def _queue(name: str) -> str:
    seconds = str(template()["Resources"]["BookingMessages"]["Properties"]["VisibilityTimeout"])
    return aws.sqs().create_queue(QueueName=name, Attributes={"VisibilityTimeout": seconds})["QueueUrl"]


def _received(url: str) -> list[dict[str, Any]]:
    answer = aws.sqs().receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"], VisibilityTimeout=0
    )
    return [dict(message) for message in answer.get("Messages", [])]
