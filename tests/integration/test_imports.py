"""Importing a function needs no environment and no network: settings are read at its first use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.functions import NAMES, ROOT

# Every way to the network raises; what is left is an import.
IMPORT = """
import socket, sys
def refused(*_, **__):
    raise AssertionError("an import went to the network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refused
import app
assert callable(app.handler)
assert "moto" not in sys.modules
heavy = {"phonenumbers.geodata", "aws_xray_sdk", "jsonschema"} & set(sys.modules)
assert not heavy, heavy
print("imported")
"""


def test_there_is_a_handler_for_every_function_of_the_architecture() -> None:
    assert NAMES == [
        "authorizer",
        "book_appointment",
        "book_new_patient",
        "booking_actions",
        "booking_status",
        "booking_worker",
        "call_popup",
        "call_status",
        "data_requests",
        "past_appointments",
        "reconcile",
        "search_patient",
        "sweeper",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_handler_is_imported_without_environment_and_network(name: str, tmp_path: Path) -> None:
    paths = os.pathsep.join(str(ROOT / part) for part in (Path("functions") / name, Path("layers/connector")))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-B", "-c", IMPORT],
        env={"PYTHONPATH": paths},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "imported\n", "")
