"""Patches of source text, and copies of this tree in which they are applied.

A patch names the text that it replaces. If a file does not have that text exactly once, the patch fails: a mutant of
code that has moved on proves nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[3]
COPIED = ("bench", "commands", "docs", "events", "functions", "layers", "local", "tests")
FILES = ("pyproject.toml", "template.yaml", "dashboard.json")
PACKAGE = "layers/connector/convox_clinicea"


class PatchFailed(Exception):
    """The text to be replaced is not there exactly once, or the new text is no Python."""


@dataclass(frozen=True)
class Patch:
    """One replacement in one file.

    Attributes:
        file: a path below the product's package, or below the tree's root with a leading `/`.
        old: text that the file has exactly once.
    """

    file: str
    old: str
    new: str

    def path(self, root: Path) -> Path:
        return root / (self.file[1:] if self.file.startswith("/") else f"{PACKAGE}/{self.file}")

    def applied(self, text: str) -> str:
        """Return the file's text with the replacement made; raises PatchFailed."""
        count = text.count(self.old)
        if count != 1 or self.old == self.new:
            raise PatchFailed(f"{self.file} has this {count} times, not once: {self.old!r}")
        return text.replace(self.old, self.new)


def patched(patches: Iterable[Patch], root: Path = ROOT) -> dict[Path, str]:
    """Return the new text of each file, by its path below `root`; raises PatchFailed."""
    texts: dict[Path, str] = {}
    for patch in patches:
        path = patch.path(root)
        if path not in texts and not path.is_file():
            raise PatchFailed(f"{patch.file} does not exist")
        texts[path] = patch.applied(texts.get(path) or path.read_text("utf-8"))
    for path, text in texts.items():
        if path.suffix == ".py":
            try:
                compile(text, str(path), "exec")
            except SyntaxError as error:
                raise PatchFailed(f"{path.name} is no Python any more: {error}") from None
    return {path.relative_to(root): text for path, text in texts.items()}


@contextmanager
def patched_tree(patches: Iterable[Patch]) -> Iterator[Path]:
    """Yield a copy of this tree with the patches applied; raises PatchFailed."""
    texts = patched(patches)
    with TemporaryDirectory(prefix="mutant-") as folder:
        root = Path(folder)
        for name in COPIED:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("*.png", "*.svg"))
        for name in FILES:
            shutil.copy2(ROOT / name, root / name)
        for path, text in texts.items():
            (root / path).write_text(text, "utf-8")
        yield root
