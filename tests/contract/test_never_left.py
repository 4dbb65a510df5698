"""A booking is sent again only if it certainly never left: name look-up, connection and TLS."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from convox_clinicea.clinicea import errors
from convox_clinicea.clinicea.errors import CliniceaError
from tests.support.canaries import CREATED, MOBILE, new_appointment, new_patient
from tests.support.certificates import Certificate
from tests.support.clients import client_for, within
from tests.support.clock import SkippingClock
from tests.support.small_server import Action, Reset, Seen, SmallServer, json_reply


class Attempts:
    """An observer that keeps each attempt's failure."""

    def __init__(self) -> None:
        self.failures: list[CliniceaError | None] = []

    def __call__(self, _call: str, _seconds: float, failure: CliniceaError | None) -> None:
        self.failures.append(failure)

    def __len__(self) -> int:
        return len(self.failures)


class ClockThatActs(SkippingClock):
    """Does something at the first pause between two attempts."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act = act

    def sleep(self, seconds: float) -> None:
        if not self.slept:
            self._act()
        super().sleep(seconds)


def booked(_request: Seen) -> Action:
    return json_reply(CREATED)


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A port that refuses connections: bound, so that nobody else gets it, and not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


def url_of(bound: socket.socket) -> str:
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


def fails(url: str, seconds: float = 20.0) -> tuple[CliniceaError, Attempts]:
    """Try to book; gives the error and the attempts."""
    attempts, clock = Attempts(), SkippingClock()
    client = client_for(url, observe=attempts, clock=clock)
    with pytest.raises(CliniceaError) as caught:
        client.post_appointment(new_patient(), new_appointment(), within(seconds, clock))
    return caught.value, attempts


class TestNeverLeft:
    """Three attempts, and then an error whose outcome is known: nothing was done."""

    def certainly_nothing(self, url: str) -> None:
        error, attempts = fails(url)
        assert type(error) is errors.Unavailable
        assert error.outcome_known
        assert len(attempts) == 3

    def test_a_name_that_nobody_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        # The resolver's own answer for this name, at once; a machine without any resolver would wait for it.
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        self.certainly_nothing("http://name.invalid")

    def test_a_name_that_cannot_be_one(self) -> None:
        self.certainly_nothing(f"http://{'x' * 64}.invalid")

    def test_a_port_where_nobody_listens(self, silent: socket.socket) -> None:
        self.certainly_nothing(url_of(silent))

    def test_tls_spoken_to_a_plain_port(self) -> None:
        with SmallServer(booked) as server:
            self.certainly_nothing(server.url.replace("http:", "https:"))
            assert (server.connections, server.seen) == (3, [])

    def test_a_certificate_that_nobody_vouches_for(self, certificate: Certificate) -> None:
        with SmallServer(booked, tls=certificate.server) as server:
            self.certainly_nothing(server.url)
            assert server.seen == []

    def test_a_deadline_that_has_passed_before_anything_began(self) -> None:
        with SmallServer(booked) as server:
            error, attempts = fails(server.url, seconds=0.0)
            assert type(error) is errors.TimedOut
            assert error.outcome_known
            assert (len(attempts), server.connections) == (1, 0)


class TestSentAgain:
    def test_server_that_starts_between_two_attempts_gets_it_once(self, silent: socket.socket) -> None:
        with ExitStack() as later:
            servers: list[SmallServer] = []
            clock = ClockThatActs(lambda: servers.append(later.enter_context(SmallServer(booked, bound=silent))))
            attempts = Attempts()
            client = client_for(url_of(silent), observe=attempts, clock=clock)
            created = client.post_appointment(new_patient(), new_appointment(), within(20, clock))
            assert created.appointment_id == "A-1"
            assert (len(servers[0].seen), [type(each) for each in attempts.failures]) == (
                1,
                [errors.Unavailable, type(None)],
            )


class TestMayHaveLeft:
    """One attempt, and an error whose outcome is unknown."""

    def test_a_reset_after_the_request_was_read(self) -> None:
        with SmallServer(lambda _request: Reset()) as server:
            error, attempts = fails(server.url)
            assert type(error) is errors.OutcomeUnknown
            assert (len(attempts), len(server.seen)) == (1, 1)

    def test_a_connection_closed_before_anything_was_read(self) -> None:
        # From here it cannot be told from one that was read and carried out.
        with SmallServer(booked, deaf=True) as server:
            error, attempts = fails(server.url)
            assert type(error) is errors.OutcomeUnknown
            assert (len(attempts), server.connections) == (1, 1)

    def test_after_tls_was_agreed_on(self, certificate: Certificate, trusted: None) -> None:
        with SmallServer(lambda _request: Reset(), tls=certificate.server) as server:
            error, attempts = fails(server.url)
            assert type(error) is errors.OutcomeUnknown
            assert (len(attempts), len(server.seen)) == (1, 1)


class TestReadsAreFreer:
    def test_one_that_left_is_sent_again(self) -> None:
        actions: Iterator[Action] = iter([Reset(), Reset(), json_reply([])])
        with SmallServer(lambda _request: next(actions)) as server:
            assert client_for(server.url).search_patient_by_mobile_number(MOBILE, within(20)) == []
            assert len(server.seen) == 3

    def test_a_port_where_nobody_listens(self, silent: socket.socket) -> None:
        attempts = Attempts()
        client = client_for(url_of(silent), observe=attempts)
        with pytest.raises(errors.Unavailable, match="no connection"):
            client.search_patient_by_mobile_number(MOBILE, within(20))
        assert len(attempts) == 3


class TestTextThatFitsNoRequest:
    def test_half_a_character_never_leaves(self) -> None:
        with SmallServer(booked) as server:
            client = client_for(server.url)
            with pytest.raises(errors.Unavailable):
                client.post_appointment_by_patient_id("P-\ud800", new_appointment(), within(20))
            assert server.seen == []
