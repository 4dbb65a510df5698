"""Sign-in by OpenID Connect: authorization code with PKCE, and the person whom the claims name."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from convox_clinicea.deadline import CLOCKS_APART, Clock
from convox_clinicea.desk.provider import OpenIdProvider, ProviderUnavailable
from convox_clinicea.desk.sessions import Person, SignInAttempts, fresh_secret
from convox_clinicea.errors import ConnectorError

ROLES = frozenset({"agents", "supervisors"})
SCOPE = "openid profile"
LONGEST_CLAIM = 128


class SignInEnded(ConnectorError):
    """The attempt is unknown, used, older than ten minutes, or was begun in another browser."""

    public = "This sign-in has ended, or was begun in another window. Please sign in again."


class SignInDenied(ConnectorError):
    """The provider did not let the person in."""

    public = "The sign-in was not completed. Please sign in again."


class NotAnAgent(ConnectorError):
    """The person is known, but has no agent id or no role here."""

    public = "You are known, but not set up as an agent. Ask your supervisor for an agent id and a role."


@dataclass(frozen=True)
class ClaimNames:
    """Which claims hold the agent id and the roles."""

    agent_id: str
    roles: str


@dataclass(frozen=True)
class Started:
    """Where the browser goes, and the cookie that binds the attempt to it."""

    address: str
    cookie: str


class SignIn:
    """Starts and finishes sign-ins with one provider."""

    def __init__(self, provider: OpenIdProvider, attempts: SignInAttempts, claims: ClaimNames, clock: Clock) -> None:
        self._provider = provider
        self._attempts = attempts
        self._names = claims
        self._clock = clock

    def start(self, redirect_uri: str) -> Started:
        """Begin an attempt; raises ProviderUnavailable, ConfigurationError, TableUnavailable."""
        address = self._provider.endpoints().authorization
        state, cookie = fresh_secret(), fresh_secret()
        attempt = self._attempts.begin(state, cookie)
        challenge = _base64(hashlib.sha256(_verifier(cookie).encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self._provider.registration.client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return Started(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", cookie)

    def finish(self, query: Mapping[str, str], cookie: str | None, redirect_uri: str) -> Person:
        """Return the person who signed in.

        Args:
            query: what the provider sent the browser back with.
            cookie: of the attempt.

        Raises:
            SignInEnded, SignInDenied, NotAnAgent: nobody is signed in.
            ProviderRefused, ProviderUnavailable, ConfigurationError, TableUnavailable: as their names say.
        """
        attempt = self._attempts.take(query.get("state", ""), cookie)
        if attempt is None or cookie is None:
            raise SignInEnded("no such attempt of this browser")
        if "error" in query or not query.get("code"):
            raise SignInDenied("the provider sends no code")
        claims = self._provider.exchange(query["code"], _verifier(cookie), redirect_uri)
        self._check(claims, attempt.nonce)
        return self._person(claims)

    def sign_out_address(self, back: str) -> str | None:
        """Return where the provider's own session ends, if it says; raises as `start`."""
        address = self._provider.endpoints().end_session
        if address is None:
            return None
        # Cognito reads logout_uri, OpenID Connect RP-Initiated Logout says post_logout_redirect_uri.
        query = {"client_id": self._provider.registration.client_id, "logout_uri": back}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query | {'post_logout_redirect_uri': back})}"

    def _check(self, claims: Mapping[str, Any], nonce: str) -> None:
        registration = self._provider.registration
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        now, expiry = self._clock.now().timestamp(), claims.get("exp")
        right = {
            "iss": claims.get("iss") == registration.issuer,
            "aud": registration.client_id in audiences,
            "azp": claims.get("azp", registration.client_id) == registration.client_id,
            "exp": isinstance(expiry, int | float) and now < expiry + CLOCKS_APART.total_seconds(),
            "nonce": hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()),
        }
        wrong = sorted(name for name, is_right in right.items() if not is_right)
        if wrong:
            raise ProviderUnavailable(f"the id token is not for this sign-in: {', '.join(wrong)}")

    def _person(self, claims: Mapping[str, Any]) -> Person:
        subject, agent = (_text(claims.get(name)) for name in ("sub", self._names.agent_id))
        told = claims.get(self._names.roles)
        roles = ROLES & {str(each) for each in (told if isinstance(told, list) else str(told or "").split())}
        if subject is None or agent is None or not roles:
            raise NotAnAgent("no subject, no agent id or no role in the claims")
        names = (_text(claims.get(name)) for name in ("name", "preferred_username", "cognito:username"))
        return Person(subject, agent, roles, next(filter(None, names), agent))


def _verifier(cookie: str) -> str:
    """Derive PKCE's verifier: the table does not hold it."""
    return _base64(hashlib.sha256(b"verifier " + cookie.encode()).digest())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _text(value: object) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if text and text.isprintable() and len(text) <= LONGEST_CLAIM else None
