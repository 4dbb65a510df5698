"""The client for the deployment's Clinicea account."""

from __future__ import annotations

from collections.abc import Callable

from convox_clinicea import aws
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.connecting import connect
from convox_clinicea.clinicea.http import Credentials, TokenStore
from convox_clinicea.clinicea.transport import RequestsTransport
from convox_clinicea.clinicea.wire import Transport
from convox_clinicea.deadline import Clock
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.metering import observe_call, observe_unclear_statuses
from convox_clinicea.settings import CliniceaSettings, replacement

transport: Callable[[str], Transport] = RequestsTransport
"""The transport of requests to Clinicea; a simulation replaces it."""


def clinicea_from(
    settings: CliniceaSettings,
    clinics: Clinics,
    clock: Clock,
    *,
    carried_by: Transport | None = None,
    in_time: bool = False,
) -> Clinicea:
    """Build the client for the deployment's Clinicea account; its secret is read on first use.

    Args:
        in_time: whether an agent waits for the answer, so that AWS calls have a deadline, too.
    """
    return connect(
        settings.clinicea_url,
        credentials=lambda: Credentials.from_secret(aws.secret(settings.clinicea_secret_arn, in_time=in_time)),
        scheme=settings.clinicea_authentication,
        call_table=replacement("call_table", settings.call_table),
        clinics=clinics,
        clock=clock,
        transport=carried_by or transport(settings.clinicea_url),
        tokens=_tokens(settings, clock, in_time) if settings.clinicea_authentication == "staff_session" else None,
        observe=observe_call,
        observe_unclear=observe_unclear_statuses,
    )


def _tokens(settings: CliniceaSettings, clock: Clock, in_time: bool) -> TokenStore:
    # An API key needs neither these modules nor their AWS clients, which slow down the start.
    from convox_clinicea.clinicea_session import SharedSession
    from convox_clinicea.sealing import KmsSealer
    from convox_clinicea.table import Table

    sealer = KmsSealer(aws.kms_in_time() if in_time else aws.kms(), settings.kms_key_arn)
    table = Table(aws.dynamodb_at_once() if in_time else aws.dynamodb(), settings.ledger_table)
    return SharedSession(table, sealer, clock)
