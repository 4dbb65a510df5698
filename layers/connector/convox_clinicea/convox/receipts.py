"""A status callback's traces outside the ledger: nobody sends it again, so a lost one must not go unseen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.announced import AnnouncedCalls
from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.clinicea.errors import NotInDialect
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.convox.errors import face_of
from convox_clinicea.convox.glimpse import glimpsed
from convox_clinicea.convox.loggable import loggable_agent, loggable_call
from convox_clinicea.errors import ConfigurationError, ConnectorError, RateLimited, TooManyOpenBookings
from convox_clinicea.free_text_ids import FreeTextIds
from convox_clinicea.observability import failure
from convox_clinicea.settings import PlaceSettings
from convox_clinicea.table import LedgerUnavailable
from convox_clinicea.versions import UnreadableRecord


@contextmanager
def counted(metrics: Metrics) -> Iterator[None]:
    """Count a callback that came, before anything is done with it, and one that was neither stored nor refused.

    A refusal (4xx), or a booking that the dialect cannot make, is kept for a person and counted as `CallNotBooked`;
    so is one whose number has too many open bookings (429). One that another limit refuses (429) is not kept: it counts
    as failed, though whoever sends it again may have it taken.
    """
    metrics.add_metric("CallStatusReceived", MetricUnit.Count, 1)
    metrics.flush_metrics()  # a function that Lambda ends writes nothing more
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
    """Log the call and agent of a callback, by the packed dialect, if the deployment's own cannot be had."""
    entered = False
    try:
        yield
        entered = True
    finally:
        if not entered:
            glimpse = glimpsed(event, Dialects.from_document(None).of(caller))
            _log_receipt(logger, glimpse.call_id, glimpse.agent_id, _country())


def _country() -> str | None:
    try:
        return PlaceSettings.from_environment().default_country
    except ConfigurationError:
        return None


def log_receipt(logger: Logger, callback: Callback, country: str) -> None:
    """Log call and agent before the first write; every later line of this invocation names them too."""
    _log_receipt(logger, callback.call_id, callback.caller.agent_id, country)


def _log_receipt(logger: Logger, call_id: str | None, agent_id: str | None, country: str | None) -> None:
    masked = loggable_agent(call_id) if country is None or call_id is None else loggable_call(call_id, country)
    logger.append_keys(call_id=masked, agent_id=loggable_agent(agent_id))
    logger.info("status callback received")


@contextmanager
def closing(announced: AnnouncedCalls, callback: Callback, ids: FreeTextIds, logger: Logger) -> Iterator[None]:
    """Close the call's record once its callback is stored or refused; one that failed leaves its call listed.

    One that a limit refused puts its call on that list, though no pop-up announced it.
    """
    settled = False
    try:
        yield
        settled = True
    except TooManyOpenBookings:
        settled = True  # it is kept among the calls that were not booked
        raise
    except RateLimited:
        try:
            announced.announce(callback.caller.name, ids.call(callback.call_id), callback.caller.agent_id)
        except (ConfigurationError, LedgerUnavailable) as error:
            # The call stands in the log, and the alarm rings.
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
            except (ConfigurationError, LedgerUnavailable, UnreadableRecord) as error:
                # The call is listed though it has ended: a look into ConVox too many, and nothing lost.
                logger.error("the end of a call was not noted", extra=failure(error))


def _is_settled(error: ConnectorError) -> bool:
    if isinstance(error, RateLimited):
        return isinstance(error, TooManyOpenBookings)
    return isinstance(error, NotInDialect) or face_of(error).status < 500
