"""A project with nothing of this machine in it: no stack that runs here, no deploy.toml, no AWS settings."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from commands import deploy_file, target


def nowhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands look for their stack in an empty folder, and AWS's settings in one beside it."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv(deploy_file.VARIABLE, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "aws-credentials"))
    monkeypatch.setattr(deploy_file, "ROOT", folder)
    monkeypatch.setattr(target, "STACK_FILE", folder / ".local" / "stack.json")


def on_this_machine(folder: Path, **stack: object) -> Path:
    """Leave the file behind that `make run` writes."""
    file = folder / ".local" / "stack.json"
    file.parent.mkdir()
    file.write_text(json.dumps(stack))
    return file
