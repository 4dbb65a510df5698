"""Builds a client from an account's URL and credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.http import (
    CredentialSource,
    Observer,
    Scheme,
    StatusObserver,
    TokenStore,
    authentication,
    ignore_statuses,
    observe_nothing,
)
from convox_clinicea.clinicea.transport import RequestsTransport
from convox_clinicea.clinicea.wire import Transport
from convox_clinicea.deadline import Clock, SystemClock
from convox_clinicea.deployment_documents import Clinics, ClinicsDocument
from convox_clinicea.settings import packed


def connect(
    base_url: str,
    *,
    credentials: CredentialSource,
    scheme: Scheme = "api_key",
    call_table: Mapping[str, Any] | None = None,
    clinics: Clinics | None = None,
    default_zone: str = "Asia/Kolkata",
    clock: Clock | None = None,
    transport: Transport | None = None,
    tokens: TokenStore | None = None,
    observe: Observer = observe_nothing,
    observe_unclear: StatusObserver = ignore_statuses,
) -> Clinicea:
    """Return a client for one Clinicea account.

    Args:
        credentials: called before each request, so that a rotated secret takes effect; cache it there.
        scheme: `api_key` (a header) or `staff_session` (login, then a token in the query).
        call_table: the deployer's document, laid over the packed one.
        clinics: clinics with the time zones of Clinicea's naive times; others have `default_zone`.
        tokens: store of a staff session's token; by default in this process.
        observe: called with each request's call name, seconds and failure.
        observe_unclear: called with the number of an answer's records with an unknown status word.
    """
    clock = clock or SystemClock()
    table = CallTable.build(packed("call_table"), call_table)
    return Clinicea(
        table=table,
        authentication=authentication(scheme, table, credentials, clock, tokens),
        transport=transport or RequestsTransport(base_url),
        clinics=clinics or Clinics(ClinicsDocument(schema=1), default_zone),
        clock=clock,
        observe=observe,
        observe_unclear=observe_unclear,
    )
