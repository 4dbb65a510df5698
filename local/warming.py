"""Sends a first request to every function, because the emulator starts a process for each, which takes a while.

The requests are sequential: parallel ones wait for each other in the emulator and take longer.
"""

from contextlib import suppress
from typing import Any

from commands.api import NoAnswer
from local.deploy import Stack
from local.sample_call import api_of

# Each is refused or finds nothing, so nothing changes; only the start of the function matters.
REQUESTS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/patients/search", {}),
    ("GET", "/patients/warm-up/appointments/completed", None),
    ("POST", "/calls/popup", {}),
    ("POST", "/calls/status", {}),
    ("POST", "/patients/warm-up/appointments", {}),
    ("POST", "/appointments", {}),
    ("GET", "/bookings/warm-up", None),
    ("GET", "/desk", None),
]


def warm(stack: Stack) -> None:
    """Send the requests, and ignore their results."""
    api = api_of(stack)
    for method, path, body in REQUESTS:
        with suppress(NoAnswer):
            api.call(method, path, body)
