"""The embedded AWS for functions under the emulator: its services, without functions."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.ports import free_ports
from bench.runtime import ROOT
from local.reaper import GROUP, reaper

EMULATOR = ROOT / ".tools" / "emulator" / "bin" / "python"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "ap-south-1"}
START_SECONDS = 60.0
STOP_SECONDS = 10.0


class NoAnswer(Exception):
    """The embedded AWS did not start; the text names its log."""


@contextmanager
def embedded_aws(folder: Path) -> Iterator[str]:
    """Start one with state and log in `folder`; yields its address."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": CREDENTIALS["AWS_DEFAULT_REGION"],
        "STATE_DIR": str(folder / "aws"),
        "S3_DATA_DIR": str(folder / "s3"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    log = folder / "embedded-aws.log"
    with log.open("wb") as said:
        server = subprocess.Popen(
            [EMULATOR, "-m", "ministack"],
            env={**os.environ, **CREDENTIALS, **settings},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        with reaper.listed(GROUP, server.pid):  # so that a killed test process does not leave it running
            _wait(address, log)
            yield address
    finally:
        server.terminate()
        server.wait(STOP_SECONDS)


def _wait(address: str, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(f"{address}/_ministack/health", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise NoAnswer(f"see {log}")
