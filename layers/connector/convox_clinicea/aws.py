"""AWS clients: made lazily, once, with time-outs; and secrets, kept in memory for a few minutes."""

from __future__ import annotations

import contextlib
import json
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.session import Session, get_session

from convox_clinicea.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

AWS_ERRORS = (BotoCoreError, ClientError)
SECRET_SECONDS = 300
SERVICES = ("dynamodb", "kms", "s3", "secretsmanager", "sns", "sqs", "ssm")

CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})

AT_ONCE = Config(connect_timeout=0.5, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 1})
"""While an agent waits; whoever uses it decides on a second attempt."""


@cache
def dynamodb() -> DynamoDBClient:
    made: DynamoDBClient = client("dynamodb")
    return made


@cache
def dynamodb_at_once() -> DynamoDBClient:
    made: DynamoDBClient = client("dynamodb", AT_ONCE)
    return made


@cache
def sqs() -> SQSClient:
    made: SQSClient = client("sqs")
    return made


@cache
def sns() -> SNSClient:
    made: SNSClient = client("sns")
    return made


@cache
def kms() -> KMSClient:
    made: KMSClient = client("kms")
    return made


@cache
def _secretsmanager() -> SecretsManagerClient:
    made: SecretsManagerClient = client("secretsmanager")
    return made


class _ServicesInUse(Loader):
    """botocore's own looks into the folder of each of AWS's four hundred services, twice, at the first client."""

    def list_available_services(self, _type_name: str) -> list[str]:
        """Return those that are used here; of another no client can be made."""
        return [*SERVICES]


@cache
def _descriptions() -> Loader:
    """AWS's descriptions of its services: nothing of an account, and most of what a first client costs."""
    return _ServicesInUse()


@cache
def _session() -> Session:
    session = get_session()
    session.register_component("data_loader", _descriptions())
    return session


def client(service: str, config: Config = CONFIG) -> Any:
    """Return a new client: botocore's own, for boto3 round it only costs a cold start a tenth of a second."""
    return _session().create_client(service, config=config)


def read_descriptions(*services: str) -> None:
    """Read AWS's descriptions of these services, so that their clients are made in no time; asks nobody."""
    session = get_session()
    session.register_component("data_loader", _descriptions())
    for service in services:
        # Keys that nobody has: without any, credentials would be fetched.
        session.create_client(service, aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106 - no secret


_kept: dict[str, tuple[float, dict[str, Any]]] = {}
"""Secrets that were read, with the moment, by ARN."""


def secret(arn: str, oldest_seconds: float = SECRET_SECONDS) -> dict[str, Any]:
    """Return the JSON secret as it was at most so many seconds ago.

    Raises:
        ConfigurationError: it cannot be read or is no JSON object.
    """
    read_at, kept = _kept.get(arn, (0.0, {}))
    now = time.monotonic()
    if kept and now - read_at < oldest_seconds:
        return kept
    value: object = None
    with contextlib.suppress(*AWS_ERRORS, KeyError, ValueError, RecursionError):
        value = json.loads(_secretsmanager().get_secret_value(SecretId=arn)["SecretString"])
    # Raised outside a handler: json's own error holds the whole secret.
    if not isinstance(value, dict):
        raise ConfigurationError("a secret cannot be read or is not a JSON object")
    _kept[arn] = (now, value)
    return value


def forget() -> None:
    """Forget clients with their connections and credentials, and secrets; all are made or read anew when needed."""
    for made in (dynamodb, dynamodb_at_once, sqs, sns, kms, _secretsmanager, _session):
        made.cache_clear()
    _kept.clear()


def error_code(error: BaseException) -> str:
    """Return AWS's code of a ClientError, such as `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
