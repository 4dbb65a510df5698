"""Traces of status callbacks that cannot be read or booked (rule 21)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.announcements import AgentCalls, AnnouncedCalls
from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.clinicea.errors import NotInDialect
from convox_clinicea.convox.aliases import flat
from convox_clinicea.convox.body import MAX_BODY_BYTES, Pairs, of_query, pairs_of
from convox_clinicea.convox.dialect import Dialect, Dialects
from convox_clinicea.convox.fields import DISPOSITIONS, is_reference
from convox_clinicea.convox.http import http_error_of
from convox_clinicea.convox.values import canonical, is_missing
from convox_clinicea.errors import (
    ConfigurationError,
    ConnectorError,
    InvalidRequest,
    RateLimited,
    TooLarge,
    TooManyOpenBookings,
)
from convox_clinicea.function import failure
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.privacy import MASK, FreeTextIds, is_telling, tells
from convox_clinicea.settings import PlaceSettings
from convox_clinicea.table import TableUnavailable
from convox_clinicea.text import seen, trimmed


def loggable_agent(agent_id: str | None) -> str | None:
    """Return the agent's id, masked if it may hold a telephone number or an address."""
    return MASK if is_telling(agent_id or "") else agent_id


def loggable_call(call_id: str, country: str) -> str:
    """Return the call's id, masked if it holds an address or a mobile number."""
    return MASK if tells(call_id, country) else call_id


_LOOKED_FOR = frozenset({"call_id", "agent_id", *DISPOSITIONS})
MOST_FOUND = 50


@dataclass(frozen=True)
class Glimpse:
    """Call, agent and dispositions found in a callback.

    Attributes:
        may_ask: whether the callback may ask for an appointment: a disposition means one, or none was found.
    """

    call_id: str | None
    agent_id: str | None
    may_ask: bool


def glimpsed(event: APIGatewayProxyEvent, dialect: Dialect) -> Glimpse:
    """Return the first call id, the first agent and the dispositions of a callback, parsed or scanned."""
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
    """Return names and values, and whether the body was parsed rather than scanned."""
    with suppress(InvalidRequest, TooLarge):
        pairs = pairs_of(event, dialect.known)
        if any(dialect.known(name) for name, _ in pairs):
            return pairs, True
    in_query: Pairs = []
    with suppress(TooLarge):
        in_query = of_query(event, dialect.known)
    return [*in_query, *_scanned(_text(event), dialect)], False


def _text(event: APIGatewayProxyEvent) -> str:
    """Return the beginning of the body as text."""
    text = (event.body or "")[: 2 * MAX_BODY_BYTES]
    if event.is_base64_encoded:
        kept = re.sub(r"[^A-Za-z0-9+/]", "", text)
        text = base64.b64decode(kept[: len(kept) // 4 * 4]).decode("utf-8", "replace")
    return text[:MAX_BODY_BYTES]


def _scanned(text: str, dialect: Dialect) -> Iterator[tuple[str, Any]]:
    """Yield known names and their values from text that may be a part of JSON or of a form."""
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


@contextmanager
def counted(metrics: Metrics) -> Iterator[None]:
    """Count a callback before it is handled, and count its failure if it is neither stored nor refused.

    Callbacks refused with 4xx, those that the dialect cannot book and those over the limit of open bookings (429) are
    stored for a person and counted as `CallNotBooked`. A callback refused by another limit (429) is not stored and
    counts as failed, although a repeat may be accepted.
    """
    metrics.add_metric("CallStatusReceived", MetricUnit.Count, 1)
    metrics.flush_metrics()  # before Lambda can end the function
    settled = False
    try:
        yield
        settled = True
    except ConnectorError as error:
        settled = _is_settled(error)
        raise
    finally:
        if not settled:
            metrics.add_metric("CallStatusFailed", MetricUnit.Count, 1)


@contextmanager
def seen_at_least(logger: Logger, event: APIGatewayProxyEvent, caller: str) -> Iterator[None]:
    """Log call and agent of a callback with the packed dialect if the deployment's documents cannot be read."""
    entered = False
    try:
        yield
        entered = True
    finally:
        if not entered:
            glimpse = glimpsed(event, Dialects.from_document(None).for_client(caller))
            _log_receipt(logger, glimpse.call_id, glimpse.agent_id, _country())


def _country() -> str | None:
    try:
        return PlaceSettings.from_environment().default_country
    except ConfigurationError:
        return None


def log_receipt(logger: Logger, callback: Callback, country: str) -> None:
    """Log call and agent before the first write, and add them to every later line of the invocation."""
    _log_receipt(logger, callback.call_id, callback.caller.agent_id, country)


def _log_receipt(logger: Logger, call_id: str | None, agent_id: str | None, country: str | None) -> None:
    masked = loggable_agent(call_id) if country is None or call_id is None else loggable_call(call_id, country)
    logger.append_keys(call_id=masked, agent_id=loggable_agent(agent_id))
    logger.info("status callback received")


@contextmanager
def closing(
    announced: AnnouncedCalls, at_the_desk: AgentCalls | None, callback: Callback, ids: FreeTextIds, logger: Logger
) -> Iterator[None]:
    """Close the announced call once its callback is stored or refused; after a failure it stays listed.

    A callback that a limit refused puts its call on the list even if no pop-up announced it.
    """
    settled = False
    try:
        yield
        settled = True
    except TooManyOpenBookings:
        settled = True  # it is stored among the calls that were not booked
        raise
    except RateLimited:
        try:
            announced.announce(callback.caller.name, ids.call(callback.call_id), callback.caller.agent_id)
        except (ConfigurationError, TableUnavailable) as error:
            # The log names the call, and the alarm goes off.
            logger.error("a call was not announced", extra=failure(error))
        raise
    except ConnectorError as error:
        settled = _is_settled(error)
        raise
    finally:
        if settled:
            try:
                agent_id = callback.caller.agent_id
                named = None if agent_id is None else ids.agent(agent_id)
                announced.end(callback.caller.name, ids.call(callback.call_id), named)
                if at_the_desk is not None and named is not None:
                    at_the_desk.end(callback.caller.name, named, ids.call(callback.call_id), asked=callback.asks)
            except (ConfigurationError, TableUnavailable, UnreadableRecord) as error:
                # The ended call stays listed: one needless look into ConVox, nothing lost.
                logger.error("the end of a call was not recorded", extra=failure(error))


def _is_settled(error: ConnectorError) -> bool:
    if isinstance(error, RateLimited):
        return isinstance(error, TooManyOpenBookings)
    return isinstance(error, NotInDialect) or http_error_of(error).status < 500
