"""Cancel and move from the desk: each makes a task for a person, because nothing of the kind is sent to Clinicea.

*Cancel* makes the task. *Move* books the new time, and its task waits until that booking stands: the patient is never
left without an appointment. The task is stored before the booking, so two appointments never go unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from convox_clinicea.bookings.identity import digest_of_patient
from convox_clinicea.bookings.intake import or_not_stored
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.status import told_by
from convox_clinicea.bookings.task_list import Tasks
from convox_clinicea.bookings.tasks import PREFIX, Task, TaskKind, TaskReason, TaskState, task_id
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.desk.booking import DeskBooking
from convox_clinicea.desk.calls import DeskCall, SignedIn
from convox_clinicea.desk.opening import QUESTIONS
from convox_clinicea.desk.states import BookingState, Progress
from convox_clinicea.errors import FieldProblem, InvalidRequest, NotFound, NotShown
from convox_clinicea.privacy import FreeTextIds, digest_of_number
from convox_clinicea.rate_limits import RateLimiter, Requester
from convox_clinicea.sealing import Sealer
from convox_clinicea.text import same_id

LONGEST_NOTE = 300
"""Characters of the note for whoever does the task."""
_NEW_TIME = ("clinic_id", "practitioner_id", "service", "day", "time", "start", "duration_minutes", "notes")


@dataclass(frozen=True)
class KnownAppointment:
    """An appointment that the agent may have cancelled or moved.

    Attributes:
        booking_id: the ledger's booking of it; None for one that was not made here.
        telling: whether its id would disclose something to the client.
        exact_start: whether Clinicea is known to have it at exactly this start.
        number_key: HMAC of the number that it was booked with.
    """

    appointment_id: str
    patient_id: str
    start: datetime
    clinic_id: str | None = None
    practitioner_id: str | None = None
    booking_id: str | None = None
    telling: bool = False
    exact_start: bool = False
    number_key: str | None = None


@dataclass(frozen=True)
class Wanted:
    """Why an appointment is to be cancelled or moved: a reason of the list, and a note that is sealed.

    Raises:
        InvalidRequest: either is not as it has to be.
    """

    why: TaskReason
    note: str = ""

    @classmethod
    def of_form(cls, form: Mapping[str, str]) -> Wanted:
        """Read the fields `why` and `note`."""
        why, note = form.get("why", "").strip(), form.get("note", "").strip()
        if why not in {each.value for each in TaskReason}:
            raise InvalidRequest(FieldProblem("why", "is required"))
        if len(note) > LONGEST_NOTE:
            raise InvalidRequest(FieldProblem("note", f"must have at most {LONGEST_NOTE} characters"))
        return cls(TaskReason(why), note)


class DeskTasks:
    """Asks for appointments to be cancelled or moved, for an agent who is signed in.

    Args:
        key: gives the identity key.
    """

    def __init__(
        self,
        *,
        tasks: Tasks,
        ledger: Ledger,
        booking: DeskBooking,
        clinicea: Clinicea,
        sealer: Sealer,
        ids: FreeTextIds,
        limiter: RateLimiter,
        logger: Logger,
        clock: Clock,
        client: str,
        key: Callable[[], bytes],
    ) -> None:
        self._tasks = tasks
        self._ledger = ledger
        self._booking = booking
        self._clinicea = clinicea
        self._sealer = sealer
        self._ids = ids
        self._limiter = limiter
        self._logger = logger
        self._clock = clock
        self._client = client
        self._key = key

    def of_booking(self, call: DeskCall, booking_id: str) -> KnownAppointment:
        """Return the appointment of a booking of the agent's call.

        Args:
            call: as `DeskCalls.find` gives it, with the agent's bookings.

        Raises:
            NotFound: the call has no such booking, or it is not booked.
            InvalidRequest: it has begun.
        """
        with or_not_stored():
            own = booking_id and any(each.booking_id == booking_id for each in call.bookings)
            booking = self._ledger.get(booking_id) if own else None
        if booking is None or booking.state is not State.BOOKED:
            raise NotFound("no booked appointment of this call")
        if booking.appointment_id is None or booking.patient_id is None:
            raise NotFound("a booking without an appointment")
        return self._ahead(
            KnownAppointment(
                appointment_id=booking.appointment_id,
                patient_id=booking.patient_id,
                start=booking.start,
                clinic_id=booking.clinic_id,
                practitioner_id=booking.practitioner_id,
                booking_id=booking.booking_id,
                telling=bool(told_by([booking])),
                exact_start=not booking.acts,  # a person who resolves a booking may name one at another start
                number_key=booking.number_key,
            )
        )

    def of_patient(
        self, person: SignedIn, call: DeskCall, patient_id: str, appointment_id: str, deadline: Deadline
    ) -> KnownAppointment:
        """Return an appointment ahead of a patient who was shown to the agent on this call.

        Raises:
            NotShown, NotFound, InvalidRequest: as for a booking.
            CliniceaError: the calendar cannot be read now.
        """
        asker = Requester(self._client, self._ids.agent(person.agent_id))
        if not self._limiter.was_shown(asker, patient_id, call.call_id):
            raise NotShown("not shown to this agent on this call")
        ahead = self._clinicea.upcoming_appointments(patient_id, deadline)
        found = next((each for each in ahead if same_id(each.appointment_id, appointment_id)), None)
        if found is None or found.start is None:
            raise NotFound("the patient has no such appointment ahead")
        start = found.start.astimezone(UTC)
        return self._ahead(
            KnownAppointment(
                appointment_id=found.appointment_id,
                patient_id=patient_id,
                start=start,
                clinic_id=found.clinic_id,
                practitioner_id=found.practitioner_id,
                exact_start=True,
            )
        )

    def cancel(self, person: SignedIn, call: DeskCall, appointment: KnownAppointment, wanted: Wanted) -> Task:
        """Make the task "cancel it in Clinicea", or return the one that exists.

        Raises:
            RateLimited: the client or the agent asks too often.
            NotStored: it may not stand; the same may be asked for again.
        """
        self._limiter.acquire_booking(Requester(self._client, person.agent_id))
        with or_not_stored():
            return self._asked(person, call, appointment, wanted, TaskKind.CANCEL)

    def move(
        self,
        person: SignedIn,
        call: DeskCall,
        appointment: KnownAppointment,
        wanted: Wanted,
        form: Mapping[str, str],
        *,
        at_call_end: bool,
        request_id: str,
    ) -> BookingState:
        """Book the form's time for the appointment's patient, and return how that booking stands.

        The task that cancels the old appointment is stored first, and opens once the new one is booked.

        Raises:
            InvalidRequest: of the form; or the appointment is being moved to another time already.
            RateLimited, NotStored, Unconfirmed: as for a booking.
        """
        new = {name: form[name] for name in (*_NEW_TIME, *QUESTIONS) if form.get(name, "").strip()}
        new.setdefault("clinic_id", appointment.clinic_id or "")
        if appointment.practitioner_id is not None and same_id(new["clinic_id"], appointment.clinic_id):
            new.setdefault("practitioner_id", appointment.practitioner_id)

        def note(new_booking_id: str) -> None:
            with or_not_stored():
                self._require_one_new_time(appointment, new_booking_id)
                self._asked(person, call, appointment, wanted, TaskKind.MOVE, new_booking_id)

        return self._booking.book(
            person,
            call,
            {**new, "patient_id": appointment.patient_id, "another": "yes"},
            at_call_end=at_call_end,
            request_id=request_id,
            moving=note,
        )

    def of_states(self, states: Iterable[BookingState]) -> dict[str, Task]:
        """Return the tasks of a call's booked appointments, by booking; raises TableUnavailable, UnreadableRecord."""
        found: dict[str, Task] = {}
        for each in states:
            if each.progress is not Progress.BOOKED or each.booking_id is None:
                continue
            booking = self._ledger.get(each.booking_id)
            if booking is None or booking.appointment_id is None:
                continue
            task = self._tasks.get(task_id(self._key(), self._client, booking.appointment_id))
            if task is not None:
                found[each.booking_id] = task
        return found

    def _ahead(self, appointment: KnownAppointment) -> KnownAppointment:
        if appointment.start <= self._clock.now():
            raise InvalidRequest(FieldProblem("start", "has passed: it can no longer be cancelled or moved"))
        return appointment

    def _require_one_new_time(self, appointment: KnownAppointment, new_booking_id: str) -> None:
        """Refuse a second new time while the first may stand: the patient would have both, and nobody would notice."""
        standing = self._tasks.get(task_id(self._key(), self._client, appointment.appointment_id))
        if standing is None or standing.is_done or standing.new_booking_id in (None, new_booking_id):
            return
        first = self._ledger.get(standing.new_booking_id)
        if first is not None and first.state is not State.REJECTED:
            raise InvalidRequest(FieldProblem("start", "is being moved already: cancel or move its new time instead"))

    def _asked(
        self,
        person: SignedIn,
        call: DeskCall,
        appointment: KnownAppointment,
        wanted: Wanted,
        kind: TaskKind,
        new_booking_id: str | None = None,
    ) -> Task:
        key, now = self._key(), self._clock.now()
        name = task_id(key, self._client, appointment.appointment_id)
        number_key = appointment.number_key or (None if call.mobile is None else digest_of_number(key, call.mobile))
        note = json.dumps({"note": wanted.note}, ensure_ascii=False).encode("utf-8", "replace")
        task, repeated = self._tasks.ask(
            Task(
                task_id=name,
                kind=kind,
                stage=TaskState.OPEN if kind is TaskKind.CANCEL else TaskState.WAITING,
                why=wanted.why,
                client=self._client,
                agent_id=self._ids.agent(person.agent_id),
                call_id=call.call_id,
                person=person.subject,
                appointment_id=appointment.appointment_id,
                clinic_id=appointment.clinic_id,
                start=appointment.start,
                asked_at=now,
                queued_at=now,
                patient_id=appointment.patient_id,
                booking_id=appointment.booking_id,
                new_booking_id=new_booking_id,
                telling=appointment.telling,
                exact_start=appointment.exact_start,
                persons=tuple(filter(None, (digest_of_patient(key, appointment.patient_id), number_key))),
                sealed=self._sealer.seal(f"{PREFIX}{name}", note) if wanted.note else None,
            )
        )
        if not repeated:
            self._logger.info("task asked for", extra={"task_id": name, "kind": kind.value, "why": wanted.why.value})
        return task
