"""Intake: an agent's request becomes a durable booking, or an error, while the agent waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from convox_clinicea.bookings.drafting import Drafter
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.queue import BookingQueue, QueueUnavailable
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.bookings.states import State
from convox_clinicea.errors import ConfigurationError, NotStored, raise_alone
from convox_clinicea.sealing import SealingUnavailable
from convox_clinicea.table import LedgerUnavailable
from convox_clinicea.versions import UnreadableRecord


@dataclass(frozen=True)
class Acceptance:
    """The booking that a request stands for.

    Attributes:
        repeated: it had been accepted before.
        changed: the booking stands for other content than the request's.
    """

    booking: Booking
    repeated: bool
    changed: bool


@contextmanager
def or_not_stored() -> Iterator[None]:
    """Say of whatever ledger, queue or key did not confirm that it may be sent again: raises NotStored.

    So too where a later release's record stands: this one may not write it, and the booking may well be held.
    """
    try:
        yield
    except (ConfigurationError, LedgerUnavailable, QueueUnavailable, SealingUnavailable, UnreadableRecord) as error:
        raise_alone(NotStored(f"{type(error).__name__}: {error}"))


class Intake:
    """The service behind `book_appointment` and `book_new_patient`."""

    def __init__(self, *, ledger: Ledger, queue: BookingQueue, drafter: Drafter) -> None:
        self._ledger = ledger
        self._queue = queue
        self._drafter = drafter

    def accept(self, request: BookingRequest) -> Acceptance:
        """Return the request's booking once ledger and queue both hold it.

        The ledger is asked first: a late repeat gets the first answer, though its start may have passed.

        Raises:
            InvalidRequest: the start is past, or too far ahead.
            NotStored: ledger or queue did not confirm, or the key cannot be read; the same request may be sent again.
        """
        with or_not_stored():
            wish = self._drafter.wish(request)
            booking = standing = self._ledger.get(wish.wish_id)
            if booking is None:
                new = self._drafter.draft(wish, wish.wish_id)
                standing = self._ledger.put_if_absent(new)
                booking = standing or new
            if booking.state is State.ACCEPTED:
                # A repeat may come because the first sending failed; a message too many does no harm.
                self._queue.send(booking)
        return Acceptance(booking, standing is not None, changed=booking.changed_by(wish.fingerprint))
