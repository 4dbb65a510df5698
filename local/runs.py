"""The launchers of this checkout: running ones, and leftovers of killed ones.

Each run holds a lock (`flock`) on its own file in `.local/runs` until it ends in any way. So a file that can be locked
belongs to an ended run. A process id alone would not show that, because another program may get it.
"""

import fcntl
import hashlib
import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local import paths
from local.processes import FOLDER_PREFIX, LaunchError
from local.reaper import STACK_FILE, reaper, remove_folder, remove_stack_file

LOCK_ATTEMPTS = 100
START_SECONDS = 60.0


class Served(LaunchError):
    """Another run holds this stack file."""


@dataclass(frozen=True)
class Run:
    """This launcher, while it holds its lock."""

    stack_file: Path
    started: str
    found: tuple[str, ...]
    """Messages about the cleaning up after killed runs."""
    _lock: int

    @property
    def owner(self) -> dict[str, object]:
        """Return the run's identity for its stack file."""
        return {"pid": os.getpid(), "started": self.started}

    def note(self, **facts: str) -> None:
        """Write this run's folder and address for others."""
        known = _read(self._lock) | self.owner | {"stack_file": str(self.stack_file.resolve())}
        text = json.dumps(known | facts).encode()
        os.pwrite(self._lock, text, 0)
        os.ftruncate(self._lock, len(text))


@contextmanager
def claimed(*stack_files: Path) -> Iterator[Run]:
    """Lock the first free stack file during the block; at its end, remove only this run's own file.

    Raises:
        Served: running launchers hold all of them.
    """
    with _one_start_at_a_time():
        stack_file, lock = _first_free(stack_files)
        found = tuple(_clean_up(record_of(stack_file), lock))
    record = record_of(stack_file)
    try:
        with reaper.listed(STACK_FILE, str(stack_file.resolve())):
            run = Run(stack_file, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", found, lock)
            run.note()
            yield run
    finally:
        remove_stack_file(stack_file, os.getpid())
        record.unlink(missing_ok=True)
        os.close(lock)


@contextmanager
def _one_start_at_a_time() -> Iterator[None]:
    """Serialize starts, because a start may lock a killed run's record to clean up after it."""
    paths.RUNS.mkdir(parents=True, exist_ok=True)
    with (paths.RUNS / "start.lock").open("w") as turn:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise LaunchError(f"another start holds {os.path.relpath(turn.name)}; try again") from None
                time.sleep(0.05)
        yield


def _first_free(stack_files: Sequence[Path]) -> tuple[Path, int]:
    for stack_file in stack_files:
        lock = _locked(record_of(stack_file))
        if lock is not None:
            return stack_file, lock
    raise Served(_served(record_of(stack_files[-1])))


def record_of(stack_file: Path) -> Path:
    """Return the lock file of the run that writes a stack file."""
    path = stack_file.resolve()
    if path.parent == paths.WORK:
        return paths.RUNS / path.name
    return paths.RUNS / f"{path.stem}-{hashlib.sha256(str(path).encode()).hexdigest()[:12]}.json"


def _clean_up(own: Path, lock: int) -> Iterator[str]:
    """Clean up after each killed run of this checkout; yields a line for each."""
    if known := _read(lock):
        yield _clean_up_after(known)
        os.ftruncate(lock, 0)
    for record in sorted(set(paths.RUNS.glob("*.json")) - {own}):
        other = _locked(record, create=False)
        if other is None:
            continue
        try:
            yield _clean_up_after(_read(other))
            record.unlink(missing_ok=True)
        finally:
            os.close(other)


def _clean_up_after(known: dict[str, Any]) -> str:
    done = []
    folder = Path(str(known.get("temporary", "")))
    if folder.name.startswith(FOLDER_PREFIX):
        if ended := _end_processes(folder):
            done.append(f"ended {ended} processes")
        if folder.is_dir():
            remove_folder(folder)
            done.append(f"removed {folder}")
    stack_file = Path(str(known.get("stack_file", "")))
    if remove_stack_file(stack_file, int(known.get("pid", 0))):
        done.append(f"removed {os.path.relpath(stack_file)}")
    return f"an earlier run {_who(known)} was killed; {', '.join(done) or 'nothing of it is left'}"


def _end_processes(folder: Path) -> int:
    """End the processes with a killed run's temporary folder; returns their number. Needs Linux's /proc.

    The folder's name is unique, so processes of other runs or checkouts are safe.
    """
    wanted, ended = b"TMPDIR=" + os.fsencode(folder), 0
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if wanted in environment.read_bytes().split(b"\0"):
                os.kill(int(environment.parent.name), signal.SIGKILL)
                ended += 1
    return ended


def _served(record: Path) -> str:
    known: dict[str, Any] = {}
    with suppress(OSError):
        known = _parsed(record.read_bytes())
    address = known.get("api_url", "it is still starting")
    again = f"kill {known['pid']}" if "pid" in known else "Ctrl-C"
    return (
        f"a stack is served on this machine already: {address} {_who(known)}.\n"
        f"Stop it first (Ctrl-C where it runs, or {again}). `make demo` and `make gameday` may run beside it."
    )


def _who(known: dict[str, Any]) -> str:
    return f"(process {known.get('pid', '?')}, since {known.get('started', '?')})"


def _locked(record: Path, *, create: bool = True) -> int | None:
    """Return a descriptor that holds the lock on a file, or None if another process holds it."""
    record.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(LOCK_ATTEMPTS):
        try:
            lock = os.open(record, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        # Its owner may have removed it in between; then this lock is on a deleted file.
        with suppress(FileNotFoundError):
            if os.path.samestat(record.stat(), os.fstat(lock)):
                return lock
        os.close(lock)
    return None


def _read(lock: int) -> dict[str, Any]:
    return _parsed(os.pread(lock, 65536, 0))


def _parsed(text: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        known = json.loads(text)
        if isinstance(known, dict):
            return known
    return {}
