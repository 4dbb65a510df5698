"""What goes wrong between us and Clinicea: one kind drawn for each call that is hit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Protocol

from local.clinicea.bookings import SLOT_TAKEN
from tests.chaos.clinicea import POSTS, SimulatedClinicea
from tests.chaos.mix import Mix

LATEST_COMMIT = 100.0
"""Seconds after which a late commit has happened: within the settle time, which is all that the protocol promises."""
LONGEST_READ_LAG = 10.0
"""Seconds that a search or a list may be behind what was written."""
LISTS = frozenset({"getAppointmentsByPatient", "getAppointmentsByDate"})
READS = LISTS | {"searchPatientByMobileNumber"}
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


def _status(name: str, statuses: tuple[int, ...], bodies: tuple[str, ...] = ("",), **more: object) -> Draw:
    """Return a fault that answers one of these statuses, and one of these bodies, instead of the work's own."""
    return lambda chance: rule(
        name, "status", status=chance.choice(statuses), body=chance.choice(bodies) or None, **more
    )(chance)


def _then_commit(name: str, statuses: tuple[int, ...]) -> Draw:
    """Return a fault that denies the work at once and has it done later."""
    return lambda chance: rule(
        name,
        "late_commit",
        seconds=(1.0, LATEST_COMMIT),
        status=chance.choice(statuses),
        body=chance.choice(DENIALS) or None,
    )(chance)


def _with(draw: Draw, *others: Draw) -> Draw:
    """Return a fault that also has the others' switches."""

    def drawn(chance: Random) -> Hit:
        hits = [draw(chance), *(other(chance) for other in others)]
        switches = {name: value for hit in hits for name, value in hit.switches.items()}
        return replace(hits[0], name=", ".join(hit.name for hit in hits), switches=switches)

    return drawn


def _half(chance: Random) -> Hit:
    return Hit("half commit", switches={"half_commit_seconds": chance.uniform(1.0, LATEST_COMMIT)})


def _stale(chance: Random) -> Hit:
    return Hit("stale read", switches={"read_lag_seconds": chance.uniform(0.5, LONGEST_READ_LAG)})


TRANSIENT = (408, 421, 423, 425, 499)
FORM_REFUSED = (406, 407, 415, 426, 431)
DENIED = (401, 403, 405, 407, 415, 426, 429, 431)
"""What says that nothing was carried out."""
UNLISTED = (400, 404, 409, 418, 422)
DENIALS = ("", "Get Operation Failed", "Please try again", '{"Message": "An error has occurred."}')
"""Bodies of a 4xx that no list of refusals has."""
GATEWAY = (
    '{"message": "no Route matched with those values"}',
    "404 page not found",
    "<html><body><h1>404 Not Found</h1></body></html>",
)
"""What a gateway on the way says when it does not know, for a moment, where Clinicea is."""
SAVING = '{"ID": "00000000-0000-0000-0000-000000000000", "SavingErrorCode": 500, "SavingErrorText": "%s"}'
SAVING_UNLISTED, SAVING_SLOT = SAVING % "Operation could not be completed", SAVING % SLOT_TAKEN

_rounded = _switched("rounded start", round_starts=(15, 30, 60))
_shifted = _switched("shifted zone", shift_zones=(-330, 330, 60))
_bare = _switched("bare id", created_answer=("bare", "object"), guid_ids=(True,))

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
    "405": (0.2, rule("405", "status", status=405)),
    "transient_before": (1, _status("transient 4xx before", TRANSIENT)),
    "transient_after": (0.5, _status("transient 4xx after", TRANSIENT, after_work=True)),
    "form_refused": (0.3, _status("form refused", FORM_REFUSED)),
    "steal_token": (0.5, rule("stolen token", "steal_token")),
    "html_before": (1, rule("html before", "html")),
    "html_after": (1, rule("html after", "html", after_work=True)),
    "drip": (0.5, rule("drip", "drip", seconds=(0.001, 0.05))),
}
OF_POSTS: dict[str, tuple[float, Draw]] = {
    "late_commit": (3, rule("late commit, held", "late_commit", seconds=(1.0, LATEST_COMMIT))),
    "late_commit_reset": (2, rule("late commit, reset", "late_commit", seconds=(1.0, LATEST_COMMIT), reset=True)),
    "4xx_then_commit": (0.7, _then_commit("4xx, then a commit", TRANSIENT + UNLISTED)),
    "5xx_then_commit": (0.5, _then_commit("5xx, then a commit", (500, 502, 503, 504))),
    "rounded": (0.4, _rounded),
    "shifted": (0.2, _shifted),
    "bare": (1.5, _bare),
    "bare_rounded": (0.2, _with(_bare, _rounded)),
    "bare_shifted": (0.1, _with(_bare, _shifted)),
    "unlisted": (0.12, _status("unlisted 4xx", UNLISTED, DENIALS)),
    "unlisted_after": (0.5, _status("unlisted 4xx after", UNLISTED, DENIALS, after_work=True)),
    # The form of the answer is negotiated when the work is done.
    "406_after": (0.2, _status("406 after", (406,), after_work=True)),
    "denied_after": (0.3, _status("denied after", DENIED, after_work=True)),
    "gateway_404": (0.05, _status("a gateway's 404", (404,), GATEWAY)),
    "gateway_404_after": (0.2, _status("a gateway's 404 after", (404,), GATEWAY, after_work=True)),
    "saving_errors": (0.7, _switched("saving errors", saving_errors=(True,))),
    "saving_error_after": (0.3, _status("saving error after", (200,), (SAVING_UNLISTED,), after_work=True)),
    "saving_slot_after": (0.1, _status("saving error: slot", (200,), (SAVING_SLOT,), after_work=True)),
    "saving_error": (0.05, _status("saving error", (200,), (SAVING_UNLISTED,))),
    # A gateway had repeated the request: the answer is that to the second one.
    "refused_by_ourselves": (0.3, _status("slot taken by ourselves", (400, 409), (SLOT_TAKEN,), after_work=True)),
}
LISTED_LIES = frozenset({"refused_by_ourselves", "saving_slot_after"})
"""A refusal that the call table lists, though the work was done: without read-backs nothing tells."""
OF_CREATION: dict[str, tuple[float, Draw]] = {
    "patient_only": (1.5, _switched("patient made, slot refused", create_patient_then_refuse_slot=(True,))),
    "patient_first": (1, _switched("patient before slot", patient_before_slot=(True,))),
    "half": (0.7, _half),
    "half_timeout": (0.5, _with(rule("timeout after", "timeout_after", seconds=(5.0, 60.0)), _half)),
}
OF_READS: dict[str, tuple[float, Draw]] = {
    "stale": (1.5, _stale),
    "gateway_404_read": (0.5, _status("a gateway's 404", (404,), GATEWAY)),
    "unlisted_read": (0.5, _status("unlisted 4xx", UNLISTED, DENIALS[1:])),
}
OF_LISTS: dict[str, tuple[float, Draw]] = {
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

    def __init__(self, clinicea: SimulatedClinicea, weather: Shares, chance: Random, mix: Mix | None = None) -> None:
        self._clinicea = clinicea
        self._mix = mix or Mix()
        self._weather = weather
        self.destined: dict[int | None, list[Draw]] = {}
        """What the first POSTs of an intent meet, by its tag."""
        self._chance = chance

    def draw(self, call: str, tag: int | None = None) -> Hit:
        """Return what happens to a call; `tag` is the intent's whose appointment it asks for."""
        if call in POSTS and self.destined.get(tag):
            return self.destined[tag].pop(0)(self._chance)
        share = self._weather.clinicea_share()
        if not share or self._chance.random() >= share:
            return Hit()
        kinds = dict(ANY)
        if call in POSTS:
            kinds |= OF_POSTS
        if call in CREATING:
            kinds |= OF_CREATION
        if call in READS:
            kinds |= OF_READS
        if call in LISTS:
            kinds |= OF_LISTS
        lies = LISTED_LIES if self._clinicea.unread else frozenset()
        drawn = [kind for name, kind in kinds.items() if self._mix.has(name) and name not in lies]
        ((_, draw),) = self._chance.choices(drawn, [weight for weight, _ in drawn])
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
