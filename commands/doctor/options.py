"""Finds the verbs of an address by OPTIONS, which executes nothing."""

from __future__ import annotations

from dataclasses import replace

from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.clinicea.wire import Transport, WireAnswer, WireRequest
from convox_clinicea.deadline import Deadline


class AsOptions:
    """A transport that sends OPTIONS instead of the call."""

    def __init__(self) -> None:
        self.verbs = frozenset[str]()
        """GET, POST or both, from the last answer's `Allow`."""
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
