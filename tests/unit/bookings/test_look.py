"""What one reading of the patient's calendar shows of the wanted appointment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.look import WINDOW, Look, look
from convox_clinicea.clinicea import Appointment, Status
from tests.support.bookings import START, known_request
from tests.support.properties import PROPERTY


def appointment(**changes: Any) -> Appointment:
    return Appointment(**{"appointment_id": "A-1", "patient_id": "P-41", "start": START, **changes})


def seen(wanted: Any = None, **changes: Any) -> Look:
    return look([appointment(**changes)], "P-41", wanted or known_request())


AGREES, IS_NEAR, IS_NOTHING = Look(("A-1",), ()), Look((), ("A-1",)), Look((), ())


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, AGREES),
        ({"status": Status.CHECKED_OUT}, AGREES),
        ({"status": Status.OTHER}, AGREES),
        ({"patient_id": None}, AGREES),
        ({"status": Status.CANCELLED}, IS_NOTHING),
        ({"patient_id": "P-42"}, IS_NOTHING),
        ({"start": None}, IS_NEAR),
        ({"start": START + timedelta(seconds=1)}, IS_NEAR),
        ({"start": START - WINDOW}, IS_NEAR),
        ({"start": START + WINDOW}, IS_NEAR),
        ({"start": START + WINDOW + timedelta(seconds=1)}, IS_NOTHING),
        ({"start": START - WINDOW - timedelta(seconds=1)}, IS_NOTHING),
    ],
)
def test_what_an_appointment_is_to_the_wanted_one(changes: dict[str, Any], shown: Look) -> None:
    assert seen(**changes) == shown


@pytest.mark.parametrize(
    ("theirs", "ours", "shown"),
    [("D-01", "D-01", AGREES), ("D-02", "D-01", IS_NEAR), (None, "D-01", AGREES), ("D-02", None, AGREES)],
)
def test_a_practitioner_counts_where_both_are_known(theirs: str | None, ours: str | None, shown: Look) -> None:
    assert seen(known_request(practitioner_id=ours), practitioner_id=theirs) == shown


@PROPERTY
@given(ids=st.lists(st.sampled_from("abcdef"), unique=True), known=st.sets(st.sampled_from("abcdefgh")))
def test_what_is_unseen_is_what_was_not_seen_before(ids: list[str], known: set[str]) -> None:
    shown = Look(tuple(ids[::2]), tuple(ids[1::2]))

    new = shown.unseen(known)

    assert set(new.ids) == set(ids) - known
    assert set(new.agreeing) <= set(shown.agreeing)
