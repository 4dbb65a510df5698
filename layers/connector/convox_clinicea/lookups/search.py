"""Search of patients by mobile number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics

from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.models import Patient
from convox_clinicea.clinicea.registered import registered_with
from convox_clinicea.convox import fields
from convox_clinicea.convox.defaults import RequestDefaults, number
from convox_clinicea.convox.http import SUCCESS, revealed
from convox_clinicea.convox.request import WithCall
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import NotShown
from convox_clinicea.function import Function
from convox_clinicea.lookups.pipeline import Found, LookupPipeline, lookup_pipeline
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalDate
from convox_clinicea.settings import LookupSettings, SearchSettings
from convox_clinicea.text import same_id

if TYPE_CHECKING:  # for the type checker and docs/openapi.json only, not for a cold start
    from convox_clinicea.convox import contract as answers


class SearchRequest(WithCall):
    """`POST /patients/search`, `GET /patients`."""

    mobile: fields.WrittenMobile
    country_code: fields.CountryCode | None = None

    def number(self, defaults: RequestDefaults) -> Mobile:
        """Return the parsed number; raises InvalidRequest."""
        return number(self.mobile, self.country_code, defaults)


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

    def patient(self, patient_id: str) -> Patient:
        """Return the one with that id; raises NotShown."""
        for each in self.patients:
            if same_id(each.patient_id, patient_id):
                return each
        raise NotShown("the patient does not have this number")


_BANDS = (0, 2, 6, 12, 18, 30, 45, 60, 75)


def age_band(born: PersonalDate | None, today: date) -> str | None:
    """Return the years between which somebody's age is, such as `30-44`; None where the birth date is not known."""
    if born is None:
        return None
    day = born.reveal()
    age = today.year - day.year - ((today.month, today.day) < (day.month, day.day))
    if age < 0:
        return None
    lowest = max(band for band in _BANDS if band <= age)
    above = next((band for band in _BANDS if band > age), None)
    return f"{lowest}+" if above is None else f"{lowest}-{above - 1}"


class PatientSearch:
    """The service behind `search_patient`."""

    def __init__(self, clinicea: Clinicea) -> None:
        self._clinicea = clinicea

    def find(self, mobile: Mobile, deadline: Deadline) -> Match:
        """Return the patients registered with this number.

        A record with only other numbers is left out: whatever Clinicea matched it by, the caller may be another
        person. Raises a leaf of `clinicea.errors`.
        """
        found = self._clinicea.search_patient_by_mobile_number(mobile, deadline)
        return Match(tuple(registered_with(found, mobile)))


_MATCH_MESSAGES = {
    MatchKind.NONE: "No patient has this number.",
    MatchKind.ONE: "One patient has this number.",
    MatchKind.MANY: "Several patients share this number. Ask who is calling.",
}


def match(found: Match, mobile: Mobile) -> answers.Match:
    """Return the answer; of several patients it has only the fields that distinguish family members."""
    one = found.kind is MatchKind.ONE
    return {
        "status": SUCCESS,
        "message": _MATCH_MESSAGES[found.kind],
        "match": found.kind.value,
        "patients": [_patient(patient, mobile if one else None) for patient in found.patients],
    }


def _patient(patient: Patient, mobile: Mobile | None) -> answers.Patient:
    whole = mobile is not None
    born = patient.date_of_birth
    return {
        "patient_id": patient.patient_id,
        "file_no": revealed(patient.file_no),
        "name": revealed(patient.full_name),
        "mobile": revealed(mobile),
        "gender": revealed(patient.gender),
        "date_of_birth": born.reveal().isoformat() if whole and born else None,
        "age_band": None if whole else age_band(born, datetime.now(UTC).date()),
        "email": revealed(patient.email) if whole else None,
        "address": revealed(patient.address) if whole else None,
        "last_visit": patient.last_visit.reveal().isoformat() if whole and patient.last_visit else None,
    }


class Search:
    """Look-up of the patients with a number."""

    request = SearchRequest

    def __init__(self, search: PatientSearch, defaults: RequestDefaults) -> None:
        self._search = search
        self._defaults = defaults

    def understood(self, request: SearchRequest) -> Mobile:
        return request.number(self._defaults)

    def find(self, asked: Mobile, deadline: Deadline) -> Found:
        found = self._search.find(asked, deadline)
        return Found(match(found, asked), found.patients)


def search_pipeline(
    settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics
) -> LookupPipeline[SearchRequest, Mobile]:
    """Build the pipeline of `search_patient`."""

    def look_up(clinicea: Clinicea, clinics: Clinics) -> Search:
        defaults = RequestDefaults(clinics, settings.default_country)
        return Search(PatientSearch(clinicea), defaults)

    return lookup_pipeline(settings, clock, logger, metrics, look_up)


Flow = LookupPipeline[SearchRequest, Mobile]


def search_flow(function: Function[Flow]) -> Flow:
    """Build the flow from the function's environment."""
    settings = SearchSettings.from_environment()
    return search_pipeline(settings, function.clock, function.logger, function.metrics)
