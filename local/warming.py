"""A first request to every function: the emulator starts a process for each, which takes a while.

One after the other: side by side they wait for one another in the emulator, and it takes longer.
"""

from contextlib import suppress
from typing import Any

from commands.api import NoAnswer
from local.deploy import Stack
from local.sample_call import api_of

# Each is refused or finds nothing, so that nothing changes; what counts is that the function has been started.
REQUESTS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/patients/search", {}),
    ("GET", "/patients/warm-up/appointments/completed", None),
    ("POST", "/calls/popup", {}),
    ("POST", "/calls/status", {}),
    ("POST", "/patients/warm-up/appointments", {}),
    ("POST", "/appointments", {}),
    ("GET", "/bookings/warm-up", None),
]


def warm(stack: Stack) -> None:
    """Send the requests; whether they succeed is for the sample call and the tests to judge."""
    api = api_of(stack)
    for method, path, body in REQUESTS:
        with suppress(NoAnswer):
            api.call(method, path, body)
