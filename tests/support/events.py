"""Events as AWS hands them to functions: REST proxy, request authorizer, SQS."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

Event = dict[str, Any]

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
HOST = "abc123.execute-api.ap-south-1.amazonaws.com"
ACCOUNT = "123456789012"


def gateway(
    method: str,
    resource: str,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    body: object = None,
    base64_encoded: bool = False,
    base_path: str = "v1",
    domain: str | None = HOST,
    headers: Mapping[str, str] | None = None,
    caller: str | None = "convox",
    age_ms: int = 0,
) -> Event:
    """A REST API's proxy event. `body`: text as it is, bytes in base64, anything else as JSON.

    A REST API hands over path and its parameters as they came, percent-encoded.
    """
    route = resource
    path = {name: quote(value, safe="", errors="replace") for name, value in (path or {}).items()}
    for name, value in path.items():
        route = route.replace("{" + name + "}", value)
    outside = f"/{base_path}{route}" if base_path else route
    if isinstance(body, bytes):
        body, base64_encoded = base64.b64encode(body).decode(), True
    sent = {"Host": domain or HOST, "X-Forwarded-Proto": "https", "Content-Type": "application/json", **(headers or {})}
    context: dict[str, Any] = {
        "accountId": ACCOUNT,
        "apiId": "abc123",
        "authorizer": {"caller": caller, "principalId": caller, "integrationLatency": 3} if caller else None,
        "domainName": domain,
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "httpMethod": method,
        "identity": {"sourceIp": "203.0.113.7", "userAgent": "ConVox"},
        "path": outside,
        "protocol": "HTTP/1.1",
        "requestId": REQUEST_ID,
        "requestTime": "01/Mar/2027:06:30:00 +0000",
        "requestTimeEpoch": int(time.time() * 1000) - age_ms,
        "resourceId": "1abc2d",
        "resourcePath": resource,
        "stage": "v1",
    }
    return {
        "resource": resource,
        "path": route,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": dict(path) if path else None,
        "stageVariables": None,
        "requestContext": {name: value for name, value in context.items() if value is not None},
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": base64_encoded,
    }


def search(body: object, **more: Any) -> Event:
    return gateway("POST", "/patients/search", body=body, **more)


def search_by_get(query: Mapping[str, str], **more: Any) -> Event:
    return gateway("GET", "/patients", query=query, **more)


def completed(patient_id: str, query: Mapping[str, str], **more: Any) -> Event:
    resource = "/patients/{patient_id}/appointments/completed"
    return gateway("GET", resource, path={"patient_id": patient_id}, query=query, **more)


def confirm(patient_id: str, body: object, **more: Any) -> Event:
    return gateway("POST", "/patients/{patient_id}/confirm", path={"patient_id": patient_id}, body=body, **more)


def popup_by_get(query: Mapping[str, str], **more: Any) -> Event:
    return gateway("GET", "/calls/popup", query=query, **more)


def popup(body: object, **more: Any) -> Event:
    return gateway("POST", "/calls/popup", body=body, **more)


def call_status(body: object, **more: Any) -> Event:
    return gateway("POST", "/calls/status", body=body, **more)


def book_known(patient_id: str, body: object, **more: Any) -> Event:
    resource = "/patients/{patient_id}/appointments"
    return gateway("POST", resource, path={"patient_id": patient_id}, body=body, **more)


def book_new(body: object, **more: Any) -> Event:
    return gateway("POST", "/appointments", body=body, **more)


def booking(booking_id: str, **more: Any) -> Event:
    return gateway("GET", "/bookings/{booking_id}", path={"booking_id": booking_id}, **more)


def call_bookings(call_id: str, query: Mapping[str, str] | None = None, **more: Any) -> Event:
    return gateway("GET", "/calls/{call_id}/bookings", path={"call_id": call_id}, query=query, **more)


def call_bookings_by_query(call_id: str | None, **more: Any) -> Event:
    return gateway("GET", "/calls/bookings", query=None if call_id is None else {"call_id": call_id}, **more)


def tasks(query: Mapping[str, str] | None = None, **more: Any) -> Event:
    return gateway("GET", "/tasks", query=query, **more)


def scheduled(rule: str, moment: datetime) -> Event:
    """An EventBridge rule's event."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "region": "ap-south-1",
        "resources": [f"arn:aws:events:ap-south-1:{ACCOUNT}:rule/{rule}"],
        "detail": {},
    }


def authorizer(headers: Mapping[str, str] | None, *, method: str = "GET", path: str = "bookings/bk_x") -> Event:
    """A REQUEST authorizer's event."""
    given = None if headers is None else dict(headers)
    return {
        "type": "REQUEST",
        "methodArn": f"arn:aws:execute-api:ap-south-1:{ACCOUNT}:abc123/v1/{method}/{path}",
        "resource": f"/{path}",
        "path": f"/{path}",
        "httpMethod": method,
        "headers": given,
        "multiValueHeaders": None if given is None else {name: [value] for name, value in given.items()},
        "queryStringParameters": {},
        "pathParameters": {},
        "stageVariables": {},
        "requestContext": {"apiId": "abc123", "stage": "v1", "requestId": REQUEST_ID, "path": f"/v1/{path}"},
    }


def sqs(message: Mapping[str, Any], queue_name: str) -> Event:
    """An event source's event for one message as `receive_message` gives it."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": dict(message["Attributes"]),
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:ap-south-1:{ACCOUNT}:{queue_name}",
                "awsRegion": "ap-south-1",
            }
        ]
    }
