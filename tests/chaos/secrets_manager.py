"""A double of the Secrets Manager client, and the product's secrets, kept for minutes in each container."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from convox_clinicea import aws
from tests.chaos import parameters
from tests.chaos.aws_errors import client_error
from tests.chaos.remote import Remote
from tests.chaos.scheduler import Scheduler

Json = dict[str, Any]


class SecretsManager:
    """The client's `get_secret_value`."""

    def __init__(self, secrets: Mapping[str, Json]) -> None:
        self._secrets = secrets

    def get_secret_value(self, **given: Any) -> Json:
        parameters.check("secretsmanager", "GetSecretValue", given)
        found = self._secrets.get(given["SecretId"])
        if found is None:
            raise client_error("GetSecretValue", "ResourceNotFoundException", "Secrets Manager can't find it")
        return {"ARN": given["SecretId"], "SecretString": json.dumps(found)}


class Secrets:
    """Stands in for `aws.secret`, which keeps what it read by the real clock and for the whole process."""

    def __init__(self, remote: Remote, scheduler: Scheduler) -> None:
        self._remote: Any = remote
        self._scheduler = scheduler
        self._kept: dict[tuple[str, str], tuple[float, Json]] = {}

    def secret(self, arn: str, oldest_seconds: float = aws.SECRET_SECONDS, *, in_time: bool = False) -> Json:
        """Return the secret as the container read it; raises as the product's own reading does."""
        del in_time  # both clients are the same double
        running = self._scheduler.current
        container = "" if running is None else running.name.rpartition(":")[0]
        read_at, kept = self._kept.get((container, arn), (0.0, {}))
        if kept and self._scheduler.now - read_at < oldest_seconds:
            return kept
        value: Json = json.loads(aws._secret_string(arn, self._remote))
        self._kept[container, arn] = self._scheduler.now, value
        return value
