"""The register of disclosures: who got which fields of whom, before they got them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from convox_clinicea import aws
from convox_clinicea.deadline import Deadline
from convox_clinicea.disclosures import MOST_AT_ONCE, DisclosureRegister, HandedOut, Keeping, NotRecorded, Recipient
from convox_clinicea.errors import ConnectorError
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.table import Put, Table, TableUnavailable
from tests.support import invented
from tests.support.account import Stack
from tests.support.clock import NOON, VirtualClock

AGENT = Recipient("convox", "agent-12", "CALL-7001", "POST /patients/search", "request-1", "203.0.113.7")
MEERA = HandedOut("P-41", ("name", "mobile"))
IDS = FreeTextIds(invented.IDENTITY_KEY.encode, "IN")
KEEPING = Keeping(timedelta(days=365), ZoneInfo("Asia/Kolkata"), IDS)


class Failing(Table):
    """A table that fails so many times, and takes what it is told before it fails or not at all."""

    def __init__(self, stack: Stack, failures: int, *, written: bool = False, seconds: float = 0.0) -> None:
        super().__init__(aws.dynamodb(), stack.disclosures_table)
        self.tries = 0
        self.clock = VirtualClock()
        self._failures, self._written, self._seconds = failures, written, seconds

    def put(self, put: Put) -> None:
        self._attempt(lambda: super(Failing, self).put(put))

    def put_all(self, puts: Sequence[Put], token: str) -> None:
        self._attempt(lambda: super(Failing, self).put_all(puts, token))

    def _attempt(self, write: Any) -> None:
        self.tries += 1
        failing = self.tries <= self._failures
        if not failing or self._written:
            write()
        if failing:
            self.clock.advance(self._seconds)
            raise TableUnavailable("dynamodb: ReadTimeoutError")


def register(table: Table, told: list[ConnectorError], *, closed: bool = True) -> DisclosureRegister:
    return DisclosureRegister(table, VirtualClock(), KEEPING, closed=closed, observe=told.append)


def soon(clock: VirtualClock, seconds: float = 1.0) -> Deadline:
    return Deadline.after(clock, seconds)


def test_an_entry_says_who_got_which_fields_and_no_value(stack: Stack) -> None:
    table = Table(aws.dynamodb(), stack.disclosures_table)

    register(table, []).add([MEERA], AGENT, soon(VirtualClock()))

    (entry,) = stack.entries()
    assert entry.pop("entry")["S"].startswith("2031-03-03T12:00:00.000Z#")
    assert entry.pop("write_token")
    assert entry == {
        "subject": {"S": "patient#P-41"},
        "kind": {"S": "disclosure"},
        "at": {"S": "2031-03-03T12:00:00.000Z"},
        "day": {"S": "2031-03-03"},
        "patient_id": {"S": "P-41"},
        "caller": {"S": "convox"},
        "agent_id": {"S": "agent-12"},
        "call_id": {"S": "CALL-7001"},
        "route": {"S": "POST /patients/search"},
        "request_id": {"S": "request-1"},
        "source_ip": {"S": "203.0.113.7"},
        "fields": {"L": [{"S": "name"}, {"S": "mobile"}]},
        "v": {"N": "1"},
        "expires_at": {"N": str(int((NOON + timedelta(days=365)).timestamp()))},
    }


def test_the_day_is_the_clinic_s(stack: Stack) -> None:
    clock = VirtualClock(NOON + timedelta(hours=7))
    table = Table(aws.dynamodb(), stack.disclosures_table)

    DisclosureRegister(table, clock, KEEPING, closed=True, observe=lambda _: None).add([MEERA], AGENT, soon(clock))

    assert stack.entries()[0]["day"] == {"S": "2031-03-04"}, "half past midnight in Kolkata"


def test_the_same_look_up_again_is_another_entry(stack: Stack) -> None:
    book = register(Table(aws.dynamodb(), stack.disclosures_table), [])

    book.add([MEERA], AGENT, soon(VirtualClock()))
    book.add([MEERA], AGENT, soon(VirtualClock()))

    assert len(stack.entries()) == 2


@pytest.mark.parametrize("count", [0, 2, MOST_AT_ONCE, MOST_AT_ONCE + 1])
def test_a_family_has_an_entry_each(stack: Stack, count: int) -> None:
    family = [HandedOut(f"P-{number}", ("name",)) for number in range(count)]

    register(Table(aws.dynamodb(), stack.disclosures_table), []).add(family, AGENT, soon(VirtualClock()))

    assert {entry["patient_id"]["S"] for entry in stack.entries()} == {each.patient_id for each in family}


def test_missing_agent_and_call_are_omitted_for_the_indexes(stack: Stack) -> None:
    nobody = Recipient("convox", None, None, "GET /patients")

    register(Table(aws.dynamodb(), stack.disclosures_table), []).add([MEERA], nobody, soon(VirtualClock()))

    assert not {"agent_id", "call_id"} & set(stack.entries()[0])


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("written", [True, False])
def test_a_lost_answer_is_no_second_entry_and_no_failure(stack: Stack, count: int, *, written: bool) -> None:
    table, told = Failing(stack, 1, written=written), list[ConnectorError]()
    family = [HandedOut(f"P-{number}", ("name",)) for number in range(count)]

    register(table, told).add(family, AGENT, soon(table.clock))

    assert (table.tries, len(stack.entries()), told) == (2, count, [])


def test_failing_closed_it_refuses_and_tells(stack: Stack) -> None:
    table, told = Failing(stack, 9), list[ConnectorError]()

    with pytest.raises(NotRecorded, match=r"^dynamodb: ReadTimeoutError$") as caught:
        register(table, told).add([MEERA], AGENT, soon(table.clock))

    assert table.tries == 2
    assert told == [caught.value]
    assert caught.value.retryable


def test_failing_open_it_tells_and_lets_the_answer_leave(stack: Stack) -> None:
    table, told = Failing(stack, 9), list[ConnectorError]()

    register(table, told, closed=False).add([MEERA], AGENT, soon(table.clock))

    assert [type(each) for each in told] == [NotRecorded]


def test_second_attempt_that_would_be_too_late_is_not_made(stack: Stack) -> None:
    table = Failing(stack, 1, seconds=0.5)

    with pytest.raises(NotRecorded):
        register(table, []).add([MEERA], AGENT, soon(table.clock, 0.3))

    assert table.tries == 1


@pytest.mark.parametrize(("budget", "before"), [(2.0, 1.8), (0.5, 0.3), (0.2, 0.1), (0.0, 0.0)])
def test_some_of_the_budget_is_kept_for_the_entry(budget: float, before: float) -> None:
    clock = VirtualClock()

    assert DisclosureRegister.before(Deadline.after(clock, budget)).remaining() == pytest.approx(before)


def test_whoever_waits_for_an_entry_waits_a_second_at_most() -> None:
    config: Any = aws.dynamodb_at_once().meta.config

    assert (config.connect_timeout, config.read_timeout) == (0.5, 0.5)
    assert config.retries["total_max_attempts"] == 1
