"""Layers and functions, built as they are deployed; requirements come from the builds' cache."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.runtime import ARCHITECTURE, ROOT

BUILD_SECONDS = 300
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


class Target(NamedTuple):
    """What a layer is built for."""

    python: str
    arch: str


TARGETS = [Target("3.13", "arm64"), Target(RUNNING, ARCHITECTURE)]
"""The template's defaults, and this machine."""
Build = Callable[..., Path]


def run(command: list[str], folder: Path, **settings: str) -> str:
    """Run a step of the build in `folder`; returns what it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | settings
    environment["CONNECTOR_LAYER_CACHE"] = str(ROOT / ".tools" / "layer")
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build_layer(target: Target, folder: Path, **settings: str) -> Path:
    """Build a layer; returns its folder."""
    wanted = ["--python", target.python, "--arch", target.arch, str(folder)]
    run([sys.executable, str(ROOT / "layers" / "connector" / "build.py"), *wanted], ROOT, **settings)
    return folder


@pytest.fixture(scope="session")
def layers(tmp_path_factory: pytest.TempPathFactory) -> dict[Target, Path]:
    """Each target's layer."""
    folder = tmp_path_factory.mktemp("layers")
    return {target: build_layer(target, folder / f"{target.python}-{target.arch}") for target in TARGETS}


@pytest.fixture(params=TARGETS, ids=lambda target: f"{target.python} on {target.arch}")
def target(request: pytest.FixtureRequest) -> Target:
    """One target after the other."""
    chosen: Target = request.param
    return chosen


@pytest.fixture
def layer(target: Target, layers: dict[Target, Path]) -> Path:
    """The layer for that target."""
    return layers[target]
