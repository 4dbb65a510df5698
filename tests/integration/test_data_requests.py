"""`data_requests`, the register, and the commands that ask them: what they print, and what they never say."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest

from commands import desk, disclosures, holds
from commands.target import Target
from convox_clinicea import aws
from convox_clinicea.bookings.states import State
from convox_clinicea.errors import InvalidRequest
from tests.support import invented
from tests.support.account import age_secrets
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body, new_body
from tests.support.deployment import Deployment

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
ASKED = {"mobile": invented.MOBILE, **CALL}
OPERATOR = "arn:aws:sts::123456789012:assumed-role/Privacy/asha"


def ask(deployment: Deployment) -> desk.Ask:
    return lambda order: deployment.function("data_requests").invoke(order)


def wanted(**changes: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"erase": False, "open": False, "yes": False, "why": "asked by the person"} | changes)


def carry_out(deployment: Deployment, **changes: Any) -> int:
    return holds.carry_out(wanted(**changes), ask(deployment), "the stack", lambda: OPERATOR, invented.MOBILE)


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
        assert f"{meera}  erased; its tombstone stays" in said
        assert "the stack: 0 bookings" in said
        answer = deployment.status(meera)
        assert (answer.status, answer.body["state"], answer.body["patient_id"]) == (200, "booked", None)
        assert deployment.of_call(CALL_ID).body["bookings"] == []

    @pytest.mark.parametrize(("word", "code"), [("yes", 0), ("no", 1), ("", 1)])
    def test_it_asks_before_it_erases(
        self, deployment: Deployment, meera: str, monkeypatch: pytest.MonkeyPatch, word: str, code: int
    ) -> None:
        monkeypatch.setattr("builtins.input", lambda _: word)

        assert carry_out(deployment, erase=True) == code

        assert (deployment.booking(meera).erased_at is None) is (code == 1)

    def test_what_has_not_ended_is_kept_unless_that_is_wanted(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        body = new_body(start=in_days(4).isoformat(), consent={"given": True, "text_version": "hi-7"})
        booking_id = deployment.book_new(body).body["booking_id"]

        assert carry_out(deployment, erase=True, yes=True) == 1
        assert deployment.booking(booking_id).state is State.ACCEPTED
        assert carry_out(deployment, erase=True, yes=True, open=True) == 0

        assert deployment.booking(booking_id).state is State.REJECTED
        said = capsys.readouterr().out
        assert "1 bookings, 1 consents" in said
        assert "has not ended; with OPEN=yes" in said
        assert deployment.deliver().acknowledged
        assert deployment.fake.patients() == []

    def test_a_mobile_comes_from_the_environment_and_stands_in_no_list_of_processes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[tuple[object, ...]] = []

        def note(*given: object) -> int:
            asked.append(given)
            return 0

        monkeypatch.setattr("sys.argv", ["holds"])
        monkeypatch.setenv("MOBILE", invented.MOBILE)
        monkeypatch.setattr(desk, "run", lambda _stack, command: command(Target("s", None)))
        monkeypatch.setattr(holds, "carry_out", note)

        assert holds.main() == 0
        assert asked[0][-1] == invented.MOBILE

    @pytest.mark.parametrize("mobile", ["", "12", f"{invented.FIRST_NAME}", None])
    def test_what_is_no_number_is_refused_without_being_repeated(self, deployment: Deployment, mobile: object) -> None:
        with pytest.raises(InvalidRequest) as caught:
            ask(deployment)({"action": "holds", "mobile": mobile})

        assert invented.leaks(str(caught.value)) == []


class Here(Target):
    """The stack in this process."""

    def client(self, service: str, read_seconds: int = 60) -> Any:
        assert service == "dynamodb"
        return aws.dynamodb()

    def output(self, name: str) -> str:
        assert name == "DisclosuresTable"
        return self.stack


class TestDisclosures:
    @pytest.mark.parametrize("kind", ["patient", "agent", "call", "day"])
    def test_an_auditor_finds_an_entry_by_each_key(
        self, deployment: Deployment, meera: str, kind: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployment.book_new(new_body(mobile=invented.OTHER_MOBILE, start=in_days(4).isoformat()))
        day = deployment.stack.entries()[0]["day"]["S"]
        value = {"patient": "P-41", "agent": AGENT_ID, "call": CALL_ID, "day": day}[kind]

        assert disclosures.tell(Here(deployment.stack.disclosures_table, None), kind, value, as_json=False) == 0

        said = capsys.readouterr().out
        assert f"disclosure  convox  agent {AGENT_ID}  call {CALL_ID}  patient P-41  POST /patients/search:" in said
        assert ("consent     convox" in said) is (kind != "patient")
        assert invented.leaks(said) == []

    def test_as_json_an_entry_is_a_line(
        self, deployment: Deployment, meera: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        disclosures.tell(Here(deployment.stack.disclosures_table, None), "patient", "P-41", as_json=True)

        (line,) = capsys.readouterr().out.splitlines()
        entry = json.loads(line)
        assert (entry["patient_id"], entry["kind"]) == ("P-41", "disclosure")
        assert "name" in entry["fields"]

    def test_an_entry_is_found_in_whatever_form_the_patients_id_is_written(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        guid = "41a0c5de-0000-4000-8000-00000000ab41"
        deployment.fake.add_patient(**invented.patient(patient_id=guid.upper()))
        deployment.search({"mobile": invented.MOBILE, "call_id": CALL_ID, "agent_id": AGENT_ID})

        for written in (guid, guid.upper()):
            disclosures.tell(Here(deployment.stack.disclosures_table, None), "patient", written, as_json=False)
            assert f"patient {written}: 1 entries" in capsys.readouterr().out

    def test_nothing_found_is_said(self, deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
        disclosures.tell(Here(deployment.stack.disclosures_table, None), "patient", "P-0", as_json=False)

        assert "patient P-0: 0 entries" in capsys.readouterr().out
