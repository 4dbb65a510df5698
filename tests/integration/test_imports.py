"""Importing a function needs no environment and no network: settings are read at its first use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.functions import LOOK_UPS, NAMES, ROOT

# Every way to the network raises; what is left is an import.
IMPORT = """
import socket, sys
def refused(*_, **__):
    raise AssertionError("an import went to the network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refused
import app
assert callable(app.handler)
import gc
assert gc.isenabled() and gc.get_freeze_count() > 10_000, "its last line is startup.done()"
assert "moto" not in sys.modules
heavy = {"phonenumbers.geodata", "aws_xray_sdk", "jsonschema"} & set(sys.modules)
assert not heavy, heavy
print("imported")
"""


LOADED = "import json, sys, app; print(json.dumps(sorted(sys.modules)))"
NO_LOOK_UP_NEEDS = (
    "boto3",
    "s3transfer",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.parser",
    "convox_clinicea.bookings",
    "convox_clinicea.convox.contract",
    "convox_clinicea.convox.access_tokens",
    "convox_clinicea.sealing",
)
# What only some functions may load, by who needs none of it: each costs every cold start some milliseconds.
SPARED = {
    **dict.fromkeys(LOOK_UPS, NO_LOOK_UP_NEEDS),
    "past_appointments": (*NO_LOOK_UP_NEEDS, "phonenumbers"),
    # The pop-up seals the caller's number for the desk.
    "call_popup": tuple(each for each in NO_LOOK_UP_NEEDS if each != "convox_clinicea.sealing"),
    "authorizer": (
        "boto3",
        "aws_lambda_powertools.event_handler",
        "convox_clinicea.bookings",
        "convox_clinicea.clinicea",
        "convox_clinicea.lookups",
        "phonenumbers",
        "requests",
    ),
    "booking_status": (
        "boto3",
        "convox_clinicea.bookings.worker",
        "convox_clinicea.clinicea.client",
        "convox_clinicea.lookups",
        "phonenumbers",
        "requests",
    ),
    "sweeper": ("aws_lambda_powertools.event_handler", "convox_clinicea.bookings.worker", "convox_clinicea.convox"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_handler_is_imported_without_environment_and_network(name: str, tmp_path: Path) -> None:
    done = run(IMPORT, name, tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "imported\n", "")


@pytest.mark.parametrize("name", SPARED)
def test_a_function_loads_nothing_that_only_others_need(name: str, tmp_path: Path) -> None:
    done = run(LOADED, name, tmp_path)

    loaded = json.loads(done.stdout)
    assert "convox_clinicea.settings" in loaded
    assert [each for each in loaded if any(f"{each}.".startswith(f"{spared}.") for spared in SPARED[name])] == []


def run(code: str, name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code beside a function in a fresh interpreter without an environment."""
    paths = os.pathsep.join(str(ROOT / part) for part in (Path("functions") / name, Path("layers/connector")))
    return subprocess.run(
        [sys.executable, "-W", "error", "-B", "-c", code],
        env={"PYTHONPATH": paths},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
