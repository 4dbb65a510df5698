"""Under which names a request's fields came, kept with the event for whatever may be found wrong with them later."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

_CAME_AS = "came_as"


def remember(event: APIGatewayProxyEvent, came_as: Mapping[str, str]) -> None:
    """Keep it: canonical name → the name that the caller used."""
    event.raw_event[_CAME_AS] = came_as


def remembered(event: APIGatewayProxyEvent) -> Mapping[str, str]:
    """Return what `remember` kept."""
    kept: Mapping[str, str] = event.raw_event.get(_CAME_AS) or {}
    return kept
