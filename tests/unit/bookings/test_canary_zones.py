"""Which differences another zone explains, and what makes a setup another one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from convox_clinicea.clinicea.arguments import Setup, may_be_another_zone
from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.deployment_documents import Clinics, ClinicsDocument
from convox_clinicea.settings import packed
from tests.support.bookings import START
from tests.support.guarding import POST


def test_a_zone_s_winter_proves_nothing_for_its_summer() -> None:
    """London's winter hides what its summer shows: at an offset of zero, UTC and the clinic's time look the same."""
    table = CallTable.build(packed("call_table"))
    setup = Setup(table, Clinics(ClinicsDocument(schema=1), "Europe/London"))
    winter, summer = (datetime(2031, month, 3, 12, tzinfo=ZoneInfo("Europe/London")) for month in (1, 7))

    assert setup.form("C-01", winter, known=True) != setup.form("C-01", summer, known=True)


@pytest.mark.parametrize("one", ["UTC", "Asia/Kathmandu", "Asia/Dubai", "Australia/Lord_Howe", "America/St_Johns"])
@pytest.mark.parametrize("other", ["Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kolkata", "Australia/Eucla"])
def test_any_two_zones_can_be_mistaken_for_each_other(one: str, other: str) -> None:
    """A staff member may have a zone of their own, which no setting names."""
    for moment in (START, START + timedelta(days=182)):
        wall = moment.replace(tzinfo=None)
        shown = wall.replace(tzinfo=ZoneInfo(one))
        meant = wall.replace(tzinfo=ZoneInfo(other))
        assert may_be_another_zone(meant, shown)
        assert may_be_another_zone(shown, meant)


@pytest.mark.parametrize("minutes", [0, 20, -1, 7, 26 * 60 + 15, -26 * 60 - 15])
def test_what_no_two_zones_differ_by_is_no_zone_s_mistake(minutes: int) -> None:
    assert not may_be_another_zone(START, START + timedelta(minutes=minutes))


def test_what_decides_instants_and_form_makes_the_fingerprint() -> None:
    def fingerprint(call_table: dict[str, Any], zone: str = "Asia/Kolkata", **clinic: str) -> str:
        clinics = {"schema": 1, "clinics": [{"clinic_id": "C-02", **clinic}]}
        table = CallTable.build(packed("call_table"), {"schema": 2, **call_table})
        return Setup(table, Clinics.from_document(clinics, zone)).fingerprint

    plain = fingerprint({})
    assert fingerprint({"times": {"evidence": {"writing_zone": "confirmed"}}}) == plain
    assert fingerprint({}, name="North") == plain
    others = [
        fingerprint({"times": {"writing_zone": "utc"}}),
        fingerprint({"times": {"reading_zone": "utc"}}),
        fingerprint({"calls": {POST: {"version": "v2"}}}),
        fingerprint({}, "Asia/Dubai"),
        fingerprint({}, time_zone="Asia/Dubai"),
    ]
    assert len({plain, *others}) == len(others) + 1
