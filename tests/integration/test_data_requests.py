"""`data_requests`, the register, and the commands that ask them: what they print, and what they never say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest

from commands import disclosures, holds, person_search, register_reading
from commands.__main__ import main
from commands.cli_support import Ask, Output, Session
from commands.register_reading import Span
from commands.target import FunctionFailed, Target
from convox_clinicea import aws
from convox_clinicea.bookings import person_search as subject_search
from convox_clinicea.bookings.protocol import State
from convox_clinicea.errors import InvalidRequest
from tests.support import events, invented
from tests.support.account import age_secrets
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body, new_body
from tests.support.deployment import Deployment
from tests.support.terminal import Terminal

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
ASKED = {"mobile": invented.MOBILE, **CALL}
OPERATOR = "arn:aws:sts::123456789012:assumed-role/Privacy/asha"


def ask(deployment: Deployment) -> Ask:
    return lambda order: deployment.function("data_requests").invoke(order)


def session(deployment: Deployment, *, as_json: bool = False) -> Session:
    return Session(Output(as_json=as_json), ask(deployment), "the stack", lambda: OPERATOR)


def carry_out(
    deployment: Deployment,
    mobile: str | None = invented.MOBILE,
    *,
    patient: str | None = None,
    erase: bool = False,
    open_too: bool = False,
    yes: bool = False,
    as_json: bool = False,
) -> int:
    """Show what is held or, with `erase`, show and erase it."""
    person = person_search.about(mobile, patient)
    on_it = session(deployment, as_json=as_json)
    if not erase:
        holds.show(on_it, person)
        return 0
    return holds.carry_out(on_it, person, open_too=open_too, why="asked by the person", yes=yes)


@pytest.fixture
def meera(deployment: Deployment) -> str:
    """A patient who was looked up and booked; gives the booking's id."""
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.search(ASKED)
    booking_id = deployment.book_known("P-41", known_body(mobile=invented.MOBILE)).body["booking_id"]
    assert deployment.deliver().acknowledged
    return str(booking_id)


class TestHolds:
    def test_it_tells_what_is_held_and_shows_nothing_of_it(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert carry_out(deployment) == 0

        said = capsys.readouterr().out
        assert "the stack: 1 bookings, 0 consents, 1 disclosures" in said
        assert meera in said
        assert "an HMAC of the mobile, Clinicea's id of the patient" in said
        assert invented.leaks(said) == []

    def test_a_function_that_starts_cold_reads_the_key_itself(self, deployment: Deployment, meera: str) -> None:
        age_secrets(aws.SECRET_SECONDS)

        held = ask(deployment)({"action": "holds", "mobile": invented.MOBILE})

        assert [each["booking_id"] for each in held["bookings"]] == [meera]

    def test_erased_it_leaves_a_tombstone_that_is_still_answered(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert carry_out(deployment, erase=True, yes=True) == 0
        assert carry_out(deployment) == 0

        said = capsys.readouterr().out
        assert f"{meera}  erased; its tombstone remains" in said
        assert "the stack: 0 bookings" in said
        answer = deployment.status(meera)
        assert (answer.status, answer.body["state"], answer.body["patient_id"]) == (200, "booked", None)
        assert deployment.of_call(CALL_ID).body["bookings"] == []

    def test_as_json_it_is_one_document(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        capsys.readouterr()
        assert carry_out(deployment, erase=True, yes=True, as_json=True) == 0

        said = capsys.readouterr()
        document = json.loads(said.out[said.out.rindex("\n{\n") + 1 :] if "\n{\n" in said.out else said.out)
        assert (document["erased"], document["kept"]) == ([{"booking_id": meera, "kept": None}], 0)
        assert [each["booking_id"] for each in document["bookings"]] == [meera]
        assert json.loads(said.err) == {"note": "the stack"}
        assert invented.leaks(said.out + said.err) == []

    @pytest.mark.parametrize(("word", "code"), [("yes", 0), ("no", 1), ("", 1)])
    def test_it_asks_before_it_erases(
        self, deployment: Deployment, meera: str, monkeypatch: pytest.MonkeyPatch, word: str, code: int
    ) -> None:
        monkeypatch.setattr("sys.stdin", Terminal(f"{word}\n"))

        assert carry_out(deployment, erase=True) == code

        assert (deployment.booking(meera).erased_at is None) is (code == 1)

    def test_what_has_not_ended_is_kept_unless_that_is_wanted(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        body = new_body(start=in_days(4).isoformat(), consent={"given": True, "text_version": "1"})
        booking_id = deployment.book_new(body).body["booking_id"]

        assert carry_out(deployment, erase=True, yes=True) == 1
        assert deployment.booking(booking_id).state is State.ACCEPTED
        assert carry_out(deployment, erase=True, yes=True, open_too=True) == 0

        assert deployment.booking(booking_id).state is State.REJECTED
        said = capsys.readouterr().out
        assert "1 bookings, 1 consents" in said
        assert "is still open; --open" in said
        assert deployment.deliver().acknowledged
        assert deployment.fake.patients() == []

    def test_mobile_comes_from_the_environment_not_the_command_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MOBILE", invented.MOBILE)

        assert person_search.person(None) == {"mobile": invented.MOBILE}
        for verb in ("holds", "erase", "withdraw"):
            assert main([verb, "--mobile", invented.MOBILE]) == 2, "no option takes it"

    @pytest.mark.parametrize("mobile", ["", "12", f"{invented.FIRST_NAME}", None])
    def test_what_is_no_number_is_refused_without_being_repeated(self, deployment: Deployment, mobile: object) -> None:
        with pytest.raises(InvalidRequest) as caught:
            ask(deployment)({"action": "holds", "mobile": mobile})

        assert invented.leaks(str(caught.value)) == []


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
        assert "searched by patient id P-41 (exact): bookings and their consents, kept callbacks, disclosures" in said
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
        assert "3 pages of the ledger read, going on" in said.err
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


class Here(Target):
    """The stack in this process."""

    def client(self, service: str, read_seconds: int = 60) -> Any:
        assert service == "dynamodb"
        return aws.dynamodb()

    def output(self, name: str) -> str:
        assert name == "DisclosuresTable"
        return self.stack


class WithItsFunctions(Here):
    """The same, whose functions run here too."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(deployment.stack.disclosures_table, None)
        self._deployment = deployment

    def invoke(self, function_output: str, payload: object, seconds: int = 60) -> dict[str, Any]:
        assert (function_output, seconds) == ("DataRequestsFunctionName", 60)
        assert isinstance(payload, dict)
        answer: dict[str, Any] = self._deployment.function("data_requests").invoke(payload)
        return answer


class OnePerPage(Here):
    """The same, with a page for each entry."""

    def client(self, service: str, read_seconds: int = 60) -> Any:
        client = super().client(service, read_seconds)
        return SimpleNamespace(query=lambda **question: client.query(**question, Limit=1))


class TestDisclosures:
    @pytest.mark.parametrize("kind", ["patient", "agent", "call", "day"])
    def test_an_auditor_finds_an_entry_by_each_key(
        self, deployment: Deployment, meera: str, kind: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployment.book_new(new_body(mobile=invented.OTHER_MOBILE, start=in_days(4).isoformat()))
        day = deployment.stack.entries()[0]["day"]["S"]
        value = {"patient": "P-41", "agent": AGENT_ID, "call": CALL_ID, "day": day}[kind]

        assert disclosures.tell(Output(), Here(deployment.stack.disclosures_table, None), kind, value) == 0

        said = capsys.readouterr().out
        assert f"disclosure  convox  agent {AGENT_ID}  call {CALL_ID}  patient P-41  POST /patients/search:" in said
        assert ("consent     convox" in said) is (kind != "patient")
        assert invented.leaks(said) == []

    def test_a_breach_is_scoped_by_client_time_and_address(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """After a leaked token: whose data did the thief see, and how many persons are that?"""
        deployment.fake.add_patient(**invented.patient(patient_id="P-77", mobile=invented.OTHER_NATIONAL))
        thief = events.search({"mobile": invented.OTHER_MOBILE, **CALL})
        thief["requestContext"]["identity"]["sourceIp"] = "198.51.100.7"
        for _ in range(2):
            assert deployment.function("search_patient")(thief).body["match"] == "one"
        thief["body"] = json.dumps({"mobile": "+919999900098", **CALL})
        assert deployment.function("search_patient")(thief).body["match"] == "none"
        here = Here(deployment.stack.disclosures_table, None)
        hour_ago = datetime.now(UTC) - timedelta(hours=1)
        span = Span(hour_ago.replace(minute=0), None, (ip_network("203.0.113.0/24"),))

        assert disclosures.tell(Output(), here, "client", "convox", persons=True, span=span) == 0

        said = capsys.readouterr().out
        assert "not from 203.0.113.0/24: 2 entries, 1 patients, 1 look-ups that found nobody" in said
        assert "patient P-77  2 times" in said
        assert "P-41" not in said
        assert invented.leaks(said) == []
        earlier = Span(None, hour_ago, ())
        disclosures.tell(Output(), here, "client", "convox", span=earlier)
        assert ": 0 entries, 0 patients" in capsys.readouterr().out

    def test_a_call_whose_id_holds_a_number_is_found_by_that_id(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        call_id = f"{invented.NATIONAL}_20261128101500"
        deployment.search(ASKED | {"call_id": call_id})
        capsys.readouterr()

        assert disclosures.tell(Output(), WithItsFunctions(deployment), "call", call_id) == 0

        first, *entries = capsys.readouterr().out.splitlines()
        assert ": 1 entries, 1 patients" in first
        assert "patient P-41  POST /patients/search" in entries[0]
        assert call_id not in entries[0]

    def test_so_is_one_that_a_release_before_has_put_on_record(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        call_id = f"{invented.NATIONAL}_20261128101500"
        deployment.search(ASKED)
        (entry,) = deployment.stack.entries()
        item = {**entry, "entry": {"S": "2026-01-01T00:00:00.000Z#x"}, "call_id": {"S": call_id}}
        aws.dynamodb().put_item(TableName=deployment.stack.disclosures_table, Item=item)
        capsys.readouterr()

        assert disclosures.tell(Output(as_json=True), WithItsFunctions(deployment), "call", call_id) == 0
        assert json.loads(capsys.readouterr().out)["entries"][0]["call_id"] == call_id

    def test_a_register_of_any_size_is_read_on(
        self, deployment: Deployment, meera: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(register_reading, "MOST_PAGES", 1)
        target = OnePerPage(deployment.stack.disclosures_table, None)
        deployment.search(ASKED)
        told: list[str] = []
        after: dict[str, Any] | None = None
        capsys.readouterr()

        for _ in range(5):
            ended = disclosures.tell(Output(as_json=True), target, "client", "convox", after=after) == 0
            told_now = capsys.readouterr()
            document = json.loads(told_now.out)
            told += [entry["at"] for entry in document["entries"]]
            if ended:
                break
            assert json.loads(told_now.err) == {"note": f"more entries exist; repeat with --after {document['after']}"}
            after = register_reading.key_of(document["after"])

        assert ended
        assert len(told) == len(set(told)) == 2

    def test_as_json_it_is_one_document(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        disclosures.tell(Output(as_json=True), Here(deployment.stack.disclosures_table, None), "patient", "P-41")

        document = json.loads(capsys.readouterr().out)
        (entry,) = document["entries"]
        assert document["after"] is None
        assert (entry["patient_id"], entry["kind"]) == ("P-41", "disclosure")
        assert "name" in entry["fields"]

    def test_entry_is_found_however_the_patient_id_is_written(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        guid = "41a0c5de-0000-4000-8000-00000000ab41"
        deployment.fake.add_patient(**invented.patient(patient_id=guid.upper()))
        deployment.search({"mobile": invented.MOBILE, "call_id": CALL_ID, "agent_id": AGENT_ID})

        for written in (guid, guid.upper()):
            disclosures.tell(Output(), Here(deployment.stack.disclosures_table, None), "patient", written)
            assert f"patient {written}: 1 entries" in capsys.readouterr().out

    def test_nothing_found_is_said(self, deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
        disclosures.tell(Output(), Here(deployment.stack.disclosures_table, None), "patient", "P-0")

        assert "patient P-0: 0 entries" in capsys.readouterr().out
