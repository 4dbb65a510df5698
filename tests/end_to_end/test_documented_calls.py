"""The calls of docs/calls.md, typed one after the other into a shell: each answers what the page shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

from tests.end_to_end.api import Api, Json
from tests.support.markdown import Typed, transcripts
from tests.support.serving import ROOT

BOOKING_ID = re.compile(r"bk_[a-z2-7]{26}")
OWN = {"booking_id", "appointment_id", "last_visit", "start", "end", "accepted_at", "updated_at", "request_id"}
"""What each run has values of its own for."""


def test_each_call_answers_as_shown(api: Api) -> None:
    (header,) = api.headers.items()
    shell = {**os.environ, "API": api.url, "TOKEN": ": ".join(header)}
    day, *curls = transcripts((ROOT / "docs" / "calls.md").read_text("utf-8"))
    shell["DAY"] = typed(f"{day.command}\necho $DAY", shell)
    assert len(curls) == 6
    booking = ""

    for each in curls:
        if "/bookings/" in each.command:
            api.ended(booking)
        answer = json.loads(typed(BOOKING_ID.sub(booking, each.command), shell))

        assert without_own(answer) == without_own(shown(each)), each.command
        booking = answer.get("booking_id", booking)


def typed(command: str, shell: dict[str, str]) -> str:
    bash = shutil.which("bash") or "bash"
    done = subprocess.run([bash, "-c", command], env=shell, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def shown(call: Typed) -> Json:
    answer: Json = json.loads(" ".join(call.answer))
    return answer


def without_own(value: object) -> object:
    """Leave the keys, without the values that differ from run to run."""
    match value:
        case dict():
            return {key: bool(each) if key in OWN else without_own(each) for key, each in value.items()}
        case list():
            return [without_own(each) for each in value]
    return value
