"""The trace of a run: every event in its order, hashed, and written out where somebody wants to read it."""

from __future__ import annotations

import hashlib
from typing import TextIO


class Trace:
    """Two runs are the same if their digests are."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._hash = hashlib.sha256()
        self._out = out
        self.events = 0

    def note(self, at: float, who: str, what: str) -> None:
        line = f"{at:.6f} {who} {what}\n"
        self._hash.update(line.encode())
        self.events += 1
        if self._out is not None:
            self._out.write(line)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()[:32]
