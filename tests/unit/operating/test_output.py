"""What a verb prints: lines for people or one document for programs, and all else on standard error."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from commands import logs
from commands.__main__ import main
from commands.cli_support import Output

Said = pytest.CaptureFixture[str]


def speak(out: Output) -> None:
    out.note("clinic on AWS")
    out.line("one booking")
    out.document({"bookings": ["é"]})
    out.error("not all of it")


def test_people_get_lines(capsys: Said) -> None:
    speak(Output())

    said = capsys.readouterr()
    assert (said.out, said.err) == ("one booking\n", "clinic on AWS\nnot all of it\n")


def test_programs_get_one_document_and_json_lines_beside_it(capsys: Said) -> None:
    speak(Output(as_json=True))

    said = capsys.readouterr()
    assert json.loads(said.out) == {"bookings": ["é"]}
    assert [json.loads(line) for line in said.err.splitlines()] == [
        {"note": "clinic on AWS"},
        {"error": "not all of it"},
    ]


class TestLogs:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(logs, "FOLDER", tmp_path)
        return tmp_path

    def test_the_last_lines_of_each_log_are_one_document(self, folder: Path, capsys: Said) -> None:
        (folder / "search_patient.log").write_text("".join(f"line {number}\n" for number in range(30)))
        (folder / "sweeper.log").write_text('{"message": "swept"}\n')

        assert main(["logs", "--json"]) == 0

        document = json.loads(capsys.readouterr().out)["logs"]
        assert document["sweeper"] == ['{"message": "swept"}']
        assert document["search_patient"] == [f"line {number}" for number in range(10, 30)]

    def test_without_json_they_are_followed(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (folder / "search_patient.log").touch()
        (folder / "sweeper.log").touch()
        followed: list[list[str]] = []
        monkeypatch.setattr(os, "execvp", lambda _program, words: followed.append(words))

        main(["logs", "sweeper"])

        assert followed == [["tail", "-n", "20", "-F", str(folder / "sweeper.log")]]

    def test_without_logs_it_says_who_writes_them(self, folder: Path, capsys: Said) -> None:
        assert main(["logs", "search_patient", "--json"]) == 1
        told = {"error": "no logs, of the function search_patient: make run writes them"}
        assert json.loads(capsys.readouterr().err) == told
        assert main(["logs", "no_such_function"]) == 2
