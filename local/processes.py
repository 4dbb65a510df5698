"""Child processes with a log file, bounded waits, and an end that includes their own children."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from local import logs, paths, stopping
from local.reaper import FOLDER, GROUP, reaper

TERMINATE_SECONDS = 8
TAIL_LINES = 15
FOLDER_PREFIX = "convox-clinicea-"
MEMORY_NEEDED = 2_000_000_000


class LaunchError(Exception):
    """The product cannot be run; the text names the cause and the log."""


class Child:
    """One child process in its own process group, so that its workers end with it."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        logs.folder().mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = logs.folder() / f"{name.replace(' ', '-')}.log"
        try:
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(
                    command,
                    cwd=paths.ROOT,
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            raise LaunchError(f"{name} cannot be started: {error}. Is it installed? `make run` does that.") from None
        reaper.add(GROUP, self.pid)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def ensure_alive(self) -> None:
        """Raise LaunchError if the process has ended."""
        code = self._process.poll()
        if code is not None:
            raise LaunchError(f"{self.name} ended by itself (exit code {code}).\n{self.tail()}")

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready` returns True; raises LaunchError if the process ends first or time is over."""
        end = time.monotonic() + seconds
        while not ready():
            self.ensure_alive()
            if time.monotonic() > end:
                raise LaunchError(f"{self.name} was not ready within {seconds:.0f} s.\n{self.tail()}")
            time.sleep(0.05)

    def finish(self, seconds: float) -> None:
        """Wait for the end; raises LaunchError if it takes longer or the exit code is not 0."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise LaunchError(f"{self.name} did not end within {seconds:.0f} s.\n{self.tail()}") from None
        if code:
            raise LaunchError(f"{self.name} failed (exit code {code}).\n{self.tail()}")

    def stop(self) -> None:
        """Terminate the process group, and kill it if necessary."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(TERMINATE_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()
        reaper.drop(GROUP, self.pid)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def tail(self) -> str:
        """Return the end of the log, and its path."""
        lines = self.log.read_text("utf-8", "replace").splitlines()[-TAIL_LINES:]
        return "\n".join([*(f"  | {line}" for line in lines), f"The whole log: {os.path.relpath(self.log)}"])


@contextmanager
def running(name: str, command: list[str], environment: Mapping[str, str]) -> Iterator[Child]:
    """Run a child process during the block."""
    child: Child | None = None
    try:
        with stopping.held():
            child = Child(name, command, environment)
        yield child
    finally:
        if child is not None:
            with stopping.held():
                child.stop()


@contextmanager
def temporary_folder() -> Iterator[str]:
    """Create a folder for the run's temporary files, in memory if possible.

    The embedded AWS unpacks the layer, 2,000 small files, for each function: in memory that is ten times faster.
    """
    memory = Path("/dev/shm")  # noqa: S108 - the folder made there is private
    fits = (
        memory.is_dir()
        and os.access(memory, os.W_OK)
        and shutil.disk_usage(memory).free > MEMORY_NEEDED
        and not os.statvfs(memory).f_flag & os.ST_NOEXEC  # the layer holds compiled modules
    )
    made = tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX, dir=memory if fits else None, ignore_cleanup_errors=True)
    with made as folder, reaper.listed(FOLDER, folder):
        yield folder


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int) -> None:
    """Raise LaunchError if the port is in use."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise LaunchError(f"port {port} is taken; name another (PORT=…) or none, for any free one")


def clean_environment(temporary: Path) -> dict[str, str]:
    """Return this process's environment without proxies, profiles and make's flags."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().endswith("_PROXY") and not name.startswith(("AWS_", "PYTHON", "MAKE", "MFLAGS"))
    }
    return kept | {"TMPDIR": str(temporary), "NO_PROXY": "127.0.0.1,localhost", "PYTHONUNBUFFERED": "1"}
