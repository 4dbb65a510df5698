"""A patient's data by the patient's id: found, counted and erased, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from commands import holds, person_search
from commands.cli_support import Output, Session
from commands.target import FunctionFailed
from convox_clinicea import aws
from convox_clinicea.bookings import person_search as subject_search
from convox_clinicea.bookings.protocol import State
from convox_clinicea.errors import InvalidRequest
from tests.support import invented
from tests.support.bookings import CALL_ID, in_days, known_body, new_body
from tests.support.data_requests import (
    ASKED,
    CALL,
    OPERATOR,
    ask,
    carry_out,
)
from tests.support.deployment import Deployment


@pytest.fixture
def known(deployment: Deployment) -> str:
    """A patient who was looked up by number and booked by id, without a mobile; gives the booking's id."""
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.search(ASKED)
    booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
    assert deployment.deliver().acknowledged
    return str(booking_id)


class TestByPatientId:
    def test_a_booking_that_came_without_a_mobile_is_found(
        self, deployment: Deployment, known: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert carry_out(deployment, mobile=None, patient="P-41") == 0

        said = capsys.readouterr().out
        assert "the stack: 1 bookings, 0 consents, 1 disclosures" in said
        assert known in said
        assert "searched by patient id P-41 (exact): bookings and their consents, kept callbacks, records of" in said
        assert "not searched: the number; " in said

    def test_a_search_by_number_says_what_it_cannot_find(
        self, deployment: Deployment, known: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert carry_out(deployment) == 0

        said = capsys.readouterr().out
        assert "the stack: 0 bookings, 0 consents, 0 disclosures" in said
        assert "disclosures of the bookings' patients: none" in said
        assert (
            "not searched: bookings made for a known patient without a mobile, and disclosures of patients who were "
            "never booked, are found by --patient only" in said
        )

    def test_a_search_by_number_names_the_patients_it_came_to(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        carry_out(deployment)

        assert "disclosures of the bookings' patients: P-41\n" in capsys.readouterr().out

    def test_id_and_number_together_find_the_union_without_doubles(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployment.book_known("P-41", known_body(start=in_days(5).isoformat()))
        deployment.book_new(new_body(start=in_days(4).isoformat()))

        assert carry_out(deployment, patient="P-41") == 0

        said = capsys.readouterr().out
        assert "the stack: 3 bookings, 1 consents, 1 disclosures" in said
        assert "searched by number and by patient id P-41 (exact)" in said

    def test_newcomer_who_became_that_patient_is_found_with_consent(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        booking_id = deployment.book_new(new_body()).body["booking_id"]
        assert deployment.deliver().acknowledged
        patient_id = deployment.booking(booking_id).patient_id

        assert carry_out(deployment, mobile=None, patient=patient_id) == 0

        said = capsys.readouterr().out
        assert "the stack: 1 bookings, 1 consents, 0 disclosures" in said
        assert booking_id in said

    def test_a_patient_who_was_shown_and_never_booked_is_told_so(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        deployment.search(ASKED)

        carry_out(deployment, mobile=None, patient="P-41")

        assert "the stack: 0 bookings, 0 consents, 1 disclosures" in capsys.readouterr().out

    def test_another_id_in_another_letter_case_is_another_patient(
        self, deployment: Deployment, known: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        carry_out(deployment, mobile=None, patient="p-41")

        assert "the stack: 0 bookings, 0 consents, 0 disclosures" in capsys.readouterr().out

    def test_a_guid_is_one_patient_in_any_letter_case(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        guid = "41a0c5de-0000-4000-8000-00000000ab41"
        deployment.fake.add_patient(**invented.patient(patient_id=guid.upper()))
        deployment.search(ASKED)
        deployment.book_known(guid.upper(), known_body())
        deployment.book_known(guid, known_body(start=in_days(5).isoformat()))

        assert carry_out(deployment, mobile=None, patient=guid) == 0
        assert carry_out(deployment, patient=guid) == 0

        said = capsys.readouterr().out
        assert said.count("the stack: 2 bookings, 0 consents, 1 disclosures") == 2
        assert f"searched by patient id {guid} (as {guid}, {guid.upper()}): bookings" in said

    def test_it_is_erased_with_a_line_that_says_who(
        self, deployment: Deployment, known: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert carry_out(deployment, mobile=None, patient="P-41", erase=True, yes=True) == 0
        assert carry_out(deployment, mobile=None, patient="P-41") == 0

        said = capsys.readouterr().out
        assert f"{known}  erased; its tombstone remains" in said
        assert "the stack: 0 bookings, 0 consents, 1 disclosures" in said
        act = deployment.function("booking_actions").invoke({"action": "show", "booking_id": known})["acts"][0]
        assert (act["what"], act["who"]) == ("erase", OPERATOR)

    def test_what_has_not_ended_is_kept_unless_that_is_wanted(self, deployment: Deployment) -> None:
        booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
        order: dict[str, Any] = {"patient": "P-41", "erase": True, "yes": True}

        assert carry_out(deployment, None, **order) == 1
        assert deployment.booking(booking_id).state is State.ACCEPTED
        assert carry_out(deployment, None, **order, open_too=True) == 0

        assert deployment.booking(booking_id).state is State.REJECTED

    def test_kept_callback_naming_the_patient_is_found_and_erased(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        callback = {**CALL, "disposition": "Appointment", "patient_id": "P-41", "clinic_id": "C-01"}
        assert deployment.call_status(callback).status == 400
        capsys.readouterr()  # the function's log

        assert carry_out(deployment, mobile=None, patient="P-41", erase=True, yes=True) == 0
        assert carry_out(deployment, mobile=None, patient="P-41") == 0

        found, erased, after = (line for line in capsys.readouterr().out.splitlines() if "searched" not in line)
        assert found.endswith(f"0 disclosures, a kept callback of call {CALL_ID}")
        assert erased == f"  the kept callback of call {CALL_ID}  erased"
        assert after.endswith("0 disclosures")

    def test_ledger_of_many_pages_is_searched_and_erased_to_its_end(
        self, deployment: Deployment, known: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Each filler is a third of a page; what is looked for lies anywhere between them.
        for number in range(12):
            filler: Any = {"pk": {"S": f"call#convox#filler-{number}"}, "kept": {"B": bytes(350_000)}}
            aws.dynamodb().put_item(TableName=deployment.stack.table, Item=filler)
        second = deployment.book_known("P-41", known_body(start=in_days(5).isoformat())).body["booking_id"]
        monkeypatch.setattr(subject_search, "MOST_PAGES", 1)

        assert carry_out(deployment, mobile=None, patient="P-41", erase=True, yes=True, open_too=True) == 0

        said = capsys.readouterr()
        assert "the stack: 2 bookings, 0 consents, 1 disclosures" in said.out
        assert all(f"{each}  erased; its tombstone remains" in said.out for each in (known, second))
        assert "3 pages of the ledger read, continuing" in said.err
        assert deployment.booking(known).erased_at is not None

    def test_more_records_than_one_answer_takes_come_in_parts(
        self, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(subject_search, "MOST_FOUND", 2)
        for days in range(3, 8):
            assert deployment.book_known("P-41", known_body(start=in_days(days).isoformat())).status == 202

        assert carry_out(deployment, mobile=None, patient="P-41", erase=True, yes=True, open_too=True) == 0

        said = capsys.readouterr().out
        assert "the stack: 5 bookings" in said
        assert said.count("erased; its tombstone remains") == 5

    def test_what_never_ends_is_an_error_and_not_an_answer(
        self, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(person_search, "MOST_PARTS", 3)
        endless = {"bookings": [], "calls": [], "consents": 0, "unreadable": 0, "pages": 20, "after": "booking#x"}

        with pytest.raises(FunctionFailed, match="the search is incomplete"):
            holds.show(Session(Output(), lambda _: endless, "the stack", lambda: ""), {"patient_id": "P-41"})

    def test_record_of_a_later_version_is_reported_and_kept(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        later = {"pk": {"S": "booking#bk_later"}, "patient_id": {"S": "P-41"}, "state": {"S": "of tomorrow"}}
        aws.dynamodb().put_item(TableName=deployment.stack.table, Item=later)

        assert carry_out(deployment, mobile=None, patient="P-41", erase=True, yes=True) == 1

        assert "1 matching records are unreadable for this version" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "order",
        [
            {"action": "holds"},
            {"action": "holds", "patient_id": "P\n41"},
            {"action": "holds", "patient_id": "-"},
            {"action": "holds", "patient_id": ""},
            {"action": "holds", "patient_id": "P-41", "after": ""},
            {"action": "count", "patient_id": "P-41", "mobile": invented.MOBILE},
            {"action": "erase", "patient_id": "P-41"},
        ],
    )
    def test_an_order_that_names_nobody_or_too_much_is_refused(
        self, deployment: Deployment, order: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidRequest) as caught:
            ask(deployment)(order)

        assert invented.leaks(str(caught.value)) == []

    @pytest.mark.parametrize(
        ("patient", "mobile", "asked_for", "given"),
        [
            ("P-41", None, 0, None),
            ("P-41", invented.MOBILE, 0, invented.MOBILE),
            (None, None, 1, "typed"),
        ],
    )
    def test_the_mobile_is_asked_for_where_no_patient_is_named(
        self,
        monkeypatch: pytest.MonkeyPatch,
        patient: str | None,
        mobile: str | None,
        asked_for: int,
        given: str | None,
    ) -> None:
        prompts: list[str] = []

        def typed(prompt: str) -> str:
            prompts.append(prompt)
            return "typed"

        monkeypatch.delenv("MOBILE", raising=False)
        if mobile:
            monkeypatch.setenv("MOBILE", mobile)
        monkeypatch.setattr("getpass.getpass", typed)

        assert person_search.person(patient) == person_search.about(given, patient)
        assert len(prompts) == asked_for
