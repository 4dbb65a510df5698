"""Running `make deploy` with its commands noted and not run."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from commands import deploy, deploy_file
from commands.target import Target
from tests.support.deploying import Steps

Said = pytest.CaptureFixture[str]


def run(*parameters: str, steps: Steps | None = None, yes: bool = True, stack: str = "", sam: str = "") -> int:
    """Deploy, as `main` does once the target is found."""
    wanted = argparse.Namespace(parameters=list(parameters), yes=yes, stack=stack, sam=sam)
    return deploy.deploy(Target.find(stack), wanted, steps or Steps())


def released(steps: Steps) -> str:
    return steps.of("sam deploy").partition('ReleaseId="')[2].partition('"')[0]


def steps_instead(patch: pytest.MonkeyPatch, steps: Steps) -> None:
    """Let the program note its commands and not run them."""
    patch.setattr(subprocess, "run", lambda command, **_: SimpleNamespace(returncode=steps(command)))


def secret_of(root: Path) -> str:
    return deploy_file.read(root / "deploy.toml").fixed["CliniceaSecretArn"]


def main_of(*words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["deploy", "--yes", *words])
        steps_instead(patch, Steps())
        return deploy.main()
