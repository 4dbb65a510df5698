"""An OpenID provider: its addresses, and requests to them, each bounded by a deadline.

The id token comes from the token endpoint itself, over TLS. OpenID Connect Core 3.1.3.7 lets a confidential client
check issuer, audience, expiry and nonce then, without the signature.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote

import requests
import urllib3

from convox_clinicea.clinicea.transport import CONNECT_SECONDS, DeadlineAdapter, Flight, current_flight
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.errors import ConfigurationError, ConnectorError, raise_alone

PROVIDER_SECONDS = 4.0
MAX_BYTES = 64 * 1024
_ADDRESS = re.compile(r"https://[^\s\"'<>]+|http://(127\.0\.0\.1|localhost)(:[0-9]+)?(/[^\s\"'<>]*)?")


class ProviderUnavailable(ConnectorError):
    """The provider of sign-ins did not answer, or not as OpenID Connect says."""

    retryable = True
    public = "Signing in does not work right now. Try again in a moment."


class ProviderRefused(ConnectorError):
    """The provider refused the code: it was used before, is too old, or belongs to another browser."""

    public = "This sign-in has ended. Please sign in again."


@dataclass(frozen=True)
class Endpoints:
    """Where a provider is asked."""

    authorization: str
    token: str
    end_session: str | None


@dataclass(frozen=True)
class Registration:
    """This desk as the provider knows it. `secret` is read when a code is exchanged."""

    issuer: str
    discovery: str
    client_id: str
    secret: Callable[[], str]


class OpenIdProvider:
    """One provider; its addresses are read at the first sign-in and kept."""

    def __init__(self, registration: Registration, clock: Clock) -> None:
        self.registration = registration
        self._clock = clock
        self._endpoints: Endpoints | None = None

    def endpoints(self) -> Endpoints:
        """Return the provider's addresses; raises ProviderUnavailable, ConfigurationError."""
        if self._endpoints is None:
            status, told = self._ask("GET", self.registration.discovery)
            if status != 200:
                raise ProviderUnavailable(f"discovery answers {status}")
            if told.get("issuer") != self.registration.issuer:
                raise ConfigurationError("the issuer of the discovery document is another one than DeskIssuer")
            self._endpoints = Endpoints(
                _address(told, "authorization_endpoint"),
                _address(told, "token_endpoint"),
                _address(told, "end_session_endpoint") if told.get("end_session_endpoint") else None,
            )
        return self._endpoints

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        """Return the claims of the id token for a code, unchecked.

        Raises:
            ProviderRefused: the code is not good any more.
            ProviderUnavailable, ConfigurationError: as `endpoints`.
        """
        client = self.registration.client_id
        # RFC 6749, 2.3.1: both are form-encoded before they become a Basic header.
        pair = f"{quote(client, safe='')}:{quote(self.registration.secret(), safe='')}"
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        status, told = self._ask(
            "POST",
            self.endpoints().token,
            data=form | {"client_id": client, "code_verifier": verifier},
            headers={"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
        )
        if status in (400, 403) and told.get("error") == "invalid_grant":
            raise ProviderRefused("the provider refuses the code")
        if status in (400, 401, 403):
            raise ConfigurationError("the provider refuses the desk: client id, secret or callback address is wrong")
        if status != 200:
            raise ProviderUnavailable(f"the token endpoint answers {status}")
        return _claims(told.get("id_token"))

    def _ask(self, verb: str, address: str, **given: Any) -> tuple[int, Mapping[str, Any]]:
        """Return status and JSON object of an answer; none but a complete one in time counts."""
        deadline = Deadline.after(self._clock, PROVIDER_SECONDS)
        token = current_flight.set(Flight(deadline))
        try:
            with _session() as session:
                left = max(deadline.remaining(), 0.01)
                response = session.request(
                    verb,
                    address,
                    timeout=(min(CONNECT_SECONDS, left), left),
                    allow_redirects=False,
                    stream=True,
                    **given,
                )
                with contextlib.closing(response):
                    body = b""
                    for chunk in response.iter_content(8192):
                        body += chunk
                        if len(body) > MAX_BYTES:
                            raise_alone(ProviderUnavailable("an answer of the provider is too large"))
                    told = json.loads(body) if body else {}
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError, RecursionError):
            raise_alone(ProviderUnavailable("no usable answer of the provider in time"))
        finally:
            current_flight.reset(token)
        return response.status_code, told if isinstance(told, dict) else {}


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.headers["Accept"] = "application/json"
    session.mount("http://", DeadlineAdapter())
    session.mount("https://", DeadlineAdapter())
    return session


def _address(told: Mapping[str, Any], name: str) -> str:
    address = told.get(name)
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise ProviderUnavailable(f"{name} of the discovery document is no https address")
    return address


def _claims(token: object) -> Mapping[str, Any]:
    claims: object = None
    with contextlib.suppress(binascii.Error, ValueError, RecursionError):
        _, payload, _ = str(token).split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if not isinstance(claims, dict):
        raise ProviderUnavailable("the id token cannot be read")
    return claims
