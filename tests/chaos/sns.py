"""A double of the SNS client: keeps what was published."""

from __future__ import annotations

from typing import Any

from tests.chaos import parameters

Json = dict[str, Any]


class Sns:
    """The client's `publish`."""

    def __init__(self) -> None:
        self.published: list[Json] = []

    def publish(self, **given: Any) -> Json:
        parameters.check("sns", "Publish", given)
        self.published.append(given)
        return {"MessageId": f"00000000-0000-4000-9000-{len(self.published):012x}"}
