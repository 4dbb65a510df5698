"""What is written to Clinicea: an appointment, and a patient to create together with it.

Only functions that book load this module: `NewPatient` needs the parser of numbers, which costs a cold start time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from convox_clinicea.mobile import Mobile
from convox_clinicea.new_patient import NewPatientFields
from convox_clinicea.privacy import PersonalText


@dataclass(frozen=True)
class NewAppointment:
    """An appointment to create.

    Attributes:
        start, end: aware; the call table sets the zone in which they are sent.
        practitioner_id: None: any practitioner of the clinic.
        service: the service's name, as the agent chose or wrote it.
        mobile: the number that the caller gave, for an account that wants it with each appointment.
        notes: the agent's notes.
    """

    clinic_id: str
    start: datetime
    end: datetime
    practitioner_id: str | None = None
    service: PersonalText | None = None
    mobile: Mobile | None = None
    notes: PersonalText | None = None


class NewPatient(NewPatientFields):
    """A patient to create together with an appointment."""

    mobile: Mobile
