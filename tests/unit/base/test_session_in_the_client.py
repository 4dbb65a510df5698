"""The shared session under the real client: two containers over written answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.clinicea import connect
from convox_clinicea.clinicea.calls import LOGIN
from convox_clinicea.clinicea_session import SharedSession
from convox_clinicea.deadline import Deadline
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.table import Table
from tests.support.account import Stack
from tests.support.canaries import MOBILE
from tests.support.clients import UNUSED, Scripted, answer, credentials
from tests.support.clock import VirtualClock

pytestmark = pytest.mark.usefixtures("account")


class TestInTheClient:
    """Two containers' clients over written answers."""

    @pytest.fixture
    def clients(self, stack: Stack, clock: VirtualClock) -> Callable[[Scripted], Any]:
        def made(transport: Scripted) -> Any:
            tokens = SharedSession(Table(aws.dynamodb(), stack.table), KmsSealer(aws.kms(), stack.kms_key_arn), clock)
            return connect(
                UNUSED,
                credentials=credentials,
                scheme="staff_session",
                clock=clock,
                transport=transport,
                tokens=tokens,
            )

        return made

    def search(self, client: Any, clock: VirtualClock) -> None:
        client.search_patient_by_mobile_number(MOBILE, Deadline.after(clock, 20))

    def test_one_logs_in_and_the_other_uses_its_token(
        self, clients: Callable[[Scripted], Any], clock: VirtualClock
    ) -> None:
        first, second = Scripted(answer("t-1"), answer([])), Scripted(answer([]))
        self.search(clients(first), clock)
        self.search(clients(second), clock)

        assert [request.call for request in first.sent] == [LOGIN, "searchPatientByMobileNumber"]
        assert [request.query["api_key"] for request in second.sent] == ["t-1"]

    def test_after_a_401_the_other_finds_the_renewed_one(
        self, clients: Callable[[Scripted], Any], clock: VirtualClock
    ) -> None:
        refused = answer(status=401, text="")
        first = Scripted(answer("t-1"), answer([]), refused, answer("t-2"), answer([]))
        second = Scripted(answer([]), refused, answer([]))
        one, other = clients(first), clients(second)
        self.search(one, clock)
        self.search(other, clock)
        self.search(one, clock)
        self.search(other, clock)

        assert [request.query.get("api_key") for request in first.sent] == [None, "t-1", "t-1", None, "t-2"]
        assert [request.query["api_key"] for request in second.sent] == ["t-1", "t-1", "t-2"]
