"""A pop-up tells the agent's open pages that there is a call: which pages, by what bytes, and at whose cost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from botocore.config import Config

from convox_clinicea import aws
from convox_clinicea.deadline import SystemClock
from convox_clinicea.sockets import MESSAGE, MOST_SOCKETS, AgentSockets, Socket, key_of_sockets
from convox_clinicea.table import Table
from tests.support import emf, invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment
from tests.support.desk import CALL
from tests.support.small_server import Action, Reply, Reset
from tests.support.sockets import GONE, Management, management_api

KEY, ANOTHER = key_of_sockets("convox", AGENT_ID), key_of_sockets("convox", "agent-13")
SEARCH = "searchPatientByMobileNumber"
LONGEST = 10.0
"""Seconds after which what a test holds up is let go whatever happens."""


@pytest.fixture
def management(deployment: Deployment) -> Iterator[Management]:
    with management_api() as api:
        deployment.configure(DESK_SOCKETS=api.url)
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        yield api


@pytest.fixture
def sockets(deployment: Deployment) -> AgentSockets:
    return AgentSockets(Table(aws.dynamodb(), deployment.stack.table), SystemClock())


def connected(sockets: AgentSockets, *names: str, key: str = KEY, seconds: float = 600) -> None:
    until = SystemClock().now() + timedelta(seconds=seconds)
    for name in names:
        assert sockets.open(key, Socket(name, "desk-session#one", until))


def test_every_open_page_of_the_agent_is_told_and_nobody_else(
    deployment: Deployment, management: Management, sockets: AgentSockets
) -> None:
    connected(sockets, "first=", "second/")
    connected(sockets, "another's", key=ANOTHER)

    assert deployment.popup(CALL).status == 200

    assert management.posted == [("first=", MESSAGE), ("second/", MESSAGE)]
    deployment.popup({**CALL, "call_id": "call-78", "agent_id": AGENT_ID.upper()})
    assert len(management.posted) == 4


def test_what_is_posted_holds_nothing_of_the_call(
    deployment: Deployment, management: Management, sockets: AgentSockets
) -> None:
    connected(sockets, "first=")

    deployment.popup({**CALL, "queue": "Andheri"})

    (seen,) = management.seen
    assert (seen.verb, seen.target, seen.body) == ("POST", "/desk/@connections/first%3D", b"calls")
    headers = str(seen.headers)
    assert all(each not in headers for each in (CALL_ID, AGENT_ID, "99999", "Andheri", "P-41"))


def test_a_call_that_is_nobody_s_tells_nobody(
    deployment: Deployment, management: Management, sockets: AgentSockets
) -> None:
    deployment.configure(REQUIRE_CALL_CONTEXT="false")
    connected(sockets, "first")

    for body in ({"mobile": invented.MOBILE, "call_id": CALL_ID}, {"mobile": invented.MOBILE, "agent_id": AGENT_ID}):
        assert deployment.popup(body).status == 200
    assert deployment.popup(CALL, caller="north").status == 200
    assert deployment.popup({**CALL, "mobile": "99999*****"}).status == 400

    assert management.posted == []


def test_a_call_that_was_not_announced_is_not_told(
    deployment: Deployment, management: Management, sockets: AgentSockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(sockets, "first")
    deployment.configure(KMS_KEY_ARN="arn:aws:kms:ap-south-1:123456789012:key/unknown")

    assert deployment.popup(CALL).status == 200

    assert management.posted == []


def test_a_closed_connection_is_removed_and_the_others_are_told(
    deployment: Deployment, management: Management, sockets: AgentSockets, capsys: pytest.CaptureFixture[str]
) -> None:
    connected(sockets, "closed", "open")
    management.answers["closed"] = GONE

    deployment.popup(CALL)

    assert [name for name, _ in management.posted] == ["closed", "open"]
    assert [each.connection_id for each in sockets.of(KEY)] == ["open"]
    output = capsys.readouterr().out
    assert (emf.values(output, "CallPushed"), emf.values(output, "PushFailed")) == ([1], [])


def test_a_connection_past_its_time_is_not_told(
    deployment: Deployment, management: Management, sockets: AgentSockets
) -> None:
    connected(sockets, "old", seconds=-1)
    connected(sockets, "open")

    deployment.popup(CALL)

    assert [name for name, _ in management.posted] == ["open"]


@pytest.mark.parametrize("answer", [Reply(403), Reply(429), Reply(500), Reset()], ids=repr)
def test_a_management_api_that_fails_costs_one_post_no_answer(
    deployment: Deployment,
    management: Management,
    sockets: AgentSockets,
    capsys: pytest.CaptureFixture[str],
    answer: Action,
) -> None:
    names = [f"tab-{number}" for number in range(MOST_SOCKETS)]
    connected(sockets, *names)
    management.answers = dict.fromkeys(names, answer)

    answered = deployment.popup(CALL)

    assert (answered.status, answered.body["match"]) == (200, "one")
    assert len(management.posted) == 1
    assert [each.connection_id for each in sockets.of(KEY)] == names
    assert emf.values(capsys.readouterr().out, "PushFailed") == [MOST_SOCKETS]


def test_a_management_api_that_cannot_be_reached_costs_no_answer(
    deployment: Deployment, management: Management, sockets: AgentSockets, capsys: pytest.CaptureFixture[str]
) -> None:
    connected(sockets, "first")
    deployment.configure(DESK_SOCKETS="http://127.0.0.1:9/desk")

    assert deployment.popup(CALL).body["match"] == "one"

    assert emf.values(capsys.readouterr().out, "PushFailed") == [1]


def test_the_look_up_does_not_wait_for_the_push(
    deployment: Deployment, management: Management, sockets: AgentSockets
) -> None:
    """Clinicea is asked while the post is held up."""
    connected(sockets, "first")
    asked: list[bool] = []

    def until_clinicea_is_asked(_connection: str) -> None:
        for _ in range(int(LONGEST * 100)):
            if deployment.fake.requests(SEARCH):
                break
            threading.Event().wait(0.01)
        asked.append(bool(deployment.fake.requests(SEARCH)))

    management.before = until_clinicea_is_asked

    assert deployment.popup(CALL).status == 200
    assert asked == [True]


def test_a_silent_management_api_is_not_waited_for(
    deployment: Deployment,
    management: Management,
    sockets: AgentSockets,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client would wait for minutes; the answer comes while the post is still held up."""
    patient = aws.QUICK.merge(Config(connect_timeout=60, read_timeout=60))
    monkeypatch.setattr(aws, "AT_ONCE", patient)
    aws.websockets.cache_clear()
    connected(sockets, "first", "second")
    released = threading.Event()
    management.before = lambda _connection: released.wait(LONGEST)

    answered = deployment.popup(CALL)

    assert not released.is_set()
    assert (answered.status, answered.body["match"]) == (200, "one")
    assert emf.values(capsys.readouterr().out, "PushFailed") == [1]
    released.set()
    aws.websockets.cache_clear()


def test_connections_that_are_read_late_are_not_waited_for(
    deployment: Deployment, management: Management, sockets: AgentSockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(sockets, "first")
    released = threading.Event()
    read = AgentSockets.of
    monkeypatch.setattr(AgentSockets, "of", lambda own, key: [*read(own, key)] if released.wait(LONGEST) else [])

    answered = deployment.popup(CALL)

    assert not released.is_set()
    assert (answered.status, answered.body["match"]) == (200, "one")
    assert management.posted == []
    released.set()


def test_without_a_desk_nothing_is_read_or_posted(
    deployment: Deployment, management: Management, sockets: AgentSockets
) -> None:
    connected(sockets, "first")
    deployment.configure(DESK_CLIENT="", DESK_SOCKETS="")

    assert deployment.popup(CALL).body["match"] == "one"

    assert management.posted == []
