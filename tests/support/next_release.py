"""The release after this one: today's code with a higher number, another attribute and another word in each record.

It is loaded beside today's, under the same names, in module objects of its own; both work on one stack and one
Clinicea. A real later release differs in more, but by the rule it differs in this.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import convox_clinicea
from tests.support.bench import Bench

TODAY = Path(convox_clinicea.__file__).parent
MARK = "of the next release"
"""What it notes in each record, and today's code knows nothing of."""
EDITS: dict[str, list[tuple[str, str]]] = {
    "bookings/record.py": [
        ("SCHEMA_VERSION = 2\n", "SCHEMA_VERSION = 3\n"),
        ("    posted: bool = False\n", f'    mark: str = "{MARK}"\n    posted: bool = False\n'),
    ],
    "bookings/protocol.py": [('    REFUSED = "refused"\n', '    REFUSED = "refused"\n    ADDED = "added_since"\n')],
    "bookings/call.py": [
        ("SCHEMA_VERSION = 3\n", "SCHEMA_VERSION = 4\n"),
        ("ONE_LEG_VERSION = 2\n", "ONE_LEG_VERSION = 4\n"),
        ("    version: int = 0\n", f'    mark: str = "{MARK}"\n    version: int = 0\n'),
    ],
    "bookings/claims.py": [
        ("SCHEMA_VERSION = 1\n", "SCHEMA_VERSION = 2\n"),
        ('frozenset({"pk",', 'frozenset({"pk", "mark",'),
        ('        "pk": {"S": key},\n', f'        "pk": {{"S": key}},\n        "mark": {{"S": "{MARK}"}},\n'),
    ],
    "bookings/canary.py": [("SCHEMA_VERSION = 1\n", "SCHEMA_VERSION = 2\n")],
    "announcements.py": [("SCHEMA_VERSION = 1\n", "SCHEMA_VERSION = 2\n")],
    "bookings/messages.py": [("MESSAGE_SCHEMA_VERSION = 1\n", "MESSAGE_SCHEMA_VERSION = 2\n")],
    "bookings/request.py": [
        ("\nSCHEMA_VERSION = 1\n", "\nSCHEMA_VERSION = 2\n"),
        ("frozenset({1})", "frozenset({1, 2})"),
    ],
}
_OURS = ("convox_clinicea", "tests.support")


def written_to(folder: Path) -> Path:
    """Write the next release's package into the folder."""
    package = folder / "convox_clinicea"
    shutil.copytree(TODAY, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, edits in EDITS.items():
        text = (package / name).read_text("utf-8")
        for before, after in edits:
            assert text.count(before) == 1, (name, before)
            text = text.replace(before, after)
        (package / name).write_text(text, "utf-8")
    return folder


@contextmanager
def _instead_of_today(folder: Path) -> Iterator[None]:
    """Import from the folder what is imported inside the block; afterwards everything is as it was."""
    today = {name: module for name, module in sys.modules.items() if _is_ours(name)}
    packages = {name: _attributes_of(name) for name in ("tests",)}
    for name in today:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if _is_ours(name)]:
            del sys.modules[name]
        sys.modules.update(today)
        for name, attributes in packages.items():
            vars(sys.modules[name]).update(attributes)


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(tuple(f"{each}." for each in _OURS))


def _attributes_of(name: str) -> dict[str, Any]:
    return {key: value for key, value in vars(sys.modules[name]).items() if isinstance(value, ModuleType)}


class NextRelease:
    """Its modules.

    Attributes:
        requests: its `tests.support.bookings`.
    """

    def __init__(self, folder: Path) -> None:
        with _instead_of_today(written_to(folder)):
            self.bench: Any = importlib.import_module("tests.support.bench")
            self.requests: Any = importlib.import_module("tests.support.bookings")

    def beside(self, today: Bench) -> Any:
        """Return its bench on today's stack, clock and Clinicea."""
        return _beside(today, self.bench)


def _beside(today: Bench, module: Any) -> Any:
    parent = module.CliniceaBench.__init__.__globals__
    kept = {name: parent[name] for name in ("VirtualClock", "FakeClinicea")}
    create = module.Stack.create
    parent["VirtualClock"] = lambda *_: today.clock
    parent["FakeClinicea"] = lambda *_, **__: today.transport.core
    module.Stack.create = lambda: today.stack
    try:
        return module.Bench()
    finally:
        parent.update(kept)
        module.Stack.create = create
