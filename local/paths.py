"""Paths of the launcher's files, all in `.local`, which git ignores."""

import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".local"
BUILDS = WORK / "builds"
LOGS = WORK / "logs"
STACK_FILE = WORK / "stack.json"
RUNS = WORK / "runs"
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
LOOPS = "SAM_CLI_ENABLE_LANGUAGE_EXTENSIONS"
"""The SAM CLI's switch for Fn::ForEach: samcli reads samconfig.toml only from the template's folder."""
LAYER_CACHE = ROOT / ".tools" / "layer"

STACK = "convox-clinicea"
REGION = "ap-south-1"

# The embedded AWS runs functions on its own interpreter, so the layer is built for this one.
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"
