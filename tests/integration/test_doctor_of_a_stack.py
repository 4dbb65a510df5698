"""`connector doctor` on a deployed stack: its functions' settings, secret, documents, and their session."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from commands.__main__ import main
from commands.target import Target
from convox_clinicea.clinicea import Endpoint
from convox_clinicea.clinicea.calls import LOGIN
from local.clinicea.auth import LOCAL_API_KEY, LOCAL_LOGIN
from tests.support.account import REGION, document
from tests.support.deployment import Deployment

SEARCH = Endpoint.SEARCH_PATIENT.value
VARIABLES = ("CLINICEA_", "CALL_TABLE", "CLINICS", "LEDGER_TABLE", "KMS_KEY_ARN", "TIME_ZONE", "DEFAULT_COUNTRY")


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
    monkeypatch.setattr(
        Target, "find", classmethod(lambda _cls, name: StackInMoto(name or "convox-clinicea", None, None, REGION))
    )


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    main(["doctor", "--json", "--write", str(tmp_path / "table.json"), *arguments])
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


@pytest.mark.parametrize(("zone", "verdict"), [("Asia/Kolkata", "differs, harmless"), ("Asia/Dubai", "wrong")])
def test_lists_without_the_clinic_are_harmless_in_one_zone_only(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str], zone: str, verdict: str
) -> None:
    visit = {"clinic_id": "C-01", "start": "2031-03-10T10:00:00"}
    deployment.fake.add_patient(first_name="Asha", mobile="9999900055", appointments=[visit])
    deployment.configure(CLINICS=document({"schema": 1, "clinics": [{"clinic_id": "C-02", "time_zone": zone}]}))

    assert run(tmp_path, capsys, "--mobile", "99999 00055")["read_back.clinic_id"]["verdict"] == verdict


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
    assert (corrected["schema"], corrected["times"]["stamp"]) == (2, table["datetime_format"])
    assert corrected == json.loads((tmp_path / "table.json").read_text())


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"CLINICEA_URL": "ftp://x"}, "environment variables: CLINICEA_URL"),
        ({"CALL_TABLE": "s3://nowhere/x.json"}, "GetObject was refused: NoSuchBucket"),
        (
            {"CLINICEA_SECRET_ARN": "arn:aws:secretsmanager:x"},
            "GetSecretValue was refused: ResourceNotFoundException",
        ),
    ],
)
def test_a_stack_that_cannot_be_read(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], variables: dict[str, str], told: str
) -> None:
    deployment.configure(**variables)
    assert main(["doctor", "--stack", "other"]) == 2
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("doctor: ")
    assert told in said


def test_a_secret_that_is_not_valid_is_not_repeated(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    arn = boto3.client("secretsmanager").create_secret(Name=deployment.stack.table, SecretString="hush-hush")["ARN"]
    deployment.configure(CLINICEA_SECRET_ARN=arn)
    assert main(["doctor"]) == 2
    told = capsys.readouterr()
    assert told.err.endswith("doctor: the Clinicea secret is not a JSON object\n")
    assert "hush-hush" not in told.out + told.err


def test_no_stack_at_all(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def gone(_self: Target, _name: str) -> str:
        text = "Stack with id convox-clinicea does not exist"
        raise ClientError({"Error": {"Code": "ValidationError", "Message": text}}, "DescribeStacks")

    monkeypatch.setattr(StackInMoto, "output", gone)
    assert main(["doctor"]) == 2
    assert "no stack 'convox-clinicea' in ap-south-1, account 123456789012" in capsys.readouterr().err
