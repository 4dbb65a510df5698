"""An operator's commands against the deployed template, permissions enforced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands import before_deploying, cli_support, target
from commands.__main__ import main
from commands.before_deploying import Standing
from commands.cli_support import Output
from commands.target import Target
from tests.end_to_end.api import Api, call, slot
from tests.support.places import nowhere


@pytest.fixture(autouse=True)
def on_this_stack(stack: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find the stack of these tests."""
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(stack))
    monkeypatch.setattr(target, "STACK_FILE", file)


def parked(api: Api, number: int) -> str:
    """A caller who would be new, under a number that somebody else has."""
    wish = {"mobile": "+919999900001", "first_name": "Dev", "clinic_id": "C-02", "start": slot(60, 10, number % 60)}
    answer = api.post("/appointments", {**wish, "consent": {"given": True}, **call(number)})
    booking_id: str = answer.json()["booking_id"]
    assert api.ended(booking_id)["reason"] == "number_registered_to_other"
    return booking_id


def test_a_stack_that_works_passes_the_smoke_test(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["smoke"]) == 0, capsys.readouterr().out

    said = capsys.readouterr().out
    assert "FAILED" not in said
    assert "the alarms exist and are enabled" in said


def test_a_release_that_does_not_run_fails_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["smoke", "--release", "f" * 64]) == 1

    assert "runs another release" in capsys.readouterr().out


def test_a_parked_booking_is_listed_redriven_and_resolved(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    booking_id = parked(api, 71)
    assert main(["bookings", "--state", "needs_attention", "--reason", "number_registered_to_other"]) == 0
    assert booking_id in capsys.readouterr().out

    assert main(["redrive", booking_id, "--go", "--why", "the record was corrected", "--yes"]) == 0
    again = api.ended(booking_id)
    assert (again["state"], again["reason"]) == ("needs_attention", "number_registered_to_other")

    made = ["--as", "booked", "--appointment", "A-made-by-hand", "--why", "made by hand", "--yes"]
    assert main(["resolve", booking_id, *made]) == 0
    assert api.get(f"/bookings/{booking_id}").json()["appointment_id"] == "A-made-by-hand"

    capsys.readouterr()
    assert main(["bookings", booking_id]) == 0
    said = capsys.readouterr().out
    assert '"the record was corrected"' in said
    assert '"made by hand"' in said
    assert main(["bookings", booking_id, "--json"]) == 0
    assert [act["why"] for act in json.loads(capsys.readouterr().out)["acts"]] == [
        "the record was corrected",
        "made by hand",
    ]


def test_what_a_deployment_looks_up_beforehand(
    stack: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere(tmp_path, monkeypatch)
    for name, value in (("ENDPOINT_URL", stack["aws_endpoint_url"]), ("REGION", "ap-south-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "test")
    deployed = Target.find("convox-clinicea")

    now = before_deploying.standing(deployed)

    assert deployed.address() == "convox-clinicea on AWS, account 000000000000, region ap-south-1"
    assert now.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert now.parameters["SettleSeconds"] == "30"
    assert list(before_deploying.obstacles(deployed, now, now.parameters | {"ApiGatewayLogRole": "create"})) == []
    (told,) = before_deploying.obstacles(deployed, now, now.parameters)
    assert 'PARAMETERS="ApiGatewayLogRole=create"' in told
    other = now.parameters | {"CliniceaSecretArn": now.parameters["CliniceaSecretArn"][:-6] + "AbCdEf"}
    assert any("no such secret" in each for each in before_deploying.obstacles(deployed, now, other))
    assert before_deploying.standing(Target.find("other")) == Standing()
    assert cli_support.run(Output(), "other", lambda each: len(each.output("LedgerTable"))) == 2
    assert "no stack 'other' in ap-south-1, account 000000000000" in capsys.readouterr().err


def test_people_of_the_desk_come_and_go(stack: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    if "desk_url" not in stack:
        pytest.skip("this stack has no desk")
    wanted = ["--agent-id", "agent-31", "--name", "Asha Demo", "--temporary-password", "--yes"]
    assert main(["people", "add", "asha", *wanted]) == 0
    assert len(capsys.readouterr().out.split()) == 1
    assert main(["people", "add", "ravi", *wanted]) == 1
    assert "the agent id agent-31 is asha's" in capsys.readouterr().err

    assert main(["people", "disable", "asha", "--why", "has left, ticket 7", "--yes"]) == 0
    capsys.readouterr()
    assert main(["people", "list", "--json"]) == 0

    people = {each["user_name"]: each for each in json.loads(capsys.readouterr().out)["people"]}
    assert (people["asha"]["enabled"], people["asha"]["agent_id"], "ravi" in people) == (False, "agent-31", False)
