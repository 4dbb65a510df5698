"""A person at a terminal, who types what a test says."""

from __future__ import annotations

import io


class Terminal(io.StringIO):
    """Standard input that is a terminal; after its text it is at its end, as after Ctrl-D."""

    def isatty(self) -> bool:
        return True
