"""`connector doctor` against the deployed stack, as its operator runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands import target
from commands.__main__ import main


def test_doctor_asks_as_the_deployed_functions_do(
    stack: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served = tmp_path / "stack.json"
    served.write_text(json.dumps(stack))
    monkeypatch.setattr(target, "STACK_FILE", served)
    for name in ("CLINICEA_API_KEY", "CLINICEA_USER_NAME", "CLINICEA_PASSWORD"):
        monkeypatch.delenv(name, raising=False)

    status = main(["doctor", "--mobile", "+919999900001", "--json", "--write", str(tmp_path / "table.json")])

    report = json.loads(capsys.readouterr().out)
    found = {each["subject"]: each["verdict"] for each in report["findings"]}
    assert report["account"] == "convox-clinicea on this machine"
    assert (status, report["counts"]["wrong"]) == (0, 0)
    assert report["counts"]["differs, harmless"] == 2, "the fake's lists carry neither clinic nor practitioner"
    assert found["authentication"] == found["read_back.complete"] == "confirmed"
    assert report["call_table"] is None
