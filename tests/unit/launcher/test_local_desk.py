"""The desk on this machine: its people, its address, and where it is told."""

from __future__ import annotations

import argparse
import re

import pytest

from local.__main__ import parameters
from local.deploy import Stack
from local.desk import LocalDesk, OpenDesk, SignIn, people
from local.trying import where_to_go
from tests.support.recorder import Recorder

STACK = Stack("http://api", "token", "Access-Token", "http://fake", "http://aws", "t", "q", "d", "http://api/desk")


@pytest.mark.parametrize("attempt", range(20))
def test_passwords_meet_the_pool_s_policy_and_are_never_the_same(attempt: int) -> None:
    agent, supervisor = people()

    assert agent.password != supervisor.password
    for each in (agent.password, supervisor.password):
        assert re.fullmatch(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[!-~]{12,}", each)


def test_a_run_prints_its_addresses_and_who_may_sign_in() -> None:
    person = SignIn("nisha", "Nisha Inventedkar", "agent-7", "agents", "a-Password-1")
    told = where_to_go(STACK, OpenDesk((person,), "http://simulator/"))

    for expected in ("http://api/desk", "http://simulator/", "user nisha", "password a-Password-1", "agent-7"):
        assert expected in told


def test_the_stack_file_of_a_run_without_a_desk_has_no_people() -> None:
    assert OpenDesk().told == {}


def test_only_the_address_of_function_and_user_pool_is_changed() -> None:
    aws = Recorder(
        {
            "get_function_configuration": {"Environment": {"Variables": {"DESK_CLIENT": "convox"}}},
            "describe_user_pool_client": {
                "UserPoolClient": {"ClientName": "desk", "CallbackURLs": ["https://old/signed-in"], "ClientSecret": "s"}
            },
        }
    )
    physical = {"AgentDeskFunction": "function", "DeskPool": "pool", "DeskPoolClient": "client"}

    assert LocalDesk(lambda _service: aws, physical).set_address("http://api") == "http://api/desk"

    done = dict(aws.calls)
    assert done["update_function_configuration"]["Environment"]["Variables"] == {
        "DESK_CLIENT": "convox",
        "DESK_ADDRESS": "http://api/desk",
    }
    assert done["update_user_pool_client"] == {
        "UserPoolId": "pool",
        "ClientId": "client",
        "ClientName": "desk",
        "CallbackURLs": ["http://api/desk/signed-in"],
        "LogoutURLs": ["http://api/desk"],
    }


def test_the_pop_up_posts_to_the_emulator_by_its_alias() -> None:
    aws = Recorder(
        {
            "get_function_configuration": {"Environment": {"Variables": {"DESK_CLIENT": "convox"}}},
            "publish_version": {"Version": "7"},
        }
    )
    physical = {"AgentDeskFunction": "desk", "CallPopupFunction": "popup", "DeskSockets": "abc"}

    address = LocalDesk(lambda _service: aws, physical).set_sockets("http://127.0.0.1:4566")

    assert address == "http://127.0.0.1:4566/_aws/execute-api/abc/desk"
    changed = [given for name, given in aws.calls if name == "update_function_configuration"]
    variables = {"Variables": {"DESK_CLIENT": "convox", "DESK_SOCKETS": address}}
    assert changed == [{"FunctionName": name, "Environment": variables} for name in ("desk", "popup")]
    assert dict(aws.calls)["update_alias"] == {"FunctionName": "popup", "Name": "live", "FunctionVersion": "7"}


def test_an_address_that_stands_publishes_no_version() -> None:
    known = {"DESK_SOCKETS": "http://127.0.0.1:4566/_aws/execute-api/abc/desk"}
    aws = Recorder({"get_function_configuration": {"Environment": {"Variables": known}}})
    physical = {"AgentDeskFunction": "desk", "CallPopupFunction": "popup", "DeskSockets": "abc"}

    LocalDesk(lambda _service: aws, physical).set_sockets("http://127.0.0.1:4566")

    assert {name for name, _ in aws.calls} == {"get_function_configuration"}


@pytest.mark.parametrize(
    ("asked", "given", "desk"),
    [
        ("", [], "on"),
        ("demo", [], "off"),
        ("gameday", [], "off"),
        ("serve_only", [], "off"),
        ("serve_only", [("Desk", "on")], "on"),
        ("", [("Desk", "off")], "off"),
    ],
)
def test_make_run_has_a_desk_and_other_runs_on_request(asked: str, given: list[tuple[str, str]], desk: str) -> None:
    modes = {name: name == asked for name in ("demo", "gameday", "serve_only")}

    found = parameters(argparse.Namespace(**modes, parameter=given), {"Python": "3.11"})

    assert found == {"Desk": desk, "Python": "3.11"}
