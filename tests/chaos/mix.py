"""What is in a run's weather: everything by default, less what is left out by name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mix:
    """The injections of a run, each by its name."""

    without: Collection[str] = field(default=frozenset())

    def has(self, name: str) -> bool:
        return name not in self.without
