"""Whose record it is that a search found: judged by the numbers that its text holds, however they were typed."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.clinicea import Patient
from convox_clinicea.clinicea.models import patient_from
from convox_clinicea.clinicea.registered import may_have, registered_with
from convox_clinicea.mobile import Mobile
from tests.support.bookings import INDIA
from tests.support.clients import call_table
from tests.support.properties import PROPERTY

OURS = Mobile.from_e164("+919999900041")
TABLE = call_table()


def record(mobile: object, code: object = "+91", patient_id: object = "P-1") -> Patient:
    read = patient_from({"ID": patient_id, "Mobile": mobile, "MobileCountryCode": code}, TABLE, INDIA)
    assert read is not None
    return read


FORMS = [
    "9999900041", "09999900041", "919999900041", "+919999900041", "0919999900041", "00919999900041",
    "(+91) 99999 00041", "+91-99999-00041", "99999 00041", "99999.00041", "9 9 9 9 9 0 0 0 4 1",
    9999900041, 9999900041.0, "9999900041.0", "9999900041.00",
]  # fmt: skip
CODES = ["+91", "91", "0091", " 91 ", "+91-", "91.0", 91, 91.0, "", None, "IN", "0", "+0"]


@pytest.mark.parametrize(
    ("written", "code"),
    [*product(FORMS, ("+91", None)), *product(("9999900041", "+919999900041"), CODES[1:9] + CODES[10:])],
)
def test_number_matches_in_every_form_and_dialling_code(written: object, code: object) -> None:
    assert may_have(record(written, code), OURS)


@pytest.mark.parametrize(
    "written",
    [
        "9999900041, 9999900042", "9999900042, 9999900041", "9999900041/9999900042", "9999900042 / 9999900041",
        "9999900042;9999900041", "9999900042 9999900041", "9999900042-9999900041", "99999 00042 99999 00041",
        "9999900042\n9999900041", "9999900042|9999900041", "9999900042 & 9999900041", "9999900042 or 9999900041",
        "080-22222222/9999900041", "91 9999900042 91 9999900041", "9999900041_9999900042", "9999900041\\9999900042",
        "99999000429999900041", "9999900041/42", "+91-99999-00041/00042", "99999/00041", "9999900042/43/9999900041",
        "9999900041 (wife)", "(wife) 9999900041", "wife9999900041", "9999900041wife", "M-9999900041", "Mob: 9999900041",
        "WhatsApp 9999900041 (Priya 9999900042)", "home 9999900041", "9999900041 - father", "9999900041 [old]",
        "9999900041 ext 2", "9999900041 ext. 12", "9999900041x12", "9999900041,,2", "9999900041#", "9999900041;ext=3",
        "99999\u201300041", "99999\u201100041", "99999\u202f00041", "99999\u00a000041", "\u200e9999900041\u200f",
        "\u202a+91 99999 00041\u202c", "9999900041\u200b", "\ufeff9999900041",
        "\u096f\u096f\u096f\u096f\u096f\u0966\u0966\u0966\u096a\u0967",
        "\u0669\u0669\u0669\u0669\u0669\u0660\u0660\u0660\u0664\u0661",
        "\u06f9\u06f9\u06f9\u06f9\u06f9\u06f0\u06f0\u06f0\u06f4\u06f1",
        "\uff19\uff19\uff19\uff19\uff19\uff10\uff10\uff10\uff14\uff11", "\uff0b919999900041",
        "tel:+919999900041", "<9999900041>", "'9999900041", "=9999900041",
    ],
)  # fmt: skip
def test_our_number_is_found_among_what_else_a_field_holds(written: str) -> None:
    assert may_have(record(written), OURS)
    assert may_have(record(written, None), OURS)


@pytest.mark.parametrize(
    "written",
    [
        None, "", " ", "-", "--", "NA", "null", "unlisted", "see file", "0", "0000000000", "12345", "41", [], {}, True,
        "99XXXXXX41", "XXXXXX0041", "99xxxxxx41", "******0041", "99****0041", "+91XXXXXXXX41", "99######41",
        "9999900\u2022\u2022\u202241", "9999900X41", "XXXXXXXXXX", "9.99990004E+09", "9.99990004e9",
        "99999000429999900043", "9999900042-9999900043",
    ],
    ids=str,
)  # fmt: skip
def test_record_without_a_readable_number_is_accepted(written: object) -> None:
    assert may_have(record(written), OURS)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("9999900043", "+91"),
        ("9999900043", None),
        ("9999900043 (wife)", "+91"),
        ("9999900042, 9999900043", "+91"),
        ("9999900043 ext 41", "+91"),
        ("9999900043x12", "+91"),
        ("19999900041", "+91"),
        ("19999900041", None),
        ("+19999900041", "+91"),
        ("+79999900041", "+91"),
        ("79999900041", None),
        ("449999900041", "+91"),
        ("+44 9999900041", "+91"),
        ("9999900041", "+971"),
        ("9999900041", "+1"),
        ("501234567", "+971"),
        ("99999000412", "+91"),
        ("999990004", "+91"),
        ("1234567890", "+91"),
        ("080 22222222", "+91"),
        (9999900043.0, "+91"),
        ("\u096f\u096f\u096f\u096f\u096f\u0966\u0966\u0966\u096a\u0969", "+91"),
    ],
)
def test_record_with_other_numbers_only_is_another_persons(written: object, code: str | None) -> None:
    assert not may_have(record(written, code), OURS)


@pytest.mark.parametrize(
    ("e164", "written", "code"),
    [
        ("+6590000041", "90000041", "+65"),
        ("+6590000041", "9000 0041", None),
        ("+971501234567", "0501234567", "+971"),
        ("+971501234567", "050-1234567", None),
        ("+390612345678", "06 1234 5678", "+39"),
        ("+15005550006", "(500) 555-0006", "+1"),
    ],
)
def test_a_number_without_its_code_is_read_in_its_own_country(e164: str, written: str, code: str | None) -> None:
    assert may_have(record(written, code), Mobile.from_e164(e164))


DIGITS = st.sampled_from(["0123456789", "\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f"])
SEPARATORS = st.sampled_from([", ", " / ", "; ", " or ", "\n", " (", "|"])
REMARKS = st.sampled_from(["", " wife", " (home)", "\u200e", " ext 2", " [old]", ".", " *"])


@PROPERTY
@given(
    script=DIGITS, between=SEPARATORS, remark=REMARKS, others=st.lists(st.integers(0, 99), max_size=3), data=st.data()
)
def test_mixture_matches_exactly_if_it_holds_the_number(
    script: str, between: str, remark: str, others: list[int], data: st.DataObject
) -> None:
    rest = [f"99999001{number:02}" for number in others]
    place = data.draw(st.integers(0, len(rest)))

    def typed(numbers: list[str]) -> str:
        return (between.join(numbers) + remark).translate(dict(zip(map(ord, "0123456789"), script, strict=True)))

    assert may_have(record(typed([*rest[:place], "9999900041", *rest[place:]])), OURS)
    assert not rest or not may_have(record(typed(rest)), OURS)


@PROPERTY
@given(st.text(max_size=250) | st.text("0123456789 +-/().,xX*#", max_size=40), st.text(max_size=6))
def test_no_text_makes_judging_fail(written: str, code: str) -> None:
    assert may_have(record(written, code), OURS) in (True, False)


@pytest.mark.parametrize(
    ("records", "ids"),
    [
        ([("P-1", "9999900041 (wife)"), ("P-2", "9999900041")], ["P-1", "P-2"]),
        ([("P-1", "99XXXXXX41"), ("P-2", "9999900041")], ["P-1", "P-2"]),
        ([("P-1", ""), ("P-2", None)], ["P-1", "P-2"]),
        ([("P-1", "9999900043"), ("P-2", "9999900041")], ["P-2"]),
        ([("P-1", "9999900043")], []),
        ([("P-1", "9999900041"), ("P-1", "9999900041")], ["P-1"]),
        ([("41", "9999900041"), (41.0, "9999900041")], ["41"]),
    ],
)
def test_no_record_that_may_be_the_callers_is_hidden(records: list[tuple[Any, Any]], ids: list[str]) -> None:
    found = [record(mobile, patient_id=patient_id) for patient_id, mobile in records]

    assert [patient.patient_id for patient in registered_with(found, OURS)] == ids
