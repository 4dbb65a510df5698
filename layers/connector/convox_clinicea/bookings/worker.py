"""The worker: takes one booking a step further, towards its one end.

The rules stand in `docs/booking-protocol.md`; each step here names none of them, but keeps them all.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from convox_clinicea import chance
from convox_clinicea.bookings.calendar import Calendar, CannotDecide, Shown
from convox_clinicea.bookings.canary import Canary, Turn
from convox_clinicea.bookings.ledger import HolderParked, Ledger
from convox_clinicea.bookings.limits import (
    LEASE_BEYOND_DEADLINE_SECONDS,
    POST_ENDS_BEFORE_LEASE_SECONDS,
    Limits,
)
from convox_clinicea.bookings.notices import Notices
from convox_clinicea.bookings.outcomes import Done, Outcome
from convox_clinicea.bookings.queue import Message
from convox_clinicea.bookings.record import Booking, key_of
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.bookings.states import Reason, State
from convox_clinicea.bookings.waiting import Wait, wait_for
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import Rejected
from convox_clinicea.clinicea.models import CreatedAppointment
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
        clinicea: Clinicea,
        calendar: Calendar,
        sealer: Sealer,
        notices: Notices,
        clock: Clock,
        limits: Limits,
        canary: Canary,
    ) -> None:
        self._ledger = ledger
        self._clinicea = clinicea
        self._calendar = calendar
        self._sealer = sealer
        self._notices = notices
        self._clock = clock
        self._limits = limits
        self._canary = canary

    def work(self, message: Message, *, received: int, deadline: Deadline) -> Outcome:
        """Take the booking as far as it will go before `deadline`.

        Waiting is no error: whatever cannot be done now answers `Wait`, and the ledger stands as it was or says
        how far it came.

        Args:
            received: how often the message has been received, from 1.
        """
        try:
            booking = self._ledger.get(message.booking_id)
            if booking is None or message.generation < booking.generation:
                return Done(booking)
            if booking.state.ended or booking.state.parked:
                return Done(booking)
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
            if self._clock.now() > (booking.redriven_at or booking.accepted_at) + self._limits.age:
                raise CannotDecide(self._limits.reason_given_up(booking, self._clock.now()))
            request = BookingRequest.from_bytes(self._sealer.open(key_of(booking.booking_id), booking.request or b""))
            if not booking.posted and self._still_ahead(booking.start):
                wait = self._canary.look(booking, request, received)
                if wait is not None:
                    return wait
            if booking.patient_id is None and not self._ledger.hold_number(booking):
                return wait_for(None, received)
            patient_id = self._calendar.patient_id(booking, request, deadline)
            if patient_id is not None and not self._ledger.hold_slot(booking, patient_id):
                return wait_for(None, received)
            shown = self._calendar.read(patient_id, request, deadline)
            # One that was posted, parked and redriven is `accepted` again, and its POST as doubtful as before.
            if booking.posted or booking.state is State.UNKNOWN:
                settled = self._settle(booking, request, shown, deadline)
                if settled is not None:
                    return settled
            elif shown.agreeing:
                return self._done(self._already_there(booking, shown, shown.agreeing[0]))
            if shown.unclear:  # cancelled or not? Posting may double it, believing it may leave the patient without one
                raise CannotDecide(Reason.OUTCOME_UNKNOWN)
            if not self._still_ahead(request.start):
                raise CannotDecide(Reason.TOO_LATE)
        except CannotDecide as cause:
            return self._park(booking, cause.reason)
        except HolderParked:
            return self._park(booking, Reason.WAITS_FOR_OTHER_BOOKING)
        if deadline.remaining() < self._limits.seconds_for_a_post:
            return wait_for(None, received)
        turn = self._canary.turn(booking, request, shown.patient_id, received)
        if isinstance(turn, Wait):
            return turn
        return self._post(booking, request, shown, received, deadline, alone=turn is Turn.ALONE)

    def _settle(self, booking: Booking, request: BookingRequest, shown: Shown, deadline: Deadline) -> Outcome | None:
        """Find out what became of a POST; None if its appointment is certainly absent."""
        if not self._calendar.readable:
            raise CannotDecide(Reason.OUTCOME_UNKNOWN)
        booked = self._book_own(booking, shown)
        if booked is not None:
            return self._done(booked)
        if self._canary.stops(booking, request, shown):
            return replace(self._park(booking, Reason.OUTCOME_UNKNOWN), stopped=True)
        left = self._seconds_until_settled(booking)
        named = booking.state is State.UNKNOWN and booking.appointment_id is not None
        if left > 0:
            # Clinicea may show a little late what it says it made: look again soon, then ever less often.
            passed = self._limits.settle.total_seconds() - left
            return Wait(min(left + 1, max(2.0, 3 * passed)) if named else left + 1)
        if not self._calendar.read_again(booking, request, deadline).same_as(shown):
            return Wait(1)
        if self._calendar.not_told_apart(booking, shown):
            raise CannotDecide(Reason.OUTCOME_UNKNOWN)
        standing = next(iter(shown.agreeing), None) or self._calendar.stands_for_another(booking, shown)
        if standing is not None:
            return self._done(self._already_there(booking, shown, standing))
        if named:
            # Clinicea said that it made one: to post again, a person must first have looked.
            raise CannotDecide(Reason.OUTCOME_UNKNOWN)
        if booking.refusal is Reason.REFUSED:
            # An answer that nobody has listed decides nothing: the request is kept, and a person decides.
            raise CannotDecide(Reason.REFUSED)
        if booking.refusal is not None:
            return self._done(self._reject(booking, booking.refusal, shown))
        return None

    def _book_own(self, booking: Booking, shown: Shown) -> Booking | None:
        """Book what a POST made; a canary that is found so has proven its setup."""
        booked = self._calendar.book_own(booking, shown)
        if booked is not None:
            self._canary.proved(booked)
        return booked

    def _already_there(self, booking: Booking, shown: Shown, standing: str) -> Booking:
        """The wanted appointment stands though we did not make it: by hand, or by another call's booking."""
        booked = self._calendar.book_own(booking, shown, reason=Reason.ALREADY_THERE)
        return booked or self._ledger.move(
            booking,
            State.BOOKED,
            reason=Reason.ALREADY_THERE,
            appointment_id=standing,
            patient_id=shown.patient_id,
        )

    def _post(
        self,
        booking: Booking,
        request: BookingRequest,
        shown: Shown,
        received: int,
        deadline: Deadline,
        *,
        alone: bool,
    ) -> Outcome:
        claimed = self._claim(booking, shown, deadline)
        tries = received
        if alone:
            received = 1  # all others wait for it: in doubt, it comes back soon, however long it has waited itself
        try:
            created = self._create(claimed, request, deadline.capped(self._seconds_for_post(claimed)))
        except Rejected as refusal:
            return self._refused(claimed, request, refusal, received, deadline)
        except ConnectorError as error:
            if error.outcome_known:
                # Certainly nothing was carried out, a missing credential included: the booking is as it was.
                self._ledger.move(
                    claimed, booking.state, posted=booking.posted, unsettled_since=booking.unsettled_since
                )
                return wait_for(error, tries)
            self._ledger.move(claimed, State.UNKNOWN, unsettled_since=self._clock.now())
            return wait_for(error, received)
        return self._created(claimed, request, created, received, deadline, alone=alone)

    def _created(
        self,
        claimed: Booking,
        request: BookingRequest,
        created: CreatedAppointment,
        received: int,
        deadline: Deadline,
        *,
        alone: bool,
    ) -> Outcome:
        """Book what Clinicea says it made; the calendar must show a canary, and what the answer does not show."""
        shown, named, posted_until = None, None, self._clock.now()
        if self._calendar.readable and (alone or not created.shown):
            named = created.appointment_id
            try:
                shown = self._calendar.read_again(claimed, request, deadline)
            except ConnectorError as error:
                self._ledger.move(claimed, State.UNKNOWN, appointment_id=named, unsettled_since=posted_until)
                return wait_for(error, received)
        booked = self._calendar.book_created(claimed, created, shown)
        if booked is None:
            self._ledger.move(claimed, State.UNKNOWN, appointment_id=named, unsettled_since=posted_until)
            return Wait(1)
        if alone:
            self._canary.proved(booked)
        return self._done(booked)

    def _claim(self, booking: Booking, shown: Shown, deadline: Deadline) -> Booking:
        lease = max(self._limits.lease_seconds, deadline.remaining() + LEASE_BEYOND_DEADLINE_SECONDS)
        lease_until = self._clock.now() + timedelta(seconds=lease)
        return self._ledger.move(
            booking,
            State.SENDING,
            owner=chance.token(),
            lease_until=lease_until,
            posted=True,
            unsettled_since=lease_until,
            appointment_id=None,
            patient_id=shown.patient_id,
            seen=tuple(dict.fromkeys(booking.seen + shown.ids)),
            refusal=None,
        )

    def _create(self, booking: Booking, request: BookingRequest, deadline: Deadline) -> CreatedAppointment:
        appointment = request.for_clinicea(reference=booking.booking_id)
        if booking.patient_id is not None:
            return self._clinicea.post_appointment_by_patient_id(booking.patient_id, appointment, deadline)
        if request.new_patient is None:
            raise ValueError("a booking without a patient")
        return self._clinicea.post_appointment(request.new_patient.for_clinicea(), appointment, deadline)

    def _refused(
        self, claimed: Booking, request: BookingRequest, refusal: Rejected, received: int, deadline: Deadline
    ) -> Outcome:
        """Reject what Clinicea is known to refuse, once the calendar is read back; any other refusal settles first."""
        reason = Reason(refusal.reason) if refusal.reason else Reason.REFUSED
        unsettled = None if refusal.outcome_known else self._clock.now()
        try:
            shown = self._calendar.read_again(claimed, request, deadline)
        except ConnectorError as error:
            self._ledger.move(claimed, State.UNKNOWN, refusal=reason, unsettled_since=unsettled)
            return wait_for(error, received)
        booked = self._book_own(claimed, shown)
        if booked is not None:
            return self._done(booked)
        if claimed.patient_id is None and shown.patient_id is not None:
            # Half done: the patient was made, the appointment was not. It goes on as for a known patient.
            self._ledger.move(
                claimed, State.UNKNOWN, patient_id=shown.patient_id, refusal=None, unsettled_since=unsettled
            )
            return Wait(1)
        if unsettled is not None or shown.agreeing or shown.new(claimed).others:
            self._ledger.move(claimed, State.UNKNOWN, refusal=reason, unsettled_since=unsettled)
            return Wait(1)
        return self._done(self._reject(claimed, reason, shown))

    def _reject(self, booking: Booking, reason: Reason, shown: Shown) -> Booking:
        return self._ledger.move(booking, State.REJECTED, reason=reason, patient_id=shown.patient_id)

    def _park(self, booking: Booking, reason: Reason) -> Done:
        return self._done(self._ledger.move(booking, State.NEEDS_ATTENTION, reason=reason))

    def _done(self, booking: Booking) -> Done:
        self._notices.publish(booking)
        return Done(booking, ended_here=True)

    def _still_ahead(self, start: datetime) -> bool:
        return start >= self._clock.now() + self._limits.margin

    def _seconds_until_lease_ends(self, booking: Booking) -> float:
        return 0.0 if booking.lease_until is None else (booking.lease_until - self._clock.now()).total_seconds()

    def _seconds_for_post(self, claimed: Booking) -> float:
        return self._seconds_until_lease_ends(claimed) - POST_ENDS_BEFORE_LEASE_SECONDS

    def _seconds_until_settled(self, booking: Booking) -> float:
        if booking.unsettled_since is None:
            return 0.0
        return (booking.unsettled_since + self._limits.settle - self._clock.now()).total_seconds()
