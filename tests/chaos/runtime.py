"""Lambda: containers that keep their module between invocations, time-outs, and containers that die with them."""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from types import ModuleType
from typing import Any

from commands.template import ROOT
from tests.chaos.clock import ContainerClock
from tests.chaos.releases import TODAY, Release
from tests.chaos.scheduler import Fates, Process, Scheduler
from tests.chaos.stack import FunctionSettings

Json = dict[str, Any]
Done = Callable[[Any, BaseException | None], None]
SKEW_SECONDS = 3.0
"""How far a container's clock may be off, to either side."""
FAR_OFF, TIMES_FURTHER = 0.1, 3.0
"""The share of containers whose clock may be so many times further off: two of them then lie within the 20 s by which
the settle time outlasts the latest commit."""


@dataclass
class Context:
    """What Lambda tells an invocation about itself."""

    function_name: str
    aws_request_id: str
    ends_at: float
    scheduler: Scheduler
    memory_limit_in_mb: int = 1024
    function_version: str = "$LATEST"
    invoked_function_arn: str = "arn:aws:lambda:ap-south-1:123456789012:function:chaos"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.ends_at - self.scheduler.now) * 1000))


@dataclass
class Container:
    """One execution environment: a fresh module, and a clock that is a little wrong."""

    name: str
    module: ModuleType
    clock: ContainerClock
    code: Release
    deployed: int = 0


@dataclass
class _Pool:
    settings: FunctionSettings
    idle: list[Container] = field(default_factory=list)
    made: int = 0
    code: Release = TODAY
    deployed: int = 0


class Runtime:
    """Runs the functions' real handlers."""

    def __init__(
        self, functions: dict[str, FunctionSettings], scheduler: Scheduler, fates: Fates, chance: Random, skew: float
    ) -> None:
        self._pools = {name: _Pool(settings) for name, settings in functions.items()}
        self._scheduler = scheduler
        self.fates = fates
        self._chance = chance
        self._skew = skew
        self._invoked = 0
        self._modules: list[str] = []
        self.crashes: Counter[str] = Counter()
        """Errors that a handler let out or answered with, other than the product's own."""

    def invoke(self, function: str, event: Json, done: Done, *, least_seconds: float = 0.0) -> Process:
        """Start an invocation. `done` gets what the handler returned, or what ended it."""
        pool = self._pools[function]
        container = pool.idle.pop() if pool.idle else self._cold(pool)
        self._invoked += 1
        ends_at = self._scheduler.now + max(pool.settings.timeout_seconds, least_seconds)
        name = f"{container.name}:{self._invoked}"
        context = Context(function, f"00000000-0000-4000-a000-{self._invoked:012x}", ends_at, self._scheduler)

        def ended(process: Process, result: object, failure: BaseException | None) -> None:
            self._note_crashes(container, result, failure)
            alive = failure is None or isinstance(failure, Exception)
            if alive and container.deployed == pool.deployed:
                pool.idle.append(container)  # a handler that raises leaves its container alive
            else:
                sys.modules.pop(container.module.__name__, None)
            self._scheduler.trace.note(self._scheduler.now, name, f"ends {type(failure).__name__}")
            done(result, failure)

        process = Process(
            self._scheduler,
            name,
            lambda: container.module.handler(event, context),
            fates=self.fates,
            limit=ends_at,
            ended=ended,
            freezes=lambda seconds: self._frozen(container, seconds),
        )
        process.start()
        return process

    def call(self, function: str, event: Json) -> Any:
        """Run a handler outside time: nothing interrupts it, nothing fails. For the judge's questions."""
        pool = self._pools[function]
        container = pool.idle.pop() if pool.idle else self._cold(pool)
        context = Context(function, "00000000-0000-4000-a000-000000000000", self._scheduler.now + 10, self._scheduler)
        result = container.module.handler(event, context)
        pool.idle.append(container)
        return result

    def deploy(self, function: str, release: Release | None = None) -> None:
        """Have every container of a function end with what it is at; new ones load that release, or the same one."""
        pool = self._pools[function]
        pool.deployed += 1
        pool.code = release or pool.code
        for container in pool.idle:
            sys.modules.pop(container.module.__name__, None)
        pool.idle.clear()

    def close(self) -> None:
        """Forget the modules."""
        for name in self._modules:
            sys.modules.pop(name, None)

    def _note_crashes(self, container: Container, result: Any, failure: BaseException | None) -> None:
        """A bug that a handler survives is one all the same."""
        found = [failure] if isinstance(failure, Exception) else []
        processor = getattr(container.module, "processor", None)
        found += [value for _, value, _ in processor.exceptions] if processor is not None else []
        for error in found:
            if not container.code.is_own_error(error):
                last = traceback.extract_tb(error.__traceback__)[-1]
                self.crashes[f"{container.name.rpartition('-')[0]}: {error!r} at {last.filename}:{last.lineno}"] += 1
        if isinstance(result, dict) and result.get("statusCode") == 500:
            self.crashes[f"{container.name.rpartition('-')[0]}: answered 500"] += 1

    def _frozen(self, container: Container, seconds: float) -> None:
        # A frozen machine's monotonic clock may or may not go on.
        if self._chance.random() < 0.3:
            container.clock.lose(seconds)

    def _cold(self, pool: _Pool) -> Container:
        pool.made += 1
        name = f"{pool.settings.name}-{pool.made}"
        skew = self._skew * (TIMES_FURTHER if self._chance.random() < FAR_OFF else 1.0)
        clock = ContainerClock(self._scheduler, self._chance.uniform(-skew, skew))
        os.environ["POWERTOOLS_SERVICE_NAME"] = pool.settings.name  # all functions share this process's environment
        path = ROOT / "functions" / pool.settings.name / "app.py"
        module = pool.code.load(f"chaos_{pool.settings.name}_{pool.made}", path)
        self._modules.append(module.__name__)
        module.function.clock = clock
        return Container(name, module, clock, pool.code, pool.deployed)
