"""Authorization: API keys with roles, and staff sessions."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.clinicea.messages import Request
from local.clinicea.parameters import Parameters
from local.clinicea.switches import Switches

LOCAL_API_KEY = "local-api-key"
LOCAL_LIMITED_KEY = "local-limited-key"
LOCAL_LOGIN = ("local-user", "local-password")
LOOK_UPS_ONLY = frozenset(
    {"getTokenByStaffUsernamePwd", "searchPatientByMobileNumber", "getPatientPastCompletedAppointment"}
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials of the account. `api_key` has full access; a limited key's role has only the named calls."""

    api_key: str = field(default=LOCAL_API_KEY, repr=False)
    user: str = field(default=LOCAL_LOGIN[0], repr=False)
    password: str = field(default=LOCAL_LOGIN[1], repr=False)
    limited_keys: Mapping[str, frozenset[str]] = field(
        default_factory=lambda: {LOCAL_LIMITED_KEY: LOOK_UPS_ONLY}, repr=False
    )

    def knows(self, api_key: str) -> bool:
        """Return whether the account has the key."""
        return api_key == self.api_key or api_key in self.limited_keys

    def allows(self, api_key: str, call: str) -> bool:
        """Return whether the role of a known key has the call."""
        return api_key == self.api_key or call in self.limited_keys.get(api_key, frozenset())


@dataclass(frozen=True, slots=True)
class _Session:
    api_key: str
    issued_at: datetime


class Sessions:
    """The staff sessions. Tokens come from the seed and never repeat."""

    def __init__(self, credentials: Credentials, switches: Switches, seed: int) -> None:
        self.credentials = credentials
        self._switches = switches
        self._seed = seed
        self._issued = 0
        self._open: dict[str, _Session] = {}

    def clear(self) -> None:
        """End every session."""
        self._open.clear()

    def login(self, api_key: str, user: str, password: str, now: datetime) -> str | None:
        """Return a new token, or None for wrong credentials. It ends the user's session before it [code]."""
        known = self.credentials.knows(api_key)
        if not known or (user, password) != (self.credentials.user, self.credentials.password):
            return None
        return self._open_session(api_key, now)

    def steal(self, now: datetime) -> None:
        """Invalidate all tokens, as after a login of the same user elsewhere."""
        self._open.clear()
        self._open_session(self.credentials.api_key, now)

    def _open_session(self, api_key: str, now: datetime) -> str:
        if self._switches.login_single_session:
            self._open.clear()
        self._issued += 1
        digest = hashlib.sha256(f"token:{self._seed}:{self._issued}".encode()).digest()
        # Base64 with "+", "/" and "=", to detect clients that put it into a URL unencoded.
        token = base64.b64encode(b"\xfb\xff" + digest).decode()
        self._open[token] = _Session(api_key, now)
        return token

    def key_behind(self, request: Request, version: str, now: datetime) -> str | None:
        """Return a request's API key; None for a missing, unknown or expired credential.

        A key counts only in its header, a token only in its query parameter, and the header has priority [assumed].
        """
        header = request.headers.get(self._switches.api_key_header.lower())
        if header is not None:
            accepted = version in self._switches.header_versions and self.credentials.knows(header)
            return header if accepted else None
        token = Parameters.from_query(request.query).text(self._switches.session_parameter)
        session = self._open.get(token) if token is not None else None
        if session is None or now >= session.issued_at + timedelta(minutes=self._switches.token_minutes):
            return None
        return session.api_key

    def allows(self, api_key: str, call: str) -> bool:
        """Return whether the key's role has the call."""
        return call not in self._switches.denied_calls and self.credentials.allows(api_key, call)
