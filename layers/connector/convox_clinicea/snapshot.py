"""Lambda SnapStart: what a function does before its memory is copied, and whenever a copy of it is started.

One copy serves many starts, for as long as a release lives. So nothing may be in it that ends (credentials, tokens,
connections), nothing that has to be had once only (chance), and nothing that changes without a release (secrets,
configuration documents). What is in it is code, models, and what AWS says about its services.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Protocol

from pydantic import BaseModel

from convox_clinicea import aws

SERVICES = ("dynamodb", "kms", "secretsmanager")
"""Those whose clients a look-up or the authorizer makes."""


class Cached(Protocol):
    """A function under `functools.cache`."""

    def cache_clear(self) -> None: ...


def prepare(*kept: Cached) -> None:
    """Have it done, where Lambda starts this function to copy its memory; called once, when a function is loaded.

    Args:
        kept: what the function itself keeps between invocations.
    """
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start":
        return
    # Lambda's own from Python 3.12 on, and imported by its runtime client.
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    register_before_snapshot(before_snapshot, *kept)
    register_after_restore(after_restore, *kept)


def before_snapshot(*kept: Cached) -> None:
    """Take into the snapshot what would cost each first request time, and nothing else; nobody is asked anything."""
    aws.read_descriptions(*SERVICES)
    for model in _models(BaseModel):
        if model.__module__.startswith(f"{__package__}."):
            model.model_rebuild(raise_errors=False)  # those that wait for their first use
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


def _models(of: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in of.__subclasses__():
        yield model
        yield from _models(model)
