"""AWS clients, built lazily with time-outs, and secrets, cached for a few minutes.

botocore's time-outs are fixed when a client is built, and hold for one connection and one read. If they may exceed the
deadline, a thread makes the call, and the caller stops waiting at the deadline. The thread ends by the client's
time-outs; a write that it still makes has an unknown outcome for the caller.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

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


T = TypeVar("T")
THREADS = 4
"""Threads: a request makes one call at a time, a pop-up's push beside it; others are for calls past their deadline."""

_deadline: ContextVar[Deadline | None] = ContextVar("until", default=None)


class OutOfTime(BotoCoreError):
    """The deadline came before the answer. The outcome of a write is unknown."""

    fmt = "no answer before the deadline"


@contextmanager
def deadline_scope(deadline: Deadline) -> Iterator[None]:
    """Bound every call of a `DeadlineClient` in the block by the deadline."""
    before = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(before)


class DeadlineClient:
    """A client whose calls end by the deadline of the enclosing `deadline_scope`; without one, by their time-outs.

    Args:
        longest_seconds: longest duration of a call by its time-outs. With more time left, it needs no thread.
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
            made.cancel()  # a call that still waits for a thread is not started
    raise OutOfTime


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="aws")


def beside(call: Callable[[], T]) -> Future[T]:
    """Start a call in a thread, in this context: what it tells is asked of the future."""
    return _threads().submit(copy_context().run, call)


AWS_ERRORS = (BotoCoreError, ClientError)
SECRET_SECONDS = 300
SERVICES = ("apigatewaymanagementapi", "cognito-idp", "dynamodb", "kms", "s3", "secretsmanager", "sns", "sqs", "ssm")

# Skip client-side validation and the long User-Agent: about 20 % less CPU per call.
QUICK = Config(parameter_validation=False, user_agent="convox-clinicea")

CONFIG = QUICK.merge(Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}))
"""For bookings: slow is better than lost. If an agent waits, the deadline ends the attempts."""

AT_ONCE = QUICK.merge(
    Config(connect_timeout=0.5, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 1})
)
"""For calls while an agent waits; the caller decides on a second attempt."""
AT_ONCE_SECONDS = 1.5
"""Phases with a time-out each: connection, headers and body."""

IN_TIME = QUICK.merge(Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2}))
"""For indispensable calls while an agent waits; the deadline ends both attempts, see `deadline_scope`."""


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
def websockets(endpoint: str) -> Any:
    """Return the client that posts to the open connections of a WebSocket API; its own time-outs bound a call."""
    return _session().create_client("apigatewaymanagementapi", config=AT_ONCE, endpoint_url=endpoint)


@cache
def _secretsmanager() -> SecretsManagerClient:
    made: SecretsManagerClient = client_in_time("secretsmanager", CONFIG)
    return made


@cache
def _secretsmanager_in_time() -> SecretsManagerClient:
    made: SecretsManagerClient = client_in_time("secretsmanager")
    return made


class _ServicesInUse(Loader):
    """Loader with a fixed list; botocore's own lists the folders of 400 services twice for the first client."""

    def list_available_services(self, _type_name: str) -> list[str]:
        """Return the services used here; clients of others cannot be built."""
        return [*SERVICES]


@cache
def _descriptions() -> Loader:
    """Return the loader of AWS's service descriptions, which are most of a first client's cost."""
    return _ServicesInUse()


@cache
def _session() -> Session:
    session = get_session()
    session.register_component("data_loader", _descriptions())
    return session


def client(service: str, config: Config = CONFIG) -> Any:
    """Return a new botocore client; boto3 would add a tenth of a second to a cold start."""
    return _session().create_client(service, config=config)


def client_in_time(service: str, config: Config = IN_TIME, longest_seconds: float = math.inf) -> Any:
    """Return a new client for calls while an agent waits."""
    return DeadlineClient(client(service, config), longest_seconds)


def read_descriptions(*services: str) -> None:
    """Load AWS's descriptions of these services, so that their clients are built fast; no network."""
    session = get_session()
    session.register_component("data_loader", _descriptions())
    for service in services:
        # Dummy keys: without keys, botocore would fetch credentials.
        session.create_client(service, aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106 - no secret


secret_cache: dict[str, tuple[float, dict[str, Any]]] = {}
"""Secrets with the time of their reading, by ARN."""


def secret(arn: str, oldest_seconds: float = SECRET_SECONDS, *, in_time: bool = False) -> dict[str, Any]:
    """Return the JSON secret, at most `oldest_seconds` old.

    Args:
        in_time: whether an agent waits, so that the deadline bounds the call.

    Raises:
        SecretUnavailable: AWS does not answer now.
        ConfigurationError: it cannot be read or is not a JSON object.
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
    """Forget clients with their connections and credentials, and secrets, until they are needed again."""
    clients = (dynamodb, dynamodb_at_once, sqs, sns, kms, kms_in_time, _secretsmanager, _secretsmanager_in_time)
    for made in (*clients, websockets, _session):
        made.cache_clear()
    secret_cache.clear()


def error_code(error: BaseException) -> str:
    """Return AWS's code of a ClientError, such as `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
