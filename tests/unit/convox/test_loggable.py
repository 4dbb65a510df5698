"""Which ids of ConVox's may stand in a log line."""

from __future__ import annotations

import pytest

from convox_clinicea.bookings.callback_traces import loggable_agent, loggable_call
from convox_clinicea.privacy import MASK


@pytest.mark.parametrize(
    "call_id",
    ["CALL-7001", "1732778400", "1732778400.12345", "20261128090136", "550e8400-e29b-41d4-a716-446655440000", "a/b c"],
)
def test_a_call_is_found_by_its_id(call_id: str) -> None:
    assert loggable_call(call_id, "IN") == call_id


@pytest.mark.parametrize(
    "call_id",
    [
        "9999900001",
        "09999900001",
        "919999900001",
        "+919999900001",
        "+91 99999 00001",
        "c-99999-00001",
        "9999900001-1764320400",
        "1764320400_9999900001",
        "17643204009999900001",
        "999990000120261128090136",
        "someone@example.com",
    ],
)
def test_one_that_is_made_of_a_number_is_masked(call_id: str) -> None:
    assert loggable_call(call_id, "IN") == MASK


def test_foreign_number_is_masked_with_its_dialling_code() -> None:
    assert loggable_call("x-919999900001", "GB") == MASK


@pytest.mark.parametrize(("agent_id", "written"), [("agent-12", "agent-12"), (None, None), ("9999900001", MASK)])
def test_an_agent_s(agent_id: str | None, written: str | None) -> None:
    assert loggable_agent(agent_id) == written
