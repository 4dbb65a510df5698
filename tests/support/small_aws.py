"""The AWS that is asked while an agent waits, on a socket: it answers at once, or holds what it is told to hold."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any

from local.clinicea.auth import LOCAL_API_KEY, LOCAL_LOGIN
from tests.support.small_server import Action, Reply, Reset, Seen

HELD_SECONDS = 20.0
"""Far longer than any test lasts; for one that fails to let go."""
SECRET = {"api_key": LOCAL_API_KEY, "user_name": LOCAL_LOGIN[0], "password": LOCAL_LOGIN[1]}


class SmallAws:
    """What answers a `SmallServer`'s requests as DynamoDB, KMS, SQS and Secrets Manager do, as far as they are asked.

    Attributes:
        asked: the operations, in order.
        holds: whether to hold a request of this operation, such as `GetItem`.
        let_go: set to let everything go that is held.
        held: the operations that were held.
        instead: what to answer instead.
        secrets: those that are not Clinicea's, by ARN.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.holds: Callable[[str], bool] = lambda _operation: False
        self.let_go = threading.Event()
        self.held: list[str] = []
        self.instead: Reply | None = None
        self.secrets: dict[str, dict[str, str]] = {}
        self._items: dict[str, dict[str, Any]] = {}

    def __call__(self, seen: Seen) -> Action:
        operation = seen.headers.get("x-amz-target", "S3.GetObject").rpartition(".")[2]
        self.asked.append(operation)
        if self.holds(operation):
            self.held.append(operation)
            self.let_go.wait(HELD_SECONDS)
            return Reset()
        return self.instead or Reply(200, json.dumps(self._answer(operation, seen.json)).encode())

    def _answer(self, operation: str, given: Any) -> dict[str, Any]:
        match operation:
            case "GetSecretValue":
                found = self.secrets.get(given["SecretId"], SECRET)
                return {"ARN": given["SecretId"], "Name": "secret", "SecretString": json.dumps(found)}
            case "Encrypt":
                return {"CiphertextBlob": given["Plaintext"], "KeyId": given["KeyId"]}
            case "Decrypt":
                return {"Plaintext": given["CiphertextBlob"], "KeyId": "key"}
            case "SendMessage":
                return {"MessageId": "m", "MD5OfMessageBody": hashlib.md5(given["MessageBody"].encode()).hexdigest()}
            case "GetItem":
                item = self._items.get(given["Key"]["pk"]["S"])
                return {} if item is None else {"Item": item}
            case "PutItem" if "pk" in given["Item"]:
                self._items[given["Item"]["pk"]["S"]] = given["Item"]
        return {}
