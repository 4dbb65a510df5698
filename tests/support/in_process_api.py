"""The API of a deployment in this process, as `commands.api.Api` is the deployed one's; the worker runs beside it."""

from __future__ import annotations

import re
from typing import Any

from commands.api import Answer, Json
from convox_clinicea import aws
from tests.support import events
from tests.support.deployment import Deployment
from tests.support.environment import routes


class InProcessApi:
    """Answers requests by the functions; before a booking is shown, the queue's messages are worked off."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def call(self, method: str, path: str, body: Json | None = None, query: dict[str, str] | None = None) -> Answer:
        """Send one request."""
        resource, named = self._resource(method, path)
        if method == "GET" and "booking_id" in named:
            self._work()
        event = events.gateway(method, resource, path=named, body=body, query=query)
        answer = self._deployment.function(routes()[method, resource])(event)
        return Answer(answer.status, answer.body, 0.0)

    def _work(self) -> None:
        """Deliver what is in the queue, once; what comes again is visible at once."""
        count = aws.sqs().get_queue_attributes(
            QueueUrl=self._deployment.stack.queue_url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        for _ in range(int(count["Attributes"]["ApproximateNumberOfMessages"])):
            delivered = self._deployment.deliver()
            if not delivered.acknowledged:
                self._deployment.hurry(delivered)

    @staticmethod
    def _resource(method: str, path: str) -> tuple[str, dict[str, Any]]:
        for verb, resource in routes():
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", resource)
            found = re.fullmatch(pattern, path)
            if verb == method and found is not None:
                return resource, found.groupdict()
        raise LookupError(f"{method} {path}")
