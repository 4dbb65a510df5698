"""template.yaml as it is written and as CloudFormation gets it, made once for a run of the tests."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAM_PYTHON = ROOT / ".tools" / "sam" / "bin" / "python"
Json = dict[str, Any]


@cache
def both() -> Json:
    """The template in two forms; SAM's own transform makes the second, in the SAM CLI's environment."""
    if not SAM_PYTHON.exists():
        pytest.fail("the SAM CLI is not installed here; run the tests by `make test`", pytrace=False)
    script = ROOT / "tests" / "template" / "transform.py"
    done = subprocess.run(
        [str(SAM_PYTHON), str(script), str(ROOT / "template.yaml")], capture_output=True, timeout=60, check=False
    )
    if done.returncode:
        pytest.fail(f"the template cannot be transformed:\n{done.stderr.decode()}", pytrace=False)
    forms: Json = json.loads(done.stdout)
    return forms


def resources() -> Json:
    """The resources that CloudFormation gets to see."""
    found: Json = both()["transformed"]["Resources"]
    return found
