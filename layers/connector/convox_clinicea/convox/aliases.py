"""Maps received names and values to canonical ones: aliases, split dates and times, conflicting values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from convox_clinicea.convox.body import Members, Pairs, entries
from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.convox.fields import GROUPS, MOMENT_PARTS
from convox_clinicea.convox.values import canonical, is_missing, joined
from convox_clinicea.dialled import has_no_number, plain
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.text import trimmed

SHORTEST_NUMBER = 8
LONGEST_DIALLING_CODE = 3


@dataclass(frozen=True)
class Named:
    """Values by canonical name; missing ones are left out.

    Attributes:
        aliases_used: canonical name → the received alias, spelt as in the alias table, so never personal.
        problems: fields that came with two different values; neither is in `values`.
    """

    values: dict[str, Any] = field(default_factory=dict)
    aliases_used: dict[str, str] = field(default_factory=dict)
    problems: list[FieldProblem] = field(default_factory=list)

    def nested(self) -> dict[str, Any]:
        """Return the values as the models need them: `consent.given` within `consent`."""
        nested: dict[str, Any] = {}
        for name, value in self.values.items():
            group, dot, member = name.partition(".")
            if dot:
                nested.setdefault(group, {})[member] = value
            else:
                nested[name] = value
        return nested


@dataclass(frozen=True)
class _Came:
    alias: str
    value: Any


def named(pairs: Pairs, fields: Iterable[str], dialect: Dialect) -> Named:
    """Return the received values of `fields`; other fields are ignored, with their errors."""
    came: dict[str, list[_Came]] = {}
    for name, value in flat(pairs, dialect):
        known = dialect.known(name)
        if known is not None and not is_missing(known.canonical, value, dialect):
            came.setdefault(known.canonical, []).append(_Came(known.spelling, value))
    found = Named()
    for name in sorted(_members(fields, (*came, *dialect.stands_in))):
        sources = (name, *dialect.stands_in.get(name, ()))
        candidates = next(filter(None, (_candidates(name, source, came, dialect) for source in sources)), [])
        chosen = _agreed(name, candidates)
        if chosen is not None:
            found.values[name] = chosen.value
            if chosen.alias.lower() != name:
                found.aliases_used[name] = chosen.alias
        elif candidates:
            found.problems.append(_two_values(name, candidates))
    return found


@contextmanager
def naming_aliases(aliases_used: Mapping[str, str]) -> Iterator[None]:
    """Add the received aliases to an InvalidRequest raised in the block."""
    try:
        yield
    except InvalidRequest as error:
        error.aliases_used = {**aliases_used, **error.aliases_used}
        raise


def flat(pairs: Pairs, dialect: Dialect) -> Iterator[tuple[str, Any]]:
    """Yield names and values: nesting becomes a dot (`consent.given`), and a list of custom fields its entries."""
    for name, value in pairs:
        if isinstance(value, str | list) and (inside := entries(value)) and not dialect.known(name):
            yield from inside
            continue
        if isinstance(value, dict) and name.strip().lower() in GROUPS:
            members = value.pairs if isinstance(value, Members) else value.items()
            yield from ((f"{name.strip()}.{member}", inner) for member, inner in members)
        else:
            yield name, value


def _members(fields: Iterable[str], names: Iterable[str]) -> set[str]:
    """Return the canonical names of `fields`; for a group, its members in `names`."""
    wanted = set(fields)
    groups = wanted & GROUPS
    return (wanted - groups) | {name for name in names if name.split(".")[0] in groups}


def _candidates(name: str, source: str, came: dict[str, list[_Came]], dialect: Dialect) -> list[_Came]:
    """Return the values received for the field `name` as `source`, whole or in parts, in canonical form."""
    whole = [_Came(each.alias, canonical(name, each.value, dialect)) for each in came.get(source, ())]
    parts = MOMENT_PARTS.get(source)
    if parts is None or parts.date not in came:
        return whole
    pieces = [came.get(part, []) for part in parts]
    if any(piece and _agreed(source, piece) is None for piece in pieces):
        return [*whole, *(each for piece in pieces for each in piece)]
    only_date = not any(pieces[1:])
    if whole and only_date:
        return whole
    moment = joined(dialect, *(piece[0].value if piece else None for piece in pieces))
    return [*whole, _Came(" and ".join(piece[0].alias for piece in pieces if piece), moment)]


def _agreed(name: str, candidates: list[_Came]) -> _Came | None:
    """Return the value on which all candidates agree; None if there is none."""
    if name == "mobile":
        # A text for a withheld number does not contradict a number.
        candidates = [each for each in candidates if not _withheld(each.value)] or candidates[:1]
    first = candidates[0] if candidates else None
    for other in candidates[1:]:
        if first is not None and name == "mobile" and _same_number(first.value, other.value):
            # Take the one with the dialling code.
            first = max(first, other, key=lambda each: len(_digits(each.value)))
        elif first is None or not _same(first.value, other.value):
            return None
    return first


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return trimmed(one) == trimmed(other)
    return type(one) is type(other) and bool(one == other)


def _two_values(name: str, candidates: list[_Came]) -> FieldProblem:
    aliases = dict.fromkeys(each.alias for each in candidates)
    return FieldProblem(name, f"was sent with different values, as {' and as '.join(aliases)}; send one")


def _same_number(one: Any, other: Any) -> bool:
    shorter, longer = sorted((_digits(one), _digits(other)), key=len)
    return (
        len(shorter) >= SHORTEST_NUMBER
        and longer.endswith(shorter)
        and len(longer) - len(shorter) <= LONGEST_DIALLING_CODE
    )


def _digits(value: Any) -> str:
    return re.sub(r"[^0-9]", "", plain(value)).lstrip("0") if isinstance(value, str) else ""


def _withheld(value: Any) -> bool:
    return isinstance(value, str) and has_no_number(value)
