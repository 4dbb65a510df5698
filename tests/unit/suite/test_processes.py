"""How several processes share the tests."""

from __future__ import annotations

import pytest

from tests.support.processes import TOGETHER, begin_with_the_longest, folder_of, share


@pytest.mark.parametrize("folder", TOGETHER)
def test_one_process_runs_all_of_a_slow_or_self_judging_folder(folder: str) -> None:
    tests = [f"tests/{folder}/test_a.py::test_one[a/b::c]", f"tests/{folder}/below/test_b.py::TestIt::test_two"]

    assert {share(test) for test in tests} == {folder}


def test_elsewhere_it_runs_all_of_a_module() -> None:
    assert share("tests/unit/base/test_a.py::test_one[x/y]") == share("tests/unit/base/test_a.py::TestIt::test_two")
    assert share("tests/unit/base/test_a.py::test_one") != share("tests/unit/base/test_b.py::test_one")


def test_the_longest_begin_and_nothing_else_changes_its_place(request: pytest.FixtureRequest) -> None:
    items = list(request.session.items)

    begin_with_the_longest(items)

    assert items == request.session.items
    folders = [folder_of(item.nodeid) for item in items]
    assert folders == sorted(folders, key=lambda name: TOGETHER.index(name) if name in TOGETHER else len(TOGETHER))
