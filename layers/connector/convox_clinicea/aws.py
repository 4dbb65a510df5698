"""AWS clients: made lazily, once, with time-outs; and secrets, kept in memory for a few minutes."""

from __future__ import annotations

import contextlib
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from convox_clinicea.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

AWS_ERRORS = (BotoCoreError, ClientError)
SECRET_SECONDS = 300

CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})

AT_ONCE = Config(connect_timeout=0.5, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 1})
"""While an agent waits; whoever uses it decides on a second attempt."""


@cache
def dynamodb() -> DynamoDBClient:
    return boto3.client("dynamodb", config=CONFIG)


@cache
def dynamodb_at_once() -> DynamoDBClient:
    return boto3.client("dynamodb", config=AT_ONCE)


@cache
def sqs() -> SQSClient:
    return boto3.client("sqs", config=CONFIG)


@cache
def sns() -> SNSClient:
    return boto3.client("sns", config=CONFIG)


@cache
def kms() -> KMSClient:
    return boto3.client("kms", config=CONFIG)


@cache
def _secrets() -> Any:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    return SecretsProvider(boto3_client=boto3.client("secretsmanager", config=CONFIG))


def secret(arn: str, oldest_seconds: int = SECRET_SECONDS) -> dict[str, Any]:
    """Return the JSON secret as it was at most so many seconds ago.

    Raises:
        ConfigurationError: it cannot be read or is no JSON object.
    """
    from aws_lambda_powertools.utilities.parameters.exceptions import (
        GetParameterError,
        TransformParameterError,
    )

    value: object = None
    with contextlib.suppress(GetParameterError, TransformParameterError, BotoCoreError):
        value = _secrets().get(arn, max_age=oldest_seconds, transform="json")
    # Raised outside a handler: json's own error holds the whole secret.
    if not isinstance(value, dict):
        raise ConfigurationError("a secret cannot be read or is not a JSON object")
    return value


def error_code(error: BaseException) -> str:
    """Return AWS's code of a ClientError, such as `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
