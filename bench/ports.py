"""Ports for servers that get a number and listen on it later."""

from __future__ import annotations

import random
import socket

LOWEST, HIGHEST = 15_000, 30_000
"""Range below the systems' ephemeral ports, so that no new connection gets one of these."""
TRIES = 100


class NoFreePort(Exception):
    """None of the tried ports is free."""


def free_ports(count: int) -> list[int]:
    """Return `count` different free ports; raises NoFreePort."""
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
