"""What is sent or typed has no date that time overtakes: events, commands in the documents, make's own help."""

from __future__ import annotations

import pytest

from tests.support.dates import newer_dates
from tests.support.functions import ROOT
from tests.support.markdown import Typed, commands, transcripts

EVENTS = sorted((ROOT / "events").glob("*.json"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_a_sample_event_holds_a_recording_that_is_past_for_good() -> None:
    assert EVENTS
    assert [(path.stem, found) for path in EVENTS for found in newer_dates(path.read_text("utf-8"))] == []


def test_no_command_in_a_document_has_a_date() -> None:
    typed = [(path.name, each) for path in DOCUMENTS for each in commands(path.read_text("utf-8"))]

    assert [(name, found) for name, each in typed for found in newer_dates(each)] == []


def test_nor_has_make_s_help() -> None:
    assert newer_dates((ROOT / "Makefile").read_text("utf-8")) == []


def test_the_documents_commands_are_found() -> None:
    readme, calls = (commands((ROOT / name).read_text("utf-8")) for name in ("README.md", "docs/calls.md"))

    assert "make run" in " ".join(readme)
    (booking,) = [each for each in calls if '/patients/P-01/appointments"' in each and "start" in each]
    assert '"clinic_id": "C-01"' in booking, "with the lines that it goes on in"
    assert "booking_id" not in booking, "without what it answers"


@pytest.mark.parametrize(
    "text",
    [
        '"start": "2026-12-01T11:00:00"',
        "2027/2/3",
        "01-12-2026 15:00",
        "22/Nov/2026:06:30:00 +0000",
        "3 December 2026",
        '"requestTimeEpoch": 1795329000000',
        "CALL-20261122-0042",
        "DAY=2021-01-01",
    ],
)
def test_a_date_is_known_in_each_form(text: str) -> None:
    assert newer_dates(f"curl {text}") != []


@pytest.mark.parametrize(
    "text",
    [
        '"date_of_birth": "1990-05-17"',
        "2020-01-09T11:00:00",
        "+919999900001",
        "9999900001",
        "2027-02-30",
        "123456789012",
        "192.0.2.10",
        "$(date +%F)",
        "CLOCK='2028-02-29 12:00:00'",
        "18849496460467696128",
    ],
)
def test_what_is_past_for_good_and_what_is_no_date_may_stay(text: str) -> None:
    assert newer_dates(f"curl {text}") == []


def test_of_a_transcript_only_what_is_typed_counts() -> None:
    lines = [
        "```",
        "$ curl -d '{1,",
        "   2}'",
        "2026-10-23",
        "$ make x \\",
        "  DAY=1",
        "2026-11-11",
        "```",
        "`make y`, `z`",
    ]

    assert commands("\n".join(lines)) == ["curl -d '{1,\n   2}'", "make x \\\n  DAY=1", "make y"]
    assert transcripts("\n".join(lines))[0] == Typed("curl -d '{1,\n   2}'", ["2026-10-23"])
