"""What is kept of a callback that cannot be booked: of a newcomer nothing without consent, whatever else is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.call_status import StatusReader, grounds_of
from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import InvalidRequest, TooLarge
from tests.support import events
from tests.support.call_ends import known, new
from tests.support.dialects import PACKED
from tests.support.properties import PROPERTY, json_values

PLACE = RequestDefaults(Clinics.from_document({"schema": 1}, "Asia/Kolkata"), "IN")
NEVER_YES: list[Any] = [
    None,
    "",
    "no",
    "No ",
    "false",
    "0",
    "maybe",
    "yes please",
    "y",
    0,
    2,
    1.5,
    False,
    [],
    {},
    [True],
    ["yes", "no"],
]
NO_CONSENT: list[dict[str, Any]] = [
    {},
    *({"consent": each} for each in NEVER_YES),
    *({"consent": {"given": each}} for each in NEVER_YES),
    *({"consent_given": each} for each in NEVER_YES),
    {"consent": {"at": "2026-11-01T10:00:00", "text_version": "yes"}},
    {"consent": {"yes": True}},
    {"consent": {"given": True}, "consent_given": "no"},
]
FIELDS = sorted(new().keys() - {"call_id", "agent_id", "disposition", "consent"})
SAID = st.dictionaries(st.sampled_from(FIELDS), json_values | st.text(max_size=600) | st.just(...), max_size=6)
NO_ID = "x" * 65
NOBODY = st.sampled_from([..., None, ""])


def read(body: dict[str, Any]) -> Callback:
    event = events.call_status(json.dumps({name: value for name, value in body.items() if value is not ...}))
    return StatusReader("convox", PACKED, PLACE, context_required=True).read(APIGatewayProxyEvent(event))


@PROPERTY
@given(consent=st.sampled_from(NO_CONSENT), said=SAID, nobody=NOBODY)
def test_of_a_newcomer_without_consent_nothing_is_kept(
    consent: dict[str, Any], said: dict[str, Any], nobody: object
) -> None:
    try:
        callback = read({**new(consent=...), **said, **consent, "patient_id": nobody})
    except InvalidRequest:
        return  # a body that cannot be read, and of which nothing is kept therefore

    assert callback.asks
    assert callback.wanted is None
    assert (callback.said, callback.mobile, callback.patient_id) == (None, None, None)


@PROPERTY
@given(said=st.dictionaries(st.text(max_size=12) | st.sampled_from(FIELDS), json_values, max_size=8))
def test_nor_whatever_else_comes(said: dict[str, Any]) -> None:
    try:
        callback = read({**said, **new(consent={"given": False}), **dict.fromkeys(said.keys() & set(FIELDS), "?")})
    except (InvalidRequest, TooLarge):
        return  # not read at all
    assert (callback.wanted, callback.said, callback.mobile) == (None, None, None)


@pytest.mark.parametrize(
    "body",
    [
        new(clinic_id=...),
        new(start="tomorrow", consent={"given": "Yes"}),
        known(clinic_id=...),
        known(clinic_id=..., consent={"given": False}),
        known(patient_id="x" * 65),
    ],
    ids=["consent", "its word", "a known patient", "one who refused", "an id with a slip"],
)
def test_with_consent_or_for_a_patient_on_record_it_is_kept(body: dict[str, Any]) -> None:
    callback = read(body)

    assert callback.refusal is not None
    assert callback.said is not None
    assert callback.patient_id == (body.get("patient_id") if body.get("patient_id") == "P-41" else None)


@pytest.mark.parametrize(
    ("patient_id", "consent", "kept"),
    [
        (None, None, False),
        (None, {"given": True}, True),
        (None, {"given": False}, False),
        (None, {"given": "yes"}, False),
        (None, {"at": "2026-11-01"}, False),
        ("P-41", None, True),
        ("P-41", {"given": False}, True),
        (NO_ID, None, True),
        (NO_ID, {"given": False}, False),
        (NO_ID, {}, False),
        (["P-41"], {"given": False}, False),
        (NO_ID, {"given": True}, True),
    ],
    ids=str,
)
def test_which_may_be_kept(patient_id: object, consent: object, kept: bool) -> None:
    assert (grounds_of(patient_id, consent) is not None) is kept
