"""Search a patient by registered mobile number: none, one or many, never "the first"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.models import Patient
from convox_clinicea.clinicea.registered import registered_with
from convox_clinicea.deadline import Deadline
from convox_clinicea.mobile import Mobile


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

    def __init__(self, clinicea: Clinicea) -> None:
        self._clinicea = clinicea

    def find(self, mobile: Mobile, deadline: Deadline) -> Match:
        """Return the patients registered with this number.

        A record that shows only other numbers is not handed out: whatever Clinicea matched it by, this caller
        has not shown to be that patient. Raises a leaf of `clinicea.errors`.
        """
        found = self._clinicea.search_patient_by_mobile_number(mobile, deadline)
        return Match(tuple(registered_with(found, mobile)))
