"""The smallest possible function, to measure the runtime itself."""

from __future__ import annotations

from typing import Any


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": '{"message": "nothing done"}'}
