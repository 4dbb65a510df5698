"""Cold start: disables the garbage collector during import and warms up what the first request needs.

Each function's `app.py` imports this before everything else, and has `done()` as its last line.

With provisioned concurrency that is all that the first request would find done by another before it.

With SnapStart the memory is copied then. One copy serves many starts, for as long as a release lives. So nothing may be
in it that ends (credentials, tokens, connections), nothing that has to be had once only (chance), and nothing that
changes without a release (secrets, configuration documents). What is in it is code, models, and what AWS says about its
services.
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
    """Let the collector work from now on, and leave alone what was loaded: it stays as long as the process."""
    _leave_alone()
    gc.enable()


@cache
def _leave_alone() -> None:
    # Once: a process that loads many functions, as tests do, would leave ever more garbage alone. Not asked of the
    # collector, which counts what it leaves alone one by one.
    gc.freeze()


SERVICES = ("dynamodb", "kms", "secretsmanager")
"""Those whose clients a look-up or the authorizer makes."""
HOW = "AWS_LAMBDA_INITIALIZATION_TYPE"
"""The variable in which Lambda says how it starts this function."""


class CachedFactory(Protocol):
    """A function without arguments under `functools.cache`."""

    def __call__(self) -> object: ...

    def cache_clear(self) -> None: ...


@runtime_checkable
class BuiltLater(Protocol):
    """Something that is built further at its first use."""

    def build(self) -> None:
        """Build it now."""
        ...


def prepare(*kept: CachedFactory) -> None:
    """Do what there is to do; called once, when a function is loaded.

    Args:
        kept: what the function itself builds at its first request, and keeps.
    """
    how = os.environ.get(HOW)
    if how == "provisioned-concurrency":
        _warm_up()
        with contextlib.suppress(ConfigurationError):  # each request will say so, as it would anyway
            for each in kept:
                made = each()
                if isinstance(made, BuiltLater):
                    made.build()
    elif how == "snap-start":
        # Lambda's own from Python 3.12 on, and imported by its runtime client.
        from snapshot_restore_py import register_after_restore, register_before_snapshot

        register_before_snapshot(before_snapshot, *kept)
        register_after_restore(after_restore, *kept)


def before_snapshot(*kept: CachedFactory) -> None:
    """Take into the snapshot what would cost each first request time, and nothing else; nobody is asked anything."""
    _warm_up()
    forget(*kept)


def after_restore(*kept: CachedFactory) -> None:
    """Make this start another one than all those from the same snapshot."""
    forget(*kept)
    # Ours takes from the operating system, which is never the same (`chance`); libraries' jitter takes from here.
    random.seed()


def forget(*kept: CachedFactory) -> None:
    """Forget clients, connections, secrets, and what was built with them."""
    for each in kept:
        each.cache_clear()
    aws.forget()


def _warm_up() -> None:
    """Read AWS's descriptions of its services, and build the models that wait for their first use."""
    aws.read_descriptions(*SERVICES)
    for model in _models(BaseModel):
        if model.__module__.startswith(f"{__package__}."):
            model.model_rebuild(raise_errors=False)


def _models(of: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in of.__subclasses__():
        yield model
        yield from _models(model)
