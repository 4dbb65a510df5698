"""Cold start: disables the garbage collector during import and warms up what the first request needs.

Each function's `app.py` imports this first, and calls `done()` in its last line.

With provisioned concurrency, do everything the first request would otherwise pay for.

With SnapStart, Lambda then copies the memory. One copy serves many starts until the next release. So it must hold
nothing that expires (credentials, tokens, connections), nothing that must be unique (random state), and nothing that
changes without a release (secrets, configuration documents). It holds code, models and AWS's service descriptions.
"""

from __future__ import annotations

import gc

gc.disable()  # before the other imports: nothing allocated during import is garbage

import contextlib
import os
import random
from collections.abc import Iterator
from functools import cache
from typing import Protocol, runtime_checkable

from pydantic import BaseModel

from convox_clinicea import aws
from convox_clinicea.errors import ConfigurationError


def done() -> None:
    """Exclude all loaded objects from garbage collection, and enable the collector."""
    _leave_alone()
    gc.enable()


@cache
def _leave_alone() -> None:
    # Once: a process that loads many functions, as tests do, would freeze more garbage each time. `cache` remembers it,
    # because `gc.get_freeze_count()` counts objects one by one.
    gc.freeze()


SERVICES = ("dynamodb", "kms", "secretsmanager")
"""Services whose clients a look-up or the authorizer needs."""
HOW = "AWS_LAMBDA_INITIALIZATION_TYPE"
"""Lambda's variable with the kind of initialization."""


class CachedFactory(Protocol):
    """A function without arguments under `functools.cache`."""

    def __call__(self) -> object: ...

    def cache_clear(self) -> None: ...


@runtime_checkable
class BuiltLater(Protocol):
    """An object that is built on first use."""

    def build(self) -> None:
        """Build it now."""
        ...


def prepare(*kept: CachedFactory) -> None:
    """Warm up as the kind of initialization allows; called once, when a function is loaded.

    Args:
        kept: factories whose results the function caches from its first request on.
    """
    how = os.environ.get(HOW)
    if how == "provisioned-concurrency":
        _warm_up()
        with contextlib.suppress(ConfigurationError):  # each request reports it
            for each in kept:
                made = each()
                if isinstance(made, BuiltLater):
                    made.build()
    elif how == "snap-start":
        # Part of Lambda's runtime from Python 3.12 on.
        from snapshot_restore_py import register_after_restore, register_before_snapshot

        register_before_snapshot(before_snapshot, *kept)
        register_after_restore(after_restore, *kept)


def before_snapshot(*kept: CachedFactory) -> None:
    """Warm up what would slow down each first request, without network access."""
    _warm_up()
    forget(*kept)


def after_restore(*kept: CachedFactory) -> None:
    """Make this start independent of others from the same snapshot."""
    forget(*kept)
    # Our own randomness is the operating system's (`randomness`); libraries' jitter uses this generator.
    random.seed()


def forget(*kept: CachedFactory) -> None:
    """Forget clients, connections, secrets, and the objects built with them."""
    for each in kept:
        each.cache_clear()
    aws.forget()


def _warm_up() -> None:
    """Load AWS's service descriptions, and build the models with deferred building."""
    aws.read_descriptions(*SERVICES)
    for model in _models(BaseModel):
        if model.__module__.startswith(f"{__package__}."):
            model.model_rebuild(raise_errors=False)


def _models(of: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in of.__subclasses__():
        yield model
        yield from _models(model)
