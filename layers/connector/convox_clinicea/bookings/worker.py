"""The worker: takes one booking a step further, towards its one end.

Nothing is posted without a look, and nobody posts without having claimed the booking in the ledger first. After a
POST whose outcome is unknown the calendar is read; what it does not show clearly is left to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from convox_clinicea import chance
from convox_clinicea.bookings.ledger import AppointmentOwned, Ledger
from convox_clinicea.bookings.look import Look, look
from convox_clinicea.bookings.newcomer import CannotDecide, registered_patient_id
from convox_clinicea.bookings.queue import Message
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.bookings.sealing import Sealer
from convox_clinicea.bookings.states import Reason, State
from convox_clinicea.bookings.waiting import Wait, wait_for
from convox_clinicea.clinicea import Clinicea, CreatedAppointment
from convox_clinicea.clinicea.errors import CliniceaError, Rejected
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.errors import ConfigurationError, ConnectorError

LEASE_SECONDS = 45.0
LEASE_BEYOND_DEADLINE_SECONDS = 15.0
SECONDS_FOR_A_POST = 10.0
"""What must be left of the invocation when a booking is claimed."""
TOO_LATE_MARGIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Done:
    """The message has done its work; `booking` is as it now stands, or None if there is none."""

    booking: Booking | None


Outcome = Done | Wait


class Worker:
    """The service behind `booking_worker`."""

    def __init__(self, *, ledger: Ledger, clinicea: Clinicea, sealer: Sealer, clock: Clock) -> None:
        self._ledger = ledger
        self._clinicea = clinicea
        self._sealer = sealer
        self._clock = clock

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
                lease_left = self._lease_left(booking)
                if lease_left > 0:
                    return Wait(lease_left + 1)
                booking = self._ledger.move(booking, State.UNKNOWN)
            return self._decide(booking, received, deadline)
        except ConnectorError as error:
            return wait_for(error, received)

    def _decide(self, booking: Booking, received: int, deadline: Deadline) -> Outcome:
        request = BookingRequest.from_bytes(self._sealer.open(booking.booking_id, booking.request or b""))
        try:
            patient_id = self._patient_id(booking, request, deadline)
            shown = self._look(patient_id, request, deadline)
            if booking.state is State.UNKNOWN:
                return self._settle(booking, patient_id, shown.unseen(booking.seen))
            if shown.agreeing:
                return self._already_there(booking, patient_id, shown)
            if request.start < self._clock.now() + TOO_LATE_MARGIN:
                raise CannotDecide(Reason.TOO_LATE)
        except CannotDecide as cause:
            return Done(self._ledger.move(booking, State.NEEDS_ATTENTION, reason=cause.reason))
        return self._post(booking, request, patient_id, shown, received, deadline)

    def _patient_id(self, booking: Booking, request: BookingRequest, deadline: Deadline) -> str | None:
        if booking.patient_id is not None or request.new_patient is None:
            return booking.patient_id
        return registered_patient_id(self._clinicea, request.new_patient, deadline)

    def _look(self, patient_id: str | None, request: BookingRequest, deadline: Deadline) -> Look:
        if patient_id is None:  # nobody has the number, so nobody has appointments
            return Look((), ())
        return look(self._clinicea.appointments_by_patient(patient_id, deadline), patient_id, request)

    def _settle(self, booking: Booking, patient_id: str | None, new: Look) -> Done:
        """End a booking whose POST may have been carried out: only an appointment that stands proves anything."""
        booked = self._book_one_of(booking, patient_id, new)
        if booked is None:
            raise CannotDecide(Reason.OUTCOME_UNKNOWN)
        return Done(booked)

    def _already_there(self, booking: Booking, patient_id: str | None, shown: Look) -> Done:
        """The wanted appointment stood before anything was posted: by hand, or by another call's booking."""
        booked = self._book_one_of(booking, patient_id, shown, reason=Reason.ALREADY_THERE)
        if booked is None:
            booked = self._ledger.move(
                booking,
                State.BOOKED,
                reason=Reason.ALREADY_THERE,
                appointment_id=shown.agreeing[0],
                patient_id=patient_id,
            )
        return Done(booked)

    def _book_one_of(
        self, booking: Booking, patient_id: str | None, shown: Look, reason: Reason | None = None
    ) -> Booking | None:
        for appointment_id in shown.agreeing:
            try:
                return self._ledger.book(booking, appointment_id, patient_id=patient_id, reason=reason)
            except AppointmentOwned:
                continue
        return None

    def _post(
        self,
        booking: Booking,
        request: BookingRequest,
        patient_id: str | None,
        shown: Look,
        received: int,
        deadline: Deadline,
    ) -> Outcome:
        if deadline.remaining() < SECONDS_FOR_A_POST:
            return Wait(1)
        claimed = self._claim(booking, patient_id, shown, deadline)
        try:
            created = self._create(claimed, request, deadline)
        except Rejected as refusal:
            return self._refused(claimed, request, refusal, received, deadline)
        except (CliniceaError, ConfigurationError) as error:
            # What certainly did nothing leaves the booking as it was; of anything else the calendar must tell.
            before = State.ACCEPTED if error.outcome_known else State.UNKNOWN
            self._ledger.move(claimed, before)
            return wait_for(error, received)
        return self._booked(claimed, created)

    def _claim(self, booking: Booking, patient_id: str | None, shown: Look, deadline: Deadline) -> Booking:
        lease = max(LEASE_SECONDS, deadline.remaining() + LEASE_BEYOND_DEADLINE_SECONDS)
        return self._ledger.move(
            booking,
            State.SENDING,
            owner=chance.token(),
            lease_until=self._clock.now() + timedelta(seconds=lease),
            patient_id=patient_id,
            seen=shown.ids,
        )

    def _create(self, booking: Booking, request: BookingRequest, deadline: Deadline) -> CreatedAppointment:
        appointment = request.for_clinicea(reference=booking.booking_id)
        if booking.patient_id is not None:
            return self._clinicea.post_appointment_by_patient_id(booking.patient_id, appointment, deadline)
        if request.new_patient is None:
            raise ValueError("a booking without a patient")
        return self._clinicea.post_appointment(request.new_patient.for_clinicea(), appointment, deadline)

    def _booked(self, claimed: Booking, created: CreatedAppointment) -> Outcome:
        patient_id = created.patient_id or claimed.patient_id
        try:
            return Done(self._ledger.book(claimed, created.appointment_id, patient_id=patient_id))
        except AppointmentOwned:
            # The answer named somebody else's appointment, so it proves nothing about ours.
            self._ledger.move(claimed, State.UNKNOWN)
            return Wait(1)

    def _refused(
        self, claimed: Booking, request: BookingRequest, refusal: Rejected, received: int, deadline: Deadline
    ) -> Outcome:
        """A refusal counts once the calendar has been read and shows nothing new."""
        try:
            patient_id = self._patient_id(claimed, request, deadline)
            new = self._look(patient_id, request, deadline)
        except (CliniceaError, CannotDecide) as error:
            self._ledger.move(claimed, State.UNKNOWN)
            return wait_for(error, received)
        new = new.unseen(claimed.seen)
        booked = self._book_one_of(claimed, patient_id, new)
        if booked is not None:
            return Done(booked)
        if new.ids:
            self._ledger.move(claimed, State.UNKNOWN, patient_id=patient_id)
            return Wait(1)
        reason = Reason(refusal.reason) if refusal.reason else Reason.REFUSED
        return Done(self._ledger.move(claimed, State.REJECTED, reason=reason, patient_id=patient_id))

    def _lease_left(self, booking: Booking) -> float:
        return 0.0 if booking.lease_until is None else (booking.lease_until - self._clock.now()).total_seconds()
