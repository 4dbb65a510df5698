"""Who has the newcomer's number by now: judged as the agent's search does, and the same person by any spelling."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.calendar import CannotDecide, registered_patient_id
from convox_clinicea.bookings.identity import booking_id
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.deadline import Deadline
from convox_clinicea.lookups.search import PatientSearch
from convox_clinicea.privacy import PersonalText
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import new_request, newcomer
from tests.support.clinicea_bench import CliniceaBench
from tests.support.properties import PROPERTY

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
SEARCH = "searchPatientByMobileNumber"
NAME = f"{invented.FIRST_NAME} {invented.LAST_NAME}"


def found(bench: CliniceaBench, first: str, last: str | None, *records: dict[str, Any]) -> str | None:
    details = newcomer(first_name=PersonalText(first), last_name=PersonalText(last) if last else None)
    bench.fake.fault(SEARCH, "status", status=200, body=json.dumps(records), count=1)
    return registered_patient_id(bench.clinicea, details, Deadline.after(bench.clock, 5))


def named(bench: CliniceaBench, told: tuple[str, str | None], **record: Any) -> str | None:
    return found(bench, *told, {"ID": "P-1", "Mobile": invented.NATIONAL, **record})


@pytest.mark.parametrize(
    ("told", "written"),
    [
        (("José", "Quillfeather"), unicodedata.normalize("NFD", "José Quillfeather")),
        (("Asha", "D'Souza"), "Asha D\u2019Souza"),
        (("Asha", "D'Souza"), "Asha D\u02bcSouza"),
        (("Asha", "D`Souza"), "ASHA D\u00b4SOUZA"),
        (("Asha", "Rao-Nair"), "Asha Rao\u2011Nair"),
        (("Asha", "Rao-Nair"), "Asha Rao\u2013Nair"),
        (("\u0646\u06cc\u0645\u200c\u06a9\u062a", None), "\u0646\u06cc\u0645\u06a9\u062a"),
        (("\u0d28\u0d28\u0d4d\u200d", None), "\u0d28\u0d28\u0d4d"),
        (("\u0915\u093c\u093e\u0938\u093f\u092e", None), "\u0958\u093e\u0938\u093f\u092e"),
        (("As\u200bha", "Rao"), "Asha\u200b Rao\ufeff"),
        (("Asha", "Rao"), "Rao  Asha"),
        (("Asha", "Rao"), "Asha\u00a0Rao"),
        (("Asha", "Rao"), "\uff21\uff53\uff48\uff41 Rao"),
    ],
)
def test_the_same_person_written_otherwise_is_the_same(told: tuple[str, str | None], written: str) -> None:
    assert named(CliniceaBench(), told, FullName=written) == "P-1"


@pytest.mark.parametrize("written", ["Jose Rao", "Ashok Rao", "Asha Rau", "Asha", "Asha Rao Nair", "D Souza", ""])
def test_somebody_else_is_somebody_else(written: str) -> None:
    with pytest.raises(CannotDecide, match=Reason.NUMBER_REGISTERED_TO_OTHER):
        named(CliniceaBench(), ("Asha", "Rao"), FullName=written)


@pytest.mark.parametrize(
    "record",
    [
        {"FullName": "Mrs. Asha Rao", "FirstName": "Asha", "LastName": "Rao"},
        {"FullName": "Rao, Asha (old)", "FirstName": "Asha", "LastName": "Rao"},
        {"FullName": " ", "FirstName": "Asha", "LastName": "Rao"},
        {"FirstName": "Asha", "LastName": "Rao"},
        {"FullName": "Asha Rao", "FirstName": "Asha", "MiddleName": "K", "LastName": "Rao"},
    ],
)
def test_a_full_name_or_its_parts_name_a_person(record: dict[str, Any]) -> None:
    assert named(CliniceaBench(), ("Asha", "Rao"), **record) == "P-1"


@pytest.mark.parametrize(
    "record",
    [
        {"FullName": "Mrs. Asha Rao", "FirstName": "Asha"},
        {"FullName": "Mrs. Asha Rao", "FirstName": "Asha", "MiddleName": "K", "LastName": "Rao"},
        {"FirstName": "Asha", "MiddleName": "K", "LastName": "Rao"},
    ],
)
def test_missing_middle_name_or_half_a_name_needs_a_person(record: dict[str, Any]) -> None:
    with pytest.raises(CannotDecide, match=Reason.NUMBER_REGISTERED_TO_OTHER):
        named(CliniceaBench(), ("Asha", "Rao"), **record)


@pytest.mark.parametrize("form", get_args(Form))
@PROPERTY
@given(name=st.text(st.characters(categories=["L", "M"]), min_size=1, max_size=12))
def test_composition_never_makes_another_person(form: Form, name: str) -> None:
    assert named(CliniceaBench(), (f"x{name}", None), FullName=unicodedata.normalize(form, f"x{name}")) == "P-1"


RECORDS = [
    {"ID": "P-1", "FullName": NAME, "Mobile": f"{invented.NATIONAL} (wife)"},
    {"ID": "P-2", "FullName": NAME, "Mobile": invented.OTHER_NATIONAL},
    {"ID": "P-3", "FullName": "Somebody Else", "Mobile": "99XXXXXX41"},
    {"ID": "P-4", "FullName": NAME, "Mobile": f"1{invented.NATIONAL}"},
    {"ID": "P-5", "FullName": NAME, "Mobile": None},
]


@PROPERTY
@given(st.lists(st.sampled_from(RECORDS), max_size=4))
def test_the_worker_and_the_agent_see_the_same_patients(records: list[dict[str, Any]]) -> None:
    bench = CliniceaBench()
    bench.fake.fault(SEARCH, "status", status=200, body=json.dumps(records), count=1)
    shown = PatientSearch(bench.clinicea).find(newcomer().mobile, Deadline.after(bench.clock, 5)).patients

    try:
        worked = found(bench, invented.FIRST_NAME, invented.LAST_NAME, *records)
    except CannotDecide as cause:
        worked = cause.reason
    one_is_other = [each.patient_id for each in shown] == ["P-3"]
    one = Reason.NUMBER_REGISTERED_TO_OTHER if one_is_other else shown[0].patient_id if shown else None
    assert worked == (Reason.SEVERAL_PATIENTS if len(shown) > 1 else one)


def test_namesake_with_another_number_gets_no_booking(bench: Bench) -> None:
    namesake = {"ID": "P-9", "FullName": NAME, "Mobile": invented.OTHER_NATIONAL}
    bench.fake.fault(SEARCH, "status", status=200, body=json.dumps([namesake]), count=1)

    booked = bench.ends(bench.accept(new_request()))

    (made,) = bench.fake.patients()
    assert (booked.state, booked.patient_id) == (State.BOOKED, made["patient_id"])


def test_ids_of_bookings_are_those_of_the_release_before() -> None:
    """A repeat after an upgrade must find its booking: these ids were made before names were compared otherwise."""
    odd = newcomer(first_name=PersonalText("Jose\u0301"), last_name=PersonalText("D\u2019Souza"))
    spelled = new_request(new_patient=odd)

    assert booking_id(invented.IDENTITY_KEY.encode(), new_request()) == "bk_qo5z7sar7p6mwoycpqv47neqbx"
    assert booking_id(invented.IDENTITY_KEY.encode(), spelled) == "bk_wdadgdvitmxotfmxydbf4ofhsk"
