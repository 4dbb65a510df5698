"""Ids that are free text: one that holds a number or an address stands nowhere in plain."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.callback_fields import Grounds
from convox_clinicea.bookings.messages import notice
from convox_clinicea.bookings.request import Caller
from convox_clinicea.bookings.status import BookingStatus
from convox_clinicea.convox.request import WithCall
from convox_clinicea.errors import InvalidRequest
from convox_clinicea.privacy import STAND_IN, FreeTextIds, PersonalText, is_telling, tells
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import accepted, known_request, new_request, newcomer, status_callback
from tests.support.callbacks import LATER, booking_of

NUMBER = "9999900041"
CALL_ID = f"{NUMBER}_20261128101500"
AGENT_ID = "agent +91 99999 00043"
CALLER = Caller(name="convox", call_id=CALL_ID, agent_id=AGENT_ID)
IDS = FreeTextIds(invented.IDENTITY_KEY.encode, "IN")
WITH_EARLIER = FreeTextIds(invented.IDENTITY_KEY.encode, "IN", earlier=True)


def everything(bench: Bench) -> str:
    return repr([bench.stack.items(), bench.stack.entries(), bench.stack.messages()])


class TestTells:
    @pytest.mark.parametrize(
        "text",
        [CALL_ID, AGENT_ID, f"42{NUMBER}", f"{NUMBER}7", f"20261128101500{NUMBER}", "zanzi@example.com", f"c-{NUMBER}"],
    )
    def test_a_number_or_an_address(self, text: str) -> None:
        assert tells(text, "IN")

    @pytest.mark.parametrize(
        "text", ["CALL-7001", "agent-12", "1732778400.12345", "20261128090136", "10002345", "smoke", "ZZ 12/3"]
    )
    def test_nothing_of_anybody(self, text: str) -> None:
        assert not tells(text, "IN")
        assert IDS.shown(text) == (text,)

    def test_the_stand_in_is_keyed_and_tells_nothing(self) -> None:
        name = IDS.call(CALL_ID)

        assert name.startswith(STAND_IN)
        assert name != FreeTextIds(lambda: b"x" * 32, "IN").call(CALL_ID)
        assert name != IDS.agent(CALL_ID)
        assert not tells(name, "IN")
        assert not is_telling(name)
        assert IDS.call(name) == name, "a person may ask by it"

    def test_half_a_character_has_one_too(self) -> None:
        assert IDS.call(f"\ud800{CALL_ID}").startswith(STAND_IN)


def refused(bench: Bench, **changes: Any) -> None:
    """Handle a callback of that call which cannot be booked."""
    unbookable = replace(
        status_callback(asks=False), caller=CALLER, call_id=CALL_ID, refusal=InvalidRequest(), said=PersonalText("{}")
    )
    with pytest.raises(InvalidRequest):
        bench.callbacks.handle(replace(unbookable, **changes))


def test_callers_number_in_a_call_id_is_never_stored_in_plain(bench: Bench) -> None:
    newly = new_request(caller=CALLER, new_patient=newcomer())
    bench.intake.accept(newly)
    bench.callbacks.handle(replace(status_callback(known_request(caller=CALLER)), caller=CALLER, call_id=CALL_ID))
    refused(bench, grounds=Grounds.PATIENT, patient_id="P-41")
    bench.announced.announce("convox", bench.drafter.ids.call(CALL_ID), None)

    for telling in (NUMBER, "99999 00043", "9999900043"):
        assert telling not in everything(bench)
    assert len(bench.stack.items("call#")) == 1
    assert len(BookingStatus(bench.ledger, bench.calls, IDS).of_call(CALL_ID, "convox").bookings) == 2


def test_a_key_s_context_holds_the_stand_in(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudTrail keeps encryption contexts in plain."""
    contexts: list[str] = []
    seal = bench.sealer.seal

    def watched(item: str, plain: bytes) -> bytes:
        contexts.append(item)
        return seal(item, plain)

    monkeypatch.setattr(bench.sealer, "seal", watched)

    refused(bench, grounds=Grounds.CONSENT)

    assert contexts == [f"call#convox#{IDS.call(CALL_ID)}"]


def test_notice_for_an_old_releases_booking_shows_only_its_id() -> None:
    told = json.loads(notice(accepted(call_id=CALL_ID, agent_id=AGENT_ID), "IN"))

    assert (told["call_id"], told["agent_id"]) == (None, None)
    assert told["booking_id"]


class TestTheReleaseBefore:
    """Its records bear the plain id; a deployment that has such ids reads them for their life."""

    @pytest.fixture(autouse=True)
    def upgraded(self, bench: Bench) -> None:
        bench.drafter.ids = WITH_EARLIER

    @staticmethod
    def written_by_it(bench: Bench) -> str:
        """Take a callback, and rename what it left as the release before would have named it."""
        booking = booking_of(
            bench.callbacks.handle(
                replace(status_callback(known_request(caller=CALLER)), caller=CALLER, call_id=CALL_ID)
            )
        )
        name = IDS.call(CALL_ID)
        for item in bench.stack.items():
            plain = json.loads(json.dumps(item, default=lambda raw: {"bytes": raw.hex()}).replace(name, CALL_ID))
            again = {
                key: {"B": bytes.fromhex(value["B"]["bytes"])} if "B" in value else value
                for key, value in plain.items()
            }
            bench.stack.delete(item["pk"]["S"])
            aws.dynamodb().put_item(TableName=bench.stack.table, Item=again)
        assert CALL_ID in everything(bench)
        return booking.booking_id

    def test_a_repeat_finds_its_booking(self, bench: Bench) -> None:
        first = self.written_by_it(bench)

        again = bench.callbacks.handle(
            replace(status_callback(known_request(caller=CALLER)), caller=CALLER, call_id=CALL_ID)
        )

        assert again.repeated
        assert booking_of(again).booking_id == first
        assert len(bench.stack.items("booking#")) == 1

    def test_a_change_of_mind_makes_no_second_appointment(self, bench: Bench) -> None:
        first = self.written_by_it(bench)

        changed = bench.callbacks.handle(
            replace(status_callback(known_request(caller=CALLER, start=LATER)), caller=CALLER, call_id=CALL_ID)
        )

        assert booking_of(changed).booking_id == first
        assert len(bench.stack.items("booking#")) == 1
        assert len(bench.stack.items("call#")) == 1

    def test_its_bookings_are_found_by_the_call(self, bench: Bench) -> None:
        first = self.written_by_it(bench)

        found = BookingStatus(bench.ledger, bench.calls, WITH_EARLIER).of_call(CALL_ID, "convox")

        assert [each.booking_id for each in found.bookings] == [first]


def test_otherwise_no_request_to_dynamodb_holds_the_number() -> None:
    assert IDS.calls(CALL_ID) == IDS.shown(CALL_ID) == (IDS.call(CALL_ID),)
    assert WITH_EARLIER.calls(CALL_ID) == (IDS.call(CALL_ID), CALL_ID)


def test_agent_id_with_a_number_is_refused_before_any_request() -> None:
    request = WithCall(call_id=CALL_ID, agent_id=AGENT_ID)

    with pytest.raises(InvalidRequest) as refused:
        request.with_context(required=True, country="IN")

    assert [each.field for each in refused.value.problems] == ["agent_id"]
    assert NUMBER not in str(refused.value)
    assert request.with_context(required=True) is request, "a status callback's is taken"
