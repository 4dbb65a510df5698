"""The fake Clinicea, made quick for a calendar of ten thousand, and made to remember whom it refused.

Its rules are its own, unchanged: only its records are found by index, and a new appointment is compared with those
that can hold its slot instead of with all.
"""

from __future__ import annotations

import re
from _collections_abc import dict_values
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from local.clinicea import Answer, FakeClinicea, Request
from local.clinicea.auth import Credentials
from local.clinicea.calling import Account
from local.clinicea.clock import Clock
from local.clinicea.records import Appointment, Patient, Store
from local.clinicea.routes import Found

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
        self._by_place.setdefault(_place(kept.clinic_id, kept.practitioner_id, kept.start), []).append(
            kept.appointment_id
        )
        return kept

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

    def __init__(self, clock: Clock, seed: int, credentials: Credentials) -> None:
        super().__init__(clock, seed, credentials=credentials)
        self.calendar = IndexedStore(seed)
        self.store = self.calendar
        self.account = Account(self.store, self.sessions, self.switches, self.account.zone)
        self.refused: set[int] = set()
        """Tags of the bookings that Clinicea itself refused at least once, whether or not anybody heard of it.

        An injected 4xx is none: Clinicea never looked at the booking, or made it all the same.
        """
        self.moved: dict[str, datetime] = {}
        """Appointments that stand elsewhere than they were asked for, by id, with the start that was asked for."""

    def work(self, request: Request, found: Found, now: datetime) -> Answer:
        if found.call not in POSTS:
            return super().work(request, found, now)
        asked = _asked(request)
        start = datetime.fromisoformat(asked["StartDateTime"])
        before = len(self.calendar.appointments)
        self.calendar.look_near(asked["ClinicID"], asked.get("StaffID"), start)
        try:
            answer = super().work(request, found, now)
        finally:
            self.calendar.look_everywhere()
        if len(self.calendar.appointments) > before:
            made = self.calendar.newest
            if made.start != start:
                self.moved[made.appointment_id] = start
        elif answer.status < 500:  # a saving error comes with the status of a success
            self._note_refusal(asked)
        return answer

    def _note_refusal(self, asked: dict[str, str]) -> None:
        tag = tag_of(asked.get("Notes", ""))
        if tag is not None:
            self.refused.add(tag)


def _asked(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.query))


def _place(clinic_id: str, practitioner_id: str | None, start: datetime) -> tuple[object, ...]:
    return clinic_id, practitioner_id, start.date()
