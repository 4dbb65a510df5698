"""Rate limiting: requests beyond a number in each second are refused.

The 429 itself is known from other programs [code]; Clinicea's counting and its headers are not.
"""

from datetime import datetime

from local.clinicea.messages import Answer, message_answer
from local.clinicea.switches import Switches

TOO_MANY = 429


class Rate:
    """Counter of the requests in the current second."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._second: datetime | None = None
        self._taken = 0

    def refusal(self, now: datetime) -> Answer | None:
        """Return the refusal of a request at a time; None if it is accepted."""
        second = now.replace(microsecond=0)
        if second != self._second:
            self._second, self._taken = second, 0
        self._taken += 1
        if not self._switches.requests_per_second or self._taken <= self._switches.requests_per_second:
            return None
        return message_answer(TOO_MANY, "API calls quota exceeded.", {"Retry-After": "1"})
