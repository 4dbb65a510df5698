"""One session over all Lambdas: one logs in, all use its token, and nobody throws another out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import boto3
import pytest

from convox_clinicea import aws
from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.clinicea.errors import AuthenticationFailed, TimedOut, Unavailable
from convox_clinicea.clinicea.http import Token
from convox_clinicea.clinicea_session import KEY, LEASE, SharedSession
from convox_clinicea.deadline import Clock, Deadline, SystemClock
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.table import Table
from tests.support.account import Stack
from tests.support.clock import VirtualClock

pytestmark = pytest.mark.usefixtures("account")


class Logins:
    """Logs in, and counts it; each login makes the token before it worthless."""

    def __init__(self, clock: Clock, *, lasts: float = 3600.0, meanwhile: Callable[[], object] | None = None) -> None:
        self._clock = clock
        self._lasts = lasts
        self._meanwhile = meanwhile
        self.count = 0
        self.deadlines: list[float] = []

    def __call__(self, deadline: Deadline) -> Token:
        self.count += 1
        number = self.count
        self.deadlines.append(deadline.remaining())
        if self._meanwhile is not None:
            self._meanwhile()
        return Token(f"canary-token-{number}", self._clock.now() + timedelta(seconds=self._lasts))


class Container:
    """One Lambda container: a session object of its own, nothing in its memory."""

    def __init__(self, stack: Stack, clock: Clock, **parts: Any) -> None:
        table = Table(parts.get("client") or aws.dynamodb(), parts.get("table", stack.table))
        key = parts.get("key", stack.kms_key_arn)
        self._session = SharedSession(table, KmsSealer(aws.kms(), key), clock)
        self._clock = clock

    def token(self, log_in: Callable[[Deadline], Token], refused: str | None = None, seconds: float = 10.0) -> str:
        return self._session.token(refused, Deadline.after(self._clock, seconds), log_in).value


def never(_: Deadline) -> Token:
    raise AssertionError("nobody should log in here")


class OneAtATime:
    """DynamoDB carries out one request after the other; moto's threads may be between reading and writing."""

    def __init__(self) -> None:
        self._client = boto3.client("dynamodb")
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)

        def locked(**arguments: Any) -> Any:
            with self._lock:
                return call(**arguments)

        return locked


def test_fifty_containers_that_start_cold_at_once_log_in_once(stack: Stack) -> None:
    clock, client, together = SystemClock(), OneAtATime(), threading.Barrier(50)
    logins = Logins(clock, meanwhile=lambda: clock.sleep(0.05))
    containers = [Container(stack, clock, client=client) for _ in range(50)]

    def starts(container: Container) -> str:
        together.wait()
        return container.token(logins, seconds=30)

    with ThreadPoolExecutor(50) as pool:
        tokens = list(pool.map(starts, containers))

    assert logins.count == 1
    assert set(tokens) == {"canary-token-1"}


def test_the_threads_of_one_container_log_in_once_too(stack: Stack) -> None:
    clock, container = SystemClock(), Container(stack, SystemClock(), client=OneAtATime())
    logins = Logins(clock, meanwhile=lambda: clock.sleep(0.05))

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: container.token(logins, seconds=30), range(8)))

    assert (logins.count, set(tokens)) == (1, {"canary-token-1"})


def test_a_token_in_memory_is_used_without_asking_anybody(stack: Stack, clock: VirtualClock) -> None:
    container = Container(stack, clock)
    container.token(Logins(clock))
    stack.delete(KEY)

    assert container.token(never) == "canary-token-1"


def test_one_that_grew_old_is_renewed_by_one_for_all(stack: Stack, clock: VirtualClock) -> None:
    logins = Logins(clock, lasts=600)
    first, second = Container(stack, clock), Container(stack, clock)
    first.token(logins)
    assert second.token(never) == "canary-token-1"
    clock.advance(600)

    assert second.token(logins) == "canary-token-2"
    assert first.token(never) == "canary-token-2"


def test_first_refused_checks_whether_another_has_renewed(stack: Stack, clock: VirtualClock) -> None:
    logins = Logins(clock)
    first, second = Container(stack, clock), Container(stack, clock)
    old = first.token(logins)
    second.token(never)
    new = second.token(logins, refused=old)

    assert first.token(never, refused=old) == new == "canary-token-2"
    assert first.token(never) == new


def test_failed_login_keeps_its_lease_so_others_do_not_retry_it(stack: Stack, clock: VirtualClock) -> None:
    def refused(_: Deadline) -> Token:
        raise AuthenticationFailed(LOGIN, 401)

    with pytest.raises(AuthenticationFailed):
        Container(stack, clock).token(refused)

    with pytest.raises(TimedOut):
        Container(stack, clock).token(never, seconds=5)
    clock.advance(LEASE.total_seconds())
    assert Container(stack, clock).token(Logins(clock)) == "canary-token-1"


def test_a_login_ends_well_before_its_lease(stack: Stack, clock: VirtualClock) -> None:
    logins = Logins(clock)

    Container(stack, clock).token(logins, seconds=300)

    assert logins.deadlines == [LEASE.total_seconds() - 3]


def test_waiting_for_another_login_ends_at_its_own_deadline(stack: Stack, clock: VirtualClock) -> None:
    def meanwhile() -> None:
        with pytest.raises(TimedOut):
            Container(stack, clock).token(never, seconds=3)

    assert Container(stack, clock).token(Logins(clock, meanwhile=meanwhile)) == "canary-token-1"
    assert 2.5 <= sum(clock.slept) <= 3


def test_frozen_process_without_lease_uses_the_new_token(stack: Stack, clock: VirtualClock) -> None:
    other = Logins(clock)

    def another_takes_over() -> None:
        clock.advance(LEASE.total_seconds())
        Container(stack, clock).token(lambda until: Token("canary-theirs", other(until).good_until))

    ours = Logins(clock, meanwhile=another_takes_over)

    assert Container(stack, clock).token(ours, seconds=60) == "canary-theirs"
    assert (ours.count, other.count) == (1, 1)
    assert Container(stack, clock).token(never) == "canary-theirs"


def test_of_two_that_see_a_lease_end_one_takes_it(stack: Stack, clock: VirtualClock) -> None:
    with pytest.raises(AuthenticationFailed):
        Container(stack, clock).token(lambda _: (_ for _ in ()).throw(AuthenticationFailed(LOGIN, 401)))
    clock.advance(LEASE.total_seconds())
    logins = Logins(clock)
    late = boto3.client("dynamodb")

    def somebody_is_faster(**_: Any) -> None:
        late.meta.events.unregister("before-call.dynamodb.PutItem", somebody_is_faster)
        Container(stack, clock).token(logins)

    late.meta.events.register("before-call.dynamodb.PutItem", somebody_is_faster)

    assert Container(stack, clock, client=late).token(never) == "canary-token-1"
    assert logins.count == 1


def test_the_token_lies_encrypted_and_bound_to_its_item(stack: Stack, clock: VirtualClock) -> None:
    Container(stack, clock).token(Logins(clock))

    (item,) = stack.items()
    assert item["pk"] == {"S": "session"}
    assert set(item) == {"pk", "owner", "lease_until", "token", "good_until", "write_token"}
    assert item["lease_until"] == {"N": "0"}
    assert "canary" not in repr(item)
    sealed = item["token"]["B"]
    opened = aws.kms().decrypt(CiphertextBlob=sealed, EncryptionContext={"item": "session"})["Plaintext"]
    assert opened == b"canary-token-1"


def test_while_one_logs_in_nobody_takes_the_old_token_for_good(stack: Stack, clock: VirtualClock) -> None:
    logins = Logins(clock)
    old = Container(stack, clock).token(logins)
    cold = Container(stack, clock)
    seen: list[bool] = []

    def meanwhile() -> None:
        (item,) = stack.items()
        seen.append("token" in item)
        with pytest.raises(TimedOut):
            cold.token(never, seconds=1)

    Container(stack, clock).token(Logins(clock, meanwhile=meanwhile), refused=old, seconds=30)

    assert seen[0] is False


@pytest.mark.parametrize("broken", [{"table": "no-such-table"}, {"key": "alias/nowhere"}], ids=["table", "key"])
def test_without_the_table_or_its_key_clinicea_is_unavailable(
    stack: Stack, clock: VirtualClock, broken: dict[str, str]
) -> None:
    with pytest.raises(Unavailable) as caught:
        Container(stack, clock, **broken).token(Logins(clock))

    assert caught.value.call == LOGIN
    assert "canary" not in str(caught.value)


def test_our_own_writes_repeated_by_the_sdk_are_still_ours(stack: Stack, clock: VirtualClock) -> None:
    class Twice:
        def __getattr__(self, name: str) -> Any:
            call = getattr(aws.dynamodb(), name)
            if name != "put_item":
                return call

            def twice(**arguments: Any) -> Any:
                call(**arguments)
                return call(**arguments)

            return twice

    logins = Logins(clock)

    assert Container(stack, clock, client=Twice()).token(logins) == "canary-token-1"
    assert logins.count == 1
