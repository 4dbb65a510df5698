"""`make doctor` on a deployed stack: its functions' settings, secret, documents, and their session under its lease."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from commands.doctor.__main__ import main
from commands.target import Target
from convox_clinicea.clinicea import Call
from convox_clinicea.clinicea.calls import LOGIN
from local.clinicea.auth import LOCAL_API_KEY, LOCAL_LOGIN
from tests.support.account import document
from tests.support.deployment import Deployment

SEARCH = Call.SEARCH_PATIENT.value
VARIABLES = ("CLINICEA_", "CALL_TABLE", "CLINICS", "LEDGER_TABLE", "DATA_KEY_ID", "TIME_ZONE", "DEFAULT_COUNTRY")


class StackInMoto(Target):
    """A deployed stack whose account is in this process; its Lambda tells this process's variables."""

    def client(self, service: str, read_seconds: int = 60) -> Any:
        make: Any = boto3.client
        return SimpleNamespace(get_function_configuration=_configuration) if service == "lambda" else make(service)

    def output(self, name: str) -> str:
        return name


def _configuration(**given: str) -> dict[str, Any]:
    assert given == {"FunctionName": "ReconcileFunctionName"}
    return {"Environment": {"Variables": {k: v for k, v in os.environ.items() if k.startswith(VARIABLES)}}}


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "find", classmethod(lambda _cls, name: StackInMoto(name, None)))


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    main(["--json", "--write", str(tmp_path / "table.json"), *arguments])
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return {each["subject"]: each for each in report["findings"]} | {"call_table": report["call_table"]}


def test_it_asks_as_the_functions_do(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.fake.add_patient(first_name="Asha", mobile="9999900055")
    found = run(tmp_path, capsys, "--mobile", "99999 00055")
    assert found["authentication"]["detail"] == "api_key"
    assert found[f"permission.{SEARCH}"]["verdict"] == "confirmed"
    assert found["call_table"] is None


def test_it_goes_through_the_session_that_the_functions_share(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.configure(CLINICEA_AUTHENTICATION="staff_session")
    deployment.search({"mobile": "9999900055", "call_id": "c", "agent_id": "a"})
    assert run(tmp_path, capsys)["authentication"]["verdict"] == "confirmed"
    assert deployment.search({"mobile": "9999900055", "call_id": "c", "agent_id": "a"}).status == 200
    assert len(deployment.fake.requests(LOGIN)) == 1


def test_a_user_of_its_own_leaves_the_shared_session_alone(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.configure(CLINICEA_AUTHENTICATION="staff_session")
    for name, value in zip(("API_KEY", "USER_NAME", "PASSWORD"), (LOCAL_API_KEY, *LOCAL_LOGIN), strict=True):
        monkeypatch.setenv(f"CLINICEA_{name}", value)
    assert run(tmp_path, capsys)["authentication"]["verdict"] == "confirmed"
    assert deployment.stack.items() == []


@pytest.mark.parametrize("where", ["s3", "ssm"])
def test_the_deployed_call_table_is_the_one_that_is_corrected(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    table = {"calls": {SEARCH: {"parameters": {"country_code": "cc"}}}, "datetime_format": "%Y-%m-%dT%H:%M:%S"}
    place = document(table)
    if where == "ssm":
        boto3.client("ssm").put_parameter(Name=f"/x/{deployment.stack.table}", Value=json.dumps(table), Type="String")
        place = f"ssm:/x/{deployment.stack.table}"
    deployment.configure(CALL_TABLE=place, CLINICS=document({"schema": 1, "clinics": []}))
    found = run(tmp_path, capsys)
    assert found[f"calls.{SEARCH}.parameters.country_code"]["use"] == "countryCode"
    corrected = found["call_table"]
    assert corrected["calls"][SEARCH]["parameters"] == {"national_number": "patMobile", "country_code": "countryCode"}
    assert corrected["datetime_format"] == table["datetime_format"]
    assert corrected == json.loads((tmp_path / "table.json").read_text())


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"CLINICEA_URL": "ftp://x"}, "environment variables: CLINICEA_URL"),
        ({"CALL_TABLE": "s3://nowhere/x.json"}, "stack other cannot be read: NoSuchBucket"),
        ({"CLINICEA_SECRET_ARN": "arn:aws:secretsmanager:x"}, "stack other cannot be read: ResourceNotFoundException"),
    ],
)
def test_a_stack_that_cannot_be_read(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], variables: dict[str, str], told: str
) -> None:
    deployment.configure(**variables)
    assert main(["--stack", "other"]) == 2
    assert capsys.readouterr().err.startswith(f"doctor: {told}")


def test_a_secret_that_is_not_valid_is_not_repeated(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    arn = boto3.client("secretsmanager").create_secret(Name=deployment.stack.table, SecretString="hush-hush")["ARN"]
    deployment.configure(CLINICEA_SECRET_ARN=arn)
    assert main([]) == 2
    told = capsys.readouterr()
    assert told.err == "doctor: the Clinicea secret is not a JSON object\n"


def test_no_stack_at_all(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def gone(_self: Target, _name: str) -> str:
        raise ClientError({"Error": {"Code": "ValidationError"}}, "DescribeStacks")

    monkeypatch.setattr(StackInMoto, "output", gone)
    assert main([]) == 2
    assert "stack convox-clinicea cannot be read: ValidationError" in capsys.readouterr().err
