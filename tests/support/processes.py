"""Several processes share the tests: which of these stay together, and what takes longest and so begins first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

TOGETHER = ("end_to_end", "integration", "runtime", "package")
"""Folders of which one process runs all, longest first: they share what is slow to start, or judge themselves."""


def share(test: str) -> str:
    """Return what the test with this id belongs to: one process runs all of it, in order."""
    folder = folder_of(test)
    return folder if folder in TOGETHER else test.partition("::")[0]


class Shares(LoadFileScheduling):  # type: ignore[misc]  # xdist tells no types
    """Gives each share to one process. A share stands before the ids, where xdist expects a file.

    xdist's own groups rename the tests, which pytest 9 refuses. A process is told numbers, so no test is renamed here.
    """

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """Take over what a process has collected."""
        super().add_node_collection(node, [f"{share(each)}::{each}" for each in collection])

    def remove_node(self, node: Any) -> str | None:
        """Take a process out; return the test that it ran when it crashed."""
        crashed = super().remove_node(node)
        return None if crashed is None else str(crashed).partition("::")[2]


def begin_with_the_longest(items: list[pytest.Item]) -> None:
    """Let the folders of `TOGETHER` come first: at the end there are small shares left."""
    places = {folder: place for place, folder in enumerate(TOGETHER)}
    items.sort(key=lambda item: places.get(folder_of(item.nodeid), len(places)))


def folder_of(test: str) -> str:
    """Return the folder below `tests` that the test with this id lies in."""
    return PurePosixPath(test.partition("::")[0]).parts[1]
