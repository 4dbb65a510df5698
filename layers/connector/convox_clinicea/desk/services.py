"""The services of the desk, built from the function's settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from convox_clinicea import aws
from convox_clinicea.announcements import AgentCalls
from convox_clinicea.bookings.call_ends import call_ends_from
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.drafting import OpenBookings
from convox_clinicea.bookings.intake import booking_collaborators
from convox_clinicea.bookings.ledger import Ledger, ledger_from
from convox_clinicea.bookings.status import BookingStatus
from convox_clinicea.bookings.task_list import Tasks
from convox_clinicea.clinicea_account import clinicea_from
from convox_clinicea.convox.disclosing import register_from
from convox_clinicea.convox.request import identity_key, ids_from
from convox_clinicea.desk.ahead import NextAppointments, OurBookings
from convox_clinicea.desk.booking import DeskBooking
from convox_clinicea.desk.caller import CallerLookup
from convox_clinicea.desk.calls import DeskCalls
from convox_clinicea.desk.drafts import Drafts
from convox_clinicea.desk.offers import OfferedTimes
from convox_clinicea.desk.opening import OpeningHours
from convox_clinicea.desk.settings import DeskSettings
from convox_clinicea.desk.states import BookingStates
from convox_clinicea.desk.tasks import DeskTasks
from convox_clinicea.function import Function
from convox_clinicea.lookups.clinic_times import ClinicTimes, KeptCalendars
from convox_clinicea.lookups.completed import CompletedAppointments
from convox_clinicea.lookups.popup import CallPopUp
from convox_clinicea.lookups.prefetched import PrefetchedLookups
from convox_clinicea.lookups.search import PatientSearch
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import digest_of_number, digest_of_patient
from convox_clinicea.rate_limits import RateLimiter, limits_of_lookups
from convox_clinicea.schedules import Schedules
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.table import Table


class DeskServices(NamedTuple):
    """What the desk's pages ask."""

    calls: DeskCalls
    caller: CallerLookup
    booking: DeskBooking
    drafts: Drafts
    times: OfferedTimes
    ahead: NextAppointments
    tasks: DeskTasks


def desk_services(settings: DeskSettings, function: Function[Any]) -> DeskServices:
    """Return the services; raises ConfigurationError where a document cannot be read."""
    clock, client = function.clock, settings.desk_client
    _, _, defaults, intake = booking_collaborators(settings, clock)
    ids = ids_from(settings, earlier=settings.earlier_call_names)
    limiter = _limiter(settings, function)
    table = Table(aws.dynamodb(), settings.ledger_table)
    call_ends = call_ends_from(settings, intake, clock, function.metrics)
    status = BookingStatus(ledger_from(settings.ledger_table, clock), Calls(table, clock), ids)
    states = BookingStates(status, call_ends, defaults, client)
    clinicea = clinicea_from(settings, defaults.clinics, clock, in_time=True)
    popups = CallPopUp(
        PatientSearch(clinicea),
        CompletedAppointments(clinicea, defaults.clinics),
        function.logger,
        function.metrics,
    )
    register = register_from(
        settings, defaults.clinics.zone(None), ids_from(settings, in_time=True), clock, function.logger
    )
    number_key = partial(_number_key, settings.identity_secret_arn)
    at_once = Table(aws.dynamodb_at_once(), settings.ledger_table)
    announced = AgentCalls(at_once, clock)
    sealer = KmsSealer(aws.kms_in_time(), settings.kms_key_arn)
    calls = DeskCalls(
        calls=announced,
        states=states,
        sealer=sealer,
        ids=ids,
        defaults=defaults,
        clock=clock,
        client=client,
        numbers=number_key,
    )
    schedules = Schedules.from_clinics(defaults.clinics)
    calendars = KeptCalendars(clinicea, at_once, clock, settings.default_duration_minutes)
    ours = OurBookings(
        OpenBookings(at_once, Ledger(at_once, clock), clock, settings.open_bookings_per_number),
        partial(identity_key, settings.identity_secret_arn),
        client,
    )
    booking = DeskBooking(
        intake=intake,
        call_ends=call_ends,
        call_end=timedelta(minutes=settings.call_end_minutes),
        calls=announced,
        ids=ids,
        limiter=limiter,
        states=states,
        ours=ours,
        defaults=defaults,
        opening=OpeningHours(schedules, defaults),
        clock=clock,
        client=client,
    )
    return DeskServices(
        calls,
        CallerLookup(
            popups=popups,
            prefetched=PrefetchedLookups(at_once, sealer, clock),
            ids=ids,
            logger=function.logger,
            limiter=limiter,
            register=register,
            clock=clock,
            client=client,
        ),
        booking,
        Drafts(
            table=at_once,
            calls=announced,
            sealer=sealer,
            ids=ids,
            clock=clock,
            client=client,
            patient_key=partial(_patient_key, settings.identity_secret_arn),
        ),
        OfferedTimes(ClinicTimes(schedules, clinicea, calendars, defaults, clock), defaults),
        NextAppointments(
            clinicea=clinicea,
            clinics=defaults.clinics,
            ours=ours,
            limiter=limiter,
            register=register,
            logger=function.logger,
            client=client,
        ),
        DeskTasks(
            tasks=Tasks(table, clock),
            ledger=ledger_from(settings.ledger_table, clock),
            booking=booking,
            clinicea=clinicea,
            sealer=sealer,
            ids=ids,
            limiter=limiter,
            logger=function.logger,
            clock=clock,
            client=client,
            key=partial(identity_key, settings.identity_secret_arn),
        ),
    )


def _limiter(settings: DeskSettings, function: Function[Any]) -> RateLimiter:
    """Return the limits of the desk: those of look-ups, and those of bookings."""
    limits = replace(
        limits_of_lookups(settings),
        bookings_per_caller_minute=settings.bookings_per_caller_minute,
        bookings_per_agent_minute=settings.bookings_per_agent_minute,
    )
    table = Table(aws.dynamodb_at_once(), settings.ledger_table)
    return RateLimiter(table, limits, function.clock, function.logger, function.metrics)


def _patient_key(arn: str, patient_id: str) -> str:
    return digest_of_patient(identity_key(arn), patient_id)


def _number_key(arn: str, mobile: Mobile) -> str:
    return digest_of_number(identity_key(arn), mobile)
