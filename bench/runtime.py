"""One Lambda environment on this machine: AWS's runtime emulator and runtime client round one built function.

The emulator comes with the AWS SAM CLI. The runtime client has its own environment, in which only the built code and
boto3 can be imported, as on Lambda. There is no Docker. The emulator accepts one request at a time.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

from bench.ports import free_ports
from local.reaper import GROUP, reaper

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".tools" / "runtime" / "bin" / "python"
ARCHITECTURE = "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"
INVOCATIONS = "/2015-03-31/functions/function/invocations"
START_SECONDS = 20.0
END_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 0.002


class RuntimeFailed(Exception):
    """The environment cannot be started or does not answer; the text ends with its last output."""


class Runtime:
    """A function's environment; a context manager that ends all its processes.

    Args:
        function: the built function's folder.
        layer: the built layer's folder with `python`; None for a function without a layer.
        environment: the function's variables, as in the template.
        seconds: the function's time-out.
    """

    def __init__(
        self,
        function: Path,
        layer: Path | None,
        environment: Mapping[str, str],
        *,
        seconds: int = 30,
        handler: str = "app.handler",
    ) -> None:
        self._function = function
        self._handler = handler
        self._port, api = free_ports(2)
        self._seconds = seconds
        self._environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",  # as on Lambda, whose folders are read-only
            "TZ": ":UTC",
            "AWS_REGION": "ap-south-1",
            "AWS_DEFAULT_REGION": "ap-south-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(seconds),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "LAMBDA_TASK_ROOT": str(function),
            "PYTHONPATH": "" if layer is None else str(layer / "python"),
            **environment,
        }
        emulator = next((ROOT / ".tools" / "sam" / "lib").glob("python3.*/site-packages/samcli/local/rapid"))
        self._command = [
            str(emulator / f"aws-lambda-rie-{ARCHITECTURE}"),
            "--runtime-interface-emulator-address",
            f"127.0.0.1:{self._port}",
            "--runtime-api-address",
            f"127.0.0.1:{api}",
            str(PYTHON),
            "-m",
            "awslambdaric",
            handler,
        ]
        self._said = TemporaryFile("w+b")  # noqa: SIM115 - closed with the environment
        self._process: subprocess.Popen[bytes] | None = None
        self._began = self._listens = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            self._command,
            cwd=self._function,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        reaper.add(GROUP, self._process.pid)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(END_SECONDS)
            reaper.drop(GROUP, self._process.pid)
        self._said.close()

    def invoke(self, event: Json) -> Any:
        """Return the function's result as JSON; raises RuntimeFailed for an error of the function."""
        answered = self._post(json.dumps(event).encode())
        try:
            answer = json.loads(answered)
        except ValueError:
            raise RuntimeFailed(f"{self._function.name}: no JSON: {answered[:300]!r}\n{self.said[-2000:]}") from None
        if isinstance(answer, dict) and "errorType" in answer:
            raise RuntimeFailed(f"{self._function.name}: {answer['errorType']}\n{self.said[-2000:]}")
        return answer

    @property
    def said(self) -> str:
        """The output of emulator and function."""
        self._said.seek(0)
        return self._said.read().decode("utf-8", "replace")

    @property
    def start_milliseconds(self) -> float:
        """The function's start in milliseconds, from the emulator's report."""
        found = re.search(r"INIT REPORT\(durationMs: ([0-9.]+)\)", self.said)
        if found is None:
            raise RuntimeFailed(f"{self._function.name}: no report of its start\n{self.said[-2000:]}")
        return float(found[1])

    @property
    def milliseconds(self) -> float:
        """Milliseconds since the environment began to start."""
        return (time.perf_counter() - self._began) * 1000

    @property
    def emulator_milliseconds(self) -> float:
        """Milliseconds until the emulator listened, before the function starts."""
        return (self._listens - self._began) * 1000

    @property
    def process_id(self) -> int:
        """The emulator's process id; the runtime client is its child."""
        if self._process is None:
            raise RuntimeFailed("not started")
        return self._process.pid

    def _post(self, body: bytes) -> bytes:
        ends = time.monotonic() + START_SECONDS
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._seconds + START_SECONDS)
            try:
                connection.connect()
                self._listens = self._listens or time.perf_counter()
                connection.request("POST", INVOCATIONS, body, {"Content-Type": "application/json"})
                return connection.getresponse().read()
            except ConnectionRefusedError:
                if time.monotonic() > ends or self._process is None or self._process.poll() is not None:
                    raise RuntimeFailed(f"{self._function.name} does not start\n{self.said[-2000:]}") from None
                time.sleep(LOOK_AGAIN_SECONDS)
            except (OSError, http.client.HTTPException) as error:
                raise RuntimeFailed(f"{self._function.name}: {error!r}\n{self.said[-2000:]}") from None
            finally:
                connection.close()
