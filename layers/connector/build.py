"""Builds the layer for one of Lambda's Pythons and processors, on any machine and without Docker.

python3 build.py --python 3.13 --arch arm64 <folder>          packs python/ and the stamp layer.json into the folder
python3 build.py --python 3.13 --arch arm64 --check <folder>  compares the stamp of a built layer with the wanted one
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import packing

HERE = Path(__file__).resolve().parent
PACKAGE = "convox_clinicea"
REQUIREMENTS = HERE / "requirements.txt"
STAMP = "layer.json"
CACHE = os.environ.get("CONNECTOR_LAYER_CACHE", "")  # folder with installed requirements, kept between builds
INSTALL_SECONDS = 600
KEPT_SECONDS = 3600.0
"""Seconds after which unused entries of the cache, and leftovers of killed builds, are removed."""
# Wheels have their own names of processors, and name the oldest C library; Lambda's are newer.
PROCESSORS = {"arm64": "aarch64", "x86_64": "x86_64"}
C_LIBRARIES = ["manylinux_2_17", "manylinux2014"]
# Left out, because no function imports it. phonenumbers has 23 MB, nearly all of them texts about places, operators and
# zones; short numbers (112) are not mobiles.
UNUSED = [
    "bin",
    "annotated_types/test_cases.py",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.css",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.js",
    "phonenumbers/carrierdata",
    "phonenumbers/geodata",
    "phonenumbers/shortdata/region_*.py",
    "phonenumbers/tzdata",
    "**/__pycache__",
    "**/tests",
    "**/*.pyi",
]
# Provided by Lambda with boto3; botocore needs jmespath. It also needs urllib3, which is packed nevertheless: our HTTP
# client depends on its version, which must be the tested one.
LAMBDA_S = ["boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py"]
# Metadata to keep: identity, which importlib.metadata and vulnerability scanners read, and licence.
IDENTITY = ("Metadata-Version:", "Name:", "Version:", "License", "Requires-Python:")
LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE")


def sources() -> Iterator[Path]:
    """Yield the layer's source files in a fixed order."""
    yield Path(__file__)
    yield HERE / "packing.py"
    yield REQUIREMENTS
    for path in sorted((HERE / PACKAGE).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def content_hash(python: str, arch: str) -> str:
    """Return a hash over all inputs of the built layer."""
    digest = hashlib.sha256(f"{python} {arch}".encode())
    for path in sources():
        digest.update(b"\0" + path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def install_requirements(python: str, arch: str, target: Path, lock: Path) -> None:
    """Install the locked requirements for Lambda into `target`, from wheels only."""
    platforms = [f"--platform={library}_{PROCESSORS[arch]}" for library in C_LIBRARIES]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
    ]
    command += ["--no-deps", "--require-hashes", "--requirement", str(lock), "--target", str(target)]
    command += ["--implementation=cp", f"--python-version={python}", "--only-binary=:all:", *platforms]
    pip = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if pip.returncode:
        sys.exit(f"layer: the requirements could not be installed\n{pip.stdout}{pip.stderr}")
    strip(target)


def strip(target: Path) -> None:
    """Remove unused packages, packages that Lambda provides, and metadata except names and licences."""
    brought = [*LAMBDA_S, *(f"{Path(name).stem}-*.dist-info" for name in LAMBDA_S), "python_dateutil-*.dist-info"]
    for pattern in [*UNUSED, *brought]:
        for path in list(target.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in target.glob("*.dist-info/**/*"):
        if path.name == "METADATA":
            lines = path.read_text("utf-8").partition("\n\n")[0].splitlines()
            path.write_text("".join(f"{line}\n" for line in lines if line.startswith(IDENTITY)), "utf-8")
        elif path.is_file() and not path.name.startswith(LICENCES):
            path.unlink()
    for folder in sorted(target.glob("*.dist-info/**/"), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def requirements(python: str, arch: str, target: Path, lock: Path) -> None:
    """Copy the requirements into `target`, from the cache if it has them."""
    if not CACHE:
        install_requirements(python, arch, target, lock)
        return
    key = hashlib.sha256(lock.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]
    kept = Path(CACHE) / f"python{python}-{arch}-{key}"
    if not kept.is_dir():
        # Built aside and renamed as a whole: a concurrent build never sees a part of it.
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="making-", dir=CACHE) as aside:
            fresh = Path(aside) / kept.name
            install_requirements(python, arch, fresh, lock)
            try:
                fresh.rename(kept)
            except OSError:
                if not kept.is_dir():  # otherwise a concurrent build's, which is equal
                    raise
    os.utime(kept)
    now = kept.stat().st_mtime  # by the file system's clock, as for the others
    shutil.copytree(kept, target)
    for folder in Path(CACHE).iterdir():
        with suppress(FileNotFoundError):  # a concurrent build may remove it, too
            if folder.stat().st_mtime < now - KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def build(python: str, arch: str, folder: Path) -> None:
    target = folder / "python"
    shutil.rmtree(target, ignore_errors=True)
    print(f"layer: requirements for Python {python} on {arch}", flush=True)
    requirements(python, arch, target, REQUIREMENTS)
    shutil.copytree(HERE / PACKAGE, target / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    compiled = packing.compile_byte_code(python, target, "/opt/python", "layer")
    stamp = {
        "python": python,
        "architecture": arch,
        "content": content_hash(python, arch),
        "byte_code": compiled,
    }
    (folder / STAMP).write_text(json.dumps(stamp, indent=2) + "\n")
    packing.settle(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"layer: built, {size / 1e6:.0f} MB unpacked", flush=True)


def check(python: str, arch: str, folder: Path) -> str:
    """Return why the built layer in `folder` does not fit, or an empty text."""
    try:
        stamp = json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return "it has not been built"
    if (stamp.get("python"), stamp.get("architecture")) != (python, arch):
        return f"it was built for Python {stamp.get('python')} on {stamp.get('architecture')}"
    if stamp.get("content") != content_hash(python, arch):
        return "its sources have changed since it was built"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="Lambda's Python, such as 3.13")
    parser.add_argument("--arch", required=True, choices=sorted(PROCESSORS), help="Lambda's processor")
    parser.add_argument(
        "--check", action="store_true", help="build nothing; fail unless the folder holds this very layer"
    )
    parser.add_argument("folder", type=Path)
    wanted = parser.parse_args()
    if not wanted.check:
        build(wanted.python, wanted.arch, wanted.folder)
        return 0
    wrong = check(wanted.python, wanted.arch, wanted.folder)
    if wrong:
        print(
            f"The layer does not fit: {wrong}. Run: make build PYTHON={wanted.python} ARCH={wanted.arch}",
            file=sys.stderr,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
