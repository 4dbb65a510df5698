"""Ports for servers that take a number, and only later listen on it."""

from __future__ import annotations

import random
import socket

LOWEST, HIGHEST = 15_000, 30_000
"""Below those that systems hand out by themselves: no connection that begins meanwhile is given one of these."""
TRIES = 100


class NoFreePort(Exception):
    """None of many that were tried is free."""


def free_ports(count: int) -> list[int]:
    """Return so many different ports that nobody listens on; raises NoFreePort."""
    found: list[int] = []
    for port in random.SystemRandom().sample(range(LOWEST, HIGHEST), TRIES):
        if len(found) == count:
            return found
        try:
            with socket.create_server(("127.0.0.1", port)):
                found.append(port)
        except OSError:
            continue
    raise NoFreePort(f"none of {TRIES} between {LOWEST} and {HIGHEST}")
