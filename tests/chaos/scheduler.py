"""Virtual time, and processes that take turns: whoever touches the outside gives way to whoever is due first.

Only one process runs at any moment, and control changes hands at `Process.step` alone; so that a run is decided by the
order of the events, which is decided by the seed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Protocol

from greenlet import getcurrent, greenlet

from tests.chaos.trace import Trace

Action = Callable[[], None]


class Killed(BaseException):
    """The process is no more. Whatever it still tries towards the outside, in `finally` or `except`, raises this."""


class Fates(Protocol):
    """Decides what happens to a process at a step."""

    def at_step(self, process: Process, label: str) -> float:
        """Return for how many seconds the process freezes here; raises Killed if it dies here."""
        ...


class Fate:
    """Nothing happens to anybody."""

    def at_step(self, process: Process, label: str) -> float:
        return 0.0


class Scheduler:
    """The queue of what is to happen, by time and then by the order in which it was asked for."""

    def __init__(self, trace: Trace) -> None:
        self.now = 0.0
        self.trace = trace
        self.current: Process | None = None
        self.running: dict[Process, None] = {}
        self._due: list[tuple[float, int, Action]] = []
        self._asked = 0

    def at(self, when: float, action: Action) -> None:
        """Have something happen at a time, at once if that is over."""
        self._asked += 1
        heapq.heappush(self._due, (max(when, self.now), self._asked, action))

    def after(self, seconds: float, action: Action) -> None:
        self.at(self.now + seconds, action)

    def turn(self) -> bool:
        """Let the next thing happen; False if there is none."""
        if not self._due:
            return False
        when, _, action = heapq.heappop(self._due)
        self.now = when
        action()
        return True

    def close(self) -> None:
        """End whatever still runs, instead of leaving it to the interpreter's own end."""
        for process in list(self.running):
            process.kill("the run is over")

    @property
    def next_at(self) -> float | None:
        return self._due[0][0] if self._due else None


class Process:
    """One run of product code that can be interrupted, frozen and killed between any two steps.

    Args:
        work: what it does. What it returns or raises is handed to `ended`.
        limit: the time at which it is killed from outside.
        freezes: told of each freeze, so that its own clock can stand still.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        name: str,
        work: Callable[[], object],
        *,
        fates: Fates,
        limit: float,
        ended: Callable[[Process, object, BaseException | None], None],
        freezes: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self.name = name
        self.dead = False
        self.steps = 0
        self.limit = limit
        self._scheduler = scheduler
        self._fates = fates
        self._work = work
        self._ended = ended
        self._freezes = freezes
        self._greenlet = greenlet(self._run)
        self._waking = 0

    def start(self) -> None:
        """Run until the first step."""
        self._scheduler.running[self] = None
        self._scheduler.at(self.limit, self._time_out)
        self._enter()

    def step(self, label: str, seconds: float) -> None:
        """Give way for some seconds of virtual time; here a process may be frozen or die."""
        if self.dead:
            raise Killed(label)
        self.steps += 1
        try:
            frozen = self._fates.at_step(self, label)
        except Killed:
            self._die(f"killed at {label}")
            raise
        if frozen:
            self._scheduler.trace.note(self._scheduler.now, self.name, f"freezes {frozen:.3f} at {label}")
            self._freezes(frozen)
        self._waking += 1
        turn = self._waking
        self._scheduler.after(seconds + frozen, lambda: self._wake(turn))
        self._leave()

    def kill(self, why: str) -> None:
        """End it from outside, wherever it waits."""
        if not self.dead:
            self._die(why)
            self._enter(Killed(why))

    def _die(self, why: str) -> None:
        self.dead = True
        self._scheduler.trace.note(self._scheduler.now, self.name, why)

    def _time_out(self) -> None:
        if not self.dead:
            self.kill("timed out")

    def _wake(self, turn: int) -> None:
        if not self.dead and turn == self._waking:
            self._enter()

    def _enter(self, error: Killed | None = None) -> None:
        before = self._scheduler.current
        self._scheduler.current = self
        try:
            if error is None:
                self._greenlet.switch()
            else:
                self._greenlet.throw(error)
        finally:
            self._scheduler.current = before

    def _leave(self) -> None:
        parent = getcurrent().parent
        assert parent is not None
        parent.switch()

    def _run(self) -> None:
        result: object = None
        failure: BaseException | None = None
        try:
            result = self._work()
        except (Exception, Killed) as error:  # noqa: BLE001 - a handler may raise anything; the runtime judges it
            failure = error
        if self.dead and failure is None:
            failure = Killed("swallowed")
        self.dead = True
        del self._scheduler.running[self]
        # The hub takes over: what happens next must not happen on a dead process's stack.
        self._scheduler.after(0.0, lambda: self._ended(self, result, failure))
