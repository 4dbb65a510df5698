"""Builds the functions and layers to measure and test: `sam build` for this machine's Python."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.runtime import ARCHITECTURE, ROOT

BUILD_SECONDS = 600
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


class BuildFailed(Exception):
    """`sam build` failed; the text is its output."""


@dataclass(frozen=True)
class Build:
    """A finished build."""

    folder: Path

    def function(self, name: str) -> Path:
        """Return the built folder of `functions/<name>`."""
        return self.folder / f"{''.join(part.title() for part in name.split('_'))}Function"

    @property
    def layer(self) -> Path:
        return self.folder / "ConnectorLayer"


def build(folder: Path, template: Path = ROOT / "template.yaml") -> Build:
    """Build a template's functions and layers into `folder`; raises BuildFailed."""
    command = [str(ROOT / ".tools" / "sam" / "bin" / "sam"), "build", "--template", str(template)]
    command += ["--build-dir", str(folder), "--parameter-overrides", f"Python={PYTHON}", f"Architecture={ARCHITECTURE}"]
    settings = {
        "PYTHON": PYTHON,
        "ARCH": ARCHITECTURE,
        "PYTHON3": sys.executable,
        # SAM looks here for the Python of functions that are not built by make.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "CONNECTOR_LAYER_CACHE": str(ROOT / ".tools" / "layer"),
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_ENABLE_LANGUAGE_EXTENSIONS": "1",  # the usual handler's template has no samconfig.toml
    }
    without_make = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        command, env=without_make | settings, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )
    if done.returncode:
        raise BuildFailed(done.stdout[-2000:] + done.stderr[-4000:])
    return Build(folder)
