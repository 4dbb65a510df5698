"""`connector check-config`: which documents it reads, what it says of them, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from commands.__main__ import main
from tests.support.account import aws_account, document
from tests.support.documents import written
from tests.support.places import nowhere


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which nothing is set."""
    folder = tmp_path / "project"
    folder.mkdir()
    nowhere(folder, monkeypatch)
    return folder


def test_every_problem_of_every_document_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clinics = written(tmp_path, {"schema": 2, "clinics": [{"clinic_id": "C 1"}]})
    dialect = tmp_path / "dialect.json"
    dialect.write_text(json.dumps({"date_order": "x", "words": {"missing": [""]}}))

    assert main(["check-config", "--clinics", clinics, "--dialect", str(dialect)]) == 1

    told = capsys.readouterr().out
    assert f"clinics    {clinics}: 2 problems" in told
    assert f"dialect    {dialect}: 2 problems" in told


def test_documents_in_order_are_told_with_what_they_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clinics = written(
        tmp_path, {"schema": 1, "clinics": [{"clinic_id": "C-1", "time_zone": "Asia/Dubai"}, {"clinic_id": "C-2"}]}
    )
    dialect = tmp_path / "dialect.json"
    dialect.write_text(json.dumps({"callers": {"pune": {"date_order": "dmy"}}}))

    assert main(["check-config", "--clinics", clinics, "--dialect", str(dialect)]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "call_table packed with the connector: in order (11 calls, 6 in use)",
        f"clinics    {clinics}: in order (2 clinics, 1 of them with a time zone)",
        f"dialect    {dialect}: in order (clients with their own: pune)",
        "consent_texts packed with the connector: in order (1 versions, in en)",
    ]


def test_a_call_table_of_schema_1_is_told_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = written(tmp_path, {"datetime_format": "%Y-%m-%dT%H:%M:%S"})
    assert main(["check-config", "--call-table", table]) == 0
    assert 'schema 1, with its old defaults; write "schema": 2' in capsys.readouterr().out


def test_a_modern_booking_needs_its_read_backs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service = {"fixed": {"appointmentServiceID": "5e1f0000-0000-4000-8000-000000000001"}}
    modern = {"schema": 2, "flows": {"book_known": "modern"}, "calls": {"createAppointment": service}}
    table = written(tmp_path, modern)
    assert main(["check-config", "--call-table", table, "ReadBacks=true"]) == 0
    assert "11 calls, 6 in use; book_known by modern calls" in capsys.readouterr().out
    assert main(["check-config", "--call-table", table, "ReadBacks=false"]) == 1
    assert "ReadBacks: must be true where flows.book_known is modern" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", "--dialect", str(tmp_path / "none.json")]) == 1
    assert "none.json: 1 problem\n    no such file\n" in capsys.readouterr().out


def test_a_folder_is_no_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", "--dialect", str(tmp_path)]) == 1
    assert "cannot be read: Is a directory" in capsys.readouterr().out


class TestParameters:
    @pytest.fixture(autouse=True)
    def account(self, project: Path) -> Iterator[None]:
        with aws_account():
            yield

    def test_documents_are_read_from_where_the_parameters_say(self, capsys: pytest.CaptureFixture[str]) -> None:
        boto3.client("ssm").put_parameter(
            Name="/convox-clinicea/dialect", Value=json.dumps({"date_order": "dmy"}), Type="String"
        )

        assert main(["check-config", "Dialect=ssm:/convox-clinicea/dialect"]) == 0
        assert "dialect    ssm:/convox-clinicea/dialect: in order" in capsys.readouterr().out

    def test_in_the_account_that_deploy_toml_says(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("AWS_PROFILE", "north")
        monkeypatch.delenv("AWS_PROFILE")  # so that what the command sets there ends with the test
        (project / "aws-config").write_text("[profile north]\naws_access_key_id = a\naws_secret_access_key = b\n")
        (project / "deploy.toml").write_text(
            'stack = "north"\nregion = "eu-north-1"\nprofile = "north"\n[parameters]\nDialect = "ssm:/north/dialect"\n'
        )
        boto3.client("ssm", region_name="eu-north-1").put_parameter(
            Name="/north/dialect", Value=json.dumps({"date_order": "dmy"}), Type="String"
        )

        assert main(["check-config"]) == 0

        said = capsys.readouterr()
        assert "dialect    ssm:/north/dialect: in order" in said.out
        assert said.err == "north on AWS, account 123456789012, region eu-north-1, profile north\n"

    def test_and_from_where_samconfig_says(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        source = document({"schema": 1, "clinics": [{"clinic_id": "C 1"}]})
        bucket = source.removeprefix("s3://").partition("/")[0]
        samconfig = project / "samconfig.toml"
        samconfig.write_text(
            "version = 0.1\n[default.global.parameters]\nstack_name = 'clinic'\n[default.deploy.parameters]\n"
            f"""parameter_overrides = 'Clinics="{source}" DocumentsBucket="{bucket}" TimeZone="Asia/Kolkata"'\n"""
        )

        assert main(["check-config"]) == 1

        told = capsys.readouterr().out
        assert f"clinics    {source}: 1 problem" in told
        assert "clinics.0.clinic_id: must match pattern" in told
        assert "parameters" not in told

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            (
                ["Dialect=ssm:/elsewhere/x"],
                "Dialect: must lie below ssm:/convox-clinicea/, where the functions may read",
            ),
            (["Dialect=s3://bucket/x"], "Dialect: must lie in DocumentsBucket, which is not named"),
            (["Dialect=s3://b-one/x", "DocumentsBucket=b-two"], "Dialect: must lie in DocumentsBucket, which is b-two"),
            (["Clinics=clinics.json"], "Clinics: must be empty, ssm:/convox-clinicea/<name> or s3://"),
            (
                ["Clinics=ssm:/convox-clinicea/x", "Dialect=ssm:/convox-clinicea/x"],
                "ssm:/convox-clinicea/x: is used for more than one document",
            ),
            (["LookupStart=snapstart", "Python=3.11"], "LookupStart: snapstart needs Python 3.12 or newer"),
            (["CallTable=ssm:/convox-clinicea/none"], "document call_table: its SSM parameter cannot be read"),
        ],
    )
    def test_what_the_functions_could_not_read_is_told(
        self, given: list[str], told: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["check-config", *given]) == 1
        assert told in capsys.readouterr().out

    @pytest.mark.parametrize("text", ["not toml", "default = 1"])
    def test_what_is_no_list_of_parameters_ends_it(
        self, text: str, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        samconfig = project / "samconfig.toml"
        samconfig.write_text(text)

        assert main(["check-config"]) == (2 if text == "not toml" else 0)
        samconfig.unlink()
        assert main(["check-config", "Dialect"]) == 2
        assert "a parameter must be Name=value, not Dialect" in capsys.readouterr().err
