"""The product's code by release: today's, and the one after it, which a run may deploy beside it and take back.

The later release is today's code with a higher number, another attribute and another word in each record, as the tests
of two releases on one table have it. It is a package of another name, so that both are loaded in one process; whatever
the simulation has that speaks the product's own types is loaded once more in its words.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, ModuleType
from typing import Any

from commands.template import ROOT
from tests.support.next_release import written_to

PRODUCT = "convox_clinicea"
LATER_PRODUCT = "convox_clinicea_later"
_folders: list[TemporaryDirectory[str]] = []
"""Where the later release's source is, until the process ends."""


@dataclass(frozen=True)
class Release:
    """One release of the product.

    Attributes:
        package: the name under which its code is loaded.
    """

    package: str

    def module(self, name: str) -> Any:
        """Return a module of its package."""
        return importlib.import_module(f"{self.package}.{name}")

    def own(self, what: str) -> str:
        """Return the name of the release's own source of chance: with today's, its tokens would be the same."""
        return what if self.package == PRODUCT else f"{what} of {self.package}"

    def double(self, name: str) -> Any:
        """Return a module of the simulation that knows this release's types instead of today's."""
        if self.package == PRODUCT:
            return importlib.import_module(f"tests.chaos.{name}")
        return _double(self, name)

    def load(self, name: str, path: Path) -> ModuleType:
        """Load a handler's module afresh under a name of its own, as a cold start does."""
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None:
            raise ImportError(f"no module at {path}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        exec(_compiled(path, self.package), vars(module))
        return module

    def is_own_error(self, error: BaseException) -> bool:
        """Whether the release raises it itself, as its answer to what went wrong."""
        return isinstance(error, self.module("errors").ConnectorError)


TODAY = Release(PRODUCT)


@cache
def later() -> Release:
    """Return the release after today's; its source is written when it is first asked for."""
    folder = TemporaryDirectory(prefix="later-release-")
    _folders.append(folder)
    root = written_to(Path(folder.name))
    package = (root / PRODUCT).rename(root / LATER_PRODUCT)
    for path in package.rglob("*.py"):
        path.write_text(path.read_text("utf-8").replace(PRODUCT, LATER_PRODUCT), "utf-8")
    sys.path.append(str(root))
    importlib.invalidate_caches()
    return Release(LATER_PRODUCT)


@cache
def _double(release: Release, name: str) -> ModuleType:
    return release.load(f"tests.chaos.{name}_of_{release.package}", ROOT / "tests" / "chaos" / f"{name}.py")


@cache
def _compiled(path: Path, package: str) -> CodeType:
    return compile(path.read_text("utf-8").replace(PRODUCT, package), str(path), "exec")
