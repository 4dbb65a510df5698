"""Which TCP connections are used, what goes over them, and what is not followed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from convox_clinicea.clinicea import errors
from tests.support.canaries import CREATED, MOBILE, new_appointment, new_patient
from tests.support.clients import client_for, within
from tests.support.small_server import Action, Raw, Reply, Reset, Seen, SmallServer, json_reply
from tests.support.waiting import eventually


def clinic(request: Seen) -> Action:
    return json_reply(CREATED) if request.verb == "POST" else json_reply([])


class TestPooling:
    def test_reads_share_one_connection(self) -> None:
        with SmallServer(clinic) as server:
            client = client_for(server.url)
            for _ in range(3):
                client.search_patient_by_mobile_number(MOBILE, within(9))
            client.past_completed_appointments("P-1", within(9))
            assert (len(server.seen), server.connections) == (4, 1)

    def test_each_booking_has_a_fresh_one(self) -> None:
        with SmallServer(clinic) as server:
            client = client_for(server.url)
            client.search_patient_by_mobile_number(MOBILE, within(9))
            for _ in range(2):
                client.post_appointment_by_patient_id("P-1", new_appointment(), within(9))
            client.post_appointment(new_patient(), new_appointment(), within(9))
            assert (len(server.seen), server.connections) == (4, 4)

    def test_so_it_has_when_the_call_table_makes_it_a_get(self) -> None:
        def answers(_request: Seen) -> Action:
            return json_reply(CREATED)

        with SmallServer(answers) as server:
            client = client_for(server.url, table={"calls": {"postAppointment": {"verb": "GET", "style": "query"}}})
            client.search_patient_by_mobile_number(MOBILE, within(9))
            client.post_appointment(new_patient(), new_appointment(), within(9))
            assert ([seen.verb for seen in server.seen], server.connections) == (["GET", "GET"], 2)

    def test_a_booking_leaves_no_connection_open(self) -> None:
        with SmallServer(clinic) as server:
            client_for(server.url).post_appointment_by_patient_id("P-1", new_appointment(), within(9))
            assert eventually(lambda: server.open_connections == 0)

    def test_connection_closed_by_the_server_costs_a_read_nothing(self) -> None:
        with SmallServer(clinic) as server:
            client = client_for(server.url)
            client.search_patient_by_mobile_number(MOBILE, within(9))
            server.hang_up()
            assert eventually(lambda: server.open_connections == 0)
            assert client.search_patient_by_mobile_number(MOBILE, within(9)) == []
            assert (len(server.seen), server.connections) == (2, 2)

    def test_connection_is_not_reused_after_a_truncated_answer(self) -> None:
        actions: Iterator[Action] = iter([Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[]"), json_reply([])])
        with SmallServer(lambda _request: next(actions)) as server:
            assert client_for(server.url).search_patient_by_mobile_number(MOBILE, within(9)) == []
            assert server.connections == 2


class TestRedirects:
    LOCATIONS = ("{url}/elsewhere", "//elsewhere.invalid/", "http://[", "/\xff", "")

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("location", LOCATIONS)
    def test_a_read_follows_none(self, status: int, location: str) -> None:
        def redirect(request: Seen) -> Action:
            place = location.format(url=f"http://{request.headers['host']}")
            return Reply(status, b"moved", {"Location": place}) if "api" in request.path else json_reply([])

        with SmallServer(redirect) as server:
            with pytest.raises(errors.UnexpectedAnswer, match=str(status)):
                client_for(server.url).search_patient_by_mobile_number(MOBILE, within(9))
            assert {seen.path for seen in server.seen} == {"/api/v1/patients/searchByMobileNumber"}

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("location", LOCATIONS)
    def test_a_booking_follows_none_and_is_in_doubt(self, status: int, location: str) -> None:
        def redirect(request: Seen) -> Action:
            place = location.format(url=f"http://{request.headers['host']}")
            return Reply(status, b"moved", {"Location": place}) if "api" in request.path else json_reply(CREATED)

        with SmallServer(redirect) as server:
            with pytest.raises(errors.OutcomeUnknown, match=str(status)):
                client_for(server.url).post_appointment(new_patient(), new_appointment(), within(9))
            assert len(server.seen) == 1


class TestWhatIsSent:
    def test_a_booking_is_json_in_utf_8_with_its_length(self) -> None:
        as_json = {"calls": {"postAppointmentByPatientID": {"style": "json"}}}
        with SmallServer(clinic) as server:
            client_for(server.url, table=as_json).post_appointment_by_patient_id("P-1", new_appointment(), within(9))
        (seen,) = server.seen
        assert seen.headers["content-type"] == "application/json; charset=utf-8"
        assert int(seen.headers["content-length"]) == len(seen.body)
        assert seen.json["StartDateTime"] == "2031-03-10T10:00:00"
        assert "transfer-encoding" not in seen.headers

    def test_a_booking_in_the_query_has_an_empty_body(self) -> None:
        with SmallServer(clinic) as server:
            client_for(server.url).post_appointment_by_patient_id("P-1", new_appointment(), within(9))
        (seen,) = server.seen
        assert (seen.verb, seen.body, seen.headers["content-length"]) == ("POST", b"", "0")
        assert (seen.query["StartDateTime"], seen.query["Mobile"]) == ("2031-03-10T10:00:00", "+919999900042")

    def test_every_request_asks_for_json(self) -> None:
        with SmallServer(clinic) as server:
            client = client_for(server.url)
            client.post_appointment_by_patient_id("P-1", new_appointment(), within(9))
            client.appointments_by_patient("P-1", within(9))
        assert {seen.headers["accept"] for seen in server.seen} == {"application/json"}

    def test_a_token_with_its_plus_and_slash_arrives_whole(self) -> None:
        def answers(request: Seen) -> Action:
            return json_reply("a+b/c==" if "login" in request.path else [])

        with SmallServer(answers) as server:
            client_for(server.url, scheme="staff_session").search_patient_by_mobile_number(MOBILE, within(9))
        assert server.seen[1].query["api_key"] == "a+b/c=="

    def test_cookies_are_not_kept(self) -> None:
        with SmallServer(lambda _request: Reply(200, b"[]", {"Set-Cookie": "ASP.NET_SessionId=x; path=/"})) as server:
            client = client_for(server.url)
            for _ in range(2):
                client.search_patient_by_mobile_number(MOBILE, within(9))
        assert all("cookie" not in seen.headers for seen in server.seen)

    def test_the_machines_proxies_and_netrc_are_not_used(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        netrc = tmp_path_factory.mktemp("home") / "netrc"
        netrc.write_text("machine 127.0.0.1 login canary password canary\n")
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        with SmallServer(clinic) as server:
            assert client_for(server.url).search_patient_by_mobile_number(MOBILE, within(9)) == []
        assert "authorization" not in server.seen[0].headers


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BROKEN: dict[str, Action] = {
    "nothing": Raw(b""),
    "reset": Reset(),
    "no http": Raw(b"220 mail.example.com ESMTP\r\n"),
    "bad status": Raw(b"HTTP/1.1 abc OK\r\n\r\n"),
    "cut in the body": Raw(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"ID": "A-1"}'),
    "cut in a chunk": Raw(CHUNKED + b"40\r\n{"),
    "no chunk size": Raw(CHUNKED + b"xyz\r\n{}\r\n0\r\n\r\n"),
    "not gzip": Reply(200, b'{"ID": "A-1"}', {"Content-Encoding": "gzip"}),
    "two lengths": Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n{}"),
    "endless header": Raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"),
    "too many headers": Raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
}


class TestBrokenAnswers:
    @pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
    def test_a_read_is_retried(self, broken: Action) -> None:
        actions = iter([broken, broken, json_reply({"ID": "P-1"})])
        with SmallServer(lambda _request: next(actions)) as server:
            assert len(client_for(server.url).search_patient_by_mobile_number(MOBILE, within(9))) == 1

    @pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
    def test_a_booking_is_in_doubt_and_sent_once(self, broken: Action) -> None:
        with SmallServer(lambda _request: broken) as server:
            with pytest.raises(errors.OutcomeUnknown):
                client_for(server.url).post_appointment(new_patient(), new_appointment(), within(9))
            assert len(server.seen) == 1

    @pytest.mark.parametrize("cut", [b"Content-Le", b"Content-Type: application/json\r\n", b"\r\n"])
    def test_one_cut_in_its_headers_is_no_empty_list(self, cut: bytes) -> None:
        with SmallServer(lambda _request: Raw(b"HTTP/1.1 200 OK\r\n" + cut)) as server:
            with pytest.raises(errors.UnexpectedAnswer):
                client_for(server.url).search_patient_by_mobile_number(MOBILE, within(9))
            with pytest.raises(errors.OutcomeUnknown):
                client_for(server.url).post_appointment(new_patient(), new_appointment(), within(9))

    @pytest.mark.parametrize("empty", [b"Content-Length: 0\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
    def test_one_that_says_that_it_is_empty_is_complete(self, empty: bytes) -> None:
        with SmallServer(lambda _request: Raw(b"HTTP/1.1 200 OK\r\n" + empty)) as server:
            assert client_for(server.url).search_patient_by_mobile_number(MOBILE, within(9)) == []


class TestSize:
    def test_an_answer_over_8_mb_is_not_read_to_its_end(self) -> None:
        megabyte = b" " * 2**20
        with SmallServer(lambda _request: Reply(200, megabyte * 9 + b"[]", close=True)) as server:
            with pytest.raises(errors.Unavailable):
                client_for(server.url).search_patient_by_mobile_number(MOBILE, within(9))
            with pytest.raises(errors.OutcomeUnknown):
                client_for(server.url).post_appointment(new_patient(), new_appointment(), within(9))

    def test_one_of_7_mb_is(self) -> None:
        with SmallServer(lambda _request: Reply(200, b" " * (7 * 2**20) + b'{"ID": "P-1"}')) as server:
            assert len(client_for(server.url).search_patient_by_mobile_number(MOBILE, within(9))) == 1
