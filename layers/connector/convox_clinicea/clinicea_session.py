"""The Clinicea session and request rate shared by all Lambda functions.

A new login can invalidate the previous token [code], so two logins at once would end each other's session.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.clinicea.errors import TimedOut, Unavailable
from convox_clinicea.clinicea.http import LogIn, Token
from convox_clinicea.clinicea.wire import NoAnswer, Transport, WireAnswer, WireRequest
from convox_clinicea.deadline import Clock, Deadline, fresh_token, randomness
from convox_clinicea.errors import raise_alone
from convox_clinicea.sealing import Sealer, SealingUnavailable
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Put, Table, TableUnavailable

KEY = "session"
LEASE = timedelta(seconds=15)
LOGIN_ENDS_BEFORE_LEASE_SECONDS = 3.0
LOOK_AGAIN_SECONDS = 0.2


class SharedSession:
    """The `TokenStore` of all Lambda functions."""

    def __init__(self, table: Table, sealer: Sealer, clock: Clock) -> None:
        self._table = table
        self._sealer = sealer
        self._clock = clock
        self._known: Token | None = None

    def token(self, refused: str | None, deadline: Deadline, log_in: LogIn) -> Token:
        """Return a valid token other than the refused one.

        Memory is checked first, then the table. Only the holder of the lease logs in; others read the table again until
        it has the token. A failed login keeps its lease, so that not every function tries a wrong password.

        Raises:
            TimedOut: there was no token before the deadline.
            Unavailable: the table or its key did not answer.
        """
        if self._known is not None and self._good(self._known, refused):
            return self._known
        while deadline.remaining() > LOOK_AGAIN_SECONDS:
            try:
                self._known = self._shared(refused, deadline, log_in)
            except (TableUnavailable, SealingUnavailable) as error:
                raise_alone(Unavailable(LOGIN, detail=f"the shared session: {error}"))
            if self._known is not None:
                return self._known
            self._clock.sleep(LOOK_AGAIN_SECONDS * randomness().uniform(0.5, 1))
        raise TimedOut(LOGIN)

    def _shared(self, refused: str | None, deadline: Deadline, log_in: LogIn) -> Token | None:
        item = self._table.get(KEY)
        shared = self._read(item)
        if shared is not None and self._good(shared, refused):
            return shared
        lease = self._take_lease(item)
        return None if lease is None else self._renew(lease, deadline, log_in)

    def _good(self, token: Token, refused: str | None) -> bool:
        return token.value != refused and self._clock.now() < token.good_until

    def _read(self, item: Item | None) -> Token | None:
        if item is None or "token" not in item:
            return None
        value = self._sealer.open(KEY, bytes(item["token"]["B"])).decode()
        return Token(value, datetime.fromtimestamp(float(item["good_until"]["N"]), UTC))

    def _take_lease(self, item: Item | None) -> Put | None:
        """Return the write that acquired the lease; None if another function has it or was faster."""
        now = self._clock.now()
        if item is not None and float(item["lease_until"]["N"]) > now.timestamp():
            return None
        owner = fresh_token()
        lease: Item = {
            "pk": {"S": KEY},
            "owner": {"S": owner},
            "lease_until": {"N": str((now + LEASE).timestamp())},
            WRITE_TOKEN: {"S": owner},
        }
        before = None if item is None else item["owner"]
        put = (
            Put(lease, "attribute_not_exists(pk)")
            if before is None
            else Put(lease, "#owner = :before", {":before": before})
        )
        try:
            self._table.put(put)
        except ConditionFailed:
            return None
        return put

    def _renew(self, lease: Put, deadline: Deadline, log_in: LogIn) -> Token | None:
        token = log_in(deadline.capped(LEASE.total_seconds() - LOGIN_ENDS_BEFORE_LEASE_SECONDS))
        renewed: Item = {
            **lease.item,
            "token": {"B": self._sealer.seal(KEY, token.value.encode())},
            "good_until": {"N": str(token.good_until.timestamp())},
            "lease_until": {"N": "0"},
            WRITE_TOKEN: {"S": fresh_token()},
        }
        try:
            self._table.put(Put(renewed, "#owner = :owner", {":owner": lease.item["owner"]}))
        except ConditionFailed:
            return None  # another function has the lease now, and its login ended our session
        return token


PACE_RETENTION_SECONDS = 3600


class PacedTransport:
    """Sends at the shared rate; the requests of each second are counted in the ledger's table."""

    def __init__(self, transport: Transport, table: Table, per_second: int, clock: Clock) -> None:
        self._transport = transport
        self._table = table
        self._per_second = per_second
        self._clock = clock

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Wait for a free place in the rate and send; raises NoAnswer, unsent, at the deadline."""
        while not self._turn(deadline):  # bounded by the deadline
            now = self._clock.now().timestamp()
            until_next_second = 1.0 - now % 1.0
            if deadline.remaining() <= until_next_second:
                raise NoAnswer(left=False, timed_out=True)
            self._clock.sleep(until_next_second)
        return self._transport.send(request, deadline)

    def _turn(self, deadline: Deadline) -> bool:
        second = int(self._clock.now().timestamp())
        try:
            return self._table.increase(f"pace#{second}", self._per_second, second + PACE_RETENTION_SECONDS)
        except TableUnavailable:
            raise_alone(NoAnswer(left=False, timed_out=deadline.expired))


class SteadyTransport:
    """Sends with a pause between two requests, for functions with many requests that no person waits for."""

    def __init__(self, transport: Transport, seconds_between: float, clock: Clock) -> None:
        self._transport = transport
        self._between = seconds_between
        self._clock = clock
        self._next_at = clock.monotonic()

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Wait for the pause and send; raises NoAnswer, unsent, at the deadline."""
        wait = self._next_at - self._clock.monotonic()
        if wait > 0:
            if deadline.remaining() <= wait:
                raise NoAnswer(left=False, timed_out=True)
            self._clock.sleep(wait)
        self._next_at = self._clock.monotonic() + self._between
        return self._transport.send(request, deadline)
