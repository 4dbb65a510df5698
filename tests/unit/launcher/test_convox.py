"""The ConVox simulator: what it tells the connector, and whose forms it takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest

from commands.api import Answer, Json, NoAnswer
from local.clinicea.testing import RunningFake, running_fake
from local.convox.server import Simulator
from local.convox.switchboard import BOOKED, UNKNOWN_NUMBERS, Refused, Switchboard
from local.convox.weather import Weather


class Noting:
    """Carries nothing, and notes what it was given."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Json]] = []
        self.is_down = False

    def call(self, method: str, path: str, body: Json | None = None, query: dict[str, str] | None = None) -> Answer:
        del query
        if self.is_down:
            raise NoAnswer("no answer: ConnectionRefusedError")
        self.told.append((f"{method} {path}", body or {}))
        return Answer(200, {"message": "Understood."}, 1.0)


@pytest.fixture
def api() -> Noting:
    return Noting()


@pytest.fixture
def board(api: Noting) -> Switchboard:
    return Switchboard(api)


@pytest.fixture
def fake() -> Iterator[RunningFake]:
    with running_fake(sample=True) as running:
        yield running


@pytest.fixture
def simulator(board: Switchboard, fake: RunningFake) -> Iterator[Simulator]:
    with Simulator(board, Weather(fake), "http://127.0.0.1:1/desk") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def send(server: Simulator, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
    """Send a form as the simulator's own page does; None: ask for a page."""
    connection = HTTPConnection("127.0.0.1", urlsplit(server.url).port or 0, timeout=10)
    body = None if form is None else urlencode(form)
    own = {"Origin": server.url} | {name.title(): value for name, value in headers.items()}
    connection.request("GET" if body is None else "POST", path, body, own)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_callbacks_have_convox_s_own_names(board: Switchboard, api: Noting) -> None:
    call = board.ring("known", "agent-7", "Andheri")
    board.transfer(call.call_id, "agent-8")
    board.hang_up(call.call_id, BOOKED, {"patient_id": "P-01", "appointment_date": ""})

    (first, popup), (left, status), (second, other), (last, ended) = api.told
    assert [first, left, second, last] == ["POST /calls/popup", "POST /calls/status"] * 2
    assert popup == {
        "call_hit_reference_number": call.call_id,
        "agent_id": "agent-7",
        "mobile_number": "+919999900001",
        "queue_name": "Andheri",
        "DID": "+912200000002",
        "CALL_TYPE": "INCOMING",
    }
    assert (status["USER_ID"], other["agent_id"], ended["USER_ID"]) == ("agent-7", "agent-8", "agent-8")
    assert {each["call_hit_reference_number"] for each in (popup, other)} == {status["CALL_REFERENCE_ID"]}
    assert (ended["DISPOSITION"], ended["patient_id"]) == (BOOKED, "P-01")
    assert "appointment_date" not in ended


def test_each_unknown_caller_has_another_number(board: Switchboard) -> None:
    unknown = [board.ring("unknown", "agent-7", "Andheri").number for _ in range(3)]

    assert unknown == list(UNKNOWN_NUMBERS[:3])
    assert board.ring("withheld", "agent-7", "Andheri").number == "anonymous"


def test_a_call_that_has_ended_is_not_ended_again(board: Switchboard, api: Noting) -> None:
    call = board.ring("known", "agent-7", "Andheri")
    board.hang_up(call.call_id, "Enquiry", {})

    with pytest.raises(Refused, match="has ended"):
        board.hang_up(call.call_id, "Enquiry", {})
    assert len(api.told) == 2


def test_an_api_that_does_not_answer_is_told_on_the_page(board: Switchboard, api: Noting) -> None:
    api.is_down = True

    board.ring("known", "agent-7", "Andheri")

    assert "no answer: ConnectionRefusedError" in board.events[0]


def test_the_page_takes_its_own_forms_alone(simulator: Simulator, api: Noting) -> None:
    form = {"kind": "known", "agent": "agent-7", "queue": "Andheri"}

    foreign, _ = send(simulator, "/ring", form, origin="http://elsewhere.example")
    renamed, _ = send(simulator, "/", host="elsewhere.example")
    assert (foreign, renamed, api.told) == (403, 421, [])

    own, _ = send(simulator, "/ring", form)
    status, page = send(simulator, "/")
    assert (own, status, len(api.told)) == (303, 200, 1)
    assert "pop-up for agent-7: 200 Understood." in page


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/ring", {"kind": "nobody", "agent": "agent-7", "queue": "Andheri"}),
        ("/transfer", {"call": "<b>", "agent": "agent-8"}),
        ("/hang-up", {"call": "", "disposition": "<b>"}),
        ("/clinicea", {"weather": "<b>"}),
        ("/<b>", {}),
    ],
)
def test_a_changed_form_is_refused_in_words(simulator: Simulator, api: Noting, path: str, form: dict[str, str]) -> None:
    status, page = send(simulator, path, form)

    assert (status, api.told) == (400, [])
    assert 'role="alert"' in page
    assert "<b>" not in page


@pytest.mark.parametrize(("weather", "kinds"), [("down", ["status"]), ("slow", ["delay"]), ("back", [])])
def test_a_button_changes_how_clinicea_answers(
    simulator: Simulator, fake: RunningFake, weather: str, kinds: list[str]
) -> None:
    send(simulator, "/clinicea", {"weather": "down"})
    send(simulator, "/clinicea", {"weather": weather})

    assert [each["kind"] for each in fake.call("GET", "faults")["faults"]] == kinds
    assert simulator.weather.now() == weather
