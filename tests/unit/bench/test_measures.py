"""What is read from the probe's lines, from Linux and from the calendar."""

from __future__ import annotations

import os

import pytest

from bench import burst, memory, processor, warm
from bench.processor import Moment

STATUS = "Name:\tpython\nVmPeak:\t  300000 kB\nVmHWM:\t   75000 kB\nVmRSS:\t   70000 kB\n"
STAT = "cpu  {} 0 100 {} 50 0 0 0 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n"


def line(*spans: tuple[float, float], wall: float = 0.010) -> dict[str, object]:
    return {"wall": wall, "cpu": 0.004, "outbound": [*spans], "calls": ["DynamoDB.PutItem t-1"] + ["clinicea"] * 2}


def test_what_a_function_adds_is_its_time_without_the_waiting() -> None:
    lines = [line((0.001, 0.004), (0.003, 0.006)), line((0.001, 0.004), (0.005, 0.009)), line()]

    found = warm.summary(lines, {"t-1": "ledger"})

    assert found["added"]["p50"] == pytest.approx(5.0)
    assert found["added"]["p99"] == pytest.approx(9.9)
    assert found["wall"]["p50"] == pytest.approx(10.0)
    assert found["calls"] == {"DynamoDB.PutItem ledger": 1.0, "clinicea": 2.0}
    assert (found["aws_calls"], found["count"]) == (1.0, 3)


def test_call_outliving_the_handler_counts_only_until_its_end() -> None:
    found = warm.summary([line((0.008, 0.050))], {})

    assert found["added"]["p50"] == pytest.approx(8.0)


def test_a_tables_name_is_replaced_and_nothing_else() -> None:
    told = line() | {"calls": ["DynamoDB.TransactWriteItems t-1 x3", "TrentService.Encrypt"]}

    assert set(warm.summary([told], {"t-1": "ledger"})["calls"]) == {
        "DynamoDB.TransactWriteItems ledger x3",
        "TrentService.Encrypt",
    }


def test_the_peak_is_that_of_resident_memory() -> None:
    assert memory.peak_of(STATUS) == pytest.approx(76.8)
    with pytest.raises(ValueError, match="VmHWM"):
        memory.peak_of("Name:\tpython\n")


def test_how_busy_the_machine_was() -> None:
    before, after = (Moment.parse(STAT.format(user, idle)) for user, idle in ((1000, 5000), (1300, 5100)))

    assert after.busy_since(before) == pytest.approx(0.75)
    assert before.busy_since(before) == 0.0


def test_a_process_has_used_what_linux_says() -> None:
    used = os.times()

    assert processor.seconds_of(os.getpid()) == pytest.approx(used.user + used.system, abs=0.1)


def test_the_calendar_tells_what_was_lost_and_what_was_doubled() -> None:
    assert burst.standing(["P-1", "P-2", "P-3"], ["P-2", "P-9", "P-3", "P-3"]) == {"lost": 1, "doubled": 1}
    assert burst.standing(["P-1"], ["P-1"]) == {"lost": 0, "doubled": 0}
