"""Builds the sweeper from its environment and emits its metrics each minute."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea.bookings.listing import Backlog, Waiting
from convox_clinicea.bookings.sweeper import Sweeper, backlog_from, sweeper_from
from convox_clinicea.function import Function
from convox_clinicea.settings import SweeperSettings

Parts = tuple[Sweeper, Backlog]


def sweep_of(function: Function[Parts]) -> Parts:
    """Return sweeper and backlog, from the function's environment."""
    settings = SweeperSettings.from_environment()
    return sweeper_from(settings, function.clock, function.logger), backlog_from(settings, function.clock)


def count_open(function: Function[Parts], swept: Mapping[str, int], waiting: Waiting) -> None:
    """Count what was picked up and what is open; a record that cannot be read is an error in the log, too."""
    for name, count in swept.items():
        function.metrics.add_metric(f"Swept{name.title()}", MetricUnit.Count, count)
    function.metrics.add_metric("OpenBookings", MetricUnit.Count, waiting.on_their_way)
    function.metrics.add_metric("OldestOpenBooking", MetricUnit.Seconds, round(waiting.oldest_seconds))
    function.metrics.add_metric("ParkedBookings", MetricUnit.Count, waiting.parked)
    function.metrics.add_metric("UnreadableRecords", MetricUnit.Count, waiting.unreadable)
    if waiting.unreadable:
        function.logger.error("records cannot be read", extra={"count": waiting.unreadable})
