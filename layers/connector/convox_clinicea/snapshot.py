"""Lambda SnapStart: what a function does before its memory is copied, and whenever a copy of it is started.

One copy serves many starts, for as long as a release lives. So nothing may be in it that ends (credentials, tokens,
connections), nothing that has to be had once only (chance), and nothing that changes without a release (secrets,
configuration documents). What is in it is code, models, and what AWS says about its services.
"""

from __future__ import annotations

import random
from typing import Protocol

from convox_clinicea import aws

SERVICES = ("dynamodb", "kms", "secretsmanager")
"""Those whose clients a look-up or the authorizer makes."""


class Cached(Protocol):
    """A function under `functools.cache`."""

    def cache_clear(self) -> None: ...


def prepare(*kept: Cached) -> None:
    """Have it done; called once, when a function is loaded.

    Lambda brings the hooks from Python 3.12 on, and runs them only where a function starts from a snapshot.

    Args:
        kept: what the function itself keeps between invocations.
    """
    try:
        from snapshot_restore_py import register_after_restore, register_before_snapshot
    except ImportError:
        return
    register_before_snapshot(before_snapshot, *kept)
    register_after_restore(after_restore, *kept)


def before_snapshot(*kept: Cached) -> None:
    """Take into the snapshot what would cost each first request time, and nothing else; nobody is asked anything."""
    aws.read_descriptions(*SERVICES)
    forget(*kept)


def after_restore(*kept: Cached) -> None:
    """Make this start another one than all those from the same snapshot."""
    forget(*kept)
    # Ours takes from the operating system, which is never the same (`chance`); libraries' jitter takes from here.
    random.seed()


def forget(*kept: Cached) -> None:
    """Forget clients, connections, secrets, and what was built with them."""
    for each in kept:
        each.cache_clear()
    aws.forget()
