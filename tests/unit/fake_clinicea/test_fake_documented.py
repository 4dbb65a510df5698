"""The fake's page names every switch, world and control request that there is, and no other."""

import re
from dataclasses import fields
from pathlib import Path

from local.clinicea.switches import Switches
from local.clinicea.worlds import WORLDS

PAGE = (Path(__file__).parents[3] / "docs" / "fake-clinicea.md").read_text("utf-8")


def rows(first: str, last: str) -> list[str]:
    """The first cells of the tables between two headings."""
    part = PAGE[PAGE.index(first) : PAGE.index(last)]
    return re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)


def test_every_world_has_a_row() -> None:
    assert rows("## Worlds", "## Switches") == list(WORLDS)


def test_every_switch_has_a_row() -> None:
    assert sorted(rows("## Switches", "## Control")) == sorted(each.name for each in fields(Switches))
