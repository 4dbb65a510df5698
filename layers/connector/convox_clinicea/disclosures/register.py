"""The register of disclosures: before a patient's data leaves, it stands on record who gets which fields of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from convox_clinicea import chance
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.disclosures.record import HandedOut, Keeping, Recipient, tally_of, to_item
from convox_clinicea.errors import ConfigurationError, ConnectorError, NotStored, raise_alone
from convox_clinicea.table import ConditionFailed, LedgerUnavailable, Put, Table

ATTEMPTS = 2
"""The second one only while the agent still waits."""
MOST_AT_ONCE = 100
"""What DynamoDB takes in one transaction."""
SECONDS_KEPT = 0.2
"""Kept of a look-up's budget for the entry: one round trip within the region, and a connection."""
_FIRST = "attribute_not_exists(subject)"

Observer = Callable[[ConnectorError], None]
"""Told of an entry that could not be written."""


class NotRecorded(NotStored):
    """The disclosure could not be put on record, so the data is not handed out."""

    public = "The look-up could not be put on record, so nothing is shown. Try again."


class DisclosureRegister:
    """Append-only: entries are added under fresh keys, and nobody's role changes or removes one."""

    def __init__(self, table: Table, clock: Clock, keeping: Keeping, *, closed: bool, observe: Observer) -> None:
        self._table = table
        self._clock = clock
        self._keeping = keeping
        self._closed = closed
        self._observe = observe

    @staticmethod
    def before(deadline: Deadline) -> Deadline:
        """Return the deadline for what has to be done before an entry can be written."""
        return deadline.capped(max(deadline.remaining() - SECONDS_KEPT, deadline.remaining() / 2))

    def add(self, handed_out: Sequence[HandedOut], recipient: Recipient, deadline: Deadline) -> None:
        """Put on record what is about to be handed out, an entry for each patient; for nobody, nothing.

        Raises:
            NotRecorded: the entries may not stand, and the deployment fails closed. Where it fails open, the
                observer is told and the answer may leave.
        """
        for first in range(0, len(handed_out), MOST_AT_ONCE):
            try:
                self._add(handed_out[first : first + MOST_AT_ONCE], recipient, deadline)
            except (ConfigurationError, LedgerUnavailable, ConditionFailed) as error:
                failure = NotRecorded(str(error))
                self._observe(failure)
                if self._closed:
                    raise_alone(failure)

    def count_miss(self, recipient: Recipient) -> None:
        """Count a look-up that found nobody; what cannot be counted is observed, and holds nothing up.

        A number that is on no record is told, too: who asks for many may be no call centre.
        """
        key, attributes = tally_of(recipient, self._clock.now(), self._keeping)
        try:
            self._table.tally(key, attributes)
        except LedgerUnavailable as error:
            self._observe(NotRecorded(str(error)))

    def _add(self, handed_out: Sequence[HandedOut], recipient: Recipient, deadline: Deadline) -> None:
        now, token = self._clock.now(), chance.token()
        puts = [
            Put(to_item(each, recipient, now, f"{token}{number:02}", self._keeping), _FIRST)
            for number, each in enumerate(handed_out)
        ]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if len(puts) == 1:
                    self._table.put(puts[0])
                else:
                    self._table.put_all(puts, token)
            except LedgerUnavailable:
                if attempt == ATTEMPTS or deadline.expired:
                    raise
            else:
                return
