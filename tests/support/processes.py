"""Several processes share the tests: which of these stay together, and what takes longest and so begins first."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

TOGETHER = ("end_to_end", "integration", "runtime", "package")
"""Folders of which one process runs all, longest first: they share what is slow to start, or judge themselves."""


def share(test: str) -> str:
    """Return what the test with this id belongs to: one process runs all of it, in order."""
    folder = folder_of(test)
    return folder if folder in TOGETHER else test.partition("::")[0]


def begin_with_the_longest(items: list[pytest.Item]) -> None:
    """Let the folders of `TOGETHER` come first: at the end there are small shares left."""
    places = {folder: place for place, folder in enumerate(TOGETHER)}
    items.sort(key=lambda item: places.get(folder_of(item.nodeid), len(places)))


def folder_of(test: str) -> str:
    """Return the folder below `tests` that the test with this id lies in."""
    return PurePosixPath(test.partition("::")[0]).parts[1]
