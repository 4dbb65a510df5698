"""Requests to Clinicea, with credentials and the retry rule."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from convox_clinicea.clinicea.call_table import CallSpec, CallTable
from convox_clinicea.clinicea.calls import LOGIN, writes
from convox_clinicea.clinicea.errors import AuthenticationFailed, CliniceaError, CliniceaRateLimited, UnexpectedAnswer
from convox_clinicea.clinicea.responses import failure_of, failure_without_answer, fields, json_value
from convox_clinicea.clinicea.wire import NoAnswer, Transport, WireAnswer, WireRequest, request_for
from convox_clinicea.deadline import Clock, Deadline, randomness
from convox_clinicea.errors import ConfigurationError

Scheme = Literal["api_key", "staff_session"]


class Credentials(BaseModel):
    """The Clinicea secret. `user_name` and `password` are needed for the staff session only."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    api_key: SecretStr = Field(min_length=1)
    user_name: SecretStr | None = None
    password: SecretStr | None = None

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, key: SecretStr) -> SecretStr:
        # A key with a line end would fail at every request like a broken connection.
        value = key.get_secret_value()
        if not (value.isascii() and value.isprintable() and value == value.strip()):
            raise ValueError("has a character that no header takes")
        return key

    @classmethod
    def from_secret(cls, secret: object) -> Credentials:
        """Validate the parsed secret; raises ConfigurationError, which names fields but never values."""
        try:
            return cls.model_validate(secret)
        except ValidationError as error:
            names = ", ".join(".".join(map(str, e["loc"])) or "secret" for e in error.errors(include_input=False))
        # Raised outside the handler: pydantic's own error holds the secret.
        raise ConfigurationError(f"the Clinicea secret is not valid at: {names}")


CredentialSource = Callable[[], Credentials]
Send = Callable[[CallSpec, WireRequest, Deadline], WireAnswer]
"""Sends a request under the retry rule; the authentication uses it for logins."""


class Authentication(Protocol):
    """Adds a credential to a request, and replaces a refused one."""

    def signed(self, request: WireRequest, deadline: Deadline, send: Send) -> WireRequest:
        """Return the request with its credential."""
        ...

    def renew(self, refused: WireRequest) -> bool:
        """Forget the credential of `refused`; returns False if there is no other."""
        ...


class ApiKeyHeader:
    """Scheme 1: the key in a header [live]."""

    def __init__(self, table: CallTable, credentials: CredentialSource) -> None:
        self._header = table.credentials.api_key_header
        self._credentials = credentials

    def signed(self, request: WireRequest, _deadline: Deadline, _send: Send) -> WireRequest:
        key = self._credentials().api_key.get_secret_value()
        return replace(request, headers={**request.headers, self._header: key})

    def renew(self, _refused: WireRequest) -> bool:
        return False


@dataclass(frozen=True, repr=False)
class Token:
    """A session's token, and the time after which it is not used."""

    value: str
    good_until: datetime


LogIn = Callable[[Deadline], Token]


class TokenStore(Protocol):
    """Stores the token that calls share, and allows one login at a time."""

    def token(self, refused: str | None, deadline: Deadline, log_in: LogIn) -> Token:
        """Return a valid token other than `refused`; log in if there is none."""
        ...


class OwnToken:
    """Token store of one process, shared by its threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._token: Token | None = None
        self._lock = threading.Lock()

    def token(self, refused: str | None, deadline: Deadline, log_in: LogIn) -> Token:
        with self._lock:
            # Another thread may have renewed it: only the refused token is forgotten.
            known = self._token
            if known is None or known.value == refused or self._clock.now() >= known.good_until:
                known = self._token = log_in(deadline)
            return known


class StaffSession:
    """Scheme 2: a login, whose token all calls share [live]; a new login can invalidate the previous token [code]."""

    def __init__(self, table: CallTable, credentials: CredentialSource, clock: Clock, store: TokenStore) -> None:
        self._table = table
        self._credentials = credentials
        self._clock = clock
        self._store = store
        self._refused: str | None = None

    def signed(self, request: WireRequest, deadline: Deadline, send: Send) -> WireRequest:
        token = self._store.token(self._refused, deadline, lambda until: self._log_in(until, send))
        return replace(request, query={**request.query, self._table.credentials.token_parameter: token.value})

    def renew(self, refused: WireRequest) -> bool:
        self._refused = refused.query.get(self._table.credentials.token_parameter)
        return True

    def _log_in(self, deadline: Deadline, send: Send) -> Token:
        credentials = self._credentials()
        if credentials.user_name is None or credentials.password is None:
            raise ConfigurationError("the Clinicea secret lacks user_name or password, which staff_session needs")
        spec = self._table.login
        request = request_for(
            LOGIN,
            spec,
            {
                "api_key": credentials.api_key.get_secret_value(),
                "user_name": credentials.user_name.get_secret_value(),
                "password": credentials.password.get_secret_value(),
            },
        )
        answer = send(spec, request, deadline)
        lifetime = timedelta(minutes=self._table.credentials.token_lifetime_minutes)
        return Token(self._token_in(answer), self._clock.now() + lifetime)

    def _token_in(self, answer: WireAnswer) -> str:
        if answer.status == 204:
            raise AuthenticationFailed(LOGIN, answer.status, "no token was given")
        parsed = json_value(LOGIN, answer)
        if isinstance(parsed, dict):
            found = fields(parsed, {"token": self._table.credentials.token_fields})["token"]
            parsed = found[0] if found else None
        if not isinstance(parsed, str) or not parsed.strip():
            raise UnexpectedAnswer(LOGIN, answer.status, "no token in the answer")
        return parsed.strip()


def authentication(
    scheme: Scheme, table: CallTable, credentials: CredentialSource, clock: Clock, store: TokenStore | None = None
) -> Authentication:
    """Return the authentication of a scheme; a staff session's token is kept in `store`."""
    if scheme == "api_key":
        return ApiKeyHeader(table, credentials)
    return StaffSession(table, credentials, clock, store or OwnToken(clock))


MAX_ATTEMPTS = 3
BASE_SECONDS = 0.1
CAP_SECONDS = 2.0
MAX_RETRY_AFTER_SECONDS = 10.0


def pause_before_retry(
    error: CliniceaError,
    *,
    writes: bool,
    never_left: bool,
    attempt: int,
    deadline: Deadline,
    source: random.Random,
) -> float | None:
    """Return the seconds to wait before a retry, or None if there must be none here.

    A read is retried after any retryable error. A write is retried only if it certainly never left. The wait is
    exponential with full jitter; a 429's Retry-After is a bounded lower limit. There is no retry without time for it
    before the deadline.

    Args:
        writes: whether the call changes the calendar.
        attempt: how often the request has been sent, from 1.
    """
    repeatable = never_left if writes else error.retryable
    if not repeatable or attempt >= MAX_ATTEMPTS:
        return None
    pause = source.uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2**attempt))
    if isinstance(error, CliniceaRateLimited) and error.retry_after is not None:
        if error.retry_after > MAX_RETRY_AFTER_SECONDS:
            return None
        pause += error.retry_after
    return pause if pause < deadline.remaining() else None


Observer = Callable[[str, float, CliniceaError | None], None]
"""Called after each request with call name, seconds, and the failure or None."""


def observe_nothing(_call: str, _seconds: float, _failure: CliniceaError | None) -> None:
    """Ignore a request."""


StatusObserver = Callable[[str, int], None]
"""Called for answers with unknown status words: call name, and the number of records."""


def ignore_statuses(_call: str, _count: int) -> None:
    """Ignore unknown status words."""


class Exchange:
    """Sends requests over a transport; the only place with retries."""

    def __init__(self, transport: Transport, table: CallTable, clock: Clock, observe: Observer) -> None:
        self._transport = transport
        self._table = table
        self._clock = clock
        self._observe = observe

    def send(self, spec: CallSpec, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Return the answer to a successful request; raises CliniceaError."""
        attempt = 0
        while True:  # bounded by the retry rule's MAX_ATTEMPTS
            attempt += 1
            outcome = self._once(spec, request, deadline)
            if isinstance(outcome, WireAnswer):
                return outcome
            pause = pause_before_retry(
                outcome.error,
                writes=writes(request.call),
                never_left=outcome.never_left,
                attempt=attempt,
                deadline=deadline,
                source=randomness(),
            )
            if pause is None:
                raise outcome.error
            self._clock.sleep(pause)

    def send_signed(
        self, spec: CallSpec, request: WireRequest, authentication: Authentication, deadline: Deadline
    ) -> WireAnswer:
        """Return the answer like `send`; a refused credential is renewed once."""
        signed = authentication.signed(request, deadline, self.send)
        try:
            return self.send(spec, signed, deadline)
        except AuthenticationFailed:
            # After a 401 nothing was executed, so a POST may also be sent again with a new credential.
            if not authentication.renew(signed):
                raise
        return self.send(spec, authentication.signed(request, deadline, self.send), deadline)

    def _once(self, spec: CallSpec, request: WireRequest, deadline: Deadline) -> WireAnswer | _Failure:
        began = self._clock.monotonic()
        outcome: WireAnswer | _Failure
        try:
            outcome = self._transport.send(request, deadline)
            error = failure_of(request.call, spec, outcome, self._table, self._clock.now())
            if error is not None:
                outcome = _Failure(error, never_left=False)
        except NoAnswer as cause:
            error = failure_without_answer(request.call, cause)
            outcome = _Failure(error, never_left=not cause.left)
        self._observe(request.call, self._clock.monotonic() - began, error)
        return outcome


@dataclass(frozen=True)
class _Failure:
    error: CliniceaError
    never_left: bool
