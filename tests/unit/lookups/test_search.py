"""The search for a patient by number: none, one or many, never "the first"."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from convox_clinicea.clinicea.errors import CliniceaError, TimedOut
from convox_clinicea.deadline import Deadline
from convox_clinicea.lookups.search import MatchKind, PatientSearch, age_band
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalDate
from tests.support import invented
from tests.support.clinicea_bench import CliniceaBench

CALL = "searchPatientByMobileNumber"
MOBILE = Mobile.from_e164(invented.MOBILE)


@pytest.fixture
def bench() -> CliniceaBench:
    return CliniceaBench()


def find(bench: CliniceaBench, mobile: Mobile = MOBILE, seconds: float = 2.0) -> Any:
    return PatientSearch(bench.clinicea).find(mobile, Deadline.after(bench.clock, seconds))


def answered(bench: CliniceaBench, *records: dict[str, Any]) -> Any:
    bench.fake.fault(CALL, "status", status=200, body=json.dumps(records), count=1)
    return find(bench)


def record(**changes: Any) -> dict[str, Any]:
    return {"ID": "P-1", "FullName": "Somebody", "Mobile": invented.NATIONAL, "MobileCountryCode": "+91", **changes}


def test_nobody_one_and_several(bench: CliniceaBench) -> None:
    assert (find(bench).kind, find(bench).patients) == (MatchKind.NONE, ())

    bench.fake.add_patient(**invented.patient(patient_id="P-1"))
    assert (find(bench).kind, [p.patient_id for p in find(bench).patients]) == (MatchKind.ONE, ["P-1"])

    bench.fake.add_patient(**invented.child(patient_id="P-2"))
    assert (find(bench).kind, [p.patient_id for p in find(bench).patients]) == (MatchKind.MANY, ["P-1", "P-2"])


def test_the_number_is_asked_for_in_two_parts(bench: CliniceaBench) -> None:
    find(bench)

    assert bench.transport.sent == [(CALL, {"patMobile": invented.NATIONAL, "countryCode": "+91"})]


def test_a_record_told_twice_is_one_patient(bench: CliniceaBench) -> None:
    assert answered(bench, record(), record()).kind is MatchKind.ONE


@pytest.mark.parametrize(
    "shown",
    [
        {"Mobile": invented.NATIONAL},
        {"Mobile": invented.MOBILE},
        {"Mobile": "0" + invented.NATIONAL},
        {"Mobile": "99999 00041"},
        {"Mobile": invented.NATIONAL, "MobileCountryCode": ""},
        {"Mobile": invented.NATIONAL, "MobileCountryCode": None},
        {"Mobile": ""},
        {"Mobile": None},
        {"Mobile": f"home {invented.NATIONAL}"},
    ],
    ids=str,
)
def test_a_record_that_shows_this_number_or_none_is_handed_out(bench: CliniceaBench, shown: dict[str, Any]) -> None:
    assert answered(bench, record(**shown)).kind is MatchKind.ONE


@pytest.mark.parametrize(
    "shown",
    [
        {"Mobile": invented.OTHER_NATIONAL},
        {"Mobile": "501234567", "MobileCountryCode": "+971"},
        {"Mobile": f"1{invented.NATIONAL}"},
    ],
    ids=str,
)
def test_a_record_that_shows_another_number_is_not(bench: CliniceaBench, shown: dict[str, Any]) -> None:
    assert answered(bench, record(**shown)).kind is MatchKind.NONE
    assert answered(bench, record(**shown), record(ID="P-2")).kind is MatchKind.ONE


@pytest.mark.parametrize(
    "typed",
    [
        f"{invented.NATIONAL} (wife)",
        f"{invented.OTHER_NATIONAL} / {invented.NATIONAL}",
        "99XXXXXX41",
        "",
        "unlisted",
        float(invented.NATIONAL),
    ],
    ids=str,
)
def test_oddly_typed_record_hides_nobody_and_merges_nobody(bench: CliniceaBench, typed: object) -> None:
    assert answered(bench, record(Mobile=typed)).kind is MatchKind.ONE
    assert answered(bench, record(Mobile=typed), record(ID="P-2")).kind is MatchKind.MANY


def test_a_failure_is_clinicea_s_own_and_never_nobody(bench: CliniceaBench) -> None:
    bench.fake.fault(CALL, "html")

    with pytest.raises(CliniceaError):
        find(bench)


def test_a_search_ends_with_its_deadline(bench: CliniceaBench) -> None:
    bench.fake.fault(CALL, "delay", seconds=60)
    began = bench.clock.monotonic()

    with pytest.raises(TimedOut):
        find(bench, seconds=2)
    assert bench.clock.monotonic() - began == pytest.approx(2)


@pytest.mark.parametrize(
    ("born", "band"),
    [
        ("2031-03-01", "0-1"),
        ("2029-03-02", "0-1"),
        ("2029-03-01", "2-5"),
        ("2013-03-02", "12-17"),
        ("2013-03-01", "18-29"),
        ("1991-07-23", "30-44"),
        ("1931-01-01", "75+"),
        ("2031-03-02", None),
    ],
)
def test_an_age_band_changes_on_the_birthday(born: str, band: str | None) -> None:
    assert age_band(PersonalDate(date.fromisoformat(born)), date(2031, 3, 1)) == band


def test_without_a_birth_date_there_is_no_age_band() -> None:
    assert age_band(None, date(2031, 3, 1)) is None
