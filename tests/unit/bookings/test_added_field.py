"""A new field of a new patient touches three files of the product, and no step drops it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from commands.template import ROOT
from tests.support import added_field
from tests.support.added_field import FIELD


def test_a_field_that_is_added_in_three_files_reaches_clinicea(tmp_path: Path) -> None:
    folder = added_field.written_to(tmp_path)

    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.support.added_field"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert len(added_field.EDITS) <= 3
    text = {"anyOf": [{"maxLength": 100, "minLength": 1, "type": "string"}, {"type": "null"}]}
    assert json.loads(done.stdout) == {
        "package": str(folder / "convox_clinicea"),
        "asked": "Marathi",
        "callback": "Konkani",
        "unusable": None,
        "left_out": [FIELD],
        "kept": "Tamil",
        "documented": {**text, "default": None, "title": "Preferred Language"},
        "doctor_may_lack_it": True,
    }
