"""Packs what the desk's function has beside the layer: the template engine, and htmx from a wheel that ships it.

python3 desk_packages.py --python 3.13 --arch arm64 requirements.txt <folder>
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "layers" / "connector"))

import build

SHIPS_HTMX = Path("django_htmx")
HTMX = SHIPS_HTMX / "static" / "django_htmx" / "htmx-4.min.js"


def pack(python: str, arch: str, lock: Path, folder: Path) -> None:
    """Put the packages of a lock, and `static/` with htmx, into a function's folder."""
    with tempfile.TemporaryDirectory() as aside:
        found = Path(aside) / "packages"
        build.requirements(python, arch, found, lock)
        (folder / "static").mkdir()
        shutil.copyfile(found / HTMX, folder / "static" / HTMX.name)
        shutil.rmtree(found / SHIPS_HTMX)  # the rest of it is for Django
        shutil.copytree(found, folder, dirs_exist_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="Lambda's Python, such as 3.13")
    parser.add_argument("--arch", required=True, choices=sorted(build.PROCESSORS), help="Lambda's processor")
    parser.add_argument("lock", type=Path)
    parser.add_argument("folder", type=Path)
    wanted = parser.parse_args()
    pack(wanted.python, wanted.arch, wanted.lock, wanted.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
