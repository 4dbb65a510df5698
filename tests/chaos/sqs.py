"""A double of the SQS client over standard queues, with the guarantees that AWS documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import md5
from typing import Any

from botocore.exceptions import ClientError

from tests.chaos import parameters
from tests.chaos.aws_errors import client_error
from tests.chaos.queue import Message, NotInFlight, Queue, StaleHandle, UnknownHandle

Json = dict[str, Any]
LONGEST_VISIBILITY = 43_200
NOT_THERE = "AWS.SimpleQueueService.NonExistentQueue"
NOT_IN_FLIGHT = "AWS.SimpleQueueService.MessageNotInflight"


class Sqs:
    """The client's methods, named and behaving as boto3's."""

    def __init__(self, queues: Iterable[Queue]) -> None:
        self.queues = {queue.settings.url: queue for queue in queues}

    def send_message(self, **given: Any) -> Json:
        parameters.check("sqs", "SendMessage", given)
        return self._send("SendMessage", self._queue("SendMessage", given), given)

    def send_message_batch(self, **given: Any) -> Json:
        operation = "SendMessageBatch"
        parameters.check("sqs", operation, given)
        queue = self._queue(operation, given)
        done: list[Json] = []
        failed: list[Json] = []
        for entry in given["Entries"]:
            try:
                done.append({"Id": entry["Id"], **self._send(operation, queue, entry)})
            except ClientError as error:
                failed.append({"Id": entry["Id"], "SenderFault": True, **error.response["Error"]})
        return {"Successful": done, **({"Failed": failed} if failed else {})}

    def receive_message(self, **given: Any) -> Json:
        parameters.check("sqs", "ReceiveMessage", given)
        queue = self._queue("ReceiveMessage", given)
        received: list[Json] = []
        for _ in range(given.get("MaxNumberOfMessages", 1)):
            message = queue.receive(given.get("VisibilityTimeout"))
            if message is None:
                break
            received.append(as_received(message))
        return {"Messages": received} if received else {}

    def delete_message(self, **given: Any) -> Json:
        parameters.check("sqs", "DeleteMessage", given)
        self._by_handle("DeleteMessage", given, lambda queue, handle: queue.delete(handle))
        return {}

    def change_message_visibility(self, **given: Any) -> Json:
        operation = "ChangeMessageVisibility"
        parameters.check("sqs", operation, given)
        seconds = given["VisibilityTimeout"]
        if not 0 <= seconds <= LONGEST_VISIBILITY:
            text = f"Value {seconds} for parameter VisibilityTimeout is invalid."
            raise client_error(operation, "InvalidParameterValue", text)
        self._by_handle(operation, given, lambda queue, handle: queue.change_visibility(handle, seconds))
        return {}

    def get_queue_attributes(self, **given: Any) -> Json:
        parameters.check("sqs", "GetQueueAttributes", given)
        queue = self._queue("GetQueueAttributes", given)
        flying = queue.in_flight()
        attributes = {
            "ApproximateNumberOfMessages": str(len(queue) - flying),
            "ApproximateNumberOfMessagesNotVisible": str(flying),
            "ApproximateNumberOfMessagesDelayed": "0",
            "VisibilityTimeout": str(int(queue.settings.visibility_seconds)),
            "QueueArn": queue.settings.arn,
        }
        wanted = given.get("AttributeNames", [])
        return {"Attributes": {name: text for name, text in attributes.items() if "All" in wanted or name in wanted}}

    def _queue(self, operation: str, given: Mapping[str, Any]) -> Queue:
        queue = self.queues.get(given["QueueUrl"])
        if queue is None:
            raise client_error(operation, NOT_THERE, "The specified queue does not exist.")
        return queue

    def _send(self, operation: str, queue: Queue, given: Mapping[str, Any]) -> Json:
        for other in (
            "MessageDeduplicationId",
            "MessageGroupId",
        ):  # a group makes a queue fair: nothing here asks for it
            if other in given:
                text = f"Value for parameter {other} is invalid. Reason: The request include parameter not valid here."
                raise client_error(operation, "InvalidParameterValue", text)
        message = queue.send(given["MessageBody"])
        return {"MessageId": message.message_id, "MD5OfMessageBody": _digest(given["MessageBody"])}

    def _by_handle(self, operation: str, given: Mapping[str, Any], act: Any) -> None:
        queue, handle = self._queue(operation, given), given["ReceiptHandle"]
        try:
            act(queue, handle)
        except StaleHandle:
            text = f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist."
            raise client_error(operation, "InvalidParameterValue", text) from None
        except NotInFlight:
            raise client_error(operation, NOT_IN_FLIGHT, "The message referred to is not in flight.") from None
        except UnknownHandle:
            text = "The input receipt handle is invalid."
            raise client_error(operation, "ReceiptHandleIsInvalid", text) from None


def as_received(message: Message) -> Json:
    """Return the message as ReceiveMessage and Lambda's event source show it."""
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.handle,
        "Body": message.body,
        "MD5OfBody": _digest(message.body),
        "Attributes": {
            "ApproximateReceiveCount": str(message.received),
            "SentTimestamp": str(int(message.sent_at * 1000)),
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": str(int(message.first_received_at * 1000)),
        },
    }


def _digest(body: str) -> str:
    return md5(body.encode(), usedforsecurity=False).hexdigest()
