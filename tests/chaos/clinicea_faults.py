"""What goes wrong between us and Clinicea: one kind drawn for each call that is hit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from tests.chaos.clinicea import POSTS, SimulatedClinicea

LATEST_COMMIT = 100.0
"""Seconds after which a late commit has happened: within the settle time, which is all that the protocol promises."""
READ_NOTES = frozenset({"getAppointmentsByPatient", "getAppointmentsByDate"})
CREATING = frozenset({"postAppointment"})


@dataclass(frozen=True)
class Hit:
    """What happens to one call.

    Attributes:
        unreachable: seconds after which it is clear that no connection comes about.
        transit: seconds that the request is longer on its way.
        rule: a fault rule of the fake, for this call alone.
        switches: settings of the fake, for this call alone.
    """

    name: str = ""
    unreachable: float = 0.0
    transit: float = 0.0
    rule: Mapping[str, object] | None = None
    switches: Mapping[str, object] = field(default_factory=dict)


Draw = Callable[[Random], Hit]


def rule(name: str, kind: str, **more: object) -> Draw:
    """Return a fault of the fake's own; a pair of numbers is drawn between."""

    def draw(chance: Random) -> Hit:
        drawn = {key: chance.uniform(*value) if isinstance(value, tuple) else value for key, value in more.items()}
        return Hit(name, rule={"call": "*", "kind": kind, "count": 1, **drawn})

    return draw


def _switched(name: str, **settings: Any) -> Draw:
    return lambda chance: Hit(name, switches={key: chance.choice(values) for key, values in settings.items()})


def _busy(chance: Random) -> Hit:
    headers = chance.choice(({}, {"Retry-After": str(chance.randint(1, 30))}))
    return rule("429", "status", status=429, headers=headers)(chance)


def _status(name: str, statuses: tuple[int, ...], **more: object) -> Draw:
    return lambda chance: rule(name, "status", status=chance.choice(statuses), **more)(chance)


TRANSIENT = (408, 421, 423, 425, 499)
FORM_REFUSED = (406, 407, 415, 426, 431)
UNLISTED = (400, 404, 409, 418, 422)

ANY: dict[str, tuple[float, Draw]] = {
    "slow": (2, rule("slow", "delay", seconds=(0.5, 25.0))),
    "slow_network": (1, lambda chance: Hit("slow network", transit=chance.uniform(0.5, 40.0))),
    "never_left": (1.5, lambda chance: Hit("never left", unreachable=chance.uniform(0.01, 3.0))),
    "reset_before": (1.5, rule("reset before", "reset_before")),
    "reset_after": (1.5, rule("reset after", "reset_after")),
    "timeout_before": (1.5, rule("timeout before", "timeout_before", seconds=(5.0, 60.0))),
    "timeout_after": (1.5, rule("timeout after", "timeout_after", seconds=(5.0, 60.0))),
    "500_before": (1, rule("500 before", "status", status=500)),
    "500_after": (1, rule("500 after", "status", status=500, after_work=True)),
    "503": (1, rule("503", "status", status=503)),
    "429": (1.5, _busy),
    "401": (0.5, rule("401", "status", status=401)),
    "403": (0.2, rule("403", "status", status=403)),
    "transient_before": (1, _status("transient 4xx before", TRANSIENT)),
    "transient_after": (0.5, _status("transient 4xx after", TRANSIENT, after_work=True)),
    "form_refused": (0.2, _status("form refused", FORM_REFUSED)),
    "steal_token": (0.5, rule("stolen token", "steal_token")),
    "html_before": (1, rule("html before", "html")),
    "html_after": (1, rule("html after", "html", after_work=True)),
    "drip": (0.5, rule("drip", "drip", seconds=(0.001, 0.05))),
}
OF_POSTS: dict[str, tuple[float, Draw]] = {
    "late_commit": (3, rule("late commit, held", "late_commit", seconds=(1.0, LATEST_COMMIT))),
    "late_commit_reset": (2, rule("late commit, reset", "late_commit", seconds=(1.0, LATEST_COMMIT), reset=True)),
    "rounded": (0.5, _switched("rounded start", round_starts=(15, 30, 60))),
    "shifted": (0.3, _switched("shifted zone", shift_zones=(-330, 330, 60))),
    "lying_400": (0.5, rule("400 though done", "status", status=400, body="Get Operation Failed", after_work=True)),
    "unlisted": (0.3, _status("unlisted 4xx", UNLISTED, body="Please try again")),
}
OF_CREATION: dict[str, tuple[float, Draw]] = {
    "patient_only": (1.5, _switched("patient made, slot refused", create_patient_then_refuse_slot=(True,))),
    "patient_first": (1, _switched("patient before slot", patient_before_slot=(True,))),
}
OF_READS: dict[str, tuple[float, Draw]] = {
    "no_notes": (1, _switched("no notes", omit_notes=(True,))),
    "single": (0.5, _switched("single objects", single_appointments=(True,))),
}


class Shares(Protocol):
    """How bad the weather is."""

    def clinicea_share(self) -> float:
        """Return the share of Clinicea calls that go wrong now."""
        ...


class Troubles:
    """Draws what happens to each call, and lets it happen."""

    def __init__(self, clinicea: SimulatedClinicea, weather: Shares, chance: Random) -> None:
        self._clinicea = clinicea
        self._weather = weather
        self._chance = chance

    def draw(self, call: str) -> Hit:
        share = self._weather.clinicea_share()
        if not share or self._chance.random() >= share:
            return Hit()
        kinds = dict(ANY)
        if call in POSTS:
            kinds |= OF_POSTS
        if call in CREATING:
            kinds |= OF_CREATION
        if call in READ_NOTES:
            kinds |= OF_READS
        ((_, draw),) = self._chance.choices([*kinds.values()], [weight for weight, _ in kinds.values()])
        return draw(self._chance)

    @contextmanager
    def applied(self, hit: Hit) -> Iterator[None]:
        """Have the fake behave so for one call."""
        clinicea = self._clinicea
        clinicea.advance()  # late commits that are due are none of this call's
        if hit.rule is not None:
            clinicea.faults.add(hit.rule)
        before = {name: getattr(clinicea.switches, name) for name in hit.switches}
        for name, value in hit.switches.items():
            setattr(clinicea.switches, name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(clinicea.switches, name, value)
