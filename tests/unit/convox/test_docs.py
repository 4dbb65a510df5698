"""What `docs/convox.md` shows is what the connector does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from commands.__main__ import main
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.settings import packed
from tests.support.template import ROOT

TEXT = (ROOT / "docs" / "convox.md").read_text("utf-8")


def test_the_alias_table_is_the_packed_one() -> None:
    shown = {
        row[1]: dict(re.findall(r"`([^`]+)` \[([a-z0-9]+)\]", row[2]))
        for row in re.finditer(r"^\| `([a-z_.0-9]+)` \| (`[^|]*\[[a-z0-9]+\]) \|$", TEXT, re.MULTILINE)
    }

    assert shown == packed("dialect")["aliases"]


def test_the_example_of_a_dialect_is_one() -> None:
    (example,) = re.findall(r"```json\n(\{\n.*?\})\n```", TEXT, re.DOTALL)

    dialects = Dialects.from_document(json.loads(example))

    assert dialects.for_client("dubai-desk").zone is not None


def test_the_example_of_a_check_is_what_it_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (shown,) = re.findall(r"\$ cat dialect\.json\n(.*?)\$ ./connector check-config[^\n]*\n(.*?)\n```", TEXT, re.DOTALL)
    document, printed = shown
    (tmp_path / "dialect.json").write_text(document)
    (tmp_path / "clinics.json").write_text('{"schema": 1, "clinics": [{"clinic_id": "C-01", "time_zone": "India"}]}')
    monkeypatch.chdir(tmp_path)

    assert main(["check-config", "--dialect", "dialect.json", "--clinics", "clinics.json"]) == 1
    assert capsys.readouterr().out.strip() == printed.strip()
