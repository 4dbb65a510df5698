"""Calls that a pop-up announced and whose status callback never came are listed; any other call is not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from commands import calls
from commands.cli_support import Output, Session
from convox_clinicea import aws
from convox_clinicea.announcements import ANNOUNCED, ANNOUNCEMENT_RETENTION, AnnouncedCalls
from convox_clinicea.errors import InvalidRequest
from convox_clinicea.table import Table, TableUnavailable, timestamp
from tests.support import invented
from tests.support.account import Stack
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.call_ends import known, new
from tests.support.clock import VirtualClock
from tests.support.deployment import Deployment

POPUP = {"mobile": invented.MOBILE, "call_id": CALL_ID, "agent_id": AGENT_ID}
HOURS = timedelta(hours=2)


def open_calls(deployment: Deployment, *, older_than_minutes: int = 0) -> list[dict[str, Any]]:
    order = {"action": "calls", "older_than_minutes": older_than_minutes}
    found: list[dict[str, Any]] = deployment.function("booking_actions").invoke(order)["calls"]
    return found


def test_an_announced_call_is_open_and_holds_ids_and_times_only(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    assert deployment.popup(POPUP).status == 200

    (found,) = open_calls(deployment)

    assert (found["caller"], found["call_id"], found["agent_id"]) == ("convox", CALL_ID, AGENT_ID)
    (item,) = [each for each in deployment.stack.items() if each["pk"]["S"].startswith("announced#")]
    assert set(item) == {"pk", "open", "queued_at", "caller", "call_id", "agent_id", "expires_at", "schema_version"}
    assert not invented.leaks(repr(item))


def test_one_that_was_announced_a_moment_ago_is_not_yet_missed(deployment: Deployment) -> None:
    deployment.popup(POPUP)

    assert open_calls(deployment, older_than_minutes=5) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (known(), 202),
        ({"call_id": CALL_ID, "agent_id": AGENT_ID, "disposition": "Not interested"}, 200),
        (known(clinic_id=...), 400),
        (new(consent=...), 400),
    ],
    ids=["booked", "no appointment", "kept", "no consent"],
)
def test_its_status_callback_closes_it(deployment: Deployment, body: dict[str, Any], status: int) -> None:
    deployment.popup(POPUP)

    assert deployment.call_status(body).status == status

    assert open_calls(deployment) == []
    deployment.popup(POPUP)
    assert open_calls(deployment) == [], "a page that is opened again after the end announces nothing"


class TestTransfer:
    """The next agent has a pop-up and a status of their own, under the same call id."""

    SECOND = "agent-13"

    def test_lost_callback_of_the_second_agent_is_listed(self, deployment: Deployment) -> None:
        deployment.popup(POPUP)
        deployment.call_status({"call_id": CALL_ID, "agent_id": AGENT_ID, "disposition": "Transferred"})
        deployment.popup(POPUP | {"agent_id": self.SECOND})

        assert [(each["call_id"], each["agent_id"]) for each in open_calls(deployment)] == [(CALL_ID, self.SECOND)]

    def test_so_it_is_where_the_second_pop_up_came_first(self, deployment: Deployment) -> None:
        deployment.popup(POPUP)
        deployment.popup(POPUP | {"agent_id": self.SECOND})
        deployment.call_status({"call_id": CALL_ID, "agent_id": AGENT_ID, "disposition": "Transferred"})

        assert [each["agent_id"] for each in open_calls(deployment)] == [self.SECOND]

    def test_each_one_s_own_callback_closes_it(self, deployment: Deployment) -> None:
        for agent in (AGENT_ID, self.SECOND):
            deployment.popup(POPUP | {"agent_id": agent})
            said = {"call_id": CALL_ID, "agent_id": agent.upper(), "disposition": "Not interested"}
            assert deployment.call_status(said).status == 200

        assert open_calls(deployment) == []


def test_what_a_release_before_opened_is_closed_too(deployment: Deployment) -> None:
    clock = VirtualClock()
    announced = AnnouncedCalls(Table(aws.dynamodb(), deployment.stack.table), clock)
    announced.announce("convox", CALL_ID, None)

    announced.end("convox", CALL_ID, AGENT_ID)

    assert announced.without_end(timedelta(0)) == ([], None)


def test_a_callback_that_was_not_stored_leaves_its_call_open(deployment: Deployment) -> None:
    deployment.popup(POPUP)
    deployment.configure(IDENTITY_SECRET_ARN="arn:aws:secretsmanager:ap-south-1:123456789012:secret:none")

    deployment.call_status(known()).is_error(503, "not_stored")

    assert [each["call_id"] for each in open_calls(deployment)] == [CALL_ID]


def test_a_pop_up_is_answered_though_its_call_cannot_be_noted(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise TableUnavailable("dynamodb: ReadTimeoutError")

    monkeypatch.setattr(AnnouncedCalls, "announce", away)

    assert deployment.popup(POPUP).status == 200
    assert '"CallNotAnnounced":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_callback_is_answered_though_its_end_cannot_be_noted(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise TableUnavailable("dynamodb: ReadTimeoutError")

    monkeypatch.setattr(AnnouncedCalls, "end", away)

    assert deployment.call_status(known()).status == 202
    assert "the end of a call was not recorded" in capsys.readouterr().out


@pytest.mark.parametrize("minutes", [-1, "2h", 10**6])
def test_an_order_that_is_none_is_refused(deployment: Deployment, minutes: object) -> None:
    with pytest.raises(InvalidRequest, match="older_than_minutes"):
        deployment.function("booking_actions").invoke({"action": "calls", "older_than_minutes": minutes})


def test_the_command_lists_them(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    def tell(*, as_json: bool) -> int:
        ask = deployment.function("booking_actions").invoke
        return calls.tell(Session(Output(as_json=as_json), ask, "the stack", lambda: ""), older=0)

    assert tell(as_json=False) == 0
    assert "the stack: 0 announced calls have no status callback" in capsys.readouterr().out
    deployment.popup(POPUP)
    capsys.readouterr()

    assert tell(as_json=False) == 1
    said = capsys.readouterr().out
    assert f"0 m ago  convox  call {CALL_ID}  agent {AGENT_ID}" in said
    assert tell(as_json=True) == 1
    (told,) = json.loads(capsys.readouterr().out)["calls"]
    assert told["call_id"] == CALL_ID


def test_the_first_pop_up_counts_and_days_later_nothing_is_kept() -> None:
    clock, stack = VirtualClock(), Stack.create()
    announced = AnnouncedCalls(Table(aws.dynamodb(), stack.table), clock)
    began = clock.now()
    announced.announce("convox", "c-1", None)
    clock.sleep(HOURS.total_seconds())
    announced.announce("convox", "c-1", None)
    announced.announce("convox", "c-2", AGENT_ID)

    ((found,), _) = announced.without_end(HOURS)

    assert (found.call_id, found.agent_id, timestamp(found.announced_at)) == ("c-1", None, timestamp(began))
    expiries = {item["pk"]["S"]: int(item["expires_at"]["N"]) for item in stack.items()}
    assert expiries["announced#convox#c-1"] == int((began + ANNOUNCEMENT_RETENTION).timestamp())
    assert {item["open"]["S"] for item in stack.items()} == {ANNOUNCED}
