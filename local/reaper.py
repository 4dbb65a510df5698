"""Cleans up after a killed process: its children, its temporary folders, its stack file.

`kill -9` gives a launcher no time to clean up. So a small helper reads a list from a pipe, and cleans up what is still
listed when the pipe closes. This works on Linux and macOS. The helper runs this file with only the standard library.
"""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

END_SECONDS = 5.0
ATTEMPTS = 50
PAUSE_SECONDS = 0.1
GROUP, FOLDER, STACK_FILE = "group", "folder", "stack file"


class Reaper:
    """The helper of this process, started with the first entry."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._helper: subprocess.Popen[bytes] | None = None

    @contextmanager
    def listed(self, kind: str, what: str | int) -> Iterator[None]:
        """Keep an entry on the list during the block."""
        self.add(kind, what)
        try:
            yield
        finally:
            self.drop(kind, what)

    def add(self, kind: str, what: str | int) -> None:
        """Add something that must end with this process."""
        self._send({"kind": kind, "what": what, "pid": os.getpid(), "listed": True})

    def drop(self, kind: str, what: str | int) -> None:
        """Remove an ended entry: another process may get its id."""
        self._send({"kind": kind, "what": what, "pid": os.getpid(), "listed": False})

    def close(self) -> None:
        """End the helper; called when this process ends."""
        with self._lock:
            if self._helper is None:
                return
            with suppress(OSError):
                _pipe(self._helper).close()
            try:
                self._helper.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._helper.kill()
                self._helper.wait()
            self._helper = None

    def _send(self, entry: dict[str, object]) -> None:
        with self._lock:
            if self._helper is None:
                self._helper = _start()
                atexit.register(self.close)
            # A killed helper matters only if this process is killed, too; then the next start cleans up.
            with suppress(BrokenPipeError):
                _pipe(self._helper).write(json.dumps(entry).encode() + b"\n")


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        start_new_session=True,  # Ctrl-C must reach only the launcher
    )


def _pipe(helper: subprocess.Popen[bytes]) -> IO[bytes]:
    if helper.stdin is None:
        raise ValueError("the helper was started without a pipe")
    return helper.stdin


reaper = Reaper()


def reap(lines: Iterable[bytes]) -> None:
    """Read the list until the pipe closes, then clean up its entries."""
    left: dict[tuple[str, str | int], int] = {}
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:  # the process was killed in the middle of a line
            continue
        if entry["listed"]:
            left[entry["kind"], entry["what"]] = entry["pid"]
        else:
            left.pop((entry["kind"], entry["what"]), None)
    for (kind, what), _ in left.items():
        if kind == GROUP:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(int(what), signal.SIGKILL)
    for (kind, what), pid in left.items():
        if kind == STACK_FILE:
            remove_stack_file(Path(str(what)), pid)
        elif kind == FOLDER:
            remove_folder(Path(str(what)))


def remove_stack_file(path: Path, pid: int) -> bool:
    """Remove a stack file if the process `pid` wrote it; returns whether it was removed."""
    with suppress(OSError, ValueError):
        held = json.loads(path.read_text("utf-8"))
        if isinstance(held, dict) and held.get("pid") == pid:
            path.unlink()
            return True
    return False


def remove_folder(folder: Path) -> None:
    """Remove a folder, although ending processes may still write into it."""
    for _ in range(ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    reap(sys.stdin.buffer)
