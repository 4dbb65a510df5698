"""A Clinicea unlike the packed table, on a stack of its own: doctor, the table that it writes, a whole sample call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from commands import target
from commands.__main__ import main
from commands.api import Api
from local.clinicea.testing import ControlClient
from local.clinicea.worlds import WORLDS
from local.sample_call import SampleCall
from tests.end_to_end.aws import STACK, Aws
from tests.support.serving import served

WORLD = "utc-everything"
TABLE = f"/{STACK}/call-table"
SUMMER = f"{datetime.now(UTC).year + 1}-07-15"


@pytest.fixture(scope="module")
def other_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A stack whose Clinicea is that world, with the packed call table, as after a first deployment."""
    with served(tmp_path_factory.mktemp("other"), "--world", WORLD) as told:
        use(Aws(told), {"schema": 2})
        yield told


def use(aws: Aws, table: dict[str, Any]) -> None:
    """Store a call table as doctor says, and let every function begin anew, as a deployment does."""
    aws.client("ssm").put_parameter(Name=TABLE, Value=json.dumps(table), Type="String", Overwrite=True)
    functions = aws.client("lambda")
    for each in functions.list_functions()["Functions"]:
        variables = each.get("Environment", {}).get("Variables", {})
        begun = str(int(variables.get("BEGUN", "0")) + 1)
        functions.update_function_configuration(
            FunctionName=each["FunctionName"], Environment={"Variables": variables | {"BEGUN": begun}}
        )


def test_a_whole_call_works_with_the_table_that_doctor_writes(
    other_stack: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, written = tmp_path / "stack.json", tmp_path / "table.json"
    file.write_text(json.dumps(other_stack))
    monkeypatch.setattr(target, "STACK_FILE", file)
    for name in ("CLINICEA_API_KEY", "CLINICEA_USER_NAME", "CLINICEA_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    control = ControlClient(other_stack["clinicea_url"])
    visit = min(each["start"] for each in control.appointments() if each["patient_id"] == "P-01")[:16]

    arguments = ["--mobile", "+919999900001", "--known-visit", visit, "--clinic", "C-01", "--book-test"]
    status = main(["doctor", *arguments, "--start", f"{SUMMER}T10:00", "--yes", "--json", "--write", str(written)])

    assert status == 1, "the packed table does not fit"
    table = json.loads(written.read_text())
    assert {name: table["times"][name] for name in ("reading_zone", "writing_zone")} == {
        "reading_zone": "utc",
        "writing_zone": "utc",
    }
    use(Aws(other_stack), table)
    api = Api(other_stack["api_url"], other_stack["access_token_header"], other_stack["access_token"])
    SampleCall(api, control, zone=ZoneInfo(WORLDS[WORLD].time_zone)).play()
    assert "once, at the requested time?" in capsys.readouterr().out
