"""The Clinicea client: the four calls of the integration and the read-backs that bookings need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, TypeVar

from convox_clinicea.clinicea.answers import Record, created_ids, records
from convox_clinicea.clinicea.authentication import Authentication
from convox_clinicea.clinicea.call_table import CallSpec, CallTable
from convox_clinicea.clinicea.calls import Call
from convox_clinicea.clinicea.errors import AuthenticationFailed, UnexpectedAnswer
from convox_clinicea.clinicea.exchange import Exchange, Observer, observe_nothing
from convox_clinicea.clinicea.models import (
    Appointment,
    CreatedAppointment,
    NewAppointment,
    NewPatient,
    Patient,
    Status,
    appointment_from,
    patient_from,
)
from convox_clinicea.clinicea.wire import Transport, WireAnswer, request_for
from convox_clinicea.clinics import Clinics
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.normalization import each_once, id_key, same_id

if TYPE_CHECKING:  # parsing numbers is the caller's business, and what it loads
    from convox_clinicea.mobile import Mobile

MAX_PAGES = 50
T = TypeVar("T")
StatusObserver = Callable[[str, int], None]
"""Told of answers with status words that the call table does not know: call name, and how many records."""


def ignore_statuses(_call: str, _count: int) -> None:
    """The status observer of those who do not observe."""


class Clinicea:
    """Talks to one Clinicea account.

    Every method takes the deadline by which it has ended, and raises one leaf of `clinicea.errors` if Clinicea
    did not do what was asked. Nothing here knows of ConVox, queues or Lambda.
    """

    def __init__(
        self,
        *,
        table: CallTable,
        authentication: Authentication,
        transport: Transport,
        clinics: Clinics,
        clock: Clock,
        observe: Observer = observe_nothing,
        observe_unclear: StatusObserver = ignore_statuses,
    ) -> None:
        self._table = table
        self._authentication = authentication
        self._clinics = clinics
        self._clock = clock
        self._observe_unclear = observe_unclear
        self._exchange = Exchange(transport, table, clock, observe)

    def search_patient_by_mobile_number(self, mobile: Mobile, deadline: Deadline) -> list[Patient]:
        """Return every patient registered with this number, `searchPatientByMobileNumber` [doc]."""
        call = Call.SEARCH_PATIENT
        found = self._records(call, _mobile_arguments(self._table.calls[call], mobile), deadline)
        zone = self._clinics.zone(None)
        return _read_all(call, (patient_from(record, self._table, zone) for record in found))

    def past_completed_appointments(self, patient_id: str, deadline: Deadline) -> list[Appointment]:
        """Return the patient's completed appointments, newest first, `getPatientPastCompletedAppointment` [doc].

        The call promises completed ones only. One that says otherwise is left out; one whose status word is unknown is
        kept, for its word to be shown.
        """
        call = Call.PAST_COMPLETED
        found = self._appointments(call, self._records(call, {"patient_id": patient_id}, deadline))
        kept = (Status.CHECKED_OUT, Status.MISSING, Status.UNCLEAR)
        return newest_first(each for each in found if each.status in kept and _may_be_of(patient_id, each))

    def unfinished_appointments(self, patient_id: str, deadline: Deadline) -> list[Appointment]:
        """Return past appointments that nobody set to a completed status, newest first; staff often forget [doc].

        None are read unless the call table's `statuses.show_unfinished` asks for them.
        """
        if not self._table.statuses.show_unfinished:
            return []
        now = self._clock.now()
        return newest_first(
            each
            for each in self.appointments_by_patient(patient_id, deadline)
            if each.status is Status.STANDING and each.start is not None and each.start < now
            if _may_be_of(patient_id, each)
        )

    def post_appointment_by_patient_id(
        self, patient_id: str, appointment: NewAppointment, deadline: Deadline
    ) -> CreatedAppointment:
        """Make an appointment for a known patient, `postAppointmentByPatientID` [doc].

        Raises:
            OutcomeUnknown, UnlistedRefusal: it may have been made; look before anything else is done.
        """
        call = Call.POST_BY_PATIENT
        arguments = {"patient_id": patient_id, **self._appointment_arguments(appointment)}
        if appointment.mobile is not None:
            arguments["mobile"] = appointment.mobile.reveal()
        return self._post(call, arguments, appointment, deadline)

    def post_appointment(
        self, patient: NewPatient, appointment: NewAppointment, deadline: Deadline
    ) -> CreatedAppointment:
        """Make a patient and an appointment, `postAppointment` [doc]; raises as the call above."""
        call = Call.POST_WITH_PATIENT
        birth = patient.date_of_birth
        arguments = {
            **self._appointment_arguments(appointment),
            **_mobile_arguments(self._table.calls[call], patient.mobile),
            "first_name": patient.first_name.reveal(),
            "last_name": patient.last_name.reveal() if patient.last_name else None,
            "gender": patient.gender.reveal() if patient.gender else None,
            "date_of_birth": None if birth is None else self._time(datetime.combine(birth.reveal(), time())),
            "email": patient.email.reveal() if patient.email else None,
        }
        return self._post(call, arguments, appointment, deadline)

    def appointments_by_patient(self, patient_id: str, deadline: Deadline) -> list[Appointment]:
        """Return all appointments of the patient, past and future, every page, `getAppointmentsByPatient` [live]."""
        return self._pages(Call.BY_PATIENT, {"patient_id": patient_id}, deadline)

    def appointments_by_date(self, day: date, deadline: Deadline) -> list[Appointment]:
        """Return the day's appointments of all patients, every page, `getAppointmentsByDate` [live]."""
        return self._pages(Call.BY_DATE, {"day": self._time(datetime.combine(day, time()))}, deadline)

    def _pages(self, call: Call, arguments: Mapping[str, str], deadline: Deadline) -> list[Appointment]:
        """Read pages until one is empty.

        A short page is no end: Clinicea may give fewer than were asked for. A page that brings nothing new means
        that the paging is not understood, so that the reading is not complete.
        """
        spec = self._table.calls[call]
        seen: dict[str, Appointment] = {}
        for page in range(1, MAX_PAGES + 1):
            size = {} if spec.page_size is None else {"page": str(page), "page_size": str(spec.page_size)}
            found = self._records(call, {**arguments, **size}, deadline)
            appointments = self._appointments(call, found)
            if not appointments or spec.page_size is None:
                return [*seen.values(), *appointments]
            new = {key: a for a in appointments if (key := id_key(a.appointment_id)) not in seen}
            if not new:
                raise UnexpectedAnswer(call, detail="a page repeats the pages before it")
            seen.update(new)
        raise UnexpectedAnswer(call, detail=f"more than {MAX_PAGES} pages")

    def _post(
        self, call: Call, arguments: Mapping[str, str | None], appointment: NewAppointment, deadline: Deadline
    ) -> CreatedAppointment:
        answer = self._call(call, arguments, deadline)
        zone = self._clinics.zone(appointment.clinic_id)
        appointment_id, patient_id = created_ids(call, answer, self._table, arguments, zone)
        return CreatedAppointment(appointment_id=appointment_id, patient_id=patient_id)

    def _call(self, call: Call, arguments: Mapping[str, str | None], deadline: Deadline) -> WireAnswer:
        spec = self._table.calls[call]
        request = request_for(call.value, spec, arguments)
        signed = self._authentication.signed(request, deadline, self._exchange.send)
        try:
            return self._exchange.send(spec, signed, deadline)
        except AuthenticationFailed:
            # 401 means that nothing was executed, so a POST too may be sent once more with a fresh credential.
            if not self._authentication.renew(signed):
                raise
        signed = self._authentication.signed(request, deadline, self._exchange.send)
        return self._exchange.send(spec, signed, deadline)

    def _records(self, call: Call, arguments: Mapping[str, str], deadline: Deadline) -> list[Record]:
        return records(call, self._call(call, arguments, deadline), self._table)

    def _appointments(self, call: Call, found: list[Record]) -> list[Appointment]:
        read = _read_all(call, (appointment_from(record, self._table, self._clinics) for record in found))
        unclear = sum(each.status is Status.UNCLEAR for each in read)
        if unclear:
            self._observe_unclear(call.value, unclear)
        # A visit with two services or payments may come as two rows.
        return each_once(read, lambda appointment: appointment.appointment_id)

    def _appointment_arguments(self, appointment: NewAppointment) -> dict[str, str | None]:
        zone = self._clinics.zone(appointment.clinic_id)
        return {
            "clinic_id": appointment.clinic_id,
            "start": self._time(appointment.start.astimezone(zone)),
            "end": self._time(appointment.end.astimezone(zone)),
            "practitioner_id": appointment.practitioner_id,
            "service": appointment.service.reveal() if appointment.service else None,
            "notes": appointment.notes.reveal() if appointment.notes else None,
        }

    def _time(self, moment: datetime) -> str:
        return moment.strftime(self._table.datetime_format)


def _mobile_arguments(spec: CallSpec, mobile: Mobile) -> dict[str, str]:
    plus = "+" if spec.country_code_format == "plus" else ""
    return {"national_number": mobile.national_number, "country_code": plus + mobile.country_code}


def _may_be_of(patient_id: str, appointment: Appointment) -> bool:
    return appointment.patient_id is None or same_id(appointment.patient_id, patient_id)


def newest_first(appointments: Iterable[Appointment]) -> list[Appointment]:
    """Return appointments by their starts, those without one last."""
    return sorted(appointments, key=lambda each: each.start.timestamp() if each.start else 0.0, reverse=True)


def _read_all(call: Call, read: Iterable[T | None]) -> list[T]:
    """A record that cannot be read is no reason to act as if it were not there."""
    complete = []
    for item in read:
        if item is None:
            raise UnexpectedAnswer(call, detail="a record without an id")
        complete.append(item)
    return complete
