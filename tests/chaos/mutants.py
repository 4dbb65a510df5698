"""The product with one of its safeguards taken out: what the simulation must notice, or it proves nothing."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from convox_clinicea import chance
from tests.chaos.crashes import play
from tests.chaos.judge import Verdict
from tests.chaos.run import Run
from tests.chaos.status_stories import changed, out_of_order
from tests.chaos.story_book import known, newcomer_and_known, newcomer_older, slot_freed
from tests.chaos.upgrades import upgrade
from tests.chaos.waiting_plays import HOUR, AwayOnceItWasPosted, Played
from tests.chaos.waiting_stories import same_soon

Mutation = Callable[[Any], Any]
"""Gets what the product has at a seam, and returns what is put in its place."""
Check = Callable[[], list[str]]
"""Runs the product, and returns the harm that was found."""


class SeamMissing(Exception):
    """The product has nothing of that name, so that this mutant cannot be made of it."""


@dataclass(frozen=True)
class Mutant:
    """What is changed, by `module:path`; the check that must notice, and what it must find."""

    changes: dict[str, Mutation]
    check: Check
    harm: str

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Have the product so inside the block; raises SeamMissing."""
        with ExitStack() as undo:
            for seam, mutation in self.changes.items():
                owner, name = _seam(seam)
                before = getattr(owner, name)
                setattr(owner, name, mutation(before))
                undo.callback(setattr, owner, name, before)
            yield


def _seam(seam: str) -> tuple[Any, str]:
    module, _, path = seam.partition(":")
    *owners, name = path.split(".")
    try:
        owner: Any = importlib.import_module(module)
        for each in owners:
            owner = getattr(owner, each)
        getattr(owner, name)
    except (ImportError, AttributeError) as error:
        raise SeamMissing(seam) from error
    return owner, name


def _found(verdict: Verdict) -> list[str]:
    # A mutant that only crashes proves nothing of the safeguard.
    return [*verdict.evidence, *(f"crash: {crash}" for crash in verdict.crashes)]


def chaos() -> list[str]:
    """Two short runs of everything."""
    return [*_found(Run(200, 1, 0.33).verdict()), *_found(Run(200, 2, 0.33).verdict())]


def attended() -> list[str]:
    """Clinicea moves every start, so that all is parked in doubt, and a person redrives and resolves it."""
    return _found(Run(40, 2, 0.0, told={known: 1.0}, habits={"round_starts": 45}, attended=True).verdict())


def newcomers() -> list[str]:
    """Two calls at once for each of some newcomers."""
    return _found(Run(100, 1, 0.33, told={newcomer_older: 1.0}).verdict())


def same_slots() -> list[str]:
    """Two calls at once for one patient's appointment, which nothing tells beforehand."""
    return _found(Run(100, 1, 0.0, told={newcomer_and_known: 1.0}).verdict())


def repeats() -> list[str]:
    """Nothing fails, but a callback comes again when what stood in its way is gone."""
    return _found(Run(60, 1, 0.0, told={slot_freed: 1.0}).verdict())


def overlaps() -> list[str]:
    """A worker freezes with its POST before it, another takes over, and Clinicea commits as late as it may."""
    evidence: list[str] = []
    steps = play("known patient", "late commit", "freeze")[1].steps
    for step in range(1, steps + 1):
        evidence += _found(play("known patient", "late commit", "freeze", step)[0])
    return evidence


def changed_minds() -> list[str]:
    """Agents record another slot while a worker may be at the first."""
    evidence = _found(Run(150, 1, 0.0, told={changed: 1.0}).verdict())
    for step in range(1, play("changed while it waits", "success", "freeze")[1].steps + 1):
        evidence += _found(play("changed while it waits", "success", "freeze", step)[0])
    return evidence


def overtaken() -> list[str]:
    """Corrections that overtake what they correct."""
    return _found(Run(60, 1, 0.0, told={out_of_order: 1.0}).verdict())


def upgraded() -> list[str]:
    """The queue of the release before is deleted with all its messages, once a day's first bookings were accepted."""
    return _found(upgrade(1, 0.0))


def waits() -> list[str]:
    """Two calls want the same appointment, soon; the first was posted, and nothing can be read for hours."""
    return _found(Played(same_soon, 1, AwayOnceItWasPosted).until(5 * HOUR))


def _random_id(_before: Any) -> Any:
    def booking_id(_key: bytes, _request: Any) -> str:
        drawn = chance.source.getrandbits(256).to_bytes(32, "big")
        return "bk_" + base64.b32encode(drawn).decode().lower()[:26]

    return booking_id


def _blind(before: Any) -> Any:
    def read(self: Any, patient_id: str | None, *_given: Any) -> Any:
        shown = importlib.import_module("convox_clinicea.bookings.calendar").Shown
        return shown(patient_id)

    return read


def _leaseless(before: Any) -> Any:
    def claim(self: Any, attempt: Any) -> Any:
        claimed = before(self, attempt)
        now = self._clock.now()
        # As it would stand without a lease: free for anybody at once, and settling from now on.
        self._ledger._table.put(_unleased(self._ledger, claimed, now))
        return claimed

    return claim


def _unleased(ledger: Any, claimed: Any, now: Any) -> Any:
    return ledger._unchanged(claimed, replace(claimed, lease_until=now - timedelta(seconds=60), unsettled_since=now))


def _always(value: Any) -> Mutation:
    return lambda _before: lambda *_given, **_named: value


def _whatever_the_start(_before: Any) -> Any:
    def wait_until(_latest: Any, _now: Any, received: int) -> Any:
        return importlib.import_module("convox_clinicea.bookings.waiting").wait_for(None, received)

    return wait_until


def _whatever_stands(before: Any) -> Any:
    def put_of(self: Any, new: Any, standing: Any = None) -> Any:
        put = before(self, new, standing)
        return put if standing is None else replace(put, condition="attribute_exists(pk)", values={})

    return put_of


def _forgetful(before: Any) -> Any:
    def wishing(self: Any, wish_id: str, booking: Any, *, counts: bool) -> Any:
        call = before(self, wish_id, booking, counts=counts)
        return replace(call, wishes={call.wish_id: call.booking_id}) if call.wish_id else call

    return wishing


def _never_posted(move: Any) -> Any:
    """A blind resend: what a redriven booking knew of its POST is gone."""

    def forgetting(self: Any, booking: Any, to: Any, **changes: Any) -> Any:
        if booking.state.parked and not to.ended:
            changes |= {"posted": False, "unsettled_since": None, "seen": ()}
        return move(self, booking, to, **changes)

    return forgetting


WORKER = "convox_clinicea.bookings.worker:Worker"
DOUBLED = "duplicate_appointments"
POSTING = "convox_clinicea.bookings.posting:Posting"
LOCKS = "convox_clinicea.bookings.locks:Locks"
LEDGER = "convox_clinicea.bookings.ledger:Ledger"
CALL = "convox_clinicea.bookings.calls:Call"
SWEEPER = "convox_clinicea.bookings.sweeper:Sweeper"
PROVEN: dict[str, Mutation] = {"convox_clinicea.bookings.canary:Canary._form": _always(None)}
"""No booking is a canary: in a world of one or two bookings it would hold up the second, and hide a mutant."""
MUTANTS: dict[str, Mutant] = {
    "without the look": Mutant({"convox_clinicea.bookings.calendar:Calendar.read": _blind}, chaos, DOUBLED),
    "without the lease": Mutant({f"{POSTING}._claim": _leaseless, **PROVEN}, overlaps, DOUBLED),
    "settle time 0": Mutant({f"{WORKER}._seconds_until_settled": _always(0.0)}, chaos, DOUBLED),
    "without the creation lock": Mutant({f"{LOCKS}.hold_number": _always(True)}, newcomers, "duplicate_patients"),
    "without the slot lock": Mutant({f"{LOCKS}.hold_slot": _always(True)}, same_slots, DOUBLED),
    "redriven as if never posted": Mutant({f"{LEDGER}.move": _never_posted}, attended, DOUBLED),
    "random booking id": Mutant(
        {"convox_clinicea.bookings.identity:booking_id": _random_id}, repeats, "false_rejected"
    ),
    "a changed mind whatever stands": Mutant({f"{LEDGER}.put_of": _whatever_stands}, changed_minds, DOUBLED),
    "a call that forgets what it asked for": Mutant({f"{CALL}.wishing": _forgetful, **PROVEN}, changed_minds, "lost"),
    "callbacks in the order of arrival": Mutant({f"{CALL}.recorded_after": _always(False)}, overtaken, "lost"),
    "a lock that is waited for past the start": Mutant(
        {"convox_clinicea.bookings.worker:wait_until": _whatever_the_start}, waits, "starved"
    ),
    "a sweeper that sends nothing anew": Mutant({f"{SWEEPER}._requeue_stuck": _always(0)}, upgraded, "lost"),
}
