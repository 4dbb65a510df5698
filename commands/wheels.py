"""The wheels that the locks allow, for every supported Python, system and processor.

A lock has hashes without the names of their wheels. `make lock` writes names and hashes into requirements/wheels.json,
so that a test can check without an index that each lock is complete.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "requirements" / "wheels.json"
LOCKS = {
    "layer": ROOT / "layers" / "connector" / "requirements.txt",
    "desk": ROOT / "functions" / "agent_desk" / "requirements.txt",
    **{
        name: ROOT / "requirements" / f"{name}.txt"
        for name in ("dev", "sam", "emulator", "connector", "checks", "runtime", "usual", "pictures", "browser", "lock")
    },
}
"""Each lock by the name of its .in file, in the order of `make lock`: some constrain later ones."""
PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))
GLIBC = 28
"""2.28: Debian 10, RHEL 8, Ubuntu 20.04 and newer."""
LAMBDA_GLIBC = 17
"""glibc for Lambda's packages, as in layers/connector/build.py; Lambda's own C libraries are newer."""
PACKED = ("layer", "desk", "usual")
MACOS = (11, 0)

Table = Mapping[str, Mapping[str, str]]
"""For each `package==version` the SHA-256 of each wheel, by file name."""


class Machine(NamedTuple):
    """A kind of machine, in the names of markers and wheels."""

    system: str
    processor: str

    def __str__(self) -> str:
        return f"{'macOS' if self.system == 'darwin' else 'Linux'} {self.processor}"


LINUX_X86, LINUX_ARM = Machine("linux", "x86_64"), Machine("linux", "aarch64")
MAC_ARM, MAC_X86 = Machine("darwin", "arm64"), Machine("darwin", "x86_64")
MACHINES = (LINUX_X86, LINUX_ARM, MAC_ARM, MAC_X86)


class Pinned(NamedTuple):
    """One line of a lock."""

    name: str
    version: str
    requirement: Requirement
    hashes: frozenset[str]

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"

    def wanted(self, python: tuple[int, int], machine: Machine) -> bool:
        marker = self.requirement.marker
        return marker is None or marker.evaluate(_environment(python, machine))


class Gap(NamedTuple):
    """A machine without a wheel of a pinned package."""

    package: str
    python: tuple[int, int]
    machine: Machine

    def __str__(self) -> str:
        return f"{self.package}: no wheel for Python {self.python[0]}.{self.python[1]} on {self.machine}"


class Missing(NamedTuple):
    """Wheels that the publisher does not offer, with the reason."""

    package: str
    machines: Collection[Machine]
    pythons: Collection[tuple[int, int]]
    why: str

    def explains(self, gap: Gap) -> bool:
        name = gap.package.partition("==")[0]
        return name == self.package and gap.machine in self.machines and gap.python in self.pythons


MISSING = (
    Missing("awslambdaric", (MAC_ARM, MAC_X86), PYTHONS, "Lambda's runtime client is published for Linux alone"),
    Missing("cryptography", (MAC_X86,), PYTHONS, "since 49.0 it is published for Apple's own processors alone"),
    Missing("watchdog", (MAC_ARM, MAC_X86), ((3, 14),), "aws-sam-cli pins 4.0.2, which is older than Python 3.14"),
)


def pinned(lock: str) -> Iterator[Pinned]:
    """Yield the lines of a lock, with their hashes."""
    for entry in re.findall(r"^[A-Za-z0-9].*(?:\n .*)*", lock, re.MULTILINE):
        line, *hashes = re.split(r"\s*\\?\s*--hash=sha256:", entry)
        requirement = Requirement(line.strip().removesuffix("\\"))
        (version,) = requirement.specifier
        yield Pinned(canonicalize_name(requirement.name), version.version, requirement, frozenset(hashes))


def gaps_of(name: str, table: Table) -> list[Gap]:
    """Return the gaps of one of LOCKS."""
    return gaps(LOCKS[name].read_text("utf-8"), table, LAMBDA_GLIBC if name in PACKED else GLIBC)


def gaps(lock: str, table: Table, glibc: int = GLIBC) -> list[Gap]:
    """Return the machines on which a package of a lock cannot be installed with the allowed wheels."""
    found = []
    for package in pinned(lock):
        allowed = [name for name, digest in table.get(str(package), {}).items() if digest in package.hashes]
        offered = {tag for name in allowed for tag in parse_wheel_filename(name)[3]}
        for python in PYTHONS:
            for machine in MACHINES:
                if package.wanted(python, machine) and not offered & accepted_tags(python, machine, glibc):
                    found.append(Gap(str(package), python, machine))
    return found


def unexplained(found: Iterable[Gap]) -> list[Gap]:
    """Return the gaps without a reason in MISSING."""
    return [gap for gap in found if not any(each.explains(gap) for each in MISSING)]


def relevant(wheel: str) -> bool:
    """Return whether a supported machine accepts a wheel of that file name."""
    tags = parse_wheel_filename(wheel)[3]
    return any(tags & accepted_tags(python, machine) for python in PYTHONS for machine in MACHINES)


@cache
def accepted_tags(python: tuple[int, int], machine: Machine, glibc: int = GLIBC) -> frozenset[Tag]:
    """Return the tags of all wheels that a Python on a machine accepts."""
    platforms, interpreter = list(_platforms(machine, glibc)), f"cp{python[0]}{python[1]}"
    compiled = cpython_tags(python, [interpreter], platforms)
    return frozenset({*compiled, *compatible_tags(python, interpreter, platforms)})


def read_table() -> Table:
    """Return the committed table."""
    table: Table = json.loads(TABLE.read_text("utf-8"))
    return table


def _platforms(machine: Machine, glibc: int) -> Iterator[str]:
    if machine.system == "darwin":
        yield from mac_platforms(MACOS, machine.processor)
        return
    older = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    for minor in range(glibc, 16 if machine.processor == "aarch64" else 4, -1):
        yield f"manylinux_2_{minor}_{machine.processor}"
        if minor in older:
            yield f"{older[minor]}_{machine.processor}"


def _environment(python: tuple[int, int], machine: Machine) -> dict[str, str]:
    version = f"{python[0]}.{python[1]}"
    return {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": machine.processor,
        "platform_python_implementation": "CPython",
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[machine.system],
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": machine.system,
    }
