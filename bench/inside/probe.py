"""Runs in a function's process around its handler, and records where the time of each invocation goes.

It is the handler instead of `app.handler`. It imports only modules of the standard library that the runtime client has
already imported, so that the measured function finds nothing loaded that Lambda would not have.

PROBE_FILE: where each invocation adds a line of JSON; all times in seconds:
  wall     in the handler.
  cpu      of this process meanwhile, all threads together.
  aws_client   in the AWS client since the line before (at first: since the start), without the wait for answers.
  outbound [begin, end] of each request that was sent, against the handler's start.
  calls    what each of them was: the AWS operation, with its table and how many items it transacts, or `clinicea`.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

Spans = list[tuple[float, float]]
AWS_PACKAGES = ("boto3", "botocore", "s3transfer")
AWS_WORK = (
    ("botocore.session", "Session", "create_client"),
    ("botocore.client", "BaseClient", "_make_api_call"),
    ("boto3.session", "Session", "__init__"),
    ("boto3.session", "Session", "resource"),
)
SENDS = (
    ("botocore.httpsession", "URLLib3Session", "send"),
    ("requests.adapters", "HTTPAdapter", "send"),
)

_import = builtins.__import__
_in_client: Spans = []
_outbound: list[tuple[float, float, Any]] = []
_to_hook = {*AWS_WORK, *SENDS}


def _what(request: Any) -> str:
    """Return a request's name: for AWS operation and table, for Clinicea nothing more."""
    headers = getattr(request, "headers", {})
    target = headers.get("X-Amz-Target", "")
    target = target.decode() if isinstance(target, bytes) else str(target)
    body = getattr(request, "body", None)
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    if target:
        given = json.loads(text) if text.startswith("{") else {}
        items = given.get("TransactItems", [])
        inner = next(iter(items[0].values())) if items else given
        many = f" x{len(items)}" if items else ""
        operation = f"{target.rpartition('.')[0].partition('_')[0]}.{target.rpartition('.')[2]}"
        return f"{operation} {inner.get('TableName', '')}{many}".strip()
    return "Query." + text.partition("Action=")[2].partition("&")[0] if "Action=" in text else "clinicea"


def _hook(place: tuple[str, str, str]) -> None:
    module = sys.modules.get(place[0])
    owner = getattr(module, place[1], None)
    original = getattr(owner, place[2], None)
    if owner is None or original is None:
        return
    _to_hook.discard(place)
    setattr(owner, place[2], _noting_sends(original) if place in SENDS else _noting_work(original))


def _noting_work(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def work(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return original(*given, **named)
        finally:
            _in_client.append((began, time.perf_counter()))

    return work


def _noting_sends(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def send(adapter: Any, request: Any, *given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return original(adapter, request, *given, **named)
        finally:
            _outbound.append((began, time.perf_counter(), request))  # its name is determined afterwards

    return send


def _hook_all() -> None:
    for place in [*_to_hook]:
        _hook(place)


def _importing(name: str, *given: Any, **named: Any) -> Any:
    package = name.partition(".")[0]
    if package not in (*AWS_PACKAGES, "requests"):
        return _import(name, *given, **named)
    began = time.perf_counter()
    try:
        return _import(name, *given, **named)
    finally:
        if package in AWS_PACKAGES:
            _in_client.append((began, time.perf_counter()))
        _hook_all()


def _length(spans: Spans) -> float:
    """Return the time covered by at least one span."""
    length, reached = 0.0, float("-inf")
    for begin, end in sorted(spans):
        length += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return length


def _in_client_only(sends: Spans) -> float:
    return _length(_in_client + sends) - _length(sends)


def _write(began: float, ended: float, cpu: float) -> None:
    outbound, sends = [*_outbound], [(begin, end) for begin, end, _ in _outbound]
    line = {
        "wall": ended - began,
        "cpu": cpu,
        "aws_client": _in_client_only(sends),
        "outbound": [(begin - began, end - began) for begin, end, _ in outbound],
        "calls": [_what(request) for *_, request in outbound],
    }
    _outbound.clear()
    _in_client.clear()
    with open(os.environ["PROBE_FILE"], "a", encoding="utf-8") as lines:
        lines.write(json.dumps(line) + "\n")


builtins.__import__ = _importing
_inner = importlib.import_module("app").handler
_hook_all()


def handler(event: Any, context: Any) -> Any:
    began, cpu = time.perf_counter(), time.process_time()
    answer = _inner(event, context)
    ended, cpu = time.perf_counter(), time.process_time() - cpu
    _hook_all()
    _write(began, ended, cpu)
    return answer
