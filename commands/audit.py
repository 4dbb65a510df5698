"""`make audit`: known vulnerabilities of every locked package; a package that cannot be looked up is a failure."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = ROOT / ".tools" / "checks" / "bin" / "pip-audit"
LOCKS = ("layers/connector/requirements.txt", "requirements/*.txt")
PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
SECONDS = 600
MOST_NAMED = 10


class Pin(NamedTuple):
    """A package in one version, with its normalized name."""

    name: str
    version: str

    @classmethod
    def of(cls, name: str, version: str) -> "Pin":
        return cls(re.sub(r"[-_.]+", "-", name).lower(), version)

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


CONTROL = Pin("pyyaml", "5.1")
"""Control: known to be vulnerable (CVE-2020-1747). Without a report of it, no answer of the service counts."""


class Run(NamedTuple):
    """Output of one run of pip-audit."""

    output: str
    errors: str


Audit = Callable[[list[Pin]], Run]


@dataclass
class Judgement:
    """Result for all packages."""

    vulnerable: dict[Pin, list[str]] = field(default_factory=dict)
    not_looked_up: dict[Pin, str] = field(default_factory=dict)
    clean: set[Pin] = field(default_factory=set)

    @property
    def exit_code(self) -> int:
        """0: all were looked up and none is vulnerable. 1: one is vulnerable. 2: not all could be looked up."""
        return 2 if self.not_looked_up else 1 if self.vulnerable else 0


def pins(lock: str) -> set[Pin]:
    """Return all pins of a lock, for every Python and machine; pip-audit itself skips other machines' lines."""
    found = (PINNED.match(line) for line in lock.splitlines())
    return {Pin.of(*match.groups()) for match in found if match}


def rounds(wanted: Iterable[Pin]) -> Iterator[list[Pin]]:
    """Yield lists with each name at most once, as pip-audit requires."""
    versions: dict[str, list[Pin]] = defaultdict(list)
    for pin in sorted(set(wanted)):
        versions[pin.name].append(pin)
    for number in range(max(map(len, versions.values()), default=0)):
        yield [of_name[number] for of_name in versions.values() if number < len(of_name)]


def judge(wanted: Iterable[Pin], audit: Audit) -> Judgement:
    """Look up every package, but only once the control query has succeeded."""
    control = Judgement()
    _take(control, [CONTROL], audit([CONTROL]))
    if not control.vulnerable:
        why = control.not_looked_up.get(CONTROL, f"the service does not report {CONTROL} as vulnerable")
        return Judgement(not_looked_up=dict.fromkeys(wanted, why))
    judgement = Judgement()
    for together in rounds(wanted):
        _take(judgement, together, audit(together))
    return judgement


def _take(judgement: Judgement, together: list[Pin], run: Run) -> None:
    """Sort the packages of one run by their result."""
    try:
        said = {Pin.of(each["name"], "").name: each for each in json.loads(run.output)["dependencies"]}
    except (ValueError, KeyError, TypeError):
        last = (run.errors.strip().splitlines() or ["no output"])[-1]
        judgement.not_looked_up |= dict.fromkeys(together, f"pip-audit failed: {last[:240]}")
        return
    for pin in together:
        of_it = said.get(pin.name, {})
        if "skip_reason" in of_it:
            judgement.not_looked_up[pin] = of_it["skip_reason"]
        elif of_it.get("version") != pin.version or "vulns" not in of_it:
            judgement.not_looked_up[pin] = "pip-audit did not report it"
        elif of_it["vulns"]:
            judgement.vulnerable[pin] = [each["id"] for each in of_it["vulns"]]
        else:
            judgement.clean.add(pin)


def pip_audit(together: list[Pin], more: Iterable[str]) -> Run:
    """Run pip-audit on packages in exact versions, without resolving dependencies."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write("".join(f"{pin}\n" for pin in together))
        requirements.flush()
        command = [str(PIP_AUDIT), "--disable-pip", "--no-deps", "--progress-spinner=off", "--format=json"]
        try:
            done = subprocess.run(
                [*command, *more, "--requirement", requirements.name],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Run("", f"no answer within {SECONDS} s")
    return Run(done.stdout, done.stderr)


def told(judgement: Judgement, locks: Mapping[Path, set[Pin]]) -> Iterator[str]:
    """Yield the result as lines."""
    for pin, ids in sorted(judgement.vulnerable.items()):
        where = ", ".join(str(path.relative_to(ROOT)) for path, pinned in locks.items() if pin in pinned)
        yield f"VULNERABLE     {pin}: {' '.join(ids)} ({where})"
    for pin, why in sorted(judgement.not_looked_up.items())[:MOST_NAMED]:
        yield f"NOT LOOKED UP  {pin}: {why}"
    if len(judgement.not_looked_up) > MOST_NAMED:
        yield f"NOT LOOKED UP  … and {len(judgement.not_looked_up) - MOST_NAMED} more"
    counts = (judgement.clean, judgement.vulnerable, judgement.not_looked_up)
    clean, vulnerable, not_looked_up = map(len, counts)
    packages = f"{sum(map(len, counts))} packages of {len(locks)} locks"
    yield f"{packages}: {clean} clean, {vulnerable} vulnerable, {not_looked_up} not looked up"


def main() -> int:
    """Print vulnerable packages and those that could not be looked up; returns the result's exit code."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Other arguments go to pip-audit: --ignore-vuln …")
    parser.add_argument("--lock", type=Path, action="append", help="only this lock; default: all of the project")
    given, more = parser.parse_known_args()
    locks = {path: pins(path.read_text()) for path in given.lock or [p for g in LOCKS for p in sorted(ROOT.glob(g))]}
    judgement = judge(set().union(*locks.values()), lambda together: pip_audit(together, more))
    for line in told(judgement, locks):
        print(line)
    return judgement.exit_code


if __name__ == "__main__":
    sys.exit(main())
