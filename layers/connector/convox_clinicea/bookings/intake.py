"""Intake: an agent's request becomes a durable booking, or an error, while the agent waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from convox_clinicea.bookings import identity
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.queue import BookingQueue, QueueUnavailable
from convox_clinicea.bookings.record import Booking, key_of
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.bookings.states import State
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import ConfigurationError, FieldProblem, InvalidRequest, NotStored
from convox_clinicea.sealing import MAX_BYTES, Sealer, SealingUnavailable
from convox_clinicea.table import LedgerUnavailable

FURTHEST_AHEAD = timedelta(days=365)


@dataclass(frozen=True)
class Acceptance:
    """The booking that a request stands for.

    Attributes:
        repeated: it had been accepted before.
        changed: it had been accepted before with other content; the first content counts.
    """

    booking: Booking
    repeated: bool
    changed: bool


class Intake:
    """The service behind `book_appointment` and `book_new_patient`."""

    def __init__(
        self, *, ledger: Ledger, queue: BookingQueue, sealer: Sealer, key: Callable[[], bytes], clock: Clock
    ) -> None:
        self._ledger = ledger
        self._queue = queue
        self._sealer = sealer
        self._key = key
        self._clock = clock

    def accept(self, request: BookingRequest) -> Acceptance:
        """Return the request's booking once ledger and queue both hold it.

        The ledger is asked first: a late repeat gets the first answer, though its start may have passed.

        Raises:
            InvalidRequest: the start is past, or too far ahead.
            NotStored: ledger or queue did not confirm, or the key cannot be read; the same request may be sent again.
        """
        try:
            key = self._key()
            booking_id = identity.booking_id(key, request)
            fingerprint = identity.fingerprint(key, request)
            booking = standing = self._ledger.get(booking_id)
            if booking is None:
                self._check_start(request.start)
                new = self._new(key, booking_id, fingerprint, request)
                standing = self._ledger.put_if_absent(new)
                booking = standing or new
            if booking.state is State.ACCEPTED:
                # A repeat may come because the first sending failed; a message too many does no harm.
                self._queue.send(booking)
        except (ConfigurationError, LedgerUnavailable, QueueUnavailable, SealingUnavailable) as error:
            raise NotStored(f"{type(error).__name__}: {error}") from None
        return Acceptance(booking, standing is not None, changed=booking.fingerprint != fingerprint)

    def _check_start(self, start: datetime) -> None:
        now = self._clock.now()
        if start <= now:
            raise InvalidRequest(FieldProblem("start", "must be in the future"))
        if start > now + FURTHEST_AHEAD:
            raise InvalidRequest(FieldProblem("start", f"must be at most {FURTHEST_AHEAD.days} days ahead"))

    def _new(self, key: bytes, booking_id: str, fingerprint: bytes, request: BookingRequest) -> Booking:
        plain = request.to_bytes()
        if len(plain) > MAX_BYTES:
            raise InvalidRequest(FieldProblem("notes", "the request is too long; shorten the notes"))
        now = self._clock.now()
        return Booking(
            booking_id=booking_id,
            state=State.ACCEPTED,
            flow=request.flow,
            caller=request.caller.name,
            call_id=request.caller.call_id,
            agent_id=request.caller.agent_id,
            start=request.start,
            group=identity.message_group(key, request),
            number_key=identity.number_key(key, request),
            fingerprint=fingerprint,
            accepted_at=now,
            updated_at=now,
            queued_at=now,
            request=self._sealer.seal(key_of(booking_id), plain),
            patient_id=request.patient_id,
        )
