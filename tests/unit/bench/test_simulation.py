"""The simulated burst, with few bookings."""

from __future__ import annotations

from bench.simulation import PER_SECOND, simulate


def test_burst_is_booked_once_each_at_the_pace_of_clinicea() -> None:
    found = simulate(60)

    assert (found["accepted"], found["lost"], found["doubled"], found["refused_calls"]) == (60, 0, 0, 0)
    assert found["calls"] == 60 * 2 + 1  # and one login
    assert found["drain_seconds"] >= found["calls"] / PER_SECOND - 1
    assert found["share"] > 0.9
