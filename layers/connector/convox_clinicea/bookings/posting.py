"""The POST of a booking: the claim before it, and the handling of its answer (rules 4 and 8 to 10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from convox_clinicea.bookings.calendar import Calendar, CalendarSnapshot
from convox_clinicea.bookings.canary import Canary
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.protocol import (
    LEASE_BEYOND_DEADLINE_SECONDS,
    POST_ENDS_BEFORE_LEASE_SECONDS,
    ProtocolTimings,
    Reason,
    State,
    Wait,
    wait_for,
)
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import Rejected
from convox_clinicea.clinicea.models import CreatedAppointment
from convox_clinicea.deadline import Clock, Deadline, fresh_token
from convox_clinicea.errors import ConnectorError


@dataclass(frozen=True)
class Attempt:
    """A booking that is certainly not in the calendar, ready for its POST.

    Attributes:
        shown: the complete reading before the POST.
        received: how often its message has been received.
        deadline: the invocation's deadline.
        alone: whether it is the canary.
    """

    booking: Booking
    request: BookingRequest
    shown: CalendarSnapshot
    received: int
    deadline: Deadline
    alone: bool

    @property
    def soon(self) -> int:
        """Count of receives for the wait when in doubt: low for a canary, because all others wait for it."""
        return 1 if self.alone else self.received


class Posting:
    """Claims bookings and posts them."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        clinicea: Clinicea,
        calendar: Calendar,
        canary: Canary,
        clock: Clock,
        limits: ProtocolTimings,
    ) -> None:
        self._ledger = ledger
        self._clinicea = clinicea
        self._calendar = calendar
        self._canary = canary
        self._clock = clock
        self._limits = limits

    def post(self, attempt: Attempt) -> Booking | Wait:
        """Claim the booking and post it; returns the booking if it ended, else a wait."""
        # rule 4: nobody posts without the claim
        claimed = self._claim(attempt)
        try:
            created = self._create(claimed, attempt.request, attempt.deadline.capped(self._seconds_for_post(claimed)))
        except Rejected as refusal:
            return self._refused(attempt, claimed, refusal)
        except ConnectorError as error:
            # rule 10: a fault of the deployment is not the patient's
            if error.outcome_known:
                # Certainly nothing was carried out (credentials may be missing): back to the state before.
                before = attempt.booking
                self._ledger.move(claimed, before.state, posted=before.posted, unsettled_since=before.unsettled_since)
                return wait_for(error, attempt.received)
            self._ledger.move(claimed, State.UNKNOWN, unsettled_since=self._clock.now())
            return wait_for(error, attempt.soon)
        return self._created(attempt, claimed, created)

    def book_own(self, booking: Booking, shown: CalendarSnapshot) -> Booking | None:
        """Book the appointment that a POST made; for a canary, record the proof of its setup."""
        booked = self._calendar.book_own(booking, shown)
        if booked is not None:
            self._canary.proved(booked)
        return booked

    def reject(self, booking: Booking, reason: Reason, shown: CalendarSnapshot) -> Booking:
        """End a booking that Clinicea certainly refused."""
        return self._ledger.move(booking, State.REJECTED, reason=reason, patient_id=shown.patient_id)

    def _claim(self, attempt: Attempt) -> Booking:
        booking, shown = attempt.booking, attempt.shown
        lease = max(self._limits.lease_seconds, attempt.deadline.remaining() + LEASE_BEYOND_DEADLINE_SECONDS)
        lease_until = self._clock.now() + timedelta(seconds=lease)
        # rule 4: owner and lease in the same write; rule 1: with all ids seen
        return self._ledger.move(
            booking,
            State.SENDING,
            owner=fresh_token(),
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
        if request.new_patient is None or not request.registers:
            raise ValueError("a booking without a patient")
        return self._clinicea.post_appointment(request.new_patient, appointment, deadline)

    def _created(self, attempt: Attempt, claimed: Booking, created: CreatedAppointment) -> Booking | Wait:
        """Book the appointment in Clinicea's answer; read it back for a canary, or if the answer is a bare id."""
        shown, named, posted_until = None, None, self._clock.now()
        # rule 9: a bare id, or a canary, is read back
        if self._calendar.readable and (attempt.alone or not created.shown):
            named = created.appointment_id
            try:
                shown = self._calendar.read_again(claimed, attempt.request, attempt.deadline)
            except ConnectorError as error:
                self._ledger.move(claimed, State.UNKNOWN, appointment_id=named, unsettled_since=posted_until)
                return wait_for(error, attempt.soon)
        booked = self._calendar.book_created(claimed, created, shown)
        if booked is None:
            self._ledger.move(claimed, State.UNKNOWN, appointment_id=named, unsettled_since=posted_until)
            return Wait(1)
        if attempt.alone:
            self._canary.proved(booked)
        return booked

    def _refused(self, attempt: Attempt, claimed: Booking, refusal: Rejected) -> Booking | Wait:
        """Reject a booking after a known refusal, once the calendar is read back.

        A refusal that our own appointment can cause settles first, because the calendar may lag. An unlisted refusal
        settles, too.
        """
        reason = Reason(refusal.reason) if refusal.reason else Reason.REFUSED
        # rule 9: only a listed refusal rejects, once it is read back
        by_ourselves = reason.by_ourselves and self._calendar.readable
        unsettled = self._clock.now() if by_ourselves or not refusal.outcome_known else None
        try:
            shown = self._calendar.read_again(claimed, attempt.request, attempt.deadline)
        except ConnectorError as error:
            self._ledger.move(claimed, State.UNKNOWN, refusal=reason, unsettled_since=unsettled)
            return wait_for(error, attempt.soon)
        booked = self.book_own(claimed, shown)
        if booked is not None:
            return booked
        # rule 8: half done
        if claimed.patient_id is None and shown.patient_id is not None:
            # The patient was created, the appointment was not. The booking goes on as for a known patient.
            self._ledger.move(
                claimed, State.UNKNOWN, patient_id=shown.patient_id, refusal=None, unsettled_since=unsettled
            )
            return Wait(1)
        # rule 9: this refusal, or a new appointment, settles first (rule 3)
        if unsettled is not None or shown.matching or shown.new(claimed).nearby:
            self._ledger.move(claimed, State.UNKNOWN, refusal=reason, unsettled_since=unsettled)
            return Wait(1)
        return self.reject(claimed, reason, shown)

    def _seconds_for_post(self, claimed: Booking) -> float:
        # rule 4: the POST ends 10 s before the lease
        lease_until = claimed.lease_until or self._clock.now()
        return (lease_until - self._clock.now()).total_seconds() - POST_ENDS_BEFORE_LEASE_SECONDS
