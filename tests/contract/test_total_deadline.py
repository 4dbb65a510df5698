"""The deadline is the whole call's: an answer that drips, however slowly and wherever, ends with it.

The drips below would go on for much longer than their test: that the call ended with the deadline's error, and the
server had not yet sent everything, shows that it was the deadline which ended it.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
from collections.abc import Iterator

import pytest

from convox_clinicea.clinicea import errors
from tests.support.canaries import CREATED, MOBILE, new_appointment, new_patient
from tests.support.certificates import Certificate
from tests.support.clients import client_for, within
from tests.support.clock import SkippingClock
from tests.support.small_server import Action, Drip, Seen, SmallServer, json_reply

SECONDS = 0.3
BODY = b'{"ID": "A-1", "Notes": "' + b"x" * 2000 + b'"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LENGTH = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ZIPPED = gzip.compress(bytes(range(256)) * 40, compresslevel=0)
DRIPS = {
    "status line": Drip(LENGTH + BODY),
    "a status line that never ends": Drip(b"HTTP/1.1 200 " + b"O" * 4000),
    "headers": Drip(b"X-Header: " + b"y" * 3000 + b"\r\n\r\n", at_once=HEAD),
    "many headers": Drip(b"X: y\r\n" * 500, at_once=HEAD, seconds=0.02),
    "body with a length": Drip(BODY, at_once=LENGTH),
    "body until the end": Drip(BODY, at_once=HEAD + b"Connection: close\r\n\r\n"),
    "chunks": Drip(b"1\r\n{\r\n" * 500, at_once=CHUNKED),
    "one chunk's size": Drip(b"0" * 3000, at_once=CHUNKED),
    "inside a chunk": Drip(BODY, at_once=CHUNKED + b"%x\r\n" % len(BODY)),
    "trailers": Drip(b"X: y\r\n" * 500, at_once=CHUNKED + b"2\r\n{}\r\n0\r\n"),
    "zipped": Drip(ZIPPED, at_once=HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED)),
    "continue again and again": Drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 200),
    "an error's body": Drip(BODY, at_once=LENGTH.replace(b"200 OK", b"503 No")),
    "a redirect's body": Drip(BODY, at_once=LENGTH.replace(b"200 OK", b"302 Go\r\nLocation: /x")),
}


def ended_early(server: SmallServer, drip: Drip) -> bool:
    """Whether the server noticed that the client had gone before everything was sent."""
    return server.drip_ended.wait(20) and server.dripped < len(drip.slowly)


@pytest.mark.parametrize("drip", DRIPS.values(), ids=DRIPS)
def test_a_read_times_out(drip: Drip) -> None:
    with SmallServer(lambda _request: drip) as server:
        with pytest.raises(errors.TimedOut):
            client_for(server.url).search_patient_by_mobile_number(MOBILE, within(SECONDS))
        assert ended_early(server, drip)
        assert len(server.seen) == 1


@pytest.mark.parametrize("name", ["status line", "headers", "body with a length", "chunks", "an error's body"])
def test_a_booking_is_in_doubt(name: str) -> None:
    drip = DRIPS[name]
    with SmallServer(lambda _request: drip) as server:
        with pytest.raises(errors.OutcomeUnknown, match="no answer"):
            client_for(server.url).post_appointment(new_patient(), new_appointment(), within(SECONDS))
        assert ended_early(server, drip)
        assert len(server.seen) == 1


@pytest.mark.parametrize("name", ["status line", "headers", "body with a length", "chunks"])
def test_so_it_is_over_tls(certificate: Certificate, trusted: None, name: str) -> None:
    drip = DRIPS[name]
    with SmallServer(lambda _request: drip, tls=certificate.server) as server:
        with pytest.raises(errors.TimedOut):
            client_for(server.url).search_patient_by_mobile_number(MOBILE, within(SECONDS))
        assert ended_early(server, drip)
        with pytest.raises(errors.OutcomeUnknown):
            client_for(server.url).post_appointment(new_patient(), new_appointment(), within(SECONDS))
        assert len(server.seen) == 2


def test_a_connection_that_was_given_up_is_not_used_again() -> None:
    actions: Iterator[Action] = iter([DRIPS["body with a length"], json_reply([])])
    with SmallServer(lambda _request: next(actions)) as server:
        client = client_for(server.url)
        with pytest.raises(errors.TimedOut):
            client.search_patient_by_mobile_number(MOBILE, within(SECONDS))
        assert client.search_patient_by_mobile_number(MOBILE, within(20)) == []
        assert server.connections == 2


def test_pooled_connection_takes_the_deadline_of_each_call() -> None:
    drip = DRIPS["body with a length"]
    actions: Iterator[Action] = iter([json_reply([]), drip])
    with SmallServer(lambda _request: next(actions)) as server:
        client = client_for(server.url)
        assert client.search_patient_by_mobile_number(MOBILE, within(60)) == []
        with pytest.raises(errors.TimedOut):
            client.search_patient_by_mobile_number(MOBILE, within(SECONDS))
        assert (server.connections, ended_early(server, drip)) == (1, True)


def test_a_drip_that_ends_in_time_is_an_answer_like_any_other() -> None:
    drip = Drip(b'[{"ID": 1}]', at_once=HEAD + b"Content-Length: 11\r\n\r\n", seconds=0.001)
    with SmallServer(lambda _request: drip) as server:
        assert len(client_for(server.url).search_patient_by_mobile_number(MOBILE, within(20))) == 1


def test_the_pages_of_one_reading_share_their_deadline() -> None:
    clock = SkippingClock()

    def page(_request: Seen) -> Action:
        clock.advance(4)
        return json_reply([{"ID": len(server.seen)}])

    with SmallServer(page) as server:
        with pytest.raises(errors.TimedOut):
            client_for(server.url, clock=clock).appointments_by_patient("P-1", within(10, clock))
        assert len(server.seen) <= 3


class TestConnecting:
    @pytest.fixture
    def black_hole(self) -> Iterator[tuple[str, int]]:
        """An address that answers no attempt to connect: its queue is full and nobody accepts."""
        with contextlib.ExitStack() as held:
            listener = held.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            for _ in range(4):
                filler = held.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
            yield listener.getsockname()

    def test_an_address_that_answers_nothing(self, black_hole: tuple[str, int]) -> None:
        client = client_for(f"http://127.0.0.1:{black_hole[1]}")
        with pytest.raises(errors.TimedOut) as caught:
            client.post_appointment(new_patient(), new_appointment(), within(SECONDS))
        assert caught.value.outcome_known

    def test_all_addresses_of_a_name_share_the_deadline(
        self, black_hole: tuple[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with SmallServer(lambda _request: json_reply(CREATED)) as server:
            places = [black_hole, black_hole, ("127.0.0.1", server.port)]
            found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
            client = client_for("http://clinicea.example")
            created = client.post_appointment(new_patient(), new_appointment(), within(1.0))
            # Had the first address been given the whole second, there would have been none left for the last.
            assert created.appointment_id == "A-1"
            assert len(server.seen) == 1

    def test_a_tls_handshake_that_is_not_answered(self) -> None:
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as mute:
            client = client_for(f"https://127.0.0.1:{mute.getsockname()[1]}")
            with pytest.raises(errors.TimedOut) as caught:
                client.post_appointment(new_patient(), new_appointment(), within(SECONDS))
            assert caught.value.outcome_known
