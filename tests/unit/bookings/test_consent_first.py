"""Consent decides before and apart from all else what the ledger keeps of a callback that cannot be booked.

Bodies are generated in every encoding and in two dialects: where consent is not yes and no patient is named, the ledger
gains the call, the caller, the agent, times and the names of the wrong fields, whatever else is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from convox_clinicea.bookings.call import Call
from convox_clinicea.bookings.call_status import StatusReader
from convox_clinicea.bookings.callback_fields import Grounds, UnbookedCallbacks
from convox_clinicea.bookings.record import attributes_of
from convox_clinicea.clinicea.calls import Endpoint as CliniceaCall
from convox_clinicea.clinicea.errors import NotInDialect
from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.errors import ConsentRequired, InvalidRequest, TooLarge
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from tests.support import events, invented
from tests.support.bench import Bench
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, status_callback
from tests.support.clock import NOON
from tests.support.dialects import PACKED, dialect
from tests.support.events import Event
from tests.support.properties import PROPERTY
from tests.support.written import FORM, PLACE

OWN = dialect(
    aliases={"mobile": ["ANI"], "clinic_id": {"branch_code": "site"}, "first_name": {"given_name": "site"}},
    date_order="dmy",
    words={"appointment": ["Visit fixed"], "consent": {"yes": ["haan"], "no": ["nahin"]}},
)
NAMES: dict[str, dict[str, list[str]]] = {
    "packed": {
        "mobile": ["mobile", "MOBILE_NO", "phone_number"],
        "first_name": ["first_name", "FIRST_NAME"],
        "clinic_id": ["clinic_id"],
    },
    "own": {"mobile": ["ANI", "ani"], "first_name": ["given_name", "first_name"], "clinic_id": ["branch_code"]},
}
DIALECTS: dict[str, tuple[Dialect, str, list[Any]]] = {
    "packed": (PACKED, "Appointment Booked", ["no", "No", "false", "0", 0, False, "maybe", "haan", "", None, [], "y"]),
    "own": (OWN, "Visit fixed", ["nahin", "no", "yes", "1", "true", False, "perhaps", "", None, {}, "haan nahin"]),
}
"""Each dialect, its word for an appointment, and values of consent that are not its yes."""
WHOLE: dict[str, Any] = {
    "mobile": invented.MOBILE,
    "first_name": invented.FIRST_NAME,
    "last_name": invented.LAST_NAME,
    "email": invented.EMAIL,
    "date_of_birth": invented.BIRTH_DATE,
    "notes": invented.NOTES,
    "service": invented.SERVICE,
    "clinic_id": "C-01",
    "start": in_days(2).isoformat(),
}
WRONG = [..., None, "", "x" * 700, "?", "12", "tomorrow", [], ["a", "b"], {"a": 1}, 7, True, "\ud800"]
NOBODY = [..., None, "", "0", "-1", "00000000-0000-0000-0000-000000000000", "x" * 65]
UNSAID: list[Any] = [..., None, "", [], {}]
KEPT = {
    *("caller", "call_id", "agent_id", "received_at", "updated_at", "asks", "wishes", "recorded", "problems"),
    *("version", "write_token", "schema_version"),
}
"""What the ledger may have of the call."""
CONSENT = [
    lambda word: {} if word is ... else {"consent": word},
    lambda word: {} if word is ... else {"consent_given": word},
    lambda word: {"consent": {} if word is ... else {"given": word}},
    lambda word: {"consent": {"at": "2031-03-03T10:00:00", **({} if word is ... else {"given": word})}},
]


def in_json(body: dict[str, Any]) -> Event:
    return events.call_status(json.dumps(body))


def in_base64(body: dict[str, Any]) -> Event:
    return events.call_status(json.dumps(body).encode())


def in_a_form(body: dict[str, Any]) -> Event:
    return events.call_status(_form(body), headers={"Content-Type": FORM})


def in_a_field(body: dict[str, Any]) -> Event:
    return events.call_status(urlencode({"data": json.dumps(body)}), headers={"Content-Type": FORM})


def in_the_query(body: dict[str, Any]) -> Event:
    flat = {name: _written(value) for name, value in body.items()}
    return events.call_status(None, query={name: value for name, value in flat.items() if "\ud800" not in value})


def cut_off(body: dict[str, Any]) -> Event:
    return events.call_status(json.dumps(body)[:-1])


ENCODINGS: list[Callable[[dict[str, Any]], Event]] = [
    in_json, in_base64, in_a_form, in_a_field, in_the_query, cut_off,
]  # fmt: skip


def _form(body: dict[str, Any]) -> str:
    return urlencode({name: _written(value) for name, value in body.items()}, errors="replace")


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class NothingToSeal:
    """Encrypts nothing, for there is nothing to encrypt."""

    def seal(self, item: str, plain: bytes) -> bytes:
        raise AssertionError(f"{item} is to keep {len(plain)} bytes")

    def open(self, item: str, sealed: bytes) -> bytes:
        raise AssertionError(f"{item}, {len(sealed)} bytes")


def stored(bench: Bench, spoken: Dialect, event: Event) -> Call | None:
    """What the ledger would have of the callback; None if it is refused without a trace."""
    reader = StatusReader("convox", spoken, PLACE, context_required=True)
    try:
        callback = reader.read(APIGatewayProxyEvent(event))
    except (InvalidRequest, TooLarge):
        return None
    assert callback.wanted is None
    call = Call("convox", callback.call_id, NOON, NOON, agent_id=callback.caller.agent_id)
    if callback.refusal is None:
        return call  # it asks for nothing, as far as can be read
    return UnbookedCallbacks(bench.drafter, NothingToSeal()).kept(call, callback, callback.refusal)


@st.composite
def bodies(draw: st.DrawFn, which: str) -> dict[str, Any]:
    """A newcomer's callback without a yes: fields whole, wrong or missing, under any of their names."""
    _, word, never = DIALECTS[which]
    body: dict[str, Any] = {"call_id": CALL_ID, "agent_id": AGENT_ID, "disposition": word}
    for field, value in WHOLE.items():
        name = draw(st.sampled_from(NAMES[which].get(field, [field])))
        body[name] = draw(st.just(value) | st.sampled_from(WRONG))
    answer = draw(st.sampled_from([..., *never]))
    consent = draw(st.sampled_from(CONSENT))(answer)
    # An id with a slip names a patient where nothing is said of consent: such callers are on record.
    no_one = draw(st.sampled_from(NOBODY[:-1] if answer in UNSAID else NOBODY))
    body |= {**consent, "patient_id": no_one}
    return {name: value for name, value in body.items() if value is not ...}


@pytest.mark.parametrize("which", DIALECTS)
@PROPERTY
@given(data=st.data())
def test_without_a_yes_nothing_of_the_person_is_kept(bench: Bench, which: str, data: st.DataObject) -> None:
    body = data.draw(bodies(which))
    event = data.draw(st.sampled_from(ENCODINGS))(body)

    call = stored(bench, DIALECTS[which][0], event)

    if call is not None:
        item = attributes_of(call)
        assert set(item) <= KEPT
        assert not invented.leaks(repr(item))
        assert set(call.problems) <= {*WHOLE, "consent", "consent.given", "consent.at", "patient_id", "body"}


FIELDS = sorted(WHOLE.keys() - {"clinic_id"})


@pytest.mark.parametrize("which", DIALECTS)
@pytest.mark.parametrize(("encoding", "field"), [*product(ENCODINGS[:1], FIELDS), *product(ENCODINGS[:4], [None])])
def test_with_a_yes_what_was_said_would_be_kept(
    bench: Bench, which: str, encoding: Callable[[dict[str, Any]], Event], field: str | None
) -> None:
    """The generated bodies are read: what makes the difference is the consent alone."""
    spoken, word, _ = DIALECTS[which]
    body = {"call_id": CALL_ID, "agent_id": AGENT_ID, "disposition": word}
    body |= {NAMES[which].get(name, [name])[0]: value for name, value in WHOLE.items()}
    body["consent"] = {"packed": "yes", "own": "haan"}[which]
    if field is not None:
        body[NAMES[which].get(field, [field])[0]] = "?"
    del body[NAMES[which]["clinic_id"][0]]

    with pytest.raises(AssertionError, match="is to keep"):
        stored(bench, spoken, encoding(body))


def test_two_answers_are_none(bench: Bench) -> None:
    body = {"call_id": CALL_ID, "agent_id": AGENT_ID, "disposition": "Appointment Booked", **WHOLE, "consent": "no"}

    call = stored(bench, PACKED, events.call_status(json.dumps(body), query={"consent": "yes"}))

    assert call is not None
    assert set(attributes_of(call)) <= KEPT


IN_THE_LEDGER = KEPT | {"pk", "open", "queued_at", "expires_at"}


@pytest.mark.parametrize("which", DIALECTS)
@settings(PROPERTY, max_examples=40)
@given(data=st.data())
def test_without_consent_the_ledger_stores_nothing_of_the_person(bench: Bench, which: str, data: st.DataObject) -> None:
    """The whole way: read, taken and written."""
    body = data.draw(bodies(which))
    event = data.draw(st.sampled_from(ENCODINGS))(body)
    reader = StatusReader("convox", DIALECTS[which][0], PLACE, context_required=True)

    with suppress(InvalidRequest, ConsentRequired, TooLarge):
        bench.callbacks.handle(reader.read(APIGatewayProxyEvent(event)))

    items = bench.stack.items()
    for item in items:
        bench.stack.delete(item["pk"]["S"])
        assert set(item) <= IN_THE_LEDGER
    assert not invented.leaks(repr(items))
    assert bench.stack.entries() == bench.stack.messages() == []


@pytest.mark.parametrize(
    "problem", [InvalidRequest(), TooLarge("too large"), NotInDialect(CliniceaCall.POST_WITH_PATIENT)]
)
def test_no_error_stands_in_for_grounds(bench: Bench, problem: Any) -> None:
    """Whatever is wrong: what was said is kept on stated grounds alone, and never against a refusal."""
    said = PersonalText(json.dumps(WHOLE))
    callback = replace(status_callback(asks=False), said=said, mobile=Mobile.from_e164(invented.MOBILE))
    call = Call("convox", CALL_ID, NOON, NOON)
    unbooked = UnbookedCallbacks(bench.drafter, NothingToSeal())

    for refused, wrong in ((callback, problem), (replace(callback, grounds=Grounds.CONSENT), ConsentRequired("no"))):
        kept = unbooked.kept(call, refused, wrong)
        assert (kept.kept, kept.number_key, kept.patient_key) == (None, None, None)
        assert kept.problems or isinstance(wrong, InvalidRequest)
