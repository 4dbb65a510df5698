"""A person's own word: a copy of their data for who may open it, and the withdrawal of their consent."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from commands import cli_support, data_copy, disclosures, withdraw
from commands.cli_support import Output
from convox_clinicea import aws
from convox_clinicea.bookings.protocol import State
from convox_clinicea.errors import InvalidRequest
from convox_clinicea.table import TableUnavailable
from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body, new_body
from tests.support.data_requests import OPERATOR, Here, ask, session
from tests.support.deployment import Deployment
from tests.support.terminal import Terminal

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}


def entries(deployment: Deployment, kind: str) -> list[dict[str, Any]]:
    return [each for each in deployment.stack.entries() if each["kind"]["S"] == kind]


class TestACopy:
    @pytest.fixture
    def meera(self, deployment: Deployment) -> Deployment:
        """She was looked up, and waits for two appointments; a third could not be booked."""
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
        deployment.search({"mobile": invented.MOBILE, **CALL})
        deployment.book_known("P-41", known_body(mobile=invented.MOBILE))
        deployment.book_new(new_body(start=in_days(4).isoformat()))
        deployment.call_status(new_body(start="tomorrow", disposition="Appointment", call_id="CALL-7002"))
        return deployment

    def told(self, deployment: Deployment, capsys: pytest.CaptureFixture[str], **person: str) -> dict[str, Any]:
        capsys.readouterr()
        assert data_copy.tell(session(deployment), person, "asked in writing, ticket 7", kms=aws.kms()) == 0
        said = capsys.readouterr().out
        document: dict[str, Any] = json.loads(said[said.index("{\n") :])
        return document

    def test_by_number_it_is_the_data_itself(self, meera: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
        copy = self.told(meera, capsys, mobile=invented.MOBILE)

        new = next(each["said"] for each in copy["bookings"] if each["flow"] == "new_patient")
        assert new["new_patient"]["first_name"] == invented.FIRST_NAME
        assert new["notes"] == invented.NOTES
        (kept,) = copy["kept_callbacks"]
        assert (kept["call_id"], kept["said"]["mobile"]) == ("CALL-7002", invented.MOBILE)
        assert [each["text_version"] for each in copy["consents"]] == ["2031-01"]

    def test_by_patient_id_it_tells_who_saw_the_data(
        self, meera: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        copy = self.told(meera, capsys, patient_id="P-41")

        assert [each["said"]["notes"] for each in copy["bookings"]] == [invented.NOTES]
        assert [each["route"] for each in copy["disclosures"]] == ["POST /patients/search"]
        assert copy["recipients"] == [f"convox, agent {AGENT_ID}"]

    def test_it_is_on_record_before_anything_leaves(
        self, meera: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.told(meera, capsys, mobile=invented.MOBILE, patient_id="P-41")

        copies = entries(meera, "copy")
        assert {each["subject"]["S"].split("#")[1] for each in copies} == {"number", "patient"}
        assert {(each["who"]["S"], each["why"]["S"]) for each in copies} == {(OPERATOR, "asked in writing, ticket 7")}
        disclosures.tell(Output(), Here(meera.stack.disclosures_table, None), "patient", "P-41")
        assert f'copy        by {OPERATOR}: "asked in writing, ticket 7"' in capsys.readouterr().out

    def test_without_the_record_nothing_leaves(self, meera: Deployment) -> None:
        meera.stack.without_register()

        with pytest.raises(TableUnavailable):
            ask(meera)({"action": "copy", "patient_id": "P-41", "who": OPERATOR, "why": "asked"})

    def test_the_function_itself_opens_nothing(self, meera: Deployment) -> None:
        answer = ask(meera)({"action": "copy", "mobile": invented.MOBILE, "who": OPERATOR, "why": "asked"})

        assert len(answer["bookings"]) == 2
        assert invented.leaks(json.dumps(answer)) == []

    def test_who_may_not_decrypt_sees_nothing(self, meera: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
        def refuse(**_: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Decrypt")

        capsys.readouterr()
        person = {"mobile": invented.MOBILE}
        kms = SimpleNamespace(decrypt=refuse)

        assert data_copy.tell(session(meera), person, "asked", kms=kms) == cli_support.COULD_NOT_ASK

        captured = capsys.readouterr()
        assert "kms:Decrypt" in captured.err
        assert invented.leaks(captured.out + captured.err) == []


class TestAWithdrawal:
    @staticmethod
    def carry_out(deployment: Deployment, *, yes: bool = True) -> int:
        return withdraw.carry_out(session(deployment), invented.MOBILE, why="told us on the telephone", yes=yes)

    def test_it_is_on_record_and_what_is_stored_goes(
        self, deployment: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        booking_id = deployment.book_new(new_body()).body["booking_id"]

        assert self.carry_out(deployment) == 0

        (entry,) = entries(deployment, "withdrawal")
        assert entry["subject"]["S"].startswith("asked#number#")
        assert (entry["who"]["S"], entry["why"]["S"]) == (OPERATOR, "told us on the telephone")
        left = deployment.booking(booking_id)
        assert (left.state, left.request, left.number_key) == (State.REJECTED, None, None)
        assert left.erased_at is not None
        assert len(entries(deployment, "consent")) == 1, "what was agreed before stays proven"
        said = capsys.readouterr().out
        assert "withdrawn 2" in said
        assert invented.leaks(said) == []

    def test_it_counts_as_no_consent(self, deployment: Deployment) -> None:
        deployment.book_new(new_body())
        self.carry_out(deployment)

        assert ask(deployment)({"action": "count", "mobile": invented.MOBILE})["count"] == 1

    def test_it_is_on_record_though_nothing_is_held(self, deployment: Deployment) -> None:
        assert self.carry_out(deployment) == 0

        assert len(entries(deployment, "withdrawal")) == 1

    def test_without_a_yes_nothing_happens(self, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", Terminal("no\n"))

        assert self.carry_out(deployment, yes=False) == cli_support.NOT_WANTED

        assert deployment.stack.entries() == []

    def test_it_needs_the_number(self, deployment: Deployment) -> None:
        order = {"action": "withdraw", "patient_id": "P-41", "who": OPERATOR, "why": "told us"}

        with pytest.raises(InvalidRequest, match="consents are found by it"):
            ask(deployment)(order)
