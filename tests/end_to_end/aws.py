"""The deployed stack as an operator sees it: its functions, queues and notices."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config

Json = dict[str, Any]
STACK = "convox-clinicea"
KNOWN_ERRORS = re.compile(r'"error": ?"(QueueUnavailable|TableUnavailable|UnparsableMessage)"')
"""What the product itself says of AWS, and of messages that are none of its own."""


class Aws:
    """The account's root, on the embedded AWS that `stack.json` names."""

    def __init__(self, stack: Mapping[str, str]) -> None:
        self._stack = stack
        self._resources: dict[str, str] = {}
        self._notices: list[str] = []
        self._notices_queue = ""

    def client(self, service: str) -> Any:
        """Return a client; whatever it asks counts as asked over TLS, which the queues' policies want."""
        make: Any = boto3.client
        client = make(
            service,
            endpoint_url=self._stack["aws_endpoint_url"],
            region_name="ap-south-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(read_timeout=60, retries={"total_max_attempts": 1}, proxies={}),
        )
        client.meta.events.register("before-call", _as_if_over_tls)
        return client

    def physical_id(self, logical_id: str) -> str:
        """Return what a resource of the template is called in the account."""
        if not self._resources:
            listed = self.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
            self._resources = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}
        return self._resources[logical_id]

    def invoke(self, function: str, event: Json) -> Json:
        """Invoke a function of the template and wait for what it returns; fails if it raised."""
        answer = self.client("lambda").invoke(FunctionName=self.physical_id(function), Payload=json.dumps(event))
        text = answer["Payload"].read()
        assert "FunctionError" not in answer, text
        returned: Json = json.loads(text)
        return returned

    def sweep(self) -> Json:
        """Let the sweeper come by at once; returns its counts."""
        return self.invoke("SweeperFunction", {"source": "aws.events", "detail-type": "Scheduled Event"})

    @contextmanager
    def worker_unplugged(self) -> Iterator[None]:
        """Have no message delivered to the worker."""
        functions = self.client("lambda")
        worker = self.physical_id("BookingWorkerFunction")
        (mapping,) = functions.list_event_source_mappings(FunctionName=worker)["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    @contextmanager
    def received(self) -> Iterator[Json]:
        """Receive a message as Lambda's poller does; afterwards it is there again, as if nobody had deleted it."""
        sqs, url = self.client("sqs"), self._stack["queue_url"]
        (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"], WaitTimeSeconds=5)["Messages"]
        try:
            yield message
        finally:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)

    @contextmanager
    def most_receives(self, count: int) -> Iterator[None]:
        """Have messages become dead letters after so many receives."""
        sqs, url = self.client("sqs"), self._stack["queue_url"]
        before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
        strict = json.dumps({**json.loads(before), "maxReceiveCount": count})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": strict})
        try:
            yield
        finally:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": before})

    def messages(self) -> int:
        """Return how many messages are in the queue of bookings, those included that are being worked."""
        return self._messages("queue_url")

    def dead_letters(self) -> int:
        """Return how many messages lie among the dead letters, those included that somebody is looking at."""
        return self._messages("dead_letter_queue_url")

    def _messages(self, queue: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counted = self.client("sqs").get_queue_attributes(QueueUrl=self._stack[queue], AttributeNames=names)
        return sum(int(counted["Attributes"][name]) for name in names)

    def listen(self) -> None:
        """Subscribe to the notices, from now on."""
        sqs, sns = self.client("sqs"), self.client("sns")
        self._notices_queue = sqs.create_queue(QueueName="told")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._notices_queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        publishers = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = {"Version": "2012-10-17", "Statement": [{**publishers, "Resource": arn}]}
        sqs.set_queue_attributes(QueueUrl=self._notices_queue, Attributes={"Policy": json.dumps(policy)})
        sns.subscribe(
            TopicArn=self.physical_id("Notices"),
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )

    def notices(self) -> list[str]:
        """Return the text of each notice published since then."""
        sqs = self.client("sqs")
        while True:  # bounded by what was published
            found = sqs.receive_message(QueueUrl=self._notices_queue, MaxNumberOfMessages=10).get("Messages", [])
            if not found:
                return list(self._notices)
            for message in found:
                self._notices.append(message["Body"])
                sqs.delete_message(QueueUrl=self._notices_queue, ReceiptHandle=message["ReceiptHandle"])

    def unforeseen_errors(self) -> list[str]:
        """Return what the worker logged of messages that failed for another reason than AWS."""
        logs = self.client("logs")
        group = f"/aws/lambda/{STACK}/booking_worker"
        lines = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
        return [line for line in lines if "message failed" in line and not KNOWN_ERRORS.search(line)]


def _as_if_over_tls(params: Json, **_event: object) -> None:
    params["headers"]["X-Forwarded-Proto"] = "https"
