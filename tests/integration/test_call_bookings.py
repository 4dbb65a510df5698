"""`GET /calls/{call_id}/bookings`: what became of all that was booked on one call?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from convox_clinicea.table import Item, Table
from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body, new_body
from tests.support.call_ends import known
from tests.support.deployment import Deployment


def test_call_without_bookings_says_that_none_is_known_yet(deployment: Deployment) -> None:
    answer = deployment.of_call(CALL_ID)

    assert answer.status == 200
    assert {name: value for name, value in answer.body.items() if name != "message"} == {
        "status": "success",
        "bookings": [],
        "not_booked": [],
    }
    assert answer.body["message"].startswith("No booking is known for this call yet.")


class TestWhileTheIndexLags:
    """It holds nothing yet of what was accepted a moment ago."""

    @pytest.fixture(autouse=True)
    def lagging(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def query(self: Table, index: str | None, *_given: Any) -> Iterator[Item]:
            assert index == "call"
            return iter(())

        monkeypatch.setattr(Table, "query", query)

    def test_what_a_status_callback_asked_for_is_told_at_once(self, deployment: Deployment) -> None:
        booking_id = deployment.call_status(known()).body["booking_id"]

        body = deployment.of_call(CALL_ID).body

        assert body["message"] == "1 booking on this call."
        assert [(each["booking_id"], each["state"]) for each in body["bookings"]] == [(booking_id, "accepted")]

    def test_so_is_what_a_flow_took(self, deployment: Deployment) -> None:
        booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]

        body = deployment.of_call(CALL_ID).body

        assert body["message"] == "1 booking on this call."
        assert [each["booking_id"] for each in body["bookings"]] == [booking_id]

    def test_where_none_is_found_it_does_not_say_that_there_is_none(self, deployment: Deployment) -> None:
        assert "may be missing; request it by its booking_id" in deployment.of_call(CALL_ID).body["message"]


def test_of_a_transferred_call_one_agent_s_may_be_asked_for(deployment: Deployment) -> None:
    own = deployment.call_status(known()).body["booking_id"]
    deployment.call_status(known(agent_id="agent-77", clinic_id="")).is_error(400, "invalid_request", "clinic_id")

    def told(**query: str) -> tuple[list[str], list[str]]:
        body = deployment.of_call(CALL_ID, query=query).body
        return [each["booking_id"] for each in body["bookings"]], body["not_booked"]

    assert told() == ([own], ["clinic_id"])
    assert told(agent_id=AGENT_ID) == ([own], [])
    assert told(agent_id="agent-77") == ([], ["clinic_id"])
    deployment.of_call(CALL_ID, query={"agent_id": "x" * 129}).is_error(400, "invalid_request", "agent_id")


def test_state_comes_from_the_table_even_if_the_index_lags(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.book_known("P-41", known_body())
    before = [item for item in deployment.stack.items() if "call" in item]
    assert deployment.deliver().acknowledged
    monkeypatch.setattr(Table, "query", lambda *_given: iter(before))

    (booking,) = deployment.of_call(CALL_ID).body["bookings"]

    assert booking["state"] == "booked"


def test_all_bookings_of_the_call_are_told_in_their_order(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    first = deployment.book_known("P-41", known_body()).body["booking_id"]
    second = deployment.book_new(new_body(mobile=invented.OTHER_MOBILE)).body["booking_id"]
    deployment.book_known("P-41", known_body(call_id="CALL-other", start=in_days(4).isoformat()))
    assert deployment.deliver().acknowledged

    body = deployment.of_call(CALL_ID, query={"agent_id": AGENT_ID}).body

    assert body["message"] == "2 bookings on this call."
    assert [each["booking_id"] for each in body["bookings"]] == [first, second]
    for each in body["bookings"]:
        alone = deployment.status(each["booking_id"]).body
        assert each == {name: value for name, value in alone.items() if name not in ("status", "message")}
    assert {each["state"] for each in body["bookings"]} == {"booked", "accepted"}
    assert not invented.leaks(str(body))


def test_one_booking_is_one(deployment: Deployment) -> None:
    deployment.book_known("P-41", known_body())

    assert deployment.of_call(CALL_ID).body["message"] == "1 booking on this call."


def test_another_callers_bookings_are_not_told(deployment: Deployment) -> None:
    deployment.book_known("P-41", known_body())

    assert deployment.of_call(CALL_ID, caller="somebody").body["bookings"] == []
    deployment.of_call(CALL_ID, caller=None).is_error(401, "unauthorized")


@pytest.mark.parametrize("caller", ["con", "convox#CALL", "convox#"])
def test_no_callers_name_reaches_into_anothers_calls(deployment: Deployment, caller: str) -> None:
    deployment.book_known("P-41", known_body(call_id="CALL-1"))

    for call_id in ("CALL-1", "1", "vox#CALL-1", "-1"):
        answer = deployment.of_call(call_id, caller=caller)
        assert answer.body.get("bookings", []) == []


@pytest.mark.parametrize("call_id", ["", " ", "x" * 4000, "\x00", "\u202e"])
def test_what_is_no_call_id_is_refused(deployment: Deployment, call_id: str) -> None:
    answer: Any = deployment.of_call(call_id)

    assert answer.status in (400, 404), answer.body


def test_unavailable_ledger_is_an_internal_error_without_details(deployment: Deployment) -> None:
    deployment.configure(LEDGER_TABLE="no-such-table")

    deployment.of_call(CALL_ID).is_error(500, "internal")


ODD_IDS = ["a/b", "a#b", "a?b=c", "a\\b", 'a"b', "a`b", "a b", "a%2Fb", "a+b", "ü", ".a.", "a&b=c", "[a]", "bookings"]


@pytest.mark.parametrize("call_id", ODD_IDS)
def test_call_id_of_any_characters_works_in_path_and_query(deployment: Deployment, call_id: str) -> None:
    accepted = deployment.book_known("P/41 ü", known_body(call_id=call_id))

    assert accepted.status == 202
    assert accepted.headers["Location"].endswith(f".com/v1/bookings/{accepted.body['booking_id']}")
    for answer in (deployment.of_call(call_id), deployment.of_call_by_query(call_id)):
        (booking,) = answer.body["bookings"]
        assert (booking["booking_id"], booking["patient_id"]) == (accepted.body["booking_id"], "P/41 ü")


@pytest.mark.parametrize("call_id", [None, "", " ", "x" * 129], ids=str)
def test_a_query_without_a_call_is_refused(deployment: Deployment, call_id: str | None) -> None:
    deployment.of_call_by_query(call_id).is_error(400, "invalid_request", "call_id")
