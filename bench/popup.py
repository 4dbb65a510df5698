"""The pop-up by Clinicea's latency, compared with its two unavoidable trips: the search, then the visits."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import requests

from bench.events import Feeding, Refused, succeeded
from bench.spread import Spread
from bench.stage import Stage
from local.clinicea.auth import LOCAL_API_KEY

Json = dict[str, Any]
Say = Callable[[str], None]
FUNCTION = "call_popup"
WARM_UP = 3
TRIPS = (
    ("/api/v2/patients/searchPatientByMobileNumber", {"patmobile": "9999900001", "countrycode": "91"}),
    ("/api/v2/appointments/getPatientPastCompletedAppointment", {"patientID": "P-01"}),
)
TIMEOUT_SECONDS = 10


def measure(stage: Stage, latencies: Sequence[int], calls: int, say: Say) -> list[Json]:
    """Measure the pop-up and the two trips in turns, `calls` times for each latency in milliseconds."""
    place = stage.place()
    with Feeding(stage) as feeding, stage.runtime(FUNCTION, place) as runtime, requests.Session() as bare:
        next_event = feeding.of(FUNCTION, place)

        def pop_up() -> float:
            event = next_event()
            began = time.perf_counter()
            answer = succeeded(FUNCTION, runtime.invoke(event))
            seconds = time.perf_counter() - began
            _whole(answer)
            return seconds * 1000

        for _ in range(WARM_UP):
            pop_up()
            _trips(bare, stage.clinicea.url)
        found = []
        for latency in latencies:
            say(f"pop-up over {latency} ms")
            with slow_clinicea(stage, latency / 1000):
                pairs = [(pop_up(), _trips(bare, stage.clinicea.url)) for _ in range(calls)]
            ours, trips = ([each[side] for each in pairs] for side in (0, 1))
            found.append(
                {
                    "latency": latency,
                    "popup": asdict(Spread.of(ours)),
                    "unavoidable": asdict(Spread.of(trips)),
                    "ratio": Spread.of(ours).median / Spread.of(trips).median,
                }
            )
        return found


@contextmanager
def slow_clinicea(stage: Stage, seconds: float) -> Iterator[None]:
    """Delay every answer of Clinicea during the block."""
    stage.clinicea.fault("*", "delay", seconds=seconds)
    try:
        yield
    finally:
        stage.clinicea.clear_faults()


def _trips(session: requests.Session, url: str) -> float:
    began = time.perf_counter()
    for path, query in TRIPS:
        session.get(url + path, params=query, headers={"api_key": LOCAL_API_KEY}, timeout=TIMEOUT_SECONDS).json()
    return (time.perf_counter() - began) * 1000


def _whole(answer: Json) -> None:
    """Raise Refused for an answer without the visits: it was fast for the wrong reason."""
    body = json.loads(answer["body"])
    if body["degraded"]:
        raise Refused(f"{FUNCTION}: a part of the answer is missing")
