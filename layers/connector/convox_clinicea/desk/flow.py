"""The factory of the desk: its settings, sessions, sign-in, services and pages."""

from __future__ import annotations

from convox_clinicea import aws
from convox_clinicea.convox.request import clinics_from, consent_texts_from
from convox_clinicea.desk.call_pages import CallPages
from convox_clinicea.desk.page_function import report_to
from convox_clinicea.desk.pages import Pages, Shown
from convox_clinicea.desk.registration import SignIns
from convox_clinicea.desk.routes import Desk
from convox_clinicea.desk.services import desk_services
from convox_clinicea.desk.sessions import Sessions, SignInAttempts
from convox_clinicea.function import Function
from convox_clinicea.settings import DeskSettings
from convox_clinicea.table import Table


def desk_flow(function: Function[Desk]) -> Desk:
    """Return the desk, from the function's environment; raises ConfigurationError."""
    settings, clock = DeskSettings.from_environment(), function.clock
    table = Table(aws.dynamodb_at_once(), settings.ledger_table)
    clinics, texts = clinics_from(settings), consent_texts_from(settings)
    names = {each: clinics.get(each) for each in clinics.zones_by_clinic if each}
    consent = texts.get(texts.default)
    shown = Shown(
        zone=settings.time_zone,
        clinics=tuple((each, (clinic and clinic.name) or each) for each, clinic in names.items()),
        consent=(texts.default, None if consent is None else consent.text),
    )
    pages, report = Pages(shown, clock), report_to(function.logger)
    return Desk(
        sessions=Sessions(table, clock),
        sign_in=SignIns(settings, SignInAttempts(table, clock), clock),
        calls=CallPages(desk_services(settings, function), pages, clock, settings.lookup_budget_seconds, report),
        pages=pages,
        address=settings.desk_address,
        report=report,
    )
