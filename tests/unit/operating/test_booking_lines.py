"""How a booking is written for an operator: its line, its ages, and the durations that filters take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commands import booking_lines


@pytest.mark.parametrize(("text", "minutes"), [("45m", 45), ("12h", 720), ("3d", 4320)])
def test_a_duration_is_read(text: str, minutes: int) -> None:
    assert booking_lines.minutes(text) == minutes


@pytest.mark.parametrize("text", ["", "h", "12", "12 h", "-1h", "1w"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a duration is such as"):
        booking_lines.minutes(text)


def test_spans_are_told_in_their_greatest_unit() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    booking = {
        "state": "accepted",
        "reason": None,
        "accepted_at": (now - timedelta(hours=30)).isoformat(),
        "start": (now - timedelta(days=3)).isoformat(),
        "booking_id": "bk_1",
        "call_id": None,
        "agent_id": None,
        "posted": True,
        "appointment_id": None,
    }

    said = booking_lines.line(booking, now)

    assert "age   30 h" in said
    assert "start    -3 d" in said
    assert said.endswith("posted")
