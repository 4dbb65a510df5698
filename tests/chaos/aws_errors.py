"""AWS's errors as botocore raises them."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError


def client_error(operation: str, code: str, message: str, status: int = 400, **more: Any) -> ClientError:
    """Return the ClientError of an error answer; `more` are further members of the response, such as `Item`."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"RequestId": "0" * 32, "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0},
        **more,
    }
    return ClientError(response, operation)


def invalid(operation: str, message: str) -> ClientError:
    """Return DynamoDB's complaint about a request that makes no sense."""
    return client_error(operation, "ValidationException", message)
