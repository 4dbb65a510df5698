"""HTTP requests and answers of Clinicea, and the transport's interface."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import quote, urlencode

from convox_clinicea.clinicea.call_table import CallSpec, Variant
from convox_clinicea.deadline import Deadline


@dataclass(frozen=True, repr=False)
class WireRequest:
    """One HTTP request to Clinicea. Its `repr` is empty: query, headers and body hold secrets and patients' data."""

    call: str
    verb: Literal["GET", "POST", "OPTIONS"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    document: Mapping[str, Any] | None = None
    bare: frozenset[str] = frozenset()
    """Query parameters whose colons are not percent-encoded."""

    @property
    def target(self) -> str:
        """The encoded path with its query. It holds secrets and patients' data, so only a socket may get it."""
        pairs = [
            urlencode({name: value}, safe=":" if name in self.bare else "", errors="strict")
            for name, value in self.query.items()
        ]
        return f"{self.path}?{'&'.join(pairs)}" if pairs else self.path

    @property
    def body(self) -> bytes | None:
        """The JSON body, in UTF-8."""
        return None if self.document is None else json.dumps(self.document, ensure_ascii=False).encode()


def request_for(
    call: str, spec: CallSpec, arguments: Mapping[str, str | None], variant: Variant | None = None
) -> WireRequest:
    """Return the request of a call according to the call table, without a credential."""
    named = spec.named(arguments, variant)
    apart = {name: (place, named.pop(name, "")) for name, place in spec.places.items()}
    path = spec.address
    for name, (place, value) in apart.items():
        if place == "path":
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
    query = {name: value for name, (place, value) in apart.items() if place == "query" and value}
    return WireRequest(
        call=call,
        verb=spec.verb,
        path=path,
        query=query | named if spec.style == "query" else query,
        headers={name: value for name, (place, value) in apart.items() if place == "header" and value},
        form=named if spec.style == "form" else None,
        document=_nested(named) if spec.style == "json" else None,
        bare=spec.bare,
    )


def _nested(named: Mapping[str, str]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in named.items():
        *outer, last = name.split(".")
        place = document
        for each in outer:
            place = place.setdefault(each, {})
        place[last] = value
    return document


@dataclass(frozen=True, repr=False)
class WireAnswer:
    """A complete HTTP answer.

    Attributes:
        framed: whether its headers say where the body ends. If not, an empty body may be a truncated one.
        allow: the verbs of the Allow header, if sent.
    """

    status: int
    content_type: str
    body: bytes
    retry_after: str | None = None
    framed: bool = True
    allow: str | None = None

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class NoAnswer(Exception):
    """No complete answer came.

    Attributes:
        left: whether any byte of the request was sent. If False, Clinicea certainly never got the request: name
            look-up, connection or TLS failed.
        timed_out: whether the deadline ended it.
    """

    def __init__(self, *, left: bool, timed_out: bool) -> None:
        super().__init__("left" if left else "never left", "timed out" if timed_out else "connection failed")
        self.left = left
        self.timed_out = timed_out


class Transport(Protocol):
    """Sends one request, without retries and without judging the status."""

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Return the complete answer before `deadline`; raises NoAnswer."""
        ...
