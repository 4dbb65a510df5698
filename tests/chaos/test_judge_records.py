"""The judge of what the connector keeps and tells."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.chaos.consent_said import Proof, Registered
from tests.chaos.intent import Call, Intent, Slot
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
def test_unbooked_or_existing_appointment_owns_nothing(second: dict[str, str | None]) -> None:
    assert owned_twice({"bk_a": booked("A-1"), "bk_b": second}) == {}


def proofs(*booking_ids: str, call_id: str = "CALL-2", text: str = "heard-1") -> set[Proof]:
    return {Proof(booking_id, call_id, text) for booking_id in booking_ids}


def newcomer() -> Intent:
    calls = [Call(0.0, {"call_id": "CALL-2"}, by_status=True)]
    return Intent(2, "", SLOT, person=NEWCOMER, calls=calls, booking_ids={"bk_2", "bk_22"})


def test_every_booking_of_a_new_patient_needs_a_proof_of_consent() -> None:
    known, new = Intent(1, "", SLOT, patient_id="P-1", booking_ids={"bk_1"}), newcomer()

    assert without_consent([known, new], [], proofs("bk_2", "bk_22")) == []
    ((found, _),) = without_consent([known, new], [], proofs("bk_2"))
    assert found is new


@pytest.mark.parametrize(
    "of_another", [proofs("bk_2", "bk_22", text="heard-7"), proofs("bk_2", "bk_22", call_id="CALL-3")]
)
def test_what_was_registered_needs_the_proof_of_its_own_content(of_another: set[Proof]) -> None:
    new, registered = newcomer(), [Registered(2, "heard-1")]

    assert without_consent([new], registered, proofs("bk_2", "bk_22")) == []
    ((found, why),) = without_consent([new], registered, of_another)
    assert found is new
    assert "registered with heard-1" in why


def test_a_registration_that_names_no_text_has_no_proof() -> None:
    ((_, why),) = without_consent([newcomer()], [Registered(2, None)], proofs("bk_2", "bk_22"))

    assert "registered with None" in why


@pytest.mark.parametrize("harm", HARMS)
def test_each_harm_makes_a_verdict_a_failure(harm: str) -> None:
    verdict = Verdict()
    assert verdict.harmless

    setattr(verdict, harm, ["somebody"] if harm == "untold" else 1)

    assert not verdict.harmless
