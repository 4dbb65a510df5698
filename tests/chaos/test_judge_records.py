"""The judge of what the connector keeps and tells."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.chaos.intent import Intent, Slot
from tests.chaos.judge import HARMS, Verdict
from tests.chaos.judge_records import owned_twice, without_consent
from tests.chaos.people import Number, Person

SLOT = Slot("C-01", None, datetime.fromisoformat("2031-03-03T10:00:00"))
NEWCOMER = Person("Meera", "Testkar", Number("91", "9999900042"))


def booked(appointment_id: str | None, *, state: str = "booked", reason: str | None = None) -> dict[str, str | None]:
    return {"state": state, "reason": reason, "appointment_id": appointment_id}


def test_an_appointment_of_two_bookings_is_owned_twice() -> None:
    told = {"bk_b": booked("A-1"), "bk_a": booked("A-1"), "bk_c": booked("A-2")}

    assert owned_twice(told) == {"A-1": ["bk_a", "bk_b"]}


@pytest.mark.parametrize(
    "second",
    [
        booked("A-1", reason="already_there"),
        booked("A-1", state="unknown"),
        booked(None),
        {"state": "answered with 404", "reason": None},
    ],
)
def test_one_that_was_there_already_or_is_not_booked_owns_nothing(second: dict[str, str | None]) -> None:
    assert owned_twice({"bk_a": booked("A-1"), "bk_b": second}) == {}


def test_every_booking_of_a_new_patient_needs_a_proof_of_consent() -> None:
    known, new = Intent(1, "", SLOT, patient_id="P-1"), Intent(2, "", SLOT, person=NEWCOMER)
    for intent in (known, new):
        intent.booking_ids |= {f"bk_{intent.tag}", f"bk_{intent.tag}{intent.tag}"}

    assert without_consent([known, new], {"bk_2", "bk_22"}) == []
    assert without_consent([known, new], {"bk_2"}) == [new]


@pytest.mark.parametrize("harm", HARMS)
def test_each_harm_makes_a_verdict_a_failure(harm: str) -> None:
    verdict = Verdict()
    assert verdict.harmless

    setattr(verdict, harm, ["somebody"] if harm == "untold" else 1)

    assert not verdict.harmless
