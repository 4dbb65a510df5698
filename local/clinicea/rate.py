"""Rate limiting: so many requests in each second of the clock, the others are refused.

That there is a 429 is known of other programs' code [code]; how Clinicea counts is not, nor what it sends with it.
"""

from datetime import datetime

from local.clinicea.messages import Answer, message_answer
from local.clinicea.switches import Switches

TOO_MANY = 429


class Rate:
    """Counts the requests of the present second."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._second: datetime | None = None
        self._taken = 0

    def refusal(self, now: datetime) -> Answer | None:
        """The refusal of a request that comes now; None lets it in."""
        second = now.replace(microsecond=0)
        if second != self._second:
            self._second, self._taken = second, 0
        self._taken += 1
        if not self._switches.requests_per_second or self._taken <= self._switches.requests_per_second:
            return None
        return message_answer(TOO_MANY, "API calls quota exceeded.", {"Retry-After": "1"})
