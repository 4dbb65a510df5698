"""What an address takes, asked by OPTIONS: nothing is executed."""

from __future__ import annotations

from dataclasses import replace

from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.clinicea.wire import Transport, WireAnswer, WireRequest
from convox_clinicea.deadline import Deadline


class AsOptions:
    """A transport that asks what an address takes, instead of calling it."""

    def __init__(self) -> None:
        self.verbs = frozenset[str]()
        """GET, POST or both, as the last answer's `Allow` said."""
        self._inner: Transport

    def over(self, inner: Transport) -> AsOptions:
        self._inner = inner
        return self

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        if request.call == LOGIN:
            return self._inner.send(request, deadline)
        answer = self._inner.send(replace(request, verb="OPTIONS"), deadline)
        told = {each.strip().upper() for each in (answer.allow or "").split(",")}
        self.verbs = frozenset(told & {"GET", "POST"})
        return answer
