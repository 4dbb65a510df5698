"""`make shape`: counts what a reader of this code must open, and compares it with the project's limits."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAYER = Path("layers/connector")
PACKAGE = "convox_clinicea"
LONGEST_TEST_NAME = 60
SHORTEST_MODULE, LONGEST_MODULE = 40, 300
SECONDS = 60
LOOK_UP = "search_patient"
BOOKING = ("book_appointment", "booking_worker")
"""The functions of a booking on its way to Clinicea."""
_LOADED = f"import json, sys, app; print(json.dumps([m for m in sys.modules if m.split('.')[0] == {PACKAGE!r}]))"


@dataclass(frozen=True)
class Figure:
    """One count with its limit."""

    name: str
    now: float
    limit: float

    @property
    def reached(self) -> bool:
        """Whether the count is within the limit."""
        return self.now <= self.limit


def figures(root: Path = ROOT) -> Iterator[Figure]:
    """Yield every figure of the working tree below `root`."""
    yield Figure("modules loaded for a look-up", len(modules_loaded(root, LOOK_UP)), 31)
    yield Figure("modules loaded for a booking, to Clinicea", len(modules_loaded(root, *BOOKING)), 40)
    modules = module_lines(root)
    yield Figure("modules of the layer", len(modules), 75)
    yield Figure(f"modules under {SHORTEST_MODULE} lines", sum(n < SHORTEST_MODULE for n in modules.values()), 0)
    yield Figure(f"modules over {LONGEST_MODULE} lines", sum(n > LONGEST_MODULE for n in modules.values()), 0)
    handlers = [lines_of(each) for each in sorted((root / "functions").glob("*/app.py"))]
    yield Figure("lines of the longest handler", max(handlers), 30)
    yield Figure("lines of template.yaml", lines_of(root / "template.yaml"), 2100)
    tests = sorted((root / "tests").rglob("*.py"))
    product = sum(map(lines_of, (root / LAYER / PACKAGE).rglob("*.py"))) + sum(handlers)
    yield Figure(f"modules of tests over {LONGEST_MODULE} lines", sum(lines_of(n) > LONGEST_MODULE for n in tests), 0)
    yield Figure("test lines per product line", round(sum(map(lines_of, tests)) / product, 2), 2.2)
    long = sum(len(name) > LONGEST_TEST_NAME for path in tests for name in names_of_tests(path))
    yield Figure(f"names of tests over {LONGEST_TEST_NAME} characters", long, 0)


def modules_loaded(root: Path, *functions: str) -> frozenset[str]:
    """Return the layer's modules loaded by new processes that each import one of the functions.

    Raises:
        CalledProcessError: a function cannot be imported.
    """
    return frozenset().union(*(_loaded_by(root, each) for each in functions))


def _loaded_by(root: Path, function: str) -> list[str]:
    paths = os.pathsep.join(str(root / part) for part in (Path("functions") / function, LAYER))
    done = subprocess.run(
        [sys.executable, "-B", "-c", _LOADED],
        env={"PYTHONPATH": paths},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


def module_lines(root: Path) -> Mapping[str, int]:
    """Return the lines of each module of the layer, without `__init__` modules."""
    package = root / LAYER / PACKAGE
    paths = (each for each in sorted(package.rglob("*.py")) if each.name != "__init__.py")
    return {str(each.relative_to(package)): lines_of(each) for each in paths}


def lines_of(path: Path) -> int:
    """Return the number of lines of a file."""
    return len(path.read_text("utf-8").splitlines())


def names_of_tests(path: Path) -> Iterator[str]:
    """Yield the names of the test functions in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name


def table(found: Iterable[Figure]) -> str:
    """Return the figures as a table; a star marks figures over their limit."""
    rows: list[Sequence[str]] = [("figure", "now", "limit", "")]
    rows += [(each.name, f"{each.now:g}", f"{each.limit:g}", "" if each.reached else "*") for each in found]
    name, now, limit = (max(len(row[column]) for row in rows) for column in range(3))
    return "\n".join(f"{row[0]:{name}}  {row[1]:>{now}}  {row[2]:>{limit}} {row[3]}".rstrip() for row in rows)


def main() -> int:
    """Print the table."""
    print(table(figures()))
    print("\n* over the limit set for it; tests/unit/suite/test_shape.py holds every figure where it is")
    return 0


if __name__ == "__main__":
    sys.exit(main())
