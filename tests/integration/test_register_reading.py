"""The register of disclosures as an auditor reads it by command."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from commands import disclosures, register_reading
from commands.cli_support import Output
from commands.register_reading import Span
from convox_clinicea import aws
from tests.support import events, invented
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, new_body
from tests.support.data_requests import (
    ASKED,
    CALL,
    Here,
    OnePerPage,
    WithItsFunctions,
)
from tests.support.deployment import Deployment


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
        assert "not from 203.0.113.0/24: 2 entries, 1 patients, 1 look-ups without a patient" in said
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
