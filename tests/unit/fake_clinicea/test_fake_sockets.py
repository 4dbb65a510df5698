"""The fake over real sockets: plain service, and every fault."""

import http.client
import json
import socket
import threading
import time
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import pytest

from local.clinicea.auth import LOCAL_API_KEY
from local.clinicea.clock import ManualClock
from local.clinicea.testing import RunningFake, running_fake

from .api import PLACES
from .sockets import KEY, LONG, NEW, QUERY, SEARCH, booked, connect, get, post, until


class TestPlainService:
    def test_calls_are_answered(self, client: http.client.HTTPConnection) -> None:
        status, body = get(client)
        assert (status, json.loads(body)["FullName"]) == (200, "Meera Samplewala")

    def test_a_204_has_no_body_and_the_connection_lives_on(self, client: http.client.HTTPConnection) -> None:
        nobody = {"patmobile": "9999900077", "countrycode": "91"}
        assert get(client, query=nobody) == (204, b"")
        kept = client.sock
        assert get(client)[0] == 200
        assert client.sock is kept

    def test_posts_are_carried_out(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        assert post(client)[0] == 200
        assert len(booked(fake)) == 1

    def test_answer_is_sent_at_once_without_waiting_for_an_ack(self, fake: RunningFake) -> None:
        address = urlsplit(fake.url)
        head = f"GET {PLACES[SEARCH]}?{urlencode(QUERY)} HTTP/1.1\r\nHost: x\r\napi_key: {LOCAL_API_KEY}\r\n\r\n"
        with socket.create_connection((address.hostname, address.port), LONG) as raw:
            raw.sendall(head.encode())
            assert raw.recv(65536).endswith(b"}")

    def test_headers_are_found_whatever_their_case(self, client: http.client.HTTPConnection) -> None:
        client.request("GET", f"{PLACES[SEARCH]}?{urlencode(QUERY)}", headers={"API_Key": LOCAL_API_KEY})
        assert client.getresponse().status == 200

    def test_many_at_once(self, fake: RunningFake) -> None:
        statuses = []

        def one(number: int) -> None:
            connection = connect(fake.url)
            start, end = f"2031-03-03T{number:02d}:00:00", f"2031-03-03T{number:02d}:30:00"
            statuses.append(post(connection, StartDateTime=start, EndDateTime=end)[0])
            connection.close()

        threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG)
        assert statuses == [200] * 20
        assert len({each["appointment_id"] for each in booked(fake)}) == 20

    def test_a_body_without_a_length_is_411(self, client: http.client.HTTPConnection) -> None:
        # Without the chunks themselves: the server closes at once, and they might meet a closed connection.
        client.request("POST", PLACES[NEW], headers=KEY | {"Transfer-Encoding": "chunked"}, encode_chunked=True)
        assert client.getresponse().status == 411

    @pytest.mark.parametrize(("length", "status"), [("-1", 400), ("many", 400), ("99999999", 413)])
    def test_a_length_that_is_no_use_is_refused(
        self, client: http.client.HTTPConnection, length: str, status: int
    ) -> None:
        client.request("POST", PLACES[NEW], headers=KEY | {"Content-Length": length})
        assert client.getresponse().status == status

    def test_a_request_cut_short_is_not_carried_out(self, fake: RunningFake) -> None:
        address = urlsplit(fake.url)
        with socket.create_connection((address.hostname, address.port), LONG) as raw:
            raw.sendall(f"POST {PLACES[NEW]} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{{".encode())
            raw.shutdown(socket.SHUT_WR)
            assert raw.recv(100) == b""
        assert fake.requests() == []

    def test_head_gets_no_body(self, client: http.client.HTTPConnection) -> None:
        client.request("HEAD", PLACES[SEARCH])
        response = client.getresponse()
        assert (response.status, response.read()) == (405, b"")
        assert get(client)[0] == 200

    def test_swagger_names_the_host(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        client.request("GET", "/swagger/docs/v2")
        assert json.loads(client.getresponse().read())["host"] == urlsplit(fake.url).netloc


class TestFaults:
    def test_status(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        fake.fault(SEARCH, "status", status=429, headers={"Retry-After": "3"}, count=1)
        client.request("GET", f"{PLACES[SEARCH]}?{urlencode(QUERY)}", headers=KEY)
        response = client.getresponse()
        assert (response.status, response.headers["Retry-After"], response.read()) == (429, "3", b"")
        assert get(client)[0] == 200

    def test_a_status_that_nobody_knows(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        fake.fault(SEARCH, "status", status=599)
        assert get(client)[0] == 599

    def test_a_held_client_may_say_more_without_ending_it(self, fake: RunningFake) -> None:
        fake.fault(SEARCH, "timeout_before", seconds=0.4)
        client = connect(fake.url)
        client.request("GET", f"{PLACES[SEARCH]}?{urlencode(QUERY)}", headers=KEY)
        client.sock.sendall(b"x")
        start = time.monotonic()
        with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
            client.getresponse()
        assert time.monotonic() - start >= 0.2
        client.close()

    def test_html(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        fake.fault(SEARCH, "html")
        status, body = get(client)
        assert (status, body[:15]) == (200, b"<!DOCTYPE html>")

    def test_delay(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        fake.fault(SEARCH, "delay", seconds=0.3, count=1)
        start = time.monotonic()
        assert get(client)[0] == 200
        assert time.monotonic() - start >= 0.3

    def test_a_delayed_request_keeps_nobody_else_waiting(self, fake: RunningFake) -> None:
        fake.fault(SEARCH, "delay", seconds=LONG, count=1)
        slow, quick = connect(fake.url), connect(fake.url)
        slow.request("GET", f"{PLACES[SEARCH]}?{urlencode(QUERY)}", headers=KEY)
        assert until(lambda: fake.requests(SEARCH))
        assert get(quick)[0] == 200
        slow.close()
        quick.close()

    @pytest.mark.parametrize(("kind", "done"), [("timeout_before", 0), ("timeout_after", 1)])
    def test_timeout(self, fake: RunningFake, impatient: http.client.HTTPConnection, kind: str, done: int) -> None:
        fake.fault(NEW, kind, count=1)
        with pytest.raises(TimeoutError):
            post(impatient)
        assert until(lambda: len(booked(fake)) == done)

    def test_a_time_out_ends_by_itself(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        fake.fault(NEW, "timeout_before", seconds=0.2)
        with pytest.raises(http.client.RemoteDisconnected):
            post(client)

    def test_a_held_connection_ends_when_the_client_leaves(self, fake: RunningFake) -> None:
        fake.fault(NEW, "timeout_before", seconds=600)
        before = threading.active_count()
        with pytest.raises(TimeoutError):
            post(leaver := connect(fake.url, 0.2))
        leaver.close()
        assert until(lambda: threading.active_count() <= before)

    @pytest.mark.parametrize(("kind", "done"), [("reset_before", 0), ("reset_after", 1)])
    def test_reset(self, fake: RunningFake, client: http.client.HTTPConnection, kind: str, done: int) -> None:
        fake.fault(NEW, kind, count=1)
        with pytest.raises(ConnectionResetError) as caught:
            post(client)
        assert not isinstance(caught.value, http.client.RemoteDisconnected)
        assert len(booked(fake)) == done

    def test_drip_gives_the_right_answer_in_the_end(
        self, fake: RunningFake, client: http.client.HTTPConnection
    ) -> None:
        right = get(client)
        fake.fault(SEARCH, "drip", seconds=0.001)
        assert get(client) == right

    def test_drip_outlives_a_time_out_per_read(self, fake: RunningFake) -> None:
        fake.fault(SEARCH, "drip", seconds=0.1)
        patient_reader = connect(fake.url, 2.0)
        patient_reader.connect()
        target = f"{PLACES[SEARCH]}?{urlencode(QUERY)}"
        request = f"GET {target} HTTP/1.1\r\nHost: x\r\napi_key: {LOCAL_API_KEY}\r\n\r\n"
        patient_reader.sock.sendall(request.encode())
        start = time.monotonic()
        got = b""
        while time.monotonic() - start < 2.5:
            got += patient_reader.sock.recv(1000)
        patient_reader.close()
        assert len(got) <= (time.monotonic() - start) / 0.1 + 1
        assert got[:9] == b"HTTP/1.1 "

    def test_drip_of_the_body_only(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        fake.fault(SEARCH, "drip", seconds=0.05, drip_headers=False)
        client.request("GET", f"{PLACES[SEARCH]}?{urlencode(QUERY)}", headers=KEY)
        response = client.getresponse()
        assert response.status == 200
        assert response.read(2) == b'{"'

    @pytest.mark.parametrize(
        ("fields", "error"),
        [({}, TimeoutError), ({"reset": True}, ConnectionResetError)],
        ids=["hold", "reset"],
    )
    def test_late_commit(self, fields: dict[str, object], error: type[Exception]) -> None:
        clock = ManualClock(datetime(2031, 3, 1, 9, tzinfo=UTC))
        with running_fake(clock=clock) as fake:
            fake.fault(NEW, "late_commit", seconds=60.0, count=1, **fields)
            client = connect(fake.url, 0.3)
            with pytest.raises(error):
                post(client)
            client.close()
            assert until(lambda: fake.requests(NEW))
            assert booked(fake) == []
            clock.advance(61)
            assert len(booked(fake)) == 1

    def test_steal_token(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        fake.fault(SEARCH, "steal_token", count=1)
        with fake.server.lock:
            credentials = fake.core.sessions.credentials
            now = fake.core.clock.now()
            token = fake.core.sessions.login(credentials.api_key, credentials.user, credentials.password, now)
        client.request("GET", f"{PLACES[SEARCH]}?{urlencode({**QUERY, 'api_key': token or ''})}")
        assert client.getresponse().status == 401

    def test_slow_pages(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        fake.switch(slow_pages=0.3)
        start = time.monotonic()
        query = {"patientID": "P-01", "appointmentType": "2", "pageNo": "1", "pageSize": "10"}
        assert get(client, "getAppointmentsByPatient", query)[0] == 200
        assert time.monotonic() - start >= 0.3
