"""Worker of the queue: makes one booking's appointment in Clinicea per invocation."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.delivery import MessageProcessor, delivery_of, time_for
from convox_clinicea.function import Event, Function

function = Function(delivery_of)
processor = MessageProcessor(function.logger, function.metrics)


@function.handles
def handler(event: Event, context: LambdaContext) -> PartialItemFailureResponse:
    def work(record: SQSRecord) -> None:
        function.parts().receive(record, time_for(context, function.clock))

    return process_partial_response(event=event, record_handler=work, processor=processor, context=context)


loaded()
