"""The privacy page lists all that is stored: each kind of item that the code writes has its row."""

from __future__ import annotations

import re

import pytest

from commands.template import ROOT

LAYER = ROOT / "layers" / "connector" / "convox_clinicea"
PARTS = {"caller", "agent", "misses"}
"""They stand inside of a counter's key."""
KINDS = sorted(
    {kind for path in LAYER.rglob("*.py") for kind in re.findall(r'f"([a-z]+)#\{', path.read_text("utf-8"))} - PARTS
)
ROWS = [line for line in (ROOT / "docs" / "privacy.md").read_text("utf-8").splitlines() if line.startswith("| ")]
OF_THE_REGISTER = {"patient": "disclosures", "number": "proofs of consent", "consent": "proofs of consent"}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_item_stands_in_the_table(kind: str) -> None:
    said = OF_THE_REGISTER.get(kind, f"`{kind}#")
    assert [row for row in ROWS if said in row]


def test_all_kinds_were_found() -> None:
    assert {"booking", "call", "act", "slot", "creating", "appointment", "lookups", "pace", "patient"} <= {
        *KINDS,
        *re.findall(r"`([a-z]+)#<HMAC", "\n".join(ROWS)),
    }
