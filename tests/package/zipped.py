"""A folder as the zip that Lambda would get: every file with its time and its permissions, in the order of names."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path


def zipped(folder: Path) -> bytes:
    """Return the zip's bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return held.getvalue()
