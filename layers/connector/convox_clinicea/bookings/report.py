"""What a comparison of the ledger with the calendar found, and how it is told: in metrics, in a log, in an answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from convox_clinicea.bookings.comparable import Cursor
from convox_clinicea.bookings.findings import Discrepancy, Finding

MOST_LOGGED = 500
"""Findings in a log line, which CloudWatch cuts off at 1 MB."""


@dataclass(frozen=True)
class Report:
    """What one part of a comparison found.

    Attributes:
        compared: bookings that were judged.
        unreadable: records that this version of the connector cannot read.
        unread: days of which a part of the calendar could not be read; their bookings were not judged.
        after: where the next part goes on; None: this was the last.
    """

    compared: int
    discrepancies: tuple[Discrepancy, ...]
    unreadable: int = 0
    unread: tuple[date, ...] = ()
    after: Cursor | None = None

    def counts(self) -> dict[str, int]:
        """Return the value of each of the comparison's metrics."""
        found = Counter(each.finding for each in self.discrepancies)
        return {
            **{f"Reconcile{finding.value.title()}": found[finding] for finding in Finding},
            "ReconcileCompared": self.compared,
            "ReconcileUnread": len(self.unread),
        }

    def answered(self) -> dict[str, Any]:
        """Return it as who asked gets it, who goes on at `after`."""
        return {**self._told(), "after": None if self.after is None else self.after.model_dump(mode="json")}

    def logged(self) -> dict[str, Any]:
        """Return it as a log line holds it: cut off, and without the key of the ledger in `after`."""
        told = self._told()
        found = told["discrepancies"]
        cut = {"discrepancies": found[:MOST_LOGGED], "more": max(0, len(found) - MOST_LOGGED)}
        return {**told, **cut, "finished": self.after is None}

    def _told(self) -> dict[str, Any]:
        found = [
            {"finding": each.finding.value, "booking_id": each.booking_id, "appointment_ids": [*each.appointment_ids]}
            for each in self.discrepancies
        ]
        return {
            "compared": self.compared,
            "discrepancies": found,
            "unread": [day.isoformat() for day in self.unread],
            "unreadable": self.unreadable,
        }
