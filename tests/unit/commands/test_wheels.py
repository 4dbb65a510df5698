"""Every lock can be installed on every supported Python, system and processor; checked from committed files alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from commands.lock import choosing, settings, without_hashes
from commands.wheels import (
    LAMBDA_GLIBC,
    LINUX_ARM,
    LINUX_X86,
    LOCKS,
    MAC_ARM,
    MAC_X86,
    MACHINES,
    MISSING,
    PYTHONS,
    ROOT,
    Gap,
    gaps,
    gaps_of,
    pinned,
    read_table,
    relevant,
    unexplained,
)

X86, ARM, MAC, PURE = ("0" * 64, "1" * 64, "2" * 64, "3" * 64)
COMPILED = {
    "alpha-1.0-cp311-cp311-manylinux_2_28_x86_64.whl": X86,
    "alpha-1.0-cp311-abi3-manylinux2014_aarch64.manylinux_2_17_aarch64.whl": ARM,
    "alpha-1.0-cp311-abi3-macosx_10_9_universal2.whl": MAC,
}
TABLE = {"alpha==1.0": COMPILED, "beta==2.0": {"beta-2.0-py3-none-any.whl": PURE}}


def entry(requirement: str, *hashes: str) -> str:
    return " \\\n".join([requirement, *(f"    --hash=sha256:{each}" for each in hashes)]) + "\n"


@pytest.mark.parametrize("name", LOCKS)
def test_every_supported_machine_has_a_wheel_for_each_lock_line(name: str) -> None:
    assert unexplained(gaps_of(name, read_table())) == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_the_hash_of_each_wheel(name: str) -> None:
    table = read_table()
    lacking = [
        f"{package}: {wheel}"
        for package in pinned(LOCKS[name].read_text("utf-8"))
        for wheel, digest in table[str(package)].items()
        if digest not in package.hashes
    ]

    assert lacking == []


def test_the_table_has_what_is_locked_and_nothing_else() -> None:
    locked = {str(package) for lock in LOCKS.values() for package in pinned(lock.read_text("utf-8"))}

    assert set(read_table()) == locked


def test_no_lock_is_left_out() -> None:
    assert set(LOCKS.values()) >= set((ROOT / "requirements").glob("*.txt"))


def test_each_exception_is_needed_wherever_it_is_made() -> None:
    table = read_table()
    found = {
        (gap.package.partition("==")[0], gap.machine, gap.python) for name in LOCKS for gap in gaps_of(name, table)
    }

    assert {(each.package, m, python) for each in MISSING for m in each.machines for python in each.pythons} <= found


def test_a_wheel_for_one_python_is_missing_for_the_others() -> None:
    lock = entry("alpha==1.0", X86, ARM, MAC)

    assert gaps(lock, TABLE) == [Gap("alpha==1.0", python, LINUX_X86) for python in PYTHONS if python != (3, 11)]


def test_hash_missing_in_the_lock_is_a_gap_despite_a_wheel() -> None:
    lock = entry("alpha==1.0 ; python_full_version < '3.12'", X86)

    assert gaps(lock, TABLE) == [Gap("alpha==1.0", (3, 11), machine) for machine in (LINUX_ARM, MAC_ARM, MAC_X86)]


def test_what_the_table_does_not_know_is_a_gap_everywhere() -> None:
    lock = entry("gamma==3.0", PURE)

    assert gaps(lock, TABLE) == [Gap("gamma==3.0", python, machine) for python in PYTHONS for machine in MACHINES]


def test_a_wheel_for_a_newer_c_library_does_not_fit_lambda() -> None:
    lock = entry("alpha==1.0 ; python_full_version < '3.12' and sys_platform == 'linux'", X86, ARM)

    assert gaps(lock, TABLE) == []
    assert gaps(lock, TABLE, LAMBDA_GLIBC) == [Gap("alpha==1.0", (3, 11), LINUX_X86)]


def test_a_pure_package_fits_every_machine() -> None:
    assert gaps(entry("beta==2.0", PURE), TABLE) == []


@pytest.mark.parametrize(
    "wheel",
    [
        "alpha-1.0-cp311-cp311-win_amd64.whl",
        "alpha-1.0-cp310-cp310-manylinux_2_28_x86_64.whl",
        "alpha-1.0-cp314-cp314t-manylinux_2_28_x86_64.whl",
        "alpha-1.0-cp313-cp313-musllinux_1_2_x86_64.whl",
        "alpha-1.0-cp313-cp313-manylinux_2_34_x86_64.whl",
    ],
)
def test_the_table_leaves_out_what_no_supported_machine_takes(wheel: str) -> None:
    assert not relevant(wheel)


def test_the_versions_are_kept_when_hashes_are_renewed() -> None:
    lock = "# by make lock\n" + entry("alpha==1.0 ; python_full_version < '3.12'", X86, ARM) + entry("beta==2.0", PURE)

    assert without_hashes(lock) == "# by make lock\nalpha==1.0 ; python_full_version < '3.12'\nbeta==2.0\n"


def test_the_locks_are_not_made_from_an_index_of_this_machine() -> None:
    machine = {
        "HOME": "/home/nobody",
        "UV_CONFIG_FILE": "uv.toml",
        "UV_EXTRA_INDEX_URL": "file:///wheels",
        "UV_FIND_LINKS": "/wheels",
        "UV_INDEX": "file:///wheels",
        "UV_DEFAULT_INDEX": "https://mirror.example.com/wheels",
    }

    assert settings(machine) == {
        "HOME": "/home/nobody",
        "UV_DEFAULT_INDEX": "https://mirror.example.com/wheels",
    }


@pytest.mark.parametrize(
    ("how", "arguments"),
    [
        ({"keep": False, "newest": False}, ["--upgrade", "--exclude-newer", "2026-11-21T10:00:00Z"]),
        ({"keep": False, "newest": True}, ["--upgrade"]),
        ({"keep": True, "newest": False}, []),
    ],
)
def test_what_came_out_this_week_waits(how: dict[str, bool], arguments: list[str]) -> None:
    assert choosing(**how, now=datetime(2026, 11, 28, 10, tzinfo=UTC)) == arguments
