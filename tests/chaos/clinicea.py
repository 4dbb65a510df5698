"""The fake Clinicea, made quick for a calendar of ten thousand, and made to remember whom it refused.

Its rules are its own, unchanged: only its records are found by index, and a new appointment is compared with those
that can hold its slot instead of with all.
"""

from __future__ import annotations

import re
from _collections_abc import dict_values
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from local.clinicea import Answer, FakeClinicea, Request
from local.clinicea.auth import Credentials
from local.clinicea.calling import Account
from local.clinicea.clock import DEFAULT_ZONE, Clock
from local.clinicea.records import Appointment, Patient, Store
from local.clinicea.routes import Found
from tests.chaos.consent_said import Registered, text_in
from tests.chaos.made import Made, MadeByUs

POSTS = frozenset({"postAppointmentByPatientID", "postAppointment"})
_TAG = re.compile(r"#([0-9]+)#")
_NEAR_DAYS = 1
"""Further than a shifted zone moves a start, with an appointment's length."""


def tag_of(notes: str) -> int | None:
    """Return the number that the workload wrote into a request's notes, whatever the product wrote beside it."""
    found = _TAG.search(notes)
    return int(found.group(1)) if found else None


class _Appointments(dict[str, Appointment]):
    """All appointments by id; while a slot is looked at, `values` gives those near it."""

    def __init__(self) -> None:
        super().__init__()
        self.near: dict[str, Appointment] | None = None

    def values(self) -> dict_values[str, Appointment]:
        return super().values() if self.near is None else self.near.values()


class IndexedStore(Store):
    """The store with indexes by number, by patient and by day."""

    def clear(self) -> None:
        super().clear()
        self.appointments: _Appointments = _Appointments()
        self._by_mobile: dict[tuple[str, str], list[str]] = {}
        self._by_patient: dict[str, list[str]] = {}
        self._by_place: dict[tuple[object, ...], list[str]] = {}

    def add_patient(self, patient: Patient) -> Patient:
        kept = super().add_patient(patient)
        self._by_mobile.setdefault((kept.country_code, kept.mobile), []).append(kept.patient_id)
        return kept

    def add_appointment(self, appointment: Appointment) -> Appointment:
        kept = super().add_appointment(appointment)
        self._by_patient.setdefault(kept.patient_id, []).append(kept.appointment_id)
        self._place(kept)
        return kept

    def move(self, appointment_id: str, start: datetime, end: datetime, now: datetime) -> Appointment:
        return self._place(super().move(appointment_id, start, end, now))

    def edit(self, appointment_id: str, now: datetime, **changes: Any) -> Appointment:
        """Change an appointment by hand, whatever of it."""
        after = replace(self.appointments[appointment_id], modified_at=now, **changes)
        self.appointments[appointment_id] = after
        return self._place(after)

    def _place(self, appointment: Appointment) -> Appointment:
        place = _place(appointment.clinic_id, appointment.practitioner_id, appointment.start)
        self._by_place.setdefault(place, []).append(appointment.appointment_id)
        return appointment

    def patients_with_mobile(self, mobile: str, country_code: str) -> list[Patient]:
        return [self.patients[each] for each in self._by_mobile.get((country_code, mobile), ())]

    @property
    def newest(self) -> Appointment:
        """The appointment that was made last."""
        return self.appointments[next(reversed(self.appointments))]

    def appointments_of(self, patient_id: str) -> Iterable[Appointment]:
        found = (self.appointments[each] for each in self._by_patient.get(patient_id, ()))
        return (each for each in found if not each.deleted)

    def look_near(self, clinic_id: str, practitioner_id: str | None, start: datetime) -> None:
        """Until `look_everywhere`, show only the appointments near that start, there and with that practitioner."""
        days = [start.date() + timedelta(days=each) for each in range(-_NEAR_DAYS, _NEAR_DAYS + 1)]
        places = [(clinic_id, practitioner_id, day) for day in days]
        ids = [each for place in places for each in self._by_place.get(place, ())]
        self.appointments.near = {each: self.appointments[each] for each in ids}

    def look_everywhere(self) -> None:
        self.appointments.near = None


class SimulatedClinicea(FakeClinicea):
    """The account that a run books into."""

    def __init__(self, clock: Clock, seed: int, credentials: Credentials, time_zone: str = DEFAULT_ZONE) -> None:
        super().__init__(clock, seed, credentials=credentials, time_zone=time_zone)
        self.calendar = IndexedStore(seed)
        self.store = self.calendar
        self.account = Account(self.store, self.sessions, self.switches, self.account.zone)
        self.refused: set[int] = set()
        """Tags of the bookings that Clinicea itself refused at least once, whether or not anybody heard of it.

        An injected 4xx is none: Clinicea never looked at the booking, or made it all the same.
        """
        self.asked: set[int] = set()
        """Tags of the bookings of which a POST has arrived, whatever came of it."""
        self.moved: dict[str, datetime] = {}
        """Appointments that stand elsewhere than they were asked for, by id, with the start that was asked for."""
        self.made = MadeByUs()
        self.registered: set[Registered] = set()
        """What was asked for where a patient was made."""
        self.unread = False
        """Whether the connector's role does not permit the read-backs now."""

    def reset(self) -> None:
        super().reset()
        self.refused.clear()
        self.asked.clear()
        self.moved.clear()
        self.made.clear()
        self.registered.clear()

    def work(self, request: Request, found: Found, now: datetime) -> Answer:
        if found.call not in POSTS:
            return super().work(request, found, now)
        asked = _asked(request)
        start = datetime.fromisoformat(asked["StartDateTime"])
        patients = len(self.calendar.patients)
        self.calendar.look_near(asked["ClinicID"], asked.get("StaffID"), start)
        before = len(self.calendar.appointments)
        try:
            answer = super().work(request, found, now)
        finally:
            self.calendar.look_everywhere()
        notes = asked.get("Notes", "")
        tag = tag_of(notes)
        if len(self.calendar.patients) > patients:
            self.registered.add(Registered(tag, text_in(notes)))
        if len(self.calendar.appointments) > before:
            self._note(tag, start)
        elif answer.status < 500 and tag is not None:
            self.refused.add(tag)  # also with 200 and a saving error in the record
        return answer

    def _note(self, tag: int | None, asked: datetime) -> None:
        newest = self.calendar.appointments[next(reversed(self.calendar.appointments))]
        bare = self.switches.created_answer in ("bare", "object")
        made = Made(tag, asked, newest, newest.created_at, bare, self.unread)
        if made.off:
            self.moved[newest.appointment_id] = asked
        self.made.note(made)


def _asked(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.query))


def _place(clinic_id: str, practitioner_id: str | None, start: datetime) -> tuple[object, ...]:
    return clinic_id, practitioner_id, start.date()
