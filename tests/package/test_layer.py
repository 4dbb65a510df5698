"""The built layer: its size, its processor, what is in it and what must not be."""

from __future__ import annotations

import marshal
import platform
import re
import subprocess
import sys
from pathlib import Path
from types import CodeType

from bench.runtime import PYTHON
from tests.package.conftest import RUNNING, TARGETS, Target
from tests.package.zipped import zipped

ZIPPED_BYTES = 9_000_000
UNPACKED_BYTES = 250_000_000 // 2
"""Half of what Lambda lets layers and function have together."""
MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}
TRIPLETS = {"arm64": "aarch64-linux-gnu", "x86_64": "x86_64-linux-gnu"}
FORBIDDEN = {"boto3", "botocore", "s3transfer", "dateutil", "jmespath", "six.py", "aws_xray_sdk", "pip", "setuptools"}
# What `import` needs of Lambda's own is there, as on Lambda: the runtime client's environment holds boto3 and no more.
USE = """
import zoneinfo
zoneinfo.reset_tzpath(to=())
print(zoneinfo.ZoneInfo("Asia/Kolkata"))
import phonenumbers
for text, country in (("99999 00001", "IN"), ("+971501234567", None), ("(201) 555-0123", "US")):
    number = phonenumbers.parse(text, country)
    assert phonenumbers.is_possible_number(number)
    print(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), phonenumbers.is_valid_number(number))
import aws_lambda_powertools.event_handler, pydantic, requests, convox_clinicea.lookups.search
from importlib import metadata
print(metadata.version("aws-lambda-powertools") == aws_lambda_powertools.shared.version.VERSION)
print(metadata.version("pydantic") == pydantic.VERSION)
"""


def fits(library: Path, target: Target) -> bool:
    """Return whether an extension module can be loaded there, by its header and by its name."""
    header = library.read_bytes()[:20]
    tag = library.name.removesuffix(".so").partition(".")[2]
    of_python = f"cpython-{target.python.replace('.', '')}-{TRIPLETS[target.arch]}"
    return (
        header[:6] == b"\x7fELF\x02\x01"  # 64 bits, little-endian
        and int.from_bytes(header[18:20], "little") == MACHINES[target.arch]
        and tag in (of_python, "abi3", "")
    )


def test_the_zipped_layer_keeps_its_bar(layer: Path) -> None:
    assert len(zipped(layer)) <= ZIPPED_BYTES
    assert sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) <= UNPACKED_BYTES


def test_every_extension_module_is_for_that_python_and_processor(layer: Path, target: Target) -> None:
    libraries = [path for path in layer.rglob("*") if re.search(r"\.so(\.|$)", path.name)]

    assert {path.parent.name for path in libraries} >= {"pydantic_core"}
    assert [path.name for path in libraries if not fits(path, target)] == []


def test_a_module_of_another_processor_or_python_would_be_seen(layers: dict[Target, Path]) -> None:
    (default, here) = TARGETS
    (library,) = layers[here].rglob("_pydantic_core*.so")

    assert fits(library, here)
    assert not fits(library, Target(here.python, next(arch for arch in MACHINES if arch != here.arch)))
    assert not fits(library, Target("3.99", here.arch))
    assert not fits(layers[default] / "layer.json", default)


def test_nothing_is_packed_that_lambda_brings_and_no_tests(layer: Path) -> None:
    packed = {path.name for path in (layer / "python").iterdir()}
    folders = {path.name for path in layer.rglob("*") if path.is_dir()}

    assert {"convox_clinicea", "requests", "urllib3", "pydantic", "phonenumbers", "tzdata"} <= packed
    assert not packed & FORBIDDEN
    assert not {name for name in packed if name.startswith(("boto", "jmespath"))}
    assert not folders & {"tests", "test", "geodata", "carrierdata", "bin"}


def test_each_package_is_named_and_keeps_its_licence(layer: Path) -> None:
    described = list((layer / "python").glob("*.dist-info"))

    assert len(described) >= 10
    for folder in described:
        assert "\nVersion: " in (folder / "METADATA").read_text(), folder.name
        assert [path for path in folder.rglob("*") if path.name.startswith("LICENSE")], folder.name


def test_every_installed_module_has_byte_code_for_its_python(layer: Path, target: Target) -> None:
    tag = f".cpython-{target.python.replace('.', '')}.pyc"
    compiled = set(layer.rglob("*.pyc"))

    assert {path for path in compiled if not path.name.endswith(tag)} == set()
    sources = set(layer.rglob("*.py"))
    assert len(compiled) in ((0, len(sources)) if target.python != RUNNING else (len(sources),))
    # PEP 552: flag 1 says "by hash", flag 2, absent, "compare with the source".
    assert {path.read_bytes()[4:8] for path in compiled} <= {b"\x01\0\0\0"}


def test_byte_code_names_files_as_they_lie_on_lambda(layers: dict[Target, Path]) -> None:
    (compiled,) = layers[TARGETS[1]].rglob(f"convox_clinicea/__pycache__/errors.{sys.implementation.cache_tag}.pyc")

    code = marshal.loads(compiled.read_bytes()[16:])

    assert isinstance(code, CodeType)
    assert code.co_filename == "/opt/python/convox_clinicea/errors.py"


def test_what_was_stripped_is_not_missed(layers: dict[Target, Path]) -> None:
    environment = {"PYTHONPATH": str(layers[TARGETS[1]] / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    assert platform.python_version().startswith(f"{TARGETS[1].python}.")

    done = subprocess.run(
        [str(PYTHON), "-c", USE], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    said = done.stdout.splitlines()
    assert said[:4] == ["Asia/Kolkata", "+919999900001 True", "+971501234567 True", "+12015550123 True"], done.stderr
    assert said[4:] == ["True", "True"]
