"""The game day judges by the calendar: what is lost or doubled fails it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from commands.api import Answer
from local.clinicea.testing import RunningFake, running_fake
from local.deploy import Stack
from local.gameday import MOST_CALLS, GameDay, Plan

PLAN = Plan(calls=4, seconds_between=0.01, down_seconds=0.02)


class FakeApi:
    """A connector that books in the fake's calendar, once, not at all, or twice."""

    def __init__(self, fake: RunningFake, times: int = 1, states: str = "booked", status: int = 202) -> None:
        self._fake = fake
        self._times = times
        self._state = states
        self._status = status
        self._made = 0

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        if method == "GET":
            return Answer(200, {"state": self._state}, 1.0)
        if path == "/patients/search":
            return Answer(200, {"match": "none"}, 7.0)
        if self._status != 202:
            return Answer(self._status, {"code": "not_stored"}, 1.0)
        self._made += 1
        booking_id = f"bk_{self._made}"
        for _ in range(self._times):
            visit = {"clinic_id": "C-01", "start": str((body or {})["start"]), "notes": f"[{booking_id}]"}
            self._fake.add_patient(first_name="Nandini", mobile="9999900088", appointments=[visit])
        return Answer(202, {"booking_id": booking_id}, 1.0)


def played(api_of: Any, capsys: pytest.CaptureFixture[str]) -> tuple[bool, dict[str, Any]]:
    with running_fake() as fake:
        stack = Stack("http://api", "t", "Access-Token", fake.url, "http://aws", "ledger", "queue", "dead")
        day = GameDay(stack, PLAN)
        vars(day)["_api"] = api_of(fake)
        well = day.play()
        assert fake.call("GET", "faults") == {"faults": []}, "Clinicea is left as it was found"
    summary: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return well, summary


def test_what_stands_once_passes(capsys: pytest.CaptureFixture[str]) -> None:
    well, summary = played(FakeApi, capsys)

    assert well
    assert (summary["accepted"], summary["booked"], summary["lost"], summary["doubled"]) == (4, 4, 0, 0)
    assert summary["lookups"] == {"200": 4}


@pytest.mark.parametrize(("times", "harm"), [(0, "lost"), (2, "doubled")])
def test_what_is_lost_or_doubled_fails(times: int, harm: str, capsys: pytest.CaptureFixture[str]) -> None:
    well, summary = played(lambda fake: FakeApi(fake, times=times), capsys)

    assert not well
    assert summary[harm] == 4


def test_a_call_that_is_not_accepted_fails(capsys: pytest.CaptureFixture[str]) -> None:
    well, summary = played(lambda fake: FakeApi(fake, status=503), capsys)

    assert not well
    assert summary["not_accepted"] == {"503": 4}


@pytest.mark.parametrize(
    "change", [{"calls": 3}, {"calls": MOST_CALLS + 1}, {"seconds_between": 0.0}, {"down_seconds": -1}]
)
def test_a_plan_that_cannot_be_played_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="calls, and times above 0"):
        replace(PLAN, **change)
