"""Takes bookings from the queue, one an invocation, and makes the appointments in Clinicea."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.delivery import Delivery, MessageProcessor, delivery_from
from convox_clinicea.deadline import Deadline, SystemClock
from convox_clinicea.settings import WorkerSettings
from convox_clinicea.telemetry import logger as make_logger
from convox_clinicea.telemetry import metrics as make_metrics

SECONDS_KEPT_BACK = 2.0
"""Left of the invocation for the ledger and the answer when the last call to Clinicea has to have ended."""

logger = make_logger()
metrics = make_metrics()
clock = SystemClock()
processor = MessageProcessor(logger, metrics)


@cache
def delivery() -> Delivery:
    return delivery_from(WorkerSettings.from_environment(), clock, logger, metrics)


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    def work(record: SQSRecord) -> None:
        left = context.get_remaining_time_in_millis() / 1000 - SECONDS_KEPT_BACK
        delivery().receive(record, Deadline.after(clock, left))

    return process_partial_response(event=event, record_handler=work, processor=processor, context=context)


loaded()
