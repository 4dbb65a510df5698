"""A double of the SNS client: keeps what was published."""

from __future__ import annotations

from typing import Any

from tests.chaos import parameters
from tests.chaos.aws_errors import client_error

Json = dict[str, Any]


class Sns:
    """The client's `publish`.

    Attributes:
        away: whether the topic is not there.
    """

    def __init__(self) -> None:
        self.published: list[Json] = []
        self.away = False

    def publish(self, **given: Any) -> Json:
        parameters.check("sns", "Publish", given)
        if self.away:
            raise client_error("Publish", "NotFound", "Topic does not exist", 404)
        self.published.append(given)
        return {"MessageId": f"00000000-0000-4000-9000-{len(self.published):012x}"}
