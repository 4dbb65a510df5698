"""Search a patient by registered mobile number: none, one or many, never "the first"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.models import Patient
from convox_clinicea.deadline import Deadline
from convox_clinicea.mobile import InvalidMobile, Mobile, parse_mobile


class MatchKind(StrEnum):
    NONE = "none"
    ONE = "one"
    MANY = "many"


@dataclass(frozen=True)
class Match:
    """The result of a patient search."""

    patients: tuple[Patient, ...]

    @property
    def kind(self) -> MatchKind:
        if not self.patients:
            return MatchKind.NONE
        return MatchKind.ONE if len(self.patients) == 1 else MatchKind.MANY


class PatientSearch:
    """The service behind `search_patient`."""

    def __init__(self, clinicea: Clinicea, default_country: str) -> None:
        self._clinicea = clinicea
        self._default_country = default_country

    def find(self, mobile: Mobile, deadline: Deadline) -> Match:
        """Return the patients registered with this number.

        A record that shows a different number is not handed out: whatever Clinicea matched it by, this caller
        has not shown to be that patient. Raises a leaf of `clinicea.errors`.
        """
        found = self._clinicea.search_patient_by_mobile_number(mobile, deadline)
        by_id = {patient.patient_id: patient for patient in found if not self._shows_another(patient, mobile)}
        return Match(tuple(by_id.values()))

    def _shows_another(self, patient: Patient, mobile: Mobile) -> bool:
        if patient.mobile is None:
            return False
        try:
            registered = parse_mobile(
                patient.mobile.reveal(),
                default_country=self._default_country,
                country_code=patient.country_code,
            )
        except InvalidMobile:
            # Numbers are kept as they were typed; one that cannot be read proves nothing.
            return not patient.mobile.reveal().strip().endswith(mobile.national_number)
        return registered != mobile
