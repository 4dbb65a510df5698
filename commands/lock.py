"""`make lock`: renews the locks from requirements/*.in, and the table of their wheels (requirements/wheels.json).

    make lock                 takes the newest compatible versions that are at least a week old
    make lock ARGS=--newest   takes today's newest versions: for an urgent fix, or a mirror without dates
    make lock ARGS=--keep     keeps the versions and renews the hashes of all their files

uv's settings on the machine are ignored. A small local index (UV_EXTRA_INDEX_URL, uv.toml) would have priority, and the
locks would lack every wheel that it lacks. UV_DEFAULT_INDEX may name a mirror of the whole index.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from commands.wheels import LOCKS, ROOT, TABLE, gaps_of, relevant, unexplained

UV = Path(sys.executable).with_name("uv")
SECONDS = 600
OUT_FOR = timedelta(days=7)
WITHOUT_DEPENDENCIES = ("desk",)
"""Locks of exactly what their .in file names: of a package that ships a file, the file alone is wanted."""
KEPT_SETTINGS = {"UV_CACHE_DIR", "UV_DEFAULT_INDEX", "UV_HTTP_TIMEOUT", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"}
COMPILE = ["pip", "compile", "--quiet", "--no-config", "--universal", "--python-version", "3.11"]


def main() -> int:
    """Write the locks and the table; fail if a supported machine has no wheel."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="keep the locked versions, complete their hashes")
    parser.add_argument("--newest", action="store_true", help="take versions that came out today, too")
    wanted = parser.parse_args()
    choice = choosing(keep=wanted.keep, newest=wanted.newest, now=datetime.now(UTC))
    table: dict[str, Mapping[str, str]] = {}
    for name, lock in LOCKS.items():
        print(f"locking {lock.relative_to(ROOT)}", flush=True)
        resolve(name, lock, choice)
        table |= wheels(lock)
    TABLE.write_text(json.dumps(table, indent=0, sort_keys=True) + "\n", "utf-8")
    wrong = [f"{LOCKS[name].relative_to(ROOT)}: {gap}" for name in LOCKS for gap in unexplained(gaps_of(name, table))]
    print("\n".join(wrong) or "wheels exist for every supported Python and machine")
    return 1 if wrong else 0


def choosing(*, keep: bool, newest: bool, now: datetime) -> list[str]:
    """Return uv's arguments for the choice of versions; an empty list keeps the locked ones.

    A hijacked package is usually found and withdrawn within days, so versions younger than `OUT_FOR` are not taken.
    """
    if keep:
        return []
    return ["--upgrade"] if newest else ["--upgrade", "--exclude-newer", (now - OUT_FOR).strftime("%Y-%m-%dT%H:%M:%SZ")]


def resolve(name: str, lock: Path, choice: list[str]) -> None:
    """Write one lock from its .in file."""
    if not choice:  # uv would keep the hashes of a kept version, however few they are
        lock.write_text(without_hashes(lock.read_text("utf-8")), "utf-8")
    command = ["--generate-hashes", "--no-annotate", "--custom-compile-command", "make lock", *choice]
    command += ["--no-deps"] if name in WITHOUT_DEPENDENCIES else []
    uv(*command, f"requirements/{name}.in", "--output-file", str(lock.relative_to(ROOT)))


def wheels(lock: Path) -> dict[str, dict[str, str]]:
    """Return the index's wheels of each locked package for supported machines."""
    with tempfile.TemporaryDirectory() as folder:
        bare, named = Path(folder) / "bare.txt", Path(folder) / "pylock.toml"
        bare.write_text(without_hashes(lock.read_text("utf-8")), "utf-8")
        uv("--no-deps", "--format", "pylock.toml", str(bare), "--output-file", str(named))
        packages = tomllib.loads(named.read_text("utf-8"))["packages"]
    found = {}
    for package in packages:
        files = {unquote(wheel["url"].rpartition("/")[2]): wheel["hashes"]["sha256"] for wheel in package["wheels"]}
        found[f"{package['name']}=={package['version']}"] = {each: files[each] for each in files if relevant(each)}
    return found


def without_hashes(lock: str) -> str:
    """Return a lock with versions but without hashes."""
    return re.sub(r" *\\\n +--hash=\S+", "", lock)


def uv(*arguments: str) -> None:
    """Run uv; it prints its own errors."""
    done = subprocess.run(
        [str(UV), *COMPILE, *arguments], cwd=ROOT, env=settings(os.environ), timeout=SECONDS, check=False
    )
    if done.returncode:
        sys.exit(f"uv failed ({done.returncode})")


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without settings that influence uv's choice of packages."""
    return {name: value for name, value in environment.items() if not name.startswith("UV_") or name in KEPT_SETTINGS}


if __name__ == "__main__":
    sys.exit(main())
