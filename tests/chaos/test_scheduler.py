"""Processes take turns, die and freeze as they must: what the whole simulation rests on."""

from __future__ import annotations

import pytest

from tests.chaos.clock import ContainerClock
from tests.chaos.scheduler import Fate, Killed, Process, Scheduler
from tests.chaos.trace import Trace


class Stage:
    """Processes that write down what they do."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(Trace())
        self.done: list[str] = []
        self.ended: list[tuple[str, object, str]] = []

    def process(self, name: str, *steps: float, limit: float = 100.0, fates: Fate | None = None) -> Process:
        def work() -> str:
            try:
                for number, seconds in enumerate(steps):
                    self.effect(process, f"{name}{number}", seconds)
            finally:
                self.effect(process, f"{name} cleans up", 0.0)
            return name

        def ended(who: Process, result: object, failure: BaseException | None) -> None:
            self.ended.append((who.name, result, type(failure).__name__))

        process = Process(self.scheduler, name, work, fates=fates or Fate(), limit=limit, ended=ended)
        process.start()
        return process

    def effect(self, process: Process, what: str, seconds: float) -> None:
        process.step(what, seconds)
        self.done.append(what)

    def play(self) -> None:
        while self.scheduler.turn():
            pass


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_processes_take_turns_by_time(stage: Stage) -> None:
    stage.process("a", 1.0, 2.0)
    stage.process("b", 0.5, 1.0)

    stage.play()

    assert stage.done == ["b0", "a0", "b1", "b cleans up", "a1", "a cleans up"]
    assert stage.ended == [("b", "b", "NoneType"), ("a", "a", "NoneType")]


def test_killed_process_runs_nothing_more_not_even_finally(stage: Stage) -> None:
    process = stage.process("a", 1.0, 1.0)
    stage.scheduler.at(1.5, lambda: process.kill("no more"))

    stage.play()

    assert stage.done == ["a0"]
    assert stage.ended == [("a", None, "Killed")]
    assert not stage.scheduler.running


def test_what_still_runs_at_the_end_is_ended(stage: Stage) -> None:
    stage.process("a", 1.0, 50.0)
    stage.scheduler.at(2.0, stage.scheduler.close)

    stage.play()

    assert stage.done == ["a0"]
    assert not stage.scheduler.running


def test_lambda_ends_what_takes_too_long(stage: Stage) -> None:
    stage.process("a", 1.0, 5.0, limit=3.0)

    stage.play()

    assert stage.done == ["a0"]
    assert stage.ended[0][2] == "Killed"


def test_a_process_that_dies_at_a_step_has_not_taken_it(stage: Stage) -> None:
    class DiesAt1(Fate):
        def at_step(self, process: Process, label: str) -> float:
            if label == "a1":
                raise Killed(label)
            return 0.0

    stage.process("a", 1.0, 1.0, 1.0, fates=DiesAt1())

    stage.play()

    assert stage.done == ["a0"]


def test_a_frozen_process_thaws_and_goes_on(stage: Stage) -> None:
    class FreezesAt1(Fate):
        def at_step(self, process: Process, label: str) -> float:
            return 10.0 if label == "a1" else 0.0

    stage.process("a", 1.0, 1.0, fates=FreezesAt1())
    stage.process("b", 5.0)

    stage.play()

    assert stage.done == ["a0", "b0", "b cleans up", "a1", "a cleans up"]


def test_handler_that_raises_is_reported_and_others_go_on(stage: Stage) -> None:
    def work() -> None:
        raise ValueError("a bug")

    failures: list[BaseException | None] = []
    process = Process(
        stage.scheduler,
        "a",
        work,
        fates=Fate(),
        limit=9.0,
        ended=lambda _who, _result, failure: failures.append(failure),
    )
    process.start()
    stage.process("b", 1.0)

    stage.play()

    assert [str(each) for each in failures] == ["a bug"]
    assert "b0" in stage.done


def test_container_clock_is_off_by_its_skew_or_frozen() -> None:
    scheduler = Scheduler(Trace())
    right, wrong = ContainerClock(scheduler, 0.0), ContainerClock(scheduler, 2.5)
    began = wrong.monotonic()
    scheduler.at(10.0, lambda: None)
    scheduler.turn()
    wrong.lose(4.0)

    assert (wrong.now() - right.now()).total_seconds() == 2.5
    assert wrong.monotonic() - began == 6.0
