"""Facts that stand in two places are the same in both."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from commands.template import ROOT, template
from convox_clinicea.bookings.protocol import ProtocolTimings, Reason
from tests.support import invented
from tests.support.bookings import new_body

IN_A_TABLE = re.compile(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", re.MULTILINE)
NOT_PERSONAL = {"call_id", "agent_id", "clinic_id", "practitioner_id", "start", "duration_minutes", "gender"}


def default_of(parameter: str) -> float:
    return float(template()["Parameters"][parameter]["Default"])


def test_the_timings_of_the_protocol_are_the_template_s() -> None:
    timings = ProtocolTimings()

    assert timings.settle == timedelta(seconds=default_of("SettleSeconds"))
    assert timings.age == timedelta(hours=default_of("AgeLimitHours"))
    assert timings.retention == timedelta(days=default_of("RetentionDays"))


@pytest.mark.parametrize("page", ["http-contract.md", "operations.md"])
def test_the_table_of_reasons_has_each_reason_once(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    table = text[text.index("| reason |") :].split("\n\n")[0]
    told = [name for names in IN_A_TABLE.findall(table) for name in re.findall(r"`([a-z_]+)`", names)]

    assert sorted(told) == sorted(Reason)


def test_each_personal_value_is_searched_for_in_leaks() -> None:
    def values(body: dict[str, Any]) -> list[str]:
        return [str(value) for name, value in body.items() if name not in NOT_PERSONAL | {"consent"}]

    assert [each for each in values(new_body()) if each not in invented.CANARIES] == []
