"""The release id, and how parameters are handed to SAM."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.release import overrides, release_id
from tests.support import deploying


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return deploying.project(tmp_path, monkeypatch)


def test_empty_values_and_values_with_spaces_are_quoted() -> None:
    assert overrides({"Clinics": "", "Title": 'a "b" \\c'}) == ['Clinics=""', 'Title="a \\"b\\" \\\\c"']


def test_release_changes_with_code_template_or_parameter(root: Path) -> None:
    def now(**parameters: str) -> str:
        return release_id(root, root / ".aws-sam" / "build", parameters)

    first = now(SettleSeconds="120")
    assert len(first) == 64
    assert now(SettleSeconds="120", ReleaseId="x" * 64) == first, "its own id is no part of it"
    seen = {first, now(SettleSeconds="121"), now()}
    (root / "functions" / "one" / "app.py").write_text("handler = 2\n")
    seen.add(now(SettleSeconds="120"))
    (root / "template.yaml").write_text("Resources: {A: {}}\n")
    seen.add(now(SettleSeconds="120"))
    (root / "dashboard.json").write_text("{}")
    seen.add(now(SettleSeconds="120"))
    (root / ".aws-sam/build/ConnectorLayer/layer.json").write_text('{"content": "def"}')
    seen.add(now(SettleSeconds="120"))

    assert len(seen) == 7
