"""Children are started, waited for and ended with all that they started."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from local import paths, processes
from local.processes import LaunchError, running

ENVIRONMENT = {"PATH": os.environ["PATH"]}
A_PARENT = """
import subprocess, sys, time
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", deaf])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _logs_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "LOGS", tmp_path / "logs")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def is_gone(pid: int) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        # The child of a dead parent is reaped by whoever inherits it, which need not be at once.
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        time.sleep(0.05)
    return False


def test_child_that_ends_early_is_reported_with_its_last_words() -> None:
    with (
        pytest.raises(LaunchError, match=r"(?s)ended by itself \(exit code 3\).*no such thing.*logs/some-server\.log"),
        running("some server", python("print('no such thing'); raise SystemExit(3)"), ENVIRONMENT) as child,
    ):
        child.wait_until(lambda: False, 20)


def test_a_program_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(LaunchError, match=r"sam deploy cannot be started: .*no-sam"),
        running("sam deploy", [str(tmp_path / "no-sam")], ENVIRONMENT),
    ):
        pass


def test_a_child_that_is_never_ready_is_not_waited_for_forever() -> None:
    with (
        pytest.raises(LaunchError, match="was not ready within 0 s"),
        running("slow", python("import time; time.sleep(60)"), ENVIRONMENT) as child,
    ):
        child.wait_until(lambda: False, 0.2)


def test_a_step_that_fails_or_hangs_is_reported() -> None:
    with (
        pytest.raises(LaunchError, match=r"failed \(exit code 1\)"),
        running("step", python("raise SystemExit(1)"), ENVIRONMENT) as child,
    ):
        child.finish(20)
    with (
        pytest.raises(LaunchError, match="did not end within"),
        running("step", python("import time; time.sleep(60)"), ENVIRONMENT) as child,
    ):
        child.finish(0.2)


def test_ending_a_child_ends_its_own_stubborn_children() -> None:
    with running("parent", python(A_PARENT), ENVIRONMENT) as child:
        child.wait_until(lambda: child.log.read_text().endswith("\n"), 20)
        grandchild = int(child.log.read_text())

    assert is_gone(grandchild)


def test_childs_environment_has_no_profile_proxy_or_make_flags(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "https_proxy", "HTTP_PROXY", "MAKEFLAGS", "PYTHONPATH"):
        monkeypatch.setenv(name, "astray")

    environment = processes.clean_environment(tmp_path)

    assert "astray" not in environment.values()
    assert environment["TMPDIR"] == str(tmp_path)


def test_a_free_port_can_be_listened_on() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", processes.free_port()))


def test_the_temporary_folder_goes_with_the_run() -> None:
    with processes.temporary_folder() as folder:
        (Path(folder) / "file").write_text("x")

    assert not Path(folder).exists()


SIGNALLED = """
import os, signal
from local import stopping

stopping.listen()
try:
    with stopping.held():
        os.kill(os.getpid(), signal.SIGTERM)
        print("the block was finished", flush=True)
except stopping.Stopped:
    print("and then stopped", flush=True)
os.kill(os.getpid(), signal.SIGTERM)
print("a second signal is ignored", flush=True)
"""


def test_signal_waits_for_a_held_block_and_a_second_is_ignored() -> None:
    environment = ENVIRONMENT | {"PYTHONPATH": str(Path(processes.__file__).parents[1])}
    with running("signalled", python(SIGNALLED), environment) as child:
        child.finish(20)
        said = child.log.read_text().splitlines()

    assert said == ["the block was finished", "and then stopped", "a second signal is ignored"]


def test_a_signal_elsewhere_stops_at_once() -> None:
    code = "import time; from local import stopping; stopping.listen(); print('up', flush=True); time.sleep(60)"
    environment = ENVIRONMENT | {"PYTHONPATH": str(Path(processes.__file__).parents[1])}
    with running("waiting", python(code), environment) as child:
        child.wait_until(lambda: "up" in child.log.read_text(), 20)
        os.kill(child.pid, signal.SIGINT)
        with pytest.raises(LaunchError, match="Stopped"):
            child.finish(20)
