"""Bookings and status callbacks are limited before anything of them is stored, and what they tell is on record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convox_clinicea.bookings.status import MOST_IN_AN_ANSWER
from convox_clinicea.table import Table, TableUnavailable
from tests.support import emf, invented
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body, new_body
from tests.support.call_ends import kept, known, new
from tests.support.deployment import Deployment
from tests.support.functions import Answer

BOOKINGS: dict[str, Callable[[Deployment, int], Answer]] = {
    "known": lambda deployment, number: deployment.book_known("P-41", known_body(call_id=f"c-{number}")),
    "new": lambda deployment, number: deployment.book_new(new_body(call_id=f"c-{number}")),
    "status": lambda deployment, number: deployment.call_status(known(call_id=f"c-{number}")),
}


@pytest.mark.parametrize("way", BOOKINGS)
@pytest.mark.parametrize("limit", ["BOOKINGS_PER_CALLER_MINUTE", "BOOKINGS_PER_AGENT_MINUTE"])
def test_one_too_many_is_refused_and_nothing_of_it_is_stored(deployment: Deployment, way: str, limit: str) -> None:
    deployment.configure(**{limit: "2"})

    # The minute may end in between: of five, three in one minute are certain.
    answers = [BOOKINGS[way](deployment, number) for number in range(5)]

    refused = [number for number, answer in enumerate(answers) if answer.status != 202]
    assert refused
    for number in refused:
        answers[number].is_error(429, "rate_limited")
        assert 1 <= int(answers[number].headers["Retry-After"]) <= 60
    assert len(deployment.stack.items("booking#")) == 5 - len(refused)
    assert {item["call_id"]["S"] for item in deployment.stack.items("call#")} <= {
        f"c-{number}" for number in range(5) if number not in refused
    }


@pytest.mark.parametrize("way", BOOKINGS)
def test_what_was_refused_is_booked_when_it_comes_again(deployment: Deployment, way: str) -> None:
    deployment.configure(BOOKINGS_PER_CALLER_MINUTE="1")
    answers = [BOOKINGS[way](deployment, number) for number in range(3)]
    refused = next(number for number, answer in enumerate(answers) if answer.status == 429)
    deployment.configure(BOOKINGS_PER_CALLER_MINUTE="300")

    assert BOOKINGS[way](deployment, refused).status == 202


def test_bookings_of_all_kinds_count_together(deployment: Deployment) -> None:
    deployment.configure(BOOKINGS_PER_CALLER_MINUTE="1")

    assert 429 in [book(deployment, 0).status for book in BOOKINGS.values()]


def test_callback_refused_by_a_limit_alarms_and_is_listed(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.configure(BOOKINGS_PER_CALLER_MINUTE="1")
    answers = [BOOKINGS["status"](deployment, number) for number in range(3)]
    refused = {f"c-{number}" for number, answer in enumerate(answers) if answer.status == 429}

    written = capsys.readouterr().out
    assert emf.values(written, "CallStatusFailed") == [1] * len(refused)
    assert all(f'"call_id":"{call}"' in written for call in refused), "the log names the call"
    listed = [item for item in deployment.stack.items("announced#") if item.get("open") == {"S": "announced"}]
    assert {(item["call_id"]["S"], item["agent_id"]["S"]) for item in listed} == {(call, AGENT_ID) for call in refused}


class TestOneNumber:
    """It has so many open bookings, whoever asks for them."""

    @staticmethod
    def body(number: int) -> dict[str, Any]:
        return new_body(call_id=f"c-{number}", start=in_days(number + 2).isoformat())

    def test_a_calendar_is_not_filled_in_one_person_s_name(self, deployment: Deployment) -> None:
        deployment.configure(OPEN_BOOKINGS_PER_NUMBER="2")

        answers = [deployment.book_new(self.body(number)) for number in range(4)]

        assert [each.status for each in answers] == [202, 202, 429, 429]
        answers[2].is_error(429, "rate_limited")
        assert answers[2].headers["Retry-After"] == "600"
        assert len(deployment.stack.items("booking#")) == 2
        assert deployment.book_new(self.body(0)).status == 202, "a repeat is no further one"

    def test_nor_in_a_patient_s_whose_id_is_known(self, deployment: Deployment) -> None:
        deployment.configure(OPEN_BOOKINGS_PER_NUMBER="2")

        bodies = [known_body(call_id=f"c-{number}", start=in_days(number + 2).isoformat()) for number in range(3)]

        assert [deployment.book_known("P-41", body).status for body in bodies] == [202, 202, 429]

    def test_kept_callback_is_sealed_listed_and_not_counted_as_lost(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployment.configure(OPEN_BOOKINGS_PER_NUMBER="1")
        deployment.popup({"mobile": invented.MOBILE, "call_id": CALL_ID, "agent_id": AGENT_ID})
        deployment.book_new(self.body(0))

        answer = deployment.call_status(new())

        answer.is_error(429, "rate_limited")
        assert kept(deployment)["service"] == invented.SERVICE
        assert deployment.of_call(CALL_ID).body["not_booked"] == ["open_bookings"]
        written = capsys.readouterr().out
        assert emf.values(written, "CallNotBooked") == [1]
        assert emf.values(written, "CallStatusFailed") == []
        assert [each for each in deployment.stack.items("announced#") if "open" in each] == []

        assert deployment.deliver().acknowledged
        assert deployment.call_status(new()).status == 202, "there is room now"
        assert deployment.of_call(CALL_ID).body["not_booked"] == []

    def test_an_erasure_takes_the_list_of_them_along(self, deployment: Deployment) -> None:
        deployment.configure(OPEN_BOOKINGS_PER_NUMBER="2")
        deployment.book_new(self.body(0))
        assert len(deployment.stack.items("person#")) == 1
        order = {"action": "erase", "mobile": invented.MOBILE, "open_too": True, "who": "operator", "why": "asked"}

        deployment.function("data_requests").invoke(order)

        assert deployment.stack.items("person#") == []


def test_new_patients_count_whichever_door_they_came_by(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.book_known("P-41", known_body())
    deployment.call_status(known(call_id="c-1"))
    assert emf.values(capsys.readouterr().out, "NewPatientAccepted") == []

    for _ in range(2):
        deployment.book_new(new_body(call_id="c-2"))
        deployment.call_status(new(call_id="c-3"))

    assert emf.values(capsys.readouterr().out, "NewPatientAccepted") == [1, 1, 0]


class TestQuestionsHowBookingsStand:
    @pytest.mark.parametrize("route", ["booking", "call", "call by query"])
    def test_they_have_a_limit_and_read_nothing_beyond_it(self, deployment: Deployment, route: str) -> None:
        booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
        ask: Callable[[], Answer] = {
            "booking": lambda: deployment.status(booking_id),
            "call": lambda: deployment.of_call(CALL_ID),
            "call by query": lambda: deployment.of_call_by_query(CALL_ID),
        }[route]
        deployment.configure(STATUS_PER_CALLER_MINUTE="2")

        # The minute may end in between: of five, three in one minute are certain.
        answers = [ask() for _ in range(5)]

        refused = [each for each in answers if each.status != 200]
        assert refused
        for each in refused:
            each.is_error(429, "rate_limited")
            assert "bookings" not in each.body

    def test_they_leave_bookings_and_look_ups_their_own_limits(self, deployment: Deployment) -> None:
        deployment.configure(STATUS_PER_CALLER_MINUTE="1", BOOKINGS_PER_CALLER_MINUTE="1")
        for _ in range(3):
            deployment.of_call(CALL_ID)

        assert deployment.book_known("P-41", known_body()).status == 202

    def test_they_are_answered_where_they_cannot_be_counted(
        self, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def unavailable(*_: object) -> None:
            raise TableUnavailable("dynamodb: gone")

        booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
        deployment.configure(STATUS_PER_CALLER_MINUTE="2")
        monkeypatch.setattr(Table, "add_up", unavailable)

        assert deployment.status(booking_id).status == 200
        assert emf.values(capsys.readouterr().out, "LookupsUncounted") == [1]


class TestWhatABookingTells:
    """Of a person whom the client did not name."""

    def test_number_of_another_person_counts_as_an_empty_search(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployment.configure(SUSPECTED_AFTER_MISSES="1")
        deployment.fake.add_patient(**invented.patient(patient_id="P-41", first_name="Someone", last_name="Else"))
        for number in range(3):
            deployment.book_new(new_body(call_id=f"c-{number}", start=in_days(number + 2).isoformat()))
            deployment.deliver()

        assert emf.values(capsys.readouterr().out, "EnumerationSuspected"), "from the worker"

    def test_a_booking_that_was_made_counts_as_nothing(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployment.configure(SUSPECTED_AFTER_MISSES="1")
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        for number in range(3):
            deployment.book_known("P-41", known_body(call_id=f"c-{number}", start=in_days(number + 2).isoformat()))
            assert deployment.deliver().acknowledged

        assert emf.values(capsys.readouterr().out, "EnumerationSuspected") == []

    def test_whose_a_number_is_leaves_on_record(self, deployment: Deployment) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-42"))
        booking_id = deployment.book_new(new_body()).body["booking_id"]
        assert deployment.deliver().acknowledged
        before = len(entries(deployment))

        shown = deployment.status(booking_id).body
        of_call = deployment.of_call(CALL_ID).body

        assert (shown["patient_id"], of_call["bookings"][0]["patient_id"]) == ("P-42", "P-42")
        told = entries(deployment)[before:]
        assert [(each["route"], each["patient_id"], each["call_id"], each["fields"]) for each in told] == [
            (route, "P-42", CALL_ID, ["patient_id", "appointment_id"])
            for route in ("GET /bookings/{booking_id}", "GET /calls/{call_id}/bookings")
        ]
        assert {each["caller"] for each in told} == {"convox"}

    def test_an_appointment_that_stood_already_leaves_on_record(self, deployment: Deployment) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        first = deployment.book_known("P-41", known_body()).body["booking_id"]
        assert deployment.deliver().acknowledged
        second = deployment.book_known("P-41", known_body(call_id="another", notes="once more")).body["booking_id"]
        assert deployment.deliver().acknowledged

        assert deployment.status(first).body["reason"] is None
        assert entries(deployment) == [], "its own appointment, of a patient that the client named"
        assert deployment.status(second).body["reason"] == "already_there"
        assert [(each["patient_id"], each["fields"]) for each in entries(deployment)] == [("P-41", ["appointment_id"])]

    def test_what_cannot_be_recorded_is_not_shown(self, deployment: Deployment) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-42"))
        booking_id = deployment.book_new(new_body()).body["booking_id"]
        assert deployment.deliver().acknowledged
        deployment.stack.without_register()

        deployment.status(booking_id).is_error(503, "not_stored")
        deployment.of_call(CALL_ID).is_error(503, "not_stored")
        deployment.configure(DISCLOSURE_FAILURE="open")
        assert deployment.status(booking_id).body["patient_id"] == "P-42"

    def test_one_that_tells_nothing_needs_no_register(self, deployment: Deployment) -> None:
        booking_id = deployment.book_new(new_body()).body["booking_id"]
        deployment.stack.without_register()

        assert deployment.status(booking_id).status == 200


@pytest.mark.parametrize(("count", "more"), [(MOST_IN_AN_ANSWER, False), (MOST_IN_AN_ANSWER + 3, True)])
def test_a_call_s_answer_has_its_bounds_and_says_so(deployment: Deployment, count: int, more: bool) -> None:
    for number in range(count):
        assert deployment.book_known("P-41", known_body(start=in_days(number + 2).isoformat())).status == 202

    body = deployment.of_call(CALL_ID).body

    assert len(body["bookings"]) == MOST_IN_AN_ANSWER
    assert body["message"].startswith("This call has more bookings than the 50 shown") is more


def entries(deployment: Deployment) -> list[dict[str, Any]]:
    """The register's entries in their order, readable."""
    found = [each for each in deployment.stack.entries() if each["kind"]["S"] == "disclosure"]
    read = [
        {
            name: [each["S"] for each in value["L"]] if "L" in value else next(iter(value.values()))
            for name, value in it.items()
        }
        for it in found
    ]
    return sorted(read, key=lambda each: each["at"])
