"""Two releases at once in the weather: the later one is deployed, rolled back in the middle, and deployed again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.mix import Mix
from tests.chaos.releases import TODAY, later
from tests.chaos.run import Run
from tests.chaos.table import Table
from tests.chaos.world import SECOND_RELEASE

MIX = Mix(also=frozenset({SECOND_RELEASE}))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_releases_at_once_harm_nobody(seed: int) -> None:
    run = Run(100, seed, 0.33, mix=MIX)
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
    assert _versions(run) == {2, 3}
    assert verdict.booked > verdict.accepted * 0.7


def test_later_release_has_its_own_code_and_number() -> None:
    assert later().module("bookings.record").SCHEMA_VERSION > TODAY.module("bookings.record").SCHEMA_VERSION
    error = later().module("errors").NotStored("x")
    assert later().is_own_error(error)
    assert not TODAY.is_own_error(error)


def test_later_record_rewritten_as_an_earlier_one_is_detected() -> None:
    run = Run(1, 1, 0.0)
    table: Table = run.world.tables[0]
    record: dict[str, Any] = {"pk": {"S": "booking#bk_a"}, "schema_version": {"N": "3"}}
    key = table.schema.of(record)
    assert key is not None
    for number in ("3", "3", "2"):
        table.write(0.0, key, record | {"schema_version": {"N": number}})

    verdict = run.verdict()

    assert not verdict.harmless
    assert verdict.overwritten == 1


def _versions(run: Run) -> set[int]:
    """Return the versions in which bookings stand."""
    items = (item for table in run.world.tables for item in table.items.values() if "pk" in item)
    return {int(item["schema_version"]["N"]) for item in items if item["pk"]["S"].startswith("booking#")}
