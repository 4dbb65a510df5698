"""The code is no more to read than it was: each figure of `make shape` has a ceiling here, lowered when it falls."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from commands import shape
from commands.shape import Figure

CEILINGS = {
    "modules loaded for a look-up": 49,
    "modules loaded for a booking, to Clinicea": 70,
    "modules of the layer": 129,
    "modules under 40 lines": 0,
    "modules over 300 lines": 0,
    "lines of the longest handler": 30,
    "lines of template.yaml": 2100,
    "modules of tests over 300 lines": 0,
    "test lines per product line": 3.4,
    "names of tests over 60 characters": 0,
}


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return {each.name: each for each in shape.figures()}


def test_no_figure_is_over_its_ceiling(figures: dict[str, Figure]) -> None:
    assert list(figures) == list(CEILINGS)
    assert [each for each in figures.values() if each.now > CEILINGS[each.name]] == []


def test_handlers_and_template_keep_within_the_limit(figures: dict[str, Figure]) -> None:
    assert figures["lines of the longest handler"].reached
    assert figures["lines of template.yaml"].reached


def test_modules_are_counted_without_their_packages(tmp_path: Path) -> None:
    package = tmp_path / "layers" / "connector" / "convox_clinicea"
    (package / "bookings").mkdir(parents=True)
    (package / "bookings" / "__init__.py").write_text('"""One line."""\n')
    (package / "bookings" / "ledger.py").write_text("one = 1\n\ntwo = 2\n")

    assert shape.module_lines(tmp_path) == {"bookings/ledger.py": 3}


def test_loaded_modules_are_those_of_every_function(tmp_path: Path) -> None:
    package = tmp_path / "layers" / "connector" / "convox_clinicea"
    package.mkdir(parents=True)
    for name, loads in {"first": "one", "second": "two"}.items():
        (package / f"{loads}.py").write_text("import json\n")
        (tmp_path / "functions" / name).mkdir(parents=True)
        (tmp_path / "functions" / name / "app.py").write_text(f"import convox_clinicea.{loads}\n")

    found = shape.modules_loaded(tmp_path, "first", "second")

    assert found == {"convox_clinicea", "convox_clinicea.one", "convox_clinicea.two"}


def test_a_function_that_cannot_be_imported_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        shape.modules_loaded(tmp_path, "absent")


def test_names_of_tests_are_found_in_classes_too(tmp_path: Path) -> None:
    path = tmp_path / "test_it.py"
    path.write_text("def test_a(): ...\ndef helper(): ...\nclass Suite:\n    async def test_b(self): ...\n")

    assert sorted(shape.names_of_tests(path)) == ["test_a", "test_b"]


def test_the_table_marks_what_is_over_its_limit() -> None:
    assert shape.table([Figure("short", 1, 2), Figure("a longer one", 2.5, 2)]).splitlines() == [
        "figure        now  limit",
        "short           1      2",
        "a longer one  2.5      2 *",
    ]
