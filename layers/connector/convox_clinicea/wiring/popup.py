"""The desk of `call_popup`."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinics import Clinics
from convox_clinicea.convox.lookups.desk import LookupDesk
from convox_clinicea.convox.lookups.popup import PopUpLookUp
from convox_clinicea.convox.place import Place
from convox_clinicea.convox.requests.search import SearchRequest
from convox_clinicea.deadline import Clock
from convox_clinicea.mobile import Mobile
from convox_clinicea.patients.completed import CompletedAppointments
from convox_clinicea.patients.popup import CallPopUp
from convox_clinicea.patients.search import PatientSearch
from convox_clinicea.settings import LookupSettings
from convox_clinicea.wiring.lookups import lookup_desk


def popup_desk(
    settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics
) -> LookupDesk[SearchRequest, Mobile | None]:
    """Return it."""

    def look_up(clinicea: Clinicea, clinics: Clinics) -> PopUpLookUp:
        search = PatientSearch(clinicea)
        service = CallPopUp(search, CompletedAppointments(clinicea, clinics), logger, metrics)
        return PopUpLookUp(service, Place(clinics, settings.default_country))

    return lookup_desk(settings, clock, logger, metrics, look_up)
