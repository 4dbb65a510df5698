"""AWS clients: made lazily, once, with time-outs; and secrets, kept in memory for a few minutes.

botocore's time-outs are fixed when a client is made, and hold for one connection and for one read. So where they may
take longer than there is time, a thread makes the call, and whoever asked stops waiting when the deadline has come. The
thread ends by the client's own time-outs; what it wrote all the same is a write whose outcome was not known.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.session import Session, get_session

from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import ConfigurationError, SecretUnavailable, raise_alone

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


THREADS = 4
"""A request makes one call after the other; the rest are for calls that nobody waits for any more."""

_deadline: ContextVar[Deadline | None] = ContextVar("until", default=None)


class OutOfTime(BotoCoreError):
    """The deadline came first. Whether a write was made is not known."""

    fmt = "no answer before the deadline"


@contextmanager
def deadline_scope(deadline: Deadline) -> Iterator[None]:
    """Let no call of a `DeadlineClient` client inside the block outlast the deadline."""
    before = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(before)


class DeadlineClient:
    """A client whose calls end by the deadline of the enclosing `deadline_scope`; without one, by their time-outs.

    Args:
        longest_seconds: how long a call may take by its time-outs; with more time left than that it needs no thread.
    """

    def __init__(self, client: Any, longest_seconds: float = math.inf) -> None:
        self._client = client
        self._longest_seconds = longest_seconds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return partial(_in_time, found, self._longest_seconds) if callable(found) else found


def _in_time(call: Callable[..., Any], longest_seconds: float, **given: Any) -> Any:
    deadline = _deadline.get()
    if deadline is None or deadline.remaining() > longest_seconds:
        return call(**given)
    if not deadline.expired:
        made = _threads().submit(copy_context().run, partial(call, **given))
        try:
            return made.result(deadline.remaining())
        except TimeoutError:
            made.cancel()  # one that still waits for a thread is not begun
    raise OutOfTime


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="aws")


AWS_ERRORS = (BotoCoreError, ClientError)
SECRET_SECONDS = 300
SERVICES = ("cognito-idp", "dynamodb", "kms", "s3", "secretsmanager", "sns", "sqs", "ssm")

# A fifth less of the processor for each call: AWS judges the parameters itself, and the long name of client and
# machine, put together anew each time, tells nobody anything.
QUICK = Config(parameter_validation=False, user_agent="convox-clinicea")

CONFIG = QUICK.merge(Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}))
"""For bookings: slow is better than lost. Where somebody waits for the answer, the deadline ends the attempts."""

AT_ONCE = QUICK.merge(
    Config(connect_timeout=0.5, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 1})
)
"""While an agent waits; whoever uses it decides on a second attempt."""
AT_ONCE_SECONDS = 1.5
"""To connect, for the answer's head, and for its body."""

IN_TIME = QUICK.merge(Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2}))
"""While an agent waits, for what no answer can do without. The deadline ends both attempts, see `prompt`."""


@cache
def dynamodb() -> DynamoDBClient:
    made: DynamoDBClient = client_in_time("dynamodb", CONFIG)
    return made


@cache
def dynamodb_at_once() -> DynamoDBClient:
    made: DynamoDBClient = client_in_time("dynamodb", AT_ONCE, AT_ONCE_SECONDS)
    return made


@cache
def sqs() -> SQSClient:
    made: SQSClient = client_in_time("sqs", CONFIG)
    return made


@cache
def sns() -> SNSClient:
    made: SNSClient = client("sns")
    return made


@cache
def kms() -> KMSClient:
    made: KMSClient = client_in_time("kms", CONFIG)
    return made


@cache
def kms_in_time() -> KMSClient:
    made: KMSClient = client_in_time("kms")
    return made


@cache
def _secretsmanager() -> SecretsManagerClient:
    made: SecretsManagerClient = client_in_time("secretsmanager", CONFIG)
    return made


@cache
def _secretsmanager_in_time() -> SecretsManagerClient:
    made: SecretsManagerClient = client_in_time("secretsmanager")
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


def client_in_time(service: str, config: Config = IN_TIME, longest_seconds: float = math.inf) -> Any:
    """Return a new client for what is asked while an agent waits."""
    return DeadlineClient(client(service, config), longest_seconds)


def read_descriptions(*services: str) -> None:
    """Read AWS's descriptions of these services, so that their clients are made in no time; asks nobody."""
    session = get_session()
    session.register_component("data_loader", _descriptions())
    for service in services:
        # Keys that nobody has: without any, credentials would be fetched.
        session.create_client(service, aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106 - no secret


secret_cache: dict[str, tuple[float, dict[str, Any]]] = {}
"""Secrets that were read, with the moment, by ARN."""


def secret(arn: str, oldest_seconds: float = SECRET_SECONDS, *, in_time: bool = False) -> dict[str, Any]:
    """Return the JSON secret as it was at most so many seconds ago.

    Args:
        in_time: whether somebody waits, so that no deadline may be missed for it.

    Raises:
        SecretUnavailable: AWS does not answer, or not now.
        ConfigurationError: it cannot be read or is no JSON object.
    """
    read_at, kept = secret_cache.get(arn, (0.0, {}))
    now = time.monotonic()
    if kept and now - read_at < oldest_seconds:
        return kept
    value: object = None
    with contextlib.suppress(KeyError, ValueError, RecursionError):
        value = json.loads(_secret_string(arn, _secretsmanager_in_time() if in_time else _secretsmanager()))
    # Raised outside a handler: json's own error holds the whole secret.
    if not isinstance(value, dict):
        raise ConfigurationError("a secret cannot be read or is not a JSON object")
    secret_cache[arn] = (now, value)
    return value


def _secret_string(arn: str, asked: SecretsManagerClient) -> str:
    try:
        return asked.get_secret_value(SecretId=arn)["SecretString"]
    except BotoCoreError:
        raise_alone(SecretUnavailable("a secret cannot be read now"))
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500 or "Throttl" in error_code(error):
            raise_alone(SecretUnavailable("a secret cannot be read now"))
        raise_alone(ConfigurationError("a secret cannot be read"))


def forget() -> None:
    """Forget clients with their connections and credentials, and secrets; all are made or read anew when needed."""
    clients = (dynamodb, dynamodb_at_once, sqs, sns, kms, kms_in_time, _secretsmanager, _secretsmanager_in_time)
    for made in (*clients, _session):
        made.cache_clear()
    secret_cache.clear()


def error_code(error: BaseException) -> str:
    """Return AWS's code of a ClientError, such as `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
