"""The layer that the launcher built: all that the functions need is in it, and no more."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from local import paths
from tests.end_to_end.conftest import PYTHON


@pytest.fixture(scope="module")
def layer(stack: dict[str, str]) -> Path:
    """The build that was used last: the stack's."""
    return max(paths.BUILDS.glob("*/ConnectorLayer"), key=lambda built: built.parent.stat().st_mtime)


# Only the layer and the standard library are importable here (-S: no site-packages), as on Lambda but for boto3.
USE = """
import zoneinfo
zoneinfo.reset_tzpath(to=())
print(zoneinfo.ZoneInfo("Asia/Kolkata"))
import phonenumbers
for text, country in (("99999 00001", "IN"), ("+971501234567", None), ("(201) 555-0123", "US")):
    number = phonenumbers.parse(text, country)
    assert phonenumbers.is_possible_number(number)
    print(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), phonenumbers.is_valid_number(number))
import aws_lambda_powertools.event_handler, pydantic, requests
from importlib import metadata
print(metadata.version("aws-lambda-powertools") and metadata.version("pydantic"))
import convox_clinicea
"""


def test_the_stripped_libraries_still_do_what_the_connector_asks_of_them(layer: Path) -> None:
    environment = {"PYTHONPATH": str(layer / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [str(PYTHON), "-S", "-c", USE], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[:4] == ["Asia/Kolkata", "+919999900001 True", "+971501234567 True", "+12015550123 True"]


def test_the_layer_brings_no_boto3_which_lambda_has_and_no_tracing_library(layer: Path) -> None:
    packed = {path.name for path in (layer / "python").iterdir()}

    assert {"convox_clinicea", "requests", "pydantic", "phonenumbers", "tzdata"} <= packed
    assert not packed & {"boto3", "botocore", "aws_xray_sdk"}


def test_the_layer_is_small(layer: Path) -> None:
    size = sum(path.stat().st_size for path in layer.rglob("*") if path.is_file())

    assert size < 40_000_000  # of the 250 MB that a function may have unpacked; the smaller, the sooner it starts
