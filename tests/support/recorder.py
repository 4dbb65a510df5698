"""An AWS that only notes what it is asked."""

from __future__ import annotations

from typing import Any


class Recorder:
    """An AWS of which only the calls are kept; each call is answered from `answers`."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append((operation, arguments))
            return self._answers.get(operation, {})

        return call
