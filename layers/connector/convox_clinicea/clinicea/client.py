"""The Clinicea client: the calls of the four flows, the read-backs and the lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, TypeVar

from convox_clinicea.clinicea import lists
from convox_clinicea.clinicea.arguments import Arguments, Setup
from convox_clinicea.clinicea.call_table import CallTable, Variant
from convox_clinicea.clinicea.calls import Endpoint
from convox_clinicea.clinicea.errors import NotInDialect
from convox_clinicea.clinicea.formats import zone_of
from convox_clinicea.clinicea.http import (
    Authentication,
    Exchange,
    Observer,
    StatusObserver,
    ignore_statuses,
    observe_nothing,
)
from convox_clinicea.clinicea.models import (
    Appointment,
    CreatedAppointment,
    Patient,
    Status,
    appointment_from,
    patient_from,
)
from convox_clinicea.clinicea.responses import Record, created_ids, records
from convox_clinicea.clinicea.wire import Transport, WireAnswer, request_for
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.text import each_once, id_key, same_id

if TYPE_CHECKING:  # callers that need it have loaded it
    from convox_clinicea.clinicea.registered import CalendarEntry
    from convox_clinicea.clinicea.writes import NewAppointment, NewPatient
    from convox_clinicea.mobile import Mobile

T = TypeVar("T")


class Clinicea:
    """Client for one Clinicea account.

    Every method ends by its deadline, and raises a leaf of `clinicea.errors` if Clinicea did not do as asked. The
    client is independent of ConVox, queues and Lambda.
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
        self._arguments = Arguments(table, clinics)
        self._exchange = Exchange(transport, table, clock, observe)
        self.setup = Setup(table, clinics)

    def search_patient_by_mobile_number(self, mobile: Mobile, deadline: Deadline) -> list[Patient]:
        """Return every patient registered with this number.

        Calls `searchPatientByMobileNumber` [doc], or `getPatient` by mobile [live] in the modern flow.
        """
        call = self._table.flows.search_call
        return self._patients(call, self._arguments.mobile(call, mobile), deadline)

    def patient_by_file_number(self, file_number: str, deadline: Deadline) -> list[Patient]:
        """Return the patients with this file number (clinics call it patient id); `getPatient` [live]."""
        return self._patients(Endpoint.GET_PATIENT, {"file_number": file_number}, deadline, "file_number")

    def patient_by_id(self, patient_id: str, deadline: Deadline) -> Patient | None:
        """Return one patient, or None for an unknown id; `getPatientByID` [live]."""
        found = self._patients(Endpoint.PATIENT_BY_ID, {"patient_id": patient_id}, deadline)
        return next((patient for patient in found if same_id(patient.patient_id, patient_id)), None)

    def past_completed_appointments(self, patient_id: str, deadline: Deadline) -> list[Appointment]:
        """Return the patient's checked-out appointments, newest first.

        Calls `getPatientPastCompletedAppointment` [doc], or filters `getAppointmentsByPatient` [live] in the modern
        flow. The first promises checked-out appointments only; any with another status is left out. One with an
        unknown status word is kept, so that its word is shown.
        """
        call = self._table.flows.completed_call
        if call is Endpoint.BY_PATIENT:
            found, now = self.appointments_by_patient(patient_id, deadline), self._clock.now()
            completed = [
                each for each in found if each.status is Status.CHECKED_OUT or lists.is_unclear_visit(each, now)
            ]
        else:
            found = self._appointments(call, self._records(call, {"patient_id": patient_id}, deadline))
            kept = (Status.CHECKED_OUT, Status.MISSING, Status.UNCLEAR)
            completed = [each for each in found if each.status in kept]
        return lists.newest_first(each for each in completed if lists.may_be_of(patient_id, each))

    def unfinished_appointments(self, patient_id: str, deadline: Deadline) -> list[Appointment]:
        """Return past appointments without a completed status, newest first; staff often forget to set it [doc].

        Empty, without a request, unless the call table has `statuses.show_unfinished`.
        """
        if not self._table.statuses.show_unfinished:
            return []
        now = self._clock.now()
        return lists.newest_first(
            each
            for each in self.appointments_by_patient(patient_id, deadline)
            if each.status is Status.STANDING and each.start is not None and each.start < now
            if lists.may_be_of(patient_id, each)
        )

    def post_appointment_by_patient_id(
        self, patient_id: str, appointment: NewAppointment, deadline: Deadline
    ) -> CreatedAppointment:
        """Create an appointment for a known patient.

        Calls `postAppointmentByPatientID` [doc], or `createAppointment` [code] in the modern flow.

        Raises:
            OutcomeUnknown, UnlistedRefusal: it may have been made; read the calendar before the next step.
        """
        call = self._table.flows.book_known_call
        arguments = {"patient_id": patient_id, **self._arguments.appointment(call, appointment)}
        if appointment.mobile is not None:
            arguments["mobile"] = appointment.mobile.reveal()
        return self._post(call, arguments, appointment, patient_id, deadline)

    def post_appointment(
        self, patient: NewPatient, appointment: NewAppointment, deadline: Deadline
    ) -> CreatedAppointment:
        """Create a patient and an appointment, `postAppointment` [doc]; raises the same errors, and:

        Raises:
            NotInDialect: the modern flow has no such call; nothing was sent.
        """
        call = self._table.flows.book_new_call
        if call is None:
            raise NotInDialect(Endpoint.POST_WITH_PATIENT)
        arguments = {**self._arguments.appointment(call, appointment), **self._arguments.patient(call, patient)}
        return self._post(call, arguments, appointment, None, deadline)

    def appointments_by_patient(self, patient_id: str, deadline: Deadline) -> list[Appointment]:
        """Return all pages of the patient's past and future appointments, `getAppointmentsByPatient` [live]."""
        return self._appointment_pages(Endpoint.BY_PATIENT, {"patient_id": patient_id}, deadline)

    def upcoming_appointments(self, patient_id: str, deadline: Deadline) -> list[Appointment]:
        """Return the patient's future, uncancelled appointments, `getAppointmentsByPatient` type 0 [live].

        Clinicea's list includes cancelled and past ones [live]; they are left out here. Raises NotInDialect if the call
        table has `flows.upcoming: off`.
        """
        if self._table.flows.upcoming == "off":
            raise NotInDialect(Endpoint.BY_PATIENT)
        found = self._appointment_pages(Endpoint.BY_PATIENT, {"patient_id": patient_id}, deadline, "upcoming")
        now = self._clock.now()
        standing = [a for a in found if a.status is not Status.CANCELLED and (a.start is None or a.start >= now)]
        return [a for a in standing if lists.may_be_of(patient_id, a)]

    def appointments_by_date(self, day: date, deadline: Deadline) -> list[Appointment]:
        """Return all pages of the day's appointments of all patients, `getAppointmentsByDate` [live]."""
        call = Endpoint.BY_DATE
        return self._appointment_pages(call, {"day": self._arguments.day(call, "day", day)}, deadline)

    def calendar_zone(self, clinic_id: str) -> tzinfo:
        """Return the zone in which Clinicea's lists show a clinic's times, and count its days."""
        return zone_of(self._table.times.reading_zone, self._clinics.zone(clinic_id))

    def entries_by_date(self, day: date, deadline: Deadline) -> list[CalendarEntry]:
        """Return the day's appointments with names, numbers and notes, if the list shows them."""
        from convox_clinicea.clinicea.registered import entry_from  # not needed by look-ups

        call = Endpoint.BY_DATE

        def read(found: list[Record]) -> list[CalendarEntry]:
            entries = lists.all_read(call, (entry_from(record, self._table, self._clinics) for record in found))
            self._note_unclear(call, (each.appointment for each in entries))
            return entries

        return self._pages(
            call,
            {"day": self._arguments.day(call, "day", day)},
            deadline,
            read,
            lambda entry: id_key(entry.appointment.appointment_id),
            most=lists.MOST_PAGES_OF_A_DAY,
        )

    def services(self, clinic_id: str, deadline: Deadline, search: str | None = None) -> list[lists.Service]:
        """Return all pages of a clinic's services that can be booked online, `getServicesByClinic` [code]."""
        call = Endpoint.SERVICES
        return self._pages(
            call,
            {"clinic_id": clinic_id, "search": search},
            deadline,
            lambda found: lists.all_read(call, (lists.service_from(record, self._table) for record in found)),
            lambda service: id_key(service.service_id),
        )

    def changes(self, since: datetime, deadline: Deadline) -> list[lists.Change]:
        """Return all pages of appointments created, changed or deleted since a time, `getChanges` [live].

        Args:
            since: aware; sent as a date in the zone `times.sync_zone` unless the call table says otherwise, so the
                answer includes earlier changes of that day.
        """
        call = Endpoint.CHANGES
        sent = self._arguments.moment(call, "since", since, self._clinics.zone(None), self._table.times.sync_zone)
        return self._pages(
            call,
            {"since": sent},
            deadline,
            lambda found: lists.all_read(
                call, (lists.change_from(record, self._table, self._clinics) for record in found)
            ),
            lambda change: id_key(change.appointment.appointment_id),
        )

    def _appointment_pages(
        self, call: Endpoint, arguments: Mapping[str, str], deadline: Deadline, variant: Variant | None = None
    ) -> list[Appointment]:
        return self._pages(
            call,
            arguments,
            deadline,
            lambda found: self._appointments(call, found),
            lambda appointment: id_key(appointment.appointment_id),
            variant,
        )

    def _pages(
        self,
        call: Endpoint,
        arguments: Mapping[str, str | None],
        deadline: Deadline,
        read: Callable[[list[Record]], list[T]],
        key: Callable[[T], str],
        variant: Variant | None = None,
        most: int = lists.MAX_PAGES,
    ) -> list[T]:
        spec, ask = self._table.calls[call], lambda page: self._records(call, {**arguments, **page}, deadline, variant)
        return lists.every_page(call, spec, ask, read, key, most)

    def _post(
        self,
        call: Endpoint,
        arguments: Mapping[str, str | None],
        appointment: NewAppointment,
        patient_id: str | None,
        deadline: Deadline,
    ) -> CreatedAppointment:
        answer = self._call(call, arguments, deadline)
        zone = self._clinics.zone(appointment.clinic_id)
        made, patient, shown = created_ids(call, answer, self._table, appointment.start, patient_id, zone)
        return CreatedAppointment(appointment_id=made, patient_id=patient, shown=shown)

    def _call(
        self, call: Endpoint, arguments: Mapping[str, str | None], deadline: Deadline, variant: Variant | None = None
    ) -> WireAnswer:
        spec = self._table.calls[call]
        request = request_for(call.value, spec, arguments, variant)
        return self._exchange.send_signed(spec, request, self._authentication, deadline)

    def _patients(
        self, call: Endpoint, arguments: Mapping[str, str], deadline: Deadline, variant: Variant | None = None
    ) -> list[Patient]:
        zone = self._clinics.zone(None)
        found = self._records(call, arguments, deadline, variant)
        return lists.all_read(call, (patient_from(record, self._table, zone) for record in found))

    def _records(
        self, call: Endpoint, arguments: Mapping[str, str | None], deadline: Deadline, variant: Variant | None = None
    ) -> list[Record]:
        return records(call, self._call(call, arguments, deadline, variant), self._table)

    def _appointments(self, call: Endpoint, found: list[Record]) -> list[Appointment]:
        read = lists.all_read(call, (appointment_from(record, self._table, self._clinics) for record in found))
        self._note_unclear(call, read)
        # A visit with two services or payments may be two rows.
        return each_once(read, lambda appointment: appointment.appointment_id)

    def _note_unclear(self, call: Endpoint, read: Iterable[Appointment]) -> None:
        unclear = sum(each.status is Status.UNCLEAR for each in read)
        if unclear:
            self._observe_unclear(call.value, unclear)
