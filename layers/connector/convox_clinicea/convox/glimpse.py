"""What can be seen of a callback that cannot be read: enough to leave a trace of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.characters import seen, trimmed
from convox_clinicea.convox.body import MAX_BODY_BYTES
from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.convox.fields import is_reference
from convox_clinicea.convox.naming import flat
from convox_clinicea.convox.reading import Pairs, of_query, pairs_of
from convox_clinicea.convox.values import canonical, is_missing
from convox_clinicea.convox.vocabulary import DISPOSITIONS
from convox_clinicea.errors import InvalidRequest, TooLarge

_LOOKED_FOR = frozenset({"call_id", "agent_id", *DISPOSITIONS})
MOST_FOUND = 50


@dataclass(frozen=True)
class Glimpse:
    """What was seen.

    Attributes:
        may_ask: whether it may have asked for an appointment: a disposition means one, or none could be seen.
    """

    call_id: str | None
    agent_id: str | None
    may_ask: bool


def glimpsed(event: APIGatewayProxyEvent, dialect: Dialect) -> Glimpse:
    """Return what can be seen of a callback, read or not: the first call id, the first agent, its dispositions."""
    pairs, readable = _pairs(event, dialect)
    came: dict[str, list[str]] = {}
    for name, value in flat(pairs, dialect):
        known = dialect.known(name)
        if known is None or known.canonical not in _LOOKED_FOR or is_missing(known.canonical, value, dialect):
            continue
        meant = canonical(known.canonical, value, dialect)
        if is_reference(meant):
            came.setdefault(known.canonical, []).append(trimmed(seen(meant)))
    dispositions = [word for name in DISPOSITIONS for word in came.get(name, ())]
    return Glimpse(
        call_id=next(iter(came.get("call_id", ())), None),
        agent_id=next(iter(came.get("agent_id", ())), None),
        may_ask=dialect.mean_appointment(dispositions) if dispositions or readable else True,
    )


def _pairs(event: APIGatewayProxyEvent, dialect: Dialect) -> tuple[Pairs, bool]:
    """Return names and values, and whether they are what was sent: read, and not only scanned."""
    with suppress(InvalidRequest, TooLarge):
        pairs = pairs_of(event, dialect.known)
        if any(dialect.known(name) for name, _ in pairs):
            return pairs, True
    in_query: Pairs = []
    with suppress(TooLarge):
        in_query = of_query(event, dialect.known)
    return [*in_query, *_scanned(_text(event), dialect)], False


def _text(event: APIGatewayProxyEvent) -> str:
    """Return the body's beginning, whatever it is."""
    text = (event.body or "")[: 2 * MAX_BODY_BYTES]
    if event.is_base64_encoded:
        kept = re.sub(r"[^A-Za-z0-9+/]", "", text)
        text = base64.b64decode(kept[: len(kept) // 4 * 4]).decode("utf-8", "replace")
    return text[:MAX_BODY_BYTES]


def _scanned(text: str, dialect: Dialect) -> Iterator[tuple[str, Any]]:
    """Yield names that are looked for, and what stands behind them, as in JSON, a form, or a part of one."""
    names = sorted((name for name, known in dialect.names.items() if known.canonical in _LOOKED_FOR), key=len)
    wanted = re.compile(
        rf"(?<!\w)({'|'.join(map(re.escape, reversed(names)))})"
        r"(?:\\{0,4}[\"'])?(?:\s{0,8}[=:>]\s{0,8}|\r?\n(?:[^\r\n]{1,200}\r?\n){0,3}\r?\n)"
        r"(?:\\{0,4}\"([^\"\\\r\n]{1,200})|'([^'\r\n]{1,200})|((?!--)[^\s\"'&,;{}<>\\]{1,200}))",
        re.IGNORECASE,
    )
    for written in dict.fromkeys((text, unquote_plus(text))):
        for count, found in enumerate(wanted.finditer(written)):
            if count >= MOST_FOUND:
                break
            yield found[1], unquote_plus(found[4]) if found[4] else found[2] or found[3]
