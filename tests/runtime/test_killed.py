"""A test process that is killed leaves no embedded AWS behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from bench.runtime import ROOT
from tests.support.waiting import eventually

HOLDER = """
import sys, time
from pathlib import Path
from bench.embedded import embedded_aws
with embedded_aws(Path(sys.argv[1])) as address:
    print(address, flush=True)
    time.sleep(60)
"""


def test_the_embedded_aws_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        port = urlsplit(holder.stdout.readline().strip()).port
        assert port is not None
        assert answers(port)
        holder.kill()

    assert eventually(lambda: not answers(port))


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
