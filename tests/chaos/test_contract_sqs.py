"""What the SQS double and the emulators must all do for standard queues, as AWS documents it; and KMS's contexts."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.chaos.contract import MOST_RECEIVES, SOON, VISIBILITY, Side

Json = dict[str, Any]


def send(side: Side, body: str) -> str:
    message_id: str = side.sqs.send_message(QueueUrl=side.queue_url, MessageBody=body)["MessageId"]
    return message_id


def receive(side: Side, url: str | None = None) -> Json | None:
    found = side.sqs.receive_message(
        QueueUrl=url or side.queue_url, MessageSystemAttributeNames=["All"], WaitTimeSeconds=0
    )
    messages: list[Json] = found.get("Messages", [])
    return messages[0] if messages else None


def body(message: Json | None) -> str | None:
    return None if message is None else message["Body"]


def delete(side: Side, message: Json | None) -> None:
    assert message is not None
    side.sqs.delete_message(QueueUrl=side.queue_url, ReceiptHandle=message["ReceiptHandle"])


def postpone(side: Side, message: Json | None, seconds: int) -> None:
    assert message is not None
    side.sqs.change_message_visibility(
        QueueUrl=side.queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
    )


def run_out(side: Side, message: Json | None) -> None:
    """Let the visibility of a message come to its end: the queue's, or where that takes a minute a shorter one."""
    if side.name != "double":
        postpone(side, message, SOON)
    side.wait((VISIBILITY if side.name == "double" else SOON) + 0.2)


def counted(side: Side) -> tuple[int, int]:
    """Return how many messages wait, and how many are in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = side.sqs.get_queue_attributes(QueueUrl=side.queue_url, AttributeNames=names)["Attributes"]
    return int(found[names[0]]), int(found[names[1]])


def test_all_messages_are_received_though_none_is_deleted(side: Side) -> None:
    for text in ("1", "2", "3"):
        send(side, text)

    assert {body(receive(side)) for _ in range(3)} == {"1", "2", "3"}
    assert receive(side) is None


def test_what_is_not_deleted_comes_again(side: Side) -> None:
    message_id = send(side, "1")
    first = receive(side)
    assert receive(side) is None

    run_out(side, first)
    again = receive(side)

    assert body(again) == "1"
    assert first
    assert again
    assert again["MessageId"] == first["MessageId"] == message_id
    assert again["ReceiptHandle"] != first["ReceiptHandle"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    assert not {"MessageGroupId", "MessageDeduplicationId", "SequenceNumber"} & set(again["Attributes"])


def test_visibility_can_be_shortened_and_prolonged(side: Side) -> None:
    send(side, "1")
    postpone(side, receive(side), 0)
    message = receive(side)
    assert body(message) == "1"
    postpone(side, message, SOON)
    postpone(side, message, SOON + 60)

    side.wait(SOON + 0.5)

    assert receive(side) is None


def test_what_is_no_longer_in_flight_is_not_postponed(side: Side, request: pytest.FixtureRequest) -> None:
    side.known_deviation(request, "postpones a message whose visibility has run out", "moto", "embedded")
    send(side, "1")
    stale = receive(side)
    run_out(side, stale)

    with pytest.raises(ClientError) as error:
        postpone(side, stale, 5)

    assert error.value.response["Error"]["Code"] == "AWS.SimpleQueueService.MessageNotInflight"


def test_latest_receipt_deletes_even_after_its_visibility(side: Side) -> None:
    send(side, "1")
    message = receive(side)
    run_out(side, message)

    delete(side, message)

    assert receive(side) is None


def test_earlier_receipt_raises_no_error_and_may_delete_nothing(side: Side, request: pytest.FixtureRequest) -> None:
    side.known_deviation(request, "calls an earlier receipt handle one that never was", "embedded")
    send(side, "1")
    stale = receive(side)
    run_out(side, stale)
    again = receive(side)

    delete(side, stale)
    assert counted(side) == (0, 0 if side.name == "moto" else 1)

    delete(side, again)
    delete(side, again)
    assert counted(side) == (0, 0)


def test_a_handle_that_never_was(side: Side) -> None:
    with pytest.raises(ClientError) as error:
        delete(side, {"ReceiptHandle": "nothing of ours"})

    assert error.value.response["Error"]["Code"] == "ReceiptHandleIsInvalid"


def test_a_message_sent_twice_is_two_messages(side: Side) -> None:
    first, second = send(side, "same"), send(side, "same")

    assert first != second
    assert [body(receive(side)) for _ in range(3)] == ["same", "same", None]


def test_a_deduplication_id_is_refused(side: Side, request: pytest.FixtureRequest) -> None:
    side.known_deviation(request, "takes a deduplication id", "moto", "embedded")

    with pytest.raises(ClientError) as error:
        side.sqs.send_message(QueueUrl=side.queue_url, MessageBody="1", MessageDeduplicationId="d")

    assert error.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_after_its_last_receive_a_message_is_a_dead_letter(side: Side) -> None:
    send(side, "1")
    for _ in range(MOST_RECEIVES):
        message = receive(side)
        assert body(message) == "1"
        postpone(side, message, 0)
    send(side, "2")

    assert body(receive(side)) == "2"
    assert body(receive(side, side.dead_letter_url)) == "1"


def test_a_batch_is_sent_entry_by_entry(side: Side) -> None:
    entries = [{"Id": text, "MessageBody": text} for text in ("1", "2")]

    answer = side.sqs.send_message_batch(QueueUrl=side.queue_url, Entries=entries)

    assert [each["Id"] for each in answer["Successful"]] == ["1", "2"]
    assert {body(receive(side)), body(receive(side))} == {"1", "2"}


def test_the_queue_counts_what_waits_and_what_is_in_flight(side: Side) -> None:
    for text in ("1", "2", "3"):
        send(side, text)
    receive(side)

    assert counted(side) == (2, 1)


def test_an_unknown_queue(side: Side) -> None:
    with pytest.raises(ClientError) as error:
        side.sqs.receive_message(QueueUrl=side.queue_url.replace("live", "nowhere"))

    assert error.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_sealed_text_opens_with_its_own_context_only(side: Side) -> None:
    context = {"booking_id": "bk_1"}
    sealed = side.kms.encrypt(KeyId=side.key_id, Plaintext=b"secret", EncryptionContext=context)["CiphertextBlob"]

    assert b"secret" not in sealed
    assert side.kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)["Plaintext"] == b"secret"
    with pytest.raises(ClientError) as error:
        side.kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"booking_id": "bk_2"})
    assert error.value.response["Error"]["Code"] == "InvalidCiphertextException"
