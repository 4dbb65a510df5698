"""The factory of the desk, and this desk as its provider of sign-ins knows it.

The provider is the stack's own Cognito user pool, or one that the parameters name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from convox_clinicea import aws
from convox_clinicea.convox.request import clinics_from, consent_texts_from, ids_from
from convox_clinicea.deadline import Clock
from convox_clinicea.desk.call_pages import CallPages
from convox_clinicea.desk.opening import choices
from convox_clinicea.desk.page_function import report_to
from convox_clinicea.desk.pages import Pages, Shown
from convox_clinicea.desk.provider import OpenIdProvider, Registration
from convox_clinicea.desk.routes import Desk
from convox_clinicea.desk.services import desk_services
from convox_clinicea.desk.sessions import Sessions, SignInAttempts
from convox_clinicea.desk.settings import DeskSettings, DeskSignInSettings
from convox_clinicea.desk.sign_in import ClaimNames, SignIn
from convox_clinicea.desk.socket_routes import SocketRoutes, Tickets
from convox_clinicea.errors import ConfigurationError, SecretUnavailable, raise_alone
from convox_clinicea.function import Function
from convox_clinicea.schedules import Schedules
from convox_clinicea.sockets import AgentSockets
from convox_clinicea.table import Table

CLIENT_ID = "deskClientId"
"""The stage variable: client, callback address, API and function would otherwise need one another to be made."""
DISCOVERY = ".well-known/openid-configuration"


def desk_flow(function: Function[Desk]) -> Desk:
    """Return the desk, from the function's environment; raises ConfigurationError."""
    settings, clock = DeskSettings.from_environment(), function.clock
    table = Table(aws.dynamodb_at_once(), settings.ledger_table)
    clinics, texts = clinics_from(settings), consent_texts_from(settings)
    names = {each: clinics.get(each) for each in clinics.zones_by_clinic if each}
    consent = texts.get(texts.default)
    schedules = Schedules.from_clinics(clinics)
    listed = [schedules.get(each) for each in names]
    shown = Shown(
        zone=settings.time_zone,
        clinics=tuple((each, (clinic and clinic.name) or each) for each, clinic in names.items()),
        consent=(texts.default, None if consent is None else consent.text),
        services=choices(listed),
        has_hours=any(each is not None and each.has_hours for each in listed),
        free_service=not listed or any(each is None or not each.services for each in listed),
    )
    pages, report = Pages(shown, clock, settings.desk_sockets), report_to(function.logger)
    sockets = SocketRoutes(
        Tickets(table, clock), AgentSockets(table, clock), ids_from(settings, in_time=True), clock, settings.desk_client
    )
    return Desk(
        sessions=Sessions(table, clock),
        sign_in=SignIns(settings, SignInAttempts(table, clock), clock),
        calls=CallPages(
            desk_services(settings, function), pages, clock, settings.lookup_budget_seconds, report, function.metrics
        ),
        pages=pages,
        sockets=sockets,
        address=settings.desk_address,
        report=report,
    )


class SignIns:
    """The sign-in of each client id; there is one, unless the stage variable changes."""

    def __init__(self, settings: DeskSignInSettings, attempts: SignInAttempts, clock: Clock) -> None:
        self._settings = settings
        self._attempts = attempts
        self._clock = clock
        self._for = cache(self._made)

    def __call__(self, event: Mapping[str, Any]) -> SignIn:
        """Return the sign-in for a request; raises ConfigurationError where no provider is set up."""
        told = (event.get("stageVariables") or {}).get(CLIENT_ID)
        return self._for(self._settings.desk_client_id or str(told or ""))

    def _made(self, client_id: str) -> SignIn:
        settings = self._settings
        if not client_id:
            raise ConfigurationError("no client id: neither DeskClientId nor the stage variable is set")
        if settings.desk_issuer:
            issuer, arn = settings.desk_issuer.rstrip("/"), settings.desk_client_secret_arn
            registration = Registration(
                issuer=settings.desk_issuer,
                discovery=f"{issuer}/{DISCOVERY}",
                client_id=client_id,
                secret=lambda: _text(aws.secret(arn, in_time=True), "client_secret"),
            )
        else:
            registration = _of_user_pool(settings.desk_user_pool, client_id)
        claims = ClaimNames(settings.desk_agent_claim, settings.desk_roles_claim)
        return SignIn(OpenIdProvider(registration, self._clock), self._attempts, claims, self._clock)


def _of_user_pool(pool: str, client_id: str) -> Registration:
    """Return a client of a Cognito user pool; its secret is asked of Cognito, and stands in no setting."""
    asked = aws.client_in_time("cognito-idp")
    region = asked.meta.region_name
    return Registration(
        issuer=f"https://cognito-idp.{region}.amazonaws.com/{pool}",
        discovery=f"{asked.meta.endpoint_url}/{pool}/{DISCOVERY}",
        client_id=client_id,
        secret=cache(lambda: _secret_of(asked, pool, client_id)),
    )


def _secret_of(asked: Any, pool: str, client_id: str) -> str:
    try:
        found = asked.describe_user_pool_client(UserPoolId=pool, ClientId=client_id)
    except aws.AWS_ERRORS:
        raise_alone(SecretUnavailable("Cognito does not describe the desk's client now"))
    return _text(found["UserPoolClient"], "ClientSecret")


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"the secret of the desk's client has no {name}")
    return value
