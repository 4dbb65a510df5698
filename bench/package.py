"""Size of the built layer."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def measure(layer: Path, zipped: Path) -> Json:
    """Zip a built layer as `sam deploy` does and return its sizes, in megabytes of 1,000,000 bytes."""
    files = sorted(path for path in layer.rglob("*") if path.is_file())
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(layer))
    return {
        "files": len(files),
        "unpacked_megabytes": sum(path.stat().st_size for path in files) / 1_000_000,
        "zipped_megabytes": zipped.stat().st_size / 1_000_000,
    }
