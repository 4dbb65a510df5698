"""The appointments that a patient has ahead, so that nobody books a second one without knowing of the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from aws_lambda_powertools import Logger

from convox_clinicea.aws import deadline_scope
from convox_clinicea.bookings.drafting import OpenBookings
from convox_clinicea.bookings.identity import digests_of_patient
from convox_clinicea.bookings.record import Booking
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import CliniceaError, NotInDialect
from convox_clinicea.clinicea.models import Appointment
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.desk.calls import DeskCall, SignedIn
from convox_clinicea.desk.states import Progress, progress_of
from convox_clinicea.disclosures import DisclosureRegister, HandedOut, Recipient
from convox_clinicea.errors import (
    ConfigurationError,
    ConnectorError,
    FieldProblem,
    InvalidRequest,
    NotShown,
    SecretUnavailable,
)
from convox_clinicea.function import failure
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText, digest_of_number
from convox_clinicea.rate_limits import RateLimiter, Requester
from convox_clinicea.table import TableUnavailable
from convox_clinicea.text import normalized, same_id

ROUTE = "POST /desk/calls/{call_id}/ahead"
NEAR = timedelta(days=7)
"""Between two appointments for one service, for which the agent is asked whether both are wanted."""
FIELD = "ahead"
"""The form's field with what the card shows: one line for each appointment, its start and its service."""
UNREADABLE = (ConfigurationError, TableUnavailable, UnreadableRecord)


@dataclass(frozen=True)
class NextAppointment:
    """An appointment ahead.

    Attributes:
        progress: how far it has come, if it is a booking of ours that has not ended; None: it is in the calendar.
    """

    start: datetime | None
    service: PersonalText | None = None
    practitioner: str | None = None
    clinic_name: str | None = None
    progress: Progress | None = None


@dataclass(frozen=True)
class Ahead:
    """What a patient has ahead, the soonest first.

    Attributes:
        clinicea: `told`; `silent` if it did not answer in time; `off` if the call table says not to ask.
        complete: whether our own unfinished bookings could be read.
    """

    appointments: tuple[NextAppointment, ...]
    clinicea: Literal["told", "silent", "off"] = "told"
    complete: bool = True

    @property
    def as_field(self) -> str:
        """The text of the form's field, by which a second booking is noticed."""
        told = [(each.start.isoformat(), each.service) for each in self.appointments if each.start is not None]
        return "\n".join(
            " ".join((start, *(service.reveal().split() if service is not None else ()))) for start, service in told
        )


class AnotherAhead(InvalidRequest):
    """The patient has an appointment near the wanted one: the agent must say that both are wanted."""

    def __init__(self, start: datetime, service: PersonalText | None) -> None:
        super().__init__(FieldProblem("another", "is required: the patient has an appointment within a week of it"))
        self.start = start
        self.service = service


class OurBookings:
    """The unfinished bookings of one client for a patient.

    Args:
        key: gives the identity key.
    """

    def __init__(self, bookings: OpenBookings, key: Callable[[], bytes], client: str) -> None:
        self._bookings = bookings
        self._key = key
        self._client = client

    def of(self, patient_id: str, mobile: Mobile | None) -> list[Booking]:
        """Return them; raises ConfigurationError, TableUnavailable, UnreadableRecord."""
        key = self._key()
        patient_keys = digests_of_patient(key, patient_id)
        number_keys = [] if mobile is None else [digest_of_number(key, mobile)]
        found = self._bookings.of(self._client, [*number_keys, *patient_keys])
        return [
            each
            for each in found
            if not each.state.ended and (each.patient_key in patient_keys or same_id(each.patient_id, patient_id))
        ]


class NextAppointments:
    """Shows what the one patient of a call has ahead, under the limits and in the register of look-ups."""

    def __init__(
        self,
        *,
        clinicea: Clinicea,
        clinics: Clinics,
        ours: OurBookings,
        limiter: RateLimiter,
        register: DisclosureRegister,
        logger: Logger,
        client: str,
    ) -> None:
        self._clinicea = clinicea
        self._clinics = clinics
        self._ours = ours
        self._limiter = limiter
        self._register = register
        self._logger = logger
        self._client = client

    def show(
        self,
        person: SignedIn,
        call: DeskCall,
        patient_id: str,
        request_id: str,
        source_address: str | None,
        deadline: Deadline,
    ) -> Ahead:
        """Return the appointments ahead of the patient who was shown on the call.

        Raises:
            NotShown: the agent has not seen the patient on this call.
            RateLimited, NotRecorded: nothing is shown.
        """
        said_id = call.said_id.reveal()
        to = Recipient(
            caller=self._client,
            agent_id=person.agent_id,
            call_id=said_id,
            route=ROUTE,
            request_id=request_id,
            source_ip=source_address,
            person=person.subject,
        )
        asker = Requester(self._client, person.agent_id)
        with deadline_scope(deadline):
            if not self._limiter.was_shown(asker, patient_id, said_id):
                raise NotShown("not shown to this agent on this call")
            self._limiter.admit(asker)
            before = self._register.before(deadline)
            with deadline_scope(before):
                found = self._found(patient_id, call.mobile, before)
            over = self._limiter.count(asker, deadline, call_id=said_id, shown=[patient_id])
            if over is not None:
                raise over
            self._register.add([HandedOut(patient_id, _named(found.appointments))], to, deadline)
            return found

    def _found(self, patient_id: str, mobile: Mobile | None, deadline: Deadline) -> Ahead:
        ours, complete = self._of_ours(patient_id, mobile)
        try:
            theirs = [self._told(each) for each in self._clinicea.upcoming_appointments(patient_id, deadline)]
        except NotInDialect:
            return Ahead(_in_order(ours), "off", complete)
        except (CliniceaError, SecretUnavailable) as error:
            self._note(error)
            return Ahead(_in_order(ours), "silent", complete)
        shown = {each.start for each in theirs}
        return Ahead(_in_order([*theirs, *(each for each in ours if each.start not in shown)]), "told", complete)

    def _of_ours(self, patient_id: str, mobile: Mobile | None) -> tuple[list[NextAppointment], bool]:
        try:
            found = self._ours.of(patient_id, mobile)
        except UNREADABLE as error:
            self._note(error)
            return [], False
        return [
            NextAppointment(each.start, clinic_name=self._name_of(each.clinic_id), progress=progress_of(each))
            for each in found
        ], True

    def _told(self, appointment: Appointment) -> NextAppointment:
        name = appointment.clinic_name or self._name_of(appointment.clinic_id)
        return NextAppointment(appointment.start, appointment.service, appointment.practitioner, name)

    def _name_of(self, clinic_id: str | None) -> str | None:
        clinic = self._clinics.get(clinic_id)
        return None if clinic is None else clinic.name

    def _note(self, error: ConnectorError) -> None:
        self._logger.warning("the next appointments are incomplete", extra=failure(error))


def require_wanted(
    form: Mapping[str, str], start: datetime, service: PersonalText | None, ours: Iterable[Booking]
) -> None:
    """Refuse a second appointment near another one for the same service, as far as the services are known.

    Args:
        form: with what the card has shown. A changed field leaves the question out, and tells nothing.

    Raises:
        AnotherAhead: there is one.
    """
    for other, its_service in (*_shown(form.get(FIELD, "")), *((each.start, None) for each in ours)):
        near = other != start and abs(other - start) <= NEAR
        if near and (service is None or its_service is None or _word(service) == _word(its_service)):
            raise AnotherAhead(other, its_service)


def _shown(text: str) -> list[tuple[datetime, PersonalText | None]]:
    found: list[tuple[datetime, PersonalText | None]] = []
    for line in text.splitlines():
        written, _, service = line.partition(" ")
        try:
            start = datetime.fromisoformat(written)
        except ValueError:
            continue
        if start.tzinfo is not None:
            found.append((start, PersonalText(service) if service else None))
    return found


def _word(service: PersonalText) -> str:
    return normalized(service.reveal())


def _in_order(found: Iterable[NextAppointment]) -> tuple[NextAppointment, ...]:
    return tuple(sorted(found, key=lambda each: each.start.timestamp() if each.start else float("inf")))


def _named(shown: Iterable[NextAppointment]) -> tuple[str, ...]:
    """Return the names of what is shown, for the register; that there is nothing ahead is told as well."""
    names = ("start", "service", "practitioner", "clinic_name")
    told = {name: None for each in shown for name in names if getattr(each, name) is not None}
    return tuple(f"{FIELD}.{name}" for name in told) or (FIELD,)
