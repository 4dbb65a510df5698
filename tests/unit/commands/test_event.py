"""`python -m commands.event`: a recording, as if it came now."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from commands.event import NAMES, RECORDED, event, main, recorded
from tests.support.functions import ROOT

NOW = datetime(2031, 3, 3, 12, 0, tzinfo=UTC)


def test_at_the_time_of_its_recording_an_event_is_its_file() -> None:
    assert {name: event(name, RECORDED) for name in NAMES} == {name: recorded(name) for name in NAMES}


def test_request_is_now_and_its_appointment_three_days_ahead() -> None:
    moved = event("book_appointment", NOW)

    assert moved["requestContext"]["requestTimeEpoch"] == NOW.timestamp() * 1000
    assert moved["requestContext"]["requestTime"] == "03/Mar/2031:12:00:00 +0000"
    assert json.loads(moved["body"])["start"] == "2031-03-06T11:00:00"


def test_a_birth_date_stays_what_it_is() -> None:
    body = json.loads(event("book_new_patient", NOW)["body"])

    assert (body["date_of_birth"], body["start"]) == ("1990-05-17", "2031-03-06T13:00:00")


def test_date_parts_move_and_time_parts_do_not() -> None:
    body = json.loads(event("call_status", NOW)["body"])

    assert (body["appointment_date"], body["appointment_time"]) == ("2031-03-06", "15:00")


def test_a_message_keeps_its_digest_and_its_stamps_stay_text() -> None:
    (message,) = event("booking_worker", NOW)["Records"]

    assert hashlib.md5(message["body"].encode()).hexdigest() == message["md5OfBody"]
    assert int(message["attributes"]["SentTimestamp"]) == (NOW + timedelta(seconds=1)).timestamp() * 1000


def test_a_schedule_s_event_has_the_present_year() -> None:
    assert event("sweeper", NOW)["time"] == "2031-03-03T12:01:00Z"
    assert event("reconcile", NOW)["time"] == "2031-03-03T00:00:00Z"


@pytest.mark.parametrize("name", NAMES)
def test_printed_event_is_for_sam_and_needs_only_python(name: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, '.'); from commands import event; sys.exit(event.main([{name!r}]))",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert set(json.loads(done.stdout)) == set(recorded(name))
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [[], ["no_such"], ["sweeper", "reconcile"], ["../README"]], ids=str)
def test_what_names_no_event_is_told_the_names(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2

    said = capsys.readouterr()
    assert (said.out, "book_appointment|" in said.err) == ("", True)
