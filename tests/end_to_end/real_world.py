"""The simulation's faults and its judge, over real sockets: a fake Clinicea in this process, and the deployed stack."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

from local.clinicea import Answer, Request, routes
from local.clinicea.auth import Credentials
from local.clinicea.clock import SystemClock
from local.clinicea.control import PREFIX
from local.clinicea.core import FakeClinicea
from local.clinicea.sample import seed_sample
from tests.chaos import clinicea_faults
from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.clinicea_faults import Hit, Troubles
from tests.chaos.consent_said import Proof
from tests.chaos.judge_calendar import Acts
from tests.end_to_end.api import Api
from tests.end_to_end.aws import Aws

LATEST_COMMIT = 20.0
"""Seconds after which a late commit has happened: within the settle time of the tests' stack."""
SHARE = LATEST_COMMIT / clinicea_faults.LATEST_COMMIT
SHORT = {"delay": 0.8, "timeout_before": 0.8, "timeout_after": 0.8, "drip": 0.001}
"""How long things take here at the most: one worker takes all bookings, one after the other."""


class Weather:
    """Fair, until somebody says otherwise."""

    def __init__(self) -> None:
        self.share = 0.0

    def clinicea_share(self) -> float:
        return self.share


class RealClinicea(SimulatedClinicea):
    """The account that the stack books into; its calls go wrong by the simulation's own mix, in real time."""

    def __init__(self, seed: int) -> None:
        super().__init__(SystemClock(), seed, Credentials())
        self._fill = seed_sample
        seed_sample(self)
        self.weather = Weather()
        self._troubles = Troubles(self, self.weather, Random(seed))

    def handle(self, request: Request) -> Answer:
        if request.path.startswith(PREFIX):
            return FakeClinicea.handle(self, request)
        call = routes.find(request.method, request.path, self.switches).call
        with self._troubles.applied(_in_real_time(self._troubles.draw(call))):
            return super().handle(request)


def _in_real_time(hit: Hit) -> Hit:
    """Return the same fault, so short that a test can wait for it, and as a server on a socket can do it."""
    if hit.unreachable:  # a server cannot keep a connection from being made: it cuts it
        return Hit(hit.name, rule={"call": "*", "kind": "reset_before", "count": 1})
    if hit.transit:
        return Hit(hit.name, rule={"call": "*", "kind": "delay", "seconds": SHORT["delay"], "count": 1})
    # Half a commit is followed by the other half as late as a late commit is.
    slow = {name: SHARE * float(str(value)) for name, value in hit.switches.items() if name == "half_commit_seconds"}
    hit = replace(hit, switches={**hit.switches, **slow})
    if hit.rule is None:
        return hit
    short: dict[str, object] = dict(hit.rule)
    kind, seconds = str(short["kind"]), short.get("seconds")
    if kind == "late_commit":
        # Held, it would keep the only worker for half a minute.
        short |= {"seconds": SHARE * float(str(seconds)), "reset": True}
    elif kind in SHORT:
        short["seconds"] = min(SHORT[kind], float(str(seconds)))
    if "headers" in short:
        short["headers"] = {}
    return replace(hit, rule=short)


class RealWorld:
    """What the judge goes by, of the deployed stack."""

    def __init__(self, clinicea: RealClinicea, lock: threading.Lock, api: Api, aws: Aws) -> None:
        self.clinicea = clinicea
        self.acts = Acts()
        self.worn_out: frozenset[str] = frozenset()
        self.consents: frozenset[Proof] | None = None
        self._lock = lock
        self._api = api
        self._aws = aws

    @property
    def notices(self) -> list[str]:
        return self._aws.notices()

    @property
    def crashes(self) -> Counter[str]:
        return Counter(self._aws.unforeseen_errors())

    def status(self, booking_id: str) -> tuple[int, Mapping[str, Any]]:
        answer = self._api.get(f"/bookings/{booking_id}")
        return answer.status_code, answer.json()

    def calls_without_end(self) -> frozenset[str]:
        """Nothing is booked by a status callback here."""
        return frozenset()

    @contextmanager
    def bad_weather(self, share: float) -> Iterator[None]:
        """Have so many of Clinicea's calls go wrong."""
        self.clinicea.weather.share = share
        try:
            yield
        finally:
            self.clinicea.weather.share = 0.0

    @contextmanager
    def standing_still(self) -> Iterator[RealClinicea]:
        """Look at the account, or change it, while no request does."""
        with self._lock:
            self.clinicea.advance()
            yield self.clinicea
