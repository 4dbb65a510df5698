"""The measuring environment: the built product, the embedded AWS, a fake Clinicea in its own process."""

from __future__ import annotations

import compileall
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from bench.build import Build, build
from bench.embedded import CREDENTIALS, embedded_aws
from bench.runtime import ROOT, Runtime
from local.clinicea.testing import ControlClient
from tests.support.account import Stack, forget_clients

HERE = Path(__file__).parent
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
USUAL, USUAL_COMPILED, BARE = "usual", "usual_compiled", "bare"
DESK, POPUP_WITH_DESK = "agent_desk", "call_popup_with_desk"
"""The desk's function, and the pop-up of a deployment with a desk, for which it does more."""
MEASURED = (*FUNCTIONS, POPUP_WITH_DESK)
STOP_SECONDS = 5.0
AS_DEPLOYED = {
    "CLINICEA_AUTHENTICATION": "staff_session",
    # Counted as by default, but never reached: a benchmark has more requests than any agent.
    "LOOKUPS_PER_CALLER_MINUTE": "100000",
    "LOOKUPS_PER_AGENT_MINUTE": "100000",
    "SUSPECTED_AFTER_MISSES": "100000",
    "PATIENTS_PER_CALLER_TEN_MINUTES": "2000",
    "PATIENTS_PER_AGENT_TEN_MINUTES": "2000",
    "PATIENTS_PER_CALLER_DAY": "1000000",
    "PATIENTS_PER_AGENT_DAY": "1000000",
    "VISITS_ONLY_IF_SHOWN": "true",
    "BOOKINGS_PER_CALLER_MINUTE": "100000",
    "BOOKINGS_PER_AGENT_MINUTE": "100000",
    "OPEN_BOOKINGS_PER_NUMBER": "0",
    "STATUS_PER_CALLER_MINUTE": "100000",
    "DESK_CLIENT": "",
    "DESK_SOCKETS": "",
}
"""Variables with limits, register of disclosures and session, and as by default without a desk."""
WITH_DESK = {"DESK_CLIENT": "convox", "DESK_SOCKETS": "https://sockets.invalid/desk"}
"""No page of a measurement has an open socket, so nothing is sent to that address."""
OF_LAMBDA = {"AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000"}


@dataclass(frozen=True)
class Place:
    """One function's deployment: its resources and environment variables."""

    stack: Stack
    environment: dict[str, str]

    def with_(self, **variables: str) -> Place:
        """Return a copy with other variables."""
        return Place(self.stack, self.environment | variables)


@dataclass(frozen=True)
class Stage:
    """The environment for measurements."""

    folder: Path
    product: Build
    usual: Build
    compiled: Path
    clinicea: ControlClient
    aws: dict[str, str]
    _numbers: Iterator[int]

    def place(self, name: str = "") -> Place:
        """Create the resources of a further, independent deployment for a function; the desk's has a desk."""
        stack = Stack.create()
        desk = WITH_DESK if name in (DESK, POPUP_WITH_DESK) else {}
        return Place(stack, stack.environment(self.clinicea.url) | self.aws | AS_DEPLOYED | OF_LAMBDA | desk)

    def runtime(self, name: str, place: Place, *, seconds: int = 30) -> Runtime:
        """Return the environment of a function, or of the usual or bare handler; `with` starts it."""
        return Runtime(self._code(name), self._layer(name), self._environment(name, place), seconds=seconds)

    def probed(self, name: str, place: Place, *, seconds: int = 30) -> tuple[Runtime, Path]:
        """Return the environment with the probe around its handler, and the probe's file."""
        lines = self.folder / f"probe-{next(self._numbers)}.jsonl"
        layer = self._layer(name)
        path = [str(layer / "python")] if layer else []
        more = {"PYTHONPATH": os.pathsep.join([*path, str(HERE / "inside")]), "PROBE_FILE": str(lines)}
        environment = self._environment(name, place) | more
        return Runtime(self._code(name), layer, environment, seconds=seconds, handler="probe.handler"), lines

    def _code(self, name: str) -> Path:
        others = {USUAL: self.usual.function("usual"), USUAL_COMPILED: self.compiled, BARE: HERE / "bare"}
        return others.get(name) or self.product.function(function_of(name))

    def _layer(self, name: str) -> Path | None:
        return self.product.layer if name in MEASURED else None

    def _environment(self, name: str, place: Place) -> dict[str, str]:
        return place.environment | {"POWERTOOLS_SERVICE_NAME": name}


def function_of(name: str) -> str:
    """Return the function that is measured under a name."""
    return "call_popup" if name == POPUP_WITH_DESK else name


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Build everything into `folder` and start the servers; raises BuildFailed, NoAnswer."""
    with ExitStack() as running:
        product = build(folder / "product")
        usual = build(folder / "usual", _usual_sources(folder / "usual-sources"))
        compiled = _with_byte_code(usual.function("usual"), folder / "compiled")
        clinicea = running.enter_context(_fake())
        address = running.enter_context(embedded_aws(folder))
        reached = {**CREDENTIALS, "AWS_ENDPOINT_URL": address}
        os.environ.update(reached)  # for the resources created by this process
        forget_clients()
        yield Stage(folder, product, usual, compiled, clinicea, reached, itertools.count(1))


def _usual_sources(folder: Path) -> Path:
    """Copy the usual handler with its requirements for `sam build`; return its template."""
    shutil.copytree(HERE / "usual", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements" / "usual.txt", folder / "requirements.txt")
    return folder / "template.yaml"


def _with_byte_code(code: Path, folder: Path) -> Path:
    shutil.copytree(code, folder)
    compileall.compile_dir(
        folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH, workers=os.cpu_count() or 1
    )
    return folder


@contextmanager
def _fake() -> Iterator[ControlClient]:
    """Return a fake Clinicea that shares no interpreter with what measures."""
    command = [sys.executable, "-m", "local.clinicea", "--port", "0", "--seed", "7", "--sample"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        if server.stdout is None:
            raise RuntimeError("no output")
        said = server.stdout.readline()
        control = ControlClient(said.rpartition(" ")[2].strip())
        # Each deployment has its own session here, all of one staff user.
        control.switch(login_single_session=False, slot_conflicts=False)
        yield control
    finally:
        server.terminate()
        server.wait(STOP_SECONDS)
