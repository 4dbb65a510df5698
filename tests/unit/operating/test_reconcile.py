"""`connector reconcile`: the function's answers, part by part, as one report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commands import reconcile
from commands.cli_support import Output
from commands.target import FunctionFailed, Target

BOOKING = f"bk_{'a' * 26}"
NOTHING: dict[str, Any] = {"compared": 0, "discrepancies": [], "unread": [], "unreadable": 0, "after": None}


class Answering:
    """A stack whose function answers so; notes what it is asked."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self._answers = iter(answers)
        self.asked: list[Any] = []

    def invoke(self, function_output: str, payload: object, seconds: int) -> dict[str, Any]:
        assert (function_output, seconds) == ("ReconcileFunctionName", reconcile.FUNCTION_SECONDS)
        self.asked.append(payload)
        return NOTHING | next(self._answers)

    def __str__(self) -> str:
        return "the stack"


def told(*answers: dict[str, Any]) -> tuple[int, Answering]:
    stack: Any = Answering(*answers)
    target: Target = stack
    return reconcile.tell(Output(), target, None), stack


def test_parts_are_one_report(capsys: pytest.CaptureFixture[str]) -> None:
    found = {"finding": "doubled", "booking_id": BOOKING, "appointment_ids": ["A-1", "A-2"]}
    code, stack = told(
        {"compared": 3, "discrepancies": [found], "after": {"key": "k"}},
        {"compared": 4, "discrepancies": [found], "unread": ["2031-03-06"], "after": {"key": "l"}},
        {"compared": 5, "unreadable": 2},
    )

    printed = capsys.readouterr()
    assert code == 1
    assert stack.asked == [{}, {"after": {"key": "k"}}, {"after": {"key": "l"}}]
    assert printed.out.splitlines() == [
        "the stack, all future: 12 bookings compared with the calendar",
        f"  doubled     {BOOKING}  A-1 A-2",
        "  2031-03-06: the calendar is unreadable; its bookings were not compared",
        "  2 records cannot be read by this version, and were not compared",
    ]
    assert printed.err.splitlines() == [
        "  3 compared so far; continuing",
        "  7 compared so far; continuing",
    ]


def test_as_json_it_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    found = {"finding": "doubled", "booking_id": BOOKING, "appointment_ids": ["A-1", "A-2"]}
    stack: Any = Answering({"compared": 3, "discrepancies": [found], "after": {"key": "k"}}, {"compared": 4})

    assert reconcile.tell(Output(as_json=True), stack, None) == 1

    said = capsys.readouterr()
    assert json.loads(said.out) == {"compared": 7, "discrepancies": [found], "unread": [], "unreadable": 0}
    assert json.loads(said.err) == {"note": "3 compared so far; continuing"}


def test_nothing_found_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = told({"compared": 1})

    assert code == 0
    assert capsys.readouterr().out.splitlines()[-1] == "all are in the calendar once"


def test_a_part_that_takes_no_step_ends_it() -> None:
    with pytest.raises(FunctionFailed, match="no progress"):
        told({"after": {"key": "k"}}, {"after": {"key": "k"}})
