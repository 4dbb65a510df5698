"""A status callback's traces outside the ledger: nobody sends it again, so a lost one must not go unseen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea.announced import AnnouncedCalls
from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.clinicea.errors import NotInDialect
from convox_clinicea.convox.errors import face_of
from convox_clinicea.convox.loggable import loggable_agent, loggable_call
from convox_clinicea.errors import ConfigurationError, ConnectorError
from convox_clinicea.free_text_ids import FreeTextIds
from convox_clinicea.observability import failure
from convox_clinicea.table import LedgerUnavailable
from convox_clinicea.versions import UnreadableRecord


@contextmanager
def counted(metrics: Metrics) -> Iterator[None]:
    """Count a callback that came, before anything is done with it, and one that was neither stored nor refused.

    A refusal (4xx), or a booking that the dialect cannot make, is kept for a person and counted as `CallNotBooked`.
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


def log_receipt(logger: Logger, callback: Callback, country: str) -> None:
    """Log call and agent before the first write; every later line of this invocation names them too."""
    logger.append_keys(
        call_id=loggable_call(callback.call_id, country), agent_id=loggable_agent(callback.caller.agent_id)
    )
    logger.info("status callback received")


@contextmanager
def closing(announced: AnnouncedCalls, callback: Callback, ids: FreeTextIds, logger: Logger) -> Iterator[None]:
    """Close the call's record once its callback is stored or refused; one that failed leaves its call listed."""
    settled = False
    try:
        yield
        settled = True
    except ConnectorError as error:
        settled = _is_settled(error)
        raise
    finally:
        if settled:
            try:
                announced.end(callback.caller.name, ids.call(callback.call_id))
            except (ConfigurationError, LedgerUnavailable, UnreadableRecord) as error:
                # The call is listed though it has ended: a look into ConVox too many, and nothing lost.
                logger.error("the end of a call was not noted", extra=failure(error))


def _is_settled(error: ConnectorError) -> bool:
    return isinstance(error, NotInDialect) or face_of(error).status < 500
