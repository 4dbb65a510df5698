"""Fault rules: the requests that fail, and how."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeGuard, get_args

from local.clinicea.messages import ControlInputError

Kind = Literal[
    "status",
    "delay",
    "timeout_before",
    "timeout_after",
    "reset_before",
    "reset_after",
    "html",
    "drip",
    "late_commit",
    "steal_token",
]
KINDS: tuple[str, ...] = get_args(Kind)
DEFAULT_SECONDS = {
    "delay": 1.0,
    "timeout_before": 30.0,
    "timeout_after": 30.0,
    "drip": 0.2,
    "late_commit": 30.0,
}
LONGEST = 86_400.0
ANY_CALL = "*"


@dataclass(slots=True)
class Rule:
    """One fault rule.

    `seconds` is the duration of a delay or hold, the pause between two bytes of a drip, or the time of a late
    commit. A rule with `count` fires so often and is removed; one with `probability` fires at random for each
    request; one with neither fires until it is deleted.

    Beyond the contract: `body` and `headers` (of status and html), `after_work` (status and html: the work is
    done although the answer denies it), `drip_headers` (false: only the body drips), `reset` (late_commit: the
    connection is reset at once instead of held); a late_commit with a `status` is answered so at once.
    """

    rule_id: int
    call: str
    kind: Kind
    status: int = 503
    seconds: float = 0.0
    count: int | None = None
    probability: float | None = None
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after_work: bool = False
    drip_headers: bool = True
    reset: bool = False
    answered: bool = False
    fired: int = 0
    _coin: random.Random = field(default_factory=random.Random, repr=False)

    def fires(self, call: str) -> bool:
        """Return whether the rule hits this request, and count it."""
        if self.call not in (ANY_CALL, call) or (self.count is not None and self.fired >= self.count):
            return False
        if self.probability is not None and self._coin.random() >= self.probability:
            return False
        self.fired += 1
        return True

    @property
    def spent(self) -> bool:
        """Whether the rule can never fire again."""
        return self.count is not None and self.fired >= self.count

    def as_json(self) -> dict[str, object]:
        """Return the rule in readable form."""
        return {
            "id": self.rule_id,
            "call": self.call,
            "kind": self.kind,
            "status": self.status if self.kind == "status" else None,
            "seconds": self.seconds if self.kind in DEFAULT_SECONDS else None,
            "count": self.count,
            "probability": self.probability,
            "fired": self.fired,
        }


class Faults:
    """The active rules in order; the first that fires wins."""

    def __init__(self, seed: int, calls: frozenset[str]) -> None:
        self._seed = seed
        self._calls = calls
        self._made = 0
        self.rules: list[Rule] = []

    def add(self, *wanted: Mapping[str, object]) -> list[Rule]:
        """Append all rules or none; raises ControlInputError."""
        rules = [self._parse(each) for each in wanted]
        self.rules.extend(rules)
        return rules

    def clear(self) -> int:
        """Remove all rules; returns their number."""
        dropped = len(self.rules)
        self.rules.clear()
        return dropped

    def draw(self, call: str) -> Rule | None:
        """Return the rule that hits this request, if any."""
        hit = next((rule for rule in self.rules if rule.fires(call)), None)
        if hit is not None and hit.spent:
            self.rules.remove(hit)
        return hit

    def _parse(self, wanted: Mapping[str, object]) -> Rule:
        """Return a rule from a control request."""
        given = {name: value for name, value in wanted.items() if value is not None}
        unknown = sorted(set(given) - _FIELDS)
        if unknown:
            raise ControlInputError(f"unknown field of a fault: {', '.join(unknown)}")
        call, kind = given.get("call"), given.get("kind")
        if not isinstance(call, str) or (call != ANY_CALL and call not in self._calls):
            raise ControlInputError(f'a fault wants "call": "*" or one of {", ".join(sorted(self._calls))}')
        if not _is_kind(kind):
            raise ControlInputError(f'a fault wants "kind": one of {", ".join(KINDS)}')
        if "count" in given and "probability" in given:
            raise ControlInputError("a fault has a count or a probability, not both")
        if kind == "status" and "status" not in given:
            raise ControlInputError('a fault of kind "status" wants a "status"')
        self._made += 1
        seed = _whole(given, "seed", self._seed * 1000 + self._made, -(2**63), 2**63)
        return Rule(
            rule_id=self._made,
            call=call,
            kind=kind,
            status=_whole(given, "status", 503, 200, 599),
            seconds=_real(given, "seconds", DEFAULT_SECONDS.get(kind, 0.0), LONGEST),
            count=_whole(given, "count", 0, 1, 1_000_000) if "count" in given else None,
            probability=_real(given, "probability", 0.0, 1.0) if "probability" in given else None,
            body=_text(given, "body"),
            headers=_headers(given),
            after_work=_flag(given, "after_work", False),
            drip_headers=_flag(given, "drip_headers", True),
            reset=_flag(given, "reset", False),
            answered="status" in given,
            _coin=random.Random(seed),
        )


_FIELDS = {
    "call", "kind", "status", "seconds", "count", "probability", "seed",
    "body", "headers", "after_work", "drip_headers", "reset",
}  # fmt: skip


def _is_kind(value: object) -> TypeGuard[Kind]:
    return value in KINDS


def _whole(given: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ControlInputError(f'"{name}" of a fault is a whole number from {low} to {high}')
    return value


def _real(given: Mapping[str, Any], name: str, default: float, high: float) -> float:
    value = given.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= high:
        raise ControlInputError(f'"{name}" of a fault is a number from 0 to {high:g}')
    return float(value)


def _flag(given: Mapping[str, Any], name: str, default: bool) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise ControlInputError(f'"{name}" of a fault is true or false')
    return value


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise ControlInputError(f'"{name}" of a fault is text')
    return value


def _headers(given: Mapping[str, Any]) -> dict[str, str]:
    value = given.get("headers", {})
    if not isinstance(value, dict) or not all(_header_safe(each) for pair in value.items() for each in pair):
        raise ControlInputError('"headers" of a fault is an object of one-line texts')
    return dict(value)


def _header_safe(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()
