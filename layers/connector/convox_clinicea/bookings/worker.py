"""The worker: moves one booking to its next state.

The rules are in `docs/booking-protocol.md`; comments name the rule that a step keeps.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from convox_clinicea.bookings.calendar import Calendar, CalendarSnapshot, CannotDecide
from convox_clinicea.bookings.canary import Canary, Turn
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.locks import AlreadyBooked, AlreadyRegistered, HolderParked, Locks
from convox_clinicea.bookings.messages import Message, Notices
from convox_clinicea.bookings.posting import Attempt, Posting
from convox_clinicea.bookings.protocol import Done, Outcome, ProtocolTimings, Reason, State, Wait, wait_for, wait_until
from convox_clinicea.bookings.record import Booking, key_of
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.errors import ConnectorError
from convox_clinicea.sealing import Sealer

__all__ = ["Done", "Outcome", "Worker"]


class Worker:
    """The service behind `booking_worker`."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        calendar: Calendar,
        sealer: Sealer,
        notices: Notices,
        clock: Clock,
        limits: ProtocolTimings,
        canary: Canary,
        locks: Locks,
        posting: Posting,
    ) -> None:
        self._ledger = ledger
        self._calendar = calendar
        self._sealer = sealer
        self._notices = notices
        self._clock = clock
        self._limits = limits
        self._canary = canary
        self._locks = locks
        self._posting = posting

    def work(self, message: Message, *, received: int, deadline: Deadline) -> Outcome:
        """Advance the booking as far as possible before `deadline`.

        Waiting is not an error (rule 11): if the booking cannot go on now, the result is a `Wait`, and the ledger holds
        the state that it reached.

        Args:
            received: how often the message has been received, from 1.
        """
        try:
            booking = self._ledger.get(message.booking_id)
            # rule 12: an older generation means nothing
            if booking is None or message.generation < booking.generation:
                return Done(booking)
            if booking.state.ended or booking.state.parked:
                return Done(booking)
            # rule 4: wait for a live lease; after it, the outcome is unknown
            if booking.state is State.SENDING:
                lease_left = self._seconds_until_lease_ends(booking)
                if lease_left > 0:
                    return Wait(lease_left + 1)
                booking = self._ledger.move(booking, State.UNKNOWN)
            return self._advance(booking, received, deadline)
        except ConnectorError as error:
            return wait_for(error, received)

    def _advance(self, booking: Booking, received: int, deadline: Deadline) -> Outcome:
        try:
            # rule 14: the age limit
            if self._clock.now() > (booking.redriven_at or booking.accepted_at) + self._limits.age:
                raise CannotDecide(self._limits.reason_given_up(booking, self._clock.now()))
            request = BookingRequest.from_bytes(self._sealer.open(key_of(booking.booking_id), booking.request or b""))
            # rule 9: the others wait for a canary
            if not booking.posted and self._still_ahead(booking.start):
                wait = self._canary.look(booking, request, received)
                if wait is not None:
                    return wait
            made: Booking | None = None
            try:
                # rules 6 and 7: the number's lock before the search
                if self._others_first(booking):
                    return self._behind_another(booking, received)
                patient_id = self._calendar.patient_id(booking, request, deadline)
            except AlreadyRegistered as found:
                patient_id = found.patient_id  # the search may not show the new patient yet
            except AlreadyBooked as found:
                made, patient_id = found.booking, self._calendar.patient_id(booking, request, deadline)
            if patient_id is None and made is None and not request.registers:
                # rule 7: who is not found is not registered without consent, and nothing of them is kept
                return self._done(self._posting.reject(booking, Reason.UNKNOWN_PATIENT, CalendarSnapshot(None)))
            try:
                # rule 6: the slot's lock before the reading
                if patient_id is not None and not self._locks.acquire_slot_lock(booking, patient_id):
                    return self._behind_another(booking, received)
            except AlreadyBooked as found:
                made = found.booking
            # rule 1: no POST without a reading
            shown = self._calendar.read(patient_id, request, deadline)
            # A booking that was posted, parked and redriven is `accepted` again, with its POST still in doubt.
            if booking.posted or booking.state is State.UNKNOWN:
                settled = self._settle(booking, request, shown, received, deadline)
                if settled is not None:
                    return settled
            elif shown.matching:
                return self._done(self._already_there(booking, shown, shown.matching[0]))
            if made is not None:
                if self._stands(made, shown):
                    return self._done(self._already_there(booking, shown, str(made.appointment_id)))
                if not self._lock_after(made, booking, patient_id):
                    return self._behind_another(booking, received)
            # rule 2: an unclear appointment goes to a person
            if shown.unclear:  # a POST may double it; taking it may leave the patient without an appointment
                raise CannotDecide(Reason.OUTCOME_UNKNOWN)
            # rule 14: too late
            if not self._still_ahead(request.start):
                raise CannotDecide(Reason.TOO_LATE)
        except CannotDecide as cause:
            return self._park(booking, cause.reason)
        except HolderParked:
            return self._park(booking, Reason.WAITS_FOR_OTHER_BOOKING)
        # no claim without time for the POST
        if deadline.remaining() < self._limits.seconds_for_a_post:
            return wait_for(None, received)
        turn = self._canary.turn(booking, request, shown.patient_id, received)
        if isinstance(turn, Wait):
            return turn
        posted = self._posting.post(Attempt(booking, request, shown, received, deadline, alone=turn is Turn.ALONE))
        return posted if isinstance(posted, Wait) else self._done(posted)

    def _others_first(self, booking: Booking) -> bool:
        """Return whether another booking may be creating this one's patient, or this visit for a new patient."""
        if booking.patient_id is None:
            return not self._locks.acquire_number_lock(booking)
        return not booking.posted and self._locks.creator_may_post(booking)

    def _lock_after(self, made: Booking, booking: Booking, patient_id: str | None) -> bool:
        """Acquire the lock that a POST needs, from a booked holder whose appointment is gone."""
        if patient_id is None:
            return self._locks.acquire_number_lock(booking, after=made)
        return self._locks.acquire_slot_lock(booking, patient_id, after=made)

    def _stands(self, made: Booking, shown: CalendarSnapshot) -> bool:
        """Return whether the appointment of another booking of the same visit is still in the calendar.

        The ledger counts while Clinicea may not show the appointment yet, or without read-backs.
        """
        still = shown.stands(str(made.appointment_id))
        if still is None:
            return not self._calendar.readable or self._clock.now() < made.updated_at + self._limits.settle
        return still

    def _behind_another(self, booking: Booking, received: int) -> Outcome:
        """Wait for the lock's holder, but park in time before the start, while a person can still book by hand."""
        now = self._clock.now()
        # rule 6: not past ten minutes before the start
        wait = wait_until(booking.start - self._limits.margin, now, received)
        if wait is None:
            ahead = self._still_ahead(booking.start)
            raise CannotDecide(Reason.WAITS_FOR_OTHER_BOOKING if ahead else self._limits.reason_given_up(booking, now))
        return wait

    def _settle(
        self, booking: Booking, request: BookingRequest, shown: CalendarSnapshot, received: int, deadline: Deadline
    ) -> Outcome | None:
        """Determine the outcome of a POST; returns None if its appointment is certainly absent."""
        # rule 16: without read-backs, an unknown outcome goes to a person
        if not self._calendar.readable:
            raise CannotDecide(Reason.OUTCOME_UNKNOWN)
        booked = self._posting.book_own(booking, shown)
        if booked is not None:
            return self._done(booked)
        # rule 9: a canary at a shifted start stops posting
        if self._canary.stops(booking, request, shown):
            return replace(self._park(booking, Reason.OUTCOME_UNKNOWN), stopped=True)
        left = self._seconds_until_settled(booking)
        named = booking.state is State.UNKNOWN and booking.appointment_id is not None
        # rule 3: the settle time, then two equal readings
        if left > 0:
            # Clinicea may show its new appointment late: read again soon, then less and less often.
            passed = self._limits.settle.total_seconds() - left
            return Wait(min(left + 1, max(2.0, 3 * passed)) if named else left + 1)
        if not self._calendar.read_again(booking, request, deadline).same_as(shown):
            return Wait(1)
        # rule 2: another new appointment means "cannot tell"
        if self._calendar.has_ambiguous(booking, shown):
            wait = self._until_others_settle(booking, shown, received)
            if wait is None:
                raise CannotDecide(Reason.OUTCOME_UNKNOWN)
            return wait
        standing = next(iter(shown.matching), None) or self._calendar.stands_for_another(booking, shown)
        if standing is not None:
            return self._done(self._already_there(booking, shown, standing))
        if named:
            # Clinicea's answer named an appointment: a person must check before another POST.
            raise CannotDecide(Reason.OUTCOME_UNKNOWN)
        # rule 8: a patient that is found becomes the booking's
        if booking.refusal is not None and booking.patient_id is None and shown.patient_id is not None:
            return None  # half done, and shown late: the booking goes on as for a known patient
        # rule 9: an unlisted refusal is never `rejected`
        if booking.refusal is Reason.REFUSED:
            # An unlisted refusal decides nothing: the request is kept, and a person decides.
            raise CannotDecide(Reason.REFUSED)
        if booking.refusal is not None:
            return self._done(self._posting.reject(booking, booking.refusal, shown))
        return None

    def _until_others_settle(self, booking: Booking, shown: CalendarSnapshot, received: int) -> Wait | None:
        """Return a wait while all new appointments are at starts that the patient's open bookings have posted.

        Those bookings claim theirs first. None if there are other new ones, or no time is left before the start.
        """
        starts = dict(shown.starts)
        for each in self._calendar.doubtful(booking, shown):
            meant = starts.get(each, frozenset())
            if not any(self._locks.has_open_poster(str(shown.patient_id), at, beside=booking) for at in meant):
                return None
        return wait_until(booking.start - self._limits.margin, self._clock.now(), received)

    def _already_there(self, booking: Booking, shown: CalendarSnapshot, standing: str) -> Booking:
        """Book an appointment that we did not make: it was made by hand, or by another call's booking."""
        booked = self._calendar.book_own(booking, shown, reason=Reason.ALREADY_THERE)
        return booked or self._ledger.move(
            booking,
            State.BOOKED,
            reason=Reason.ALREADY_THERE,
            appointment_id=standing,
            patient_id=shown.patient_id,
        )

    def _park(self, booking: Booking, reason: Reason) -> Done:
        return self._done(self._ledger.move(booking, State.NEEDS_ATTENTION, reason=reason))

    def _done(self, booking: Booking) -> Done:
        self._notices.publish(booking)
        return Done(booking, ended_here=True)

    def _still_ahead(self, start: datetime) -> bool:
        return start >= self._clock.now() + self._limits.margin

    def _seconds_until_lease_ends(self, booking: Booking) -> float:
        return 0.0 if booking.lease_until is None else (booking.lease_until - self._clock.now()).total_seconds()

    def _seconds_until_settled(self, booking: Booking) -> float:
        if booking.unsettled_since is None:
            return 0.0
        return (booking.unsettled_since + self._limits.settle - self._clock.now()).total_seconds()
