"""Lets in who knows a secret that was pasted into ConVox, and says which caller that is."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded
from convox_clinicea.startup import prepare

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea import aws
from convox_clinicea.convox.access_tokens import TOKENS_SECONDS, AccessTokens, policy_for
from convox_clinicea.settings import AuthorizerSettings
from convox_clinicea.telemetry import logger as make_logger
from convox_clinicea.telemetry import metrics as make_metrics

logger = make_logger()
metrics = make_metrics()


@cache
def settings() -> AuthorizerSettings:
    return AuthorizerSettings.from_environment()


prepare(settings)


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    tokens = AccessTokens.from_secret(aws.secret(settings().access_tokens_secret_arn, TOKENS_SECONDS, in_time=True))
    known = settings()
    answer = policy_for(event, tokens, known.access_token_header, _count_previous, known.shared_usage_key)
    # Each token that was not seen a moment ago: one wrong token that is sent again and again is in the gateway's cache.
    metrics.add_metric("UnknownToken", MetricUnit.Count, int("context" not in answer))
    return answer


def _count_previous() -> None:
    metrics.add_metric("PreviousTokenUsed", MetricUnit.Count, 1)


loaded()
