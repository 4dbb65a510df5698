"""The patient whom `postAppointment` creates. Only functions that book load it: it needs the parser of numbers."""

from __future__ import annotations

from convox_clinicea.mobile import Mobile
from convox_clinicea.new_patient import NewPatientFields


class NewPatient(NewPatientFields):
    """A patient to be made together with an appointment."""

    mobile: Mobile
