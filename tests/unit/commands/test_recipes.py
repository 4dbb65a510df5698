"""Each command's recipe finds what the command imports, with the Makefile's interpreter and path, not pytest's."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from commands.template import ROOT

RECIPES = sorted(
    set(
        re.findall(
            r"^\t@?(?:PYTHONPATH=(\S+) )?(\.\S+/bin/python) -m (commands\.\w+)",
            (ROOT / "Makefile").read_text("utf-8"),
            re.MULTILINE,
        )
    )
)


@pytest.mark.parametrize(("path", "python", "module"), RECIPES, ids=[f"{module}" for _, _, module in RECIPES])
def test_what_a_command_imports_is_found(path: str, python: str, module: str) -> None:
    interpreter = ROOT / python
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [interpreter if interpreter.exists() else sys.executable, "-c", f"import {module}"],
        cwd=ROOT,
        env=environment | ({"PYTHONPATH": path} if path else {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_the_recipes_were_found() -> None:
    assert {"commands.deploy", "commands.openapi", "commands.lock"} <= {module for _, _, module in RECIPES}
