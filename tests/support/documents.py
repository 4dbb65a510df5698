"""Documents as a person writes them into files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def written(tmp_path: Path, content: Any) -> str:
    path = tmp_path / "document.json"
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)
