"""What `make lint` makes of checkov's report, and one real run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from commands.check_template import EXCEPTIONS, LEAST_CHECKS, wrong

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".tools" / "checks" / "bin" / "python"
FAILED = {
    "resource": "AWS::SQS::Queue.Plain",
    "check_id": "CKV_AWS_27",
    "check_name": "Ensure all data stored in the SQS queue is encrypted",
}


def skipped(reason: str | None) -> dict[str, Any]:
    return {**FAILED, "check_result": {"result": "SKIPPED", "suppress_comment": reason}}


def report(passed: int = LEAST_CHECKS, **results: Any) -> dict[str, Any]:
    return {"results": {"passed_checks": [{}] * passed, "failed_checks": [], "skipped_checks": [], **results}}


def test_a_template_without_fault_is_one() -> None:
    assert list(wrong(report(skipped_checks=[skipped("messages hold ids alone")]))) == []


@pytest.mark.parametrize(
    "nothing",
    [None, [], {}, {"passed": 0, "failed": 0, "resource_count": 0}, report(0), report(LEAST_CHECKS - 1)],
)
def test_a_run_that_checked_nothing_is_a_fault(nothing: Any) -> None:
    (said,) = wrong(nothing)

    assert "has not seen the template" in said


def test_each_fault_is_named_with_its_place() -> None:
    (said,) = wrong(report(failed_checks=[FAILED]))

    assert said == "AWS::SQS::Queue.Plain: CKV_AWS_27 Ensure all data stored in the SQS queue is encrypted"


def test_what_cannot_be_read_is_a_fault() -> None:
    assert list(wrong(report(parsing_errors=["/template.yaml"]))) == ["/template.yaml: checkov cannot read it"]


@pytest.mark.parametrize("reason", [None, "", "ok", "No comment provided"])
def test_an_exception_needs_a_reason(reason: str | None) -> None:
    (said,) = wrong(report(skipped_checks=[skipped(reason)]))

    assert said == "AWS::SQS::Queue.Plain: CKV_AWS_27 is excepted without a reason"


def test_each_standing_exception_has_its_reason() -> None:
    rows = EXCEPTIONS.read_text("utf-8").partition("skip-check:\n")[2].splitlines()
    form = re.compile(r"  - CKV_AWS_\d+ # .{20,}")

    assert rows
    assert [row for row in rows if not form.fullmatch(row)] == []


def test_checkov_finds_a_plain_queue_in_a_loop(tmp_path: Path) -> None:
    if not PYTHON.exists():
        pytest.fail("the environment of the checks is not installed; run the tests by `make test`", pytrace=False)
    template = tmp_path / "template.yaml"
    template.write_text("""\
Resources:
  Fn::ForEach::Queues:
    - Queue
    - [Plain]
    - ${Queue}:
        Type: AWS::SQS::Queue
        Properties: {QueueName: !Sub "${AWS::StackName}-queue"}
""")

    done = subprocess.run(
        [str(PYTHON), "-m", "commands.check_template", str(template)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1
    assert "AWS::SQS::Queue.Plain" in done.stdout
    assert "CKV_AWS_27" in done.stdout
    assert "it has not seen the template" in done.stdout
