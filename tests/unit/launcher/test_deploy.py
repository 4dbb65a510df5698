"""What the launcher reads from the template and hands on."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import build, paths
from local.deploy import Deployment, Stack
from local.refused import alarms_in, include_from, leave_out, without_usage_plans
from tests.support.recorder import Recorder

STACK = Stack("http://api", "token", "Access-Token", "http://clinicea", "http://aws", "ledger", "queue", "dead")
LOOP = ["Name", ["A", "B"], {"${Name}": {"Type": "AWS::SQS::Queue"}}]


def test_stack_file_holds_what_is_read_and_is_private(tmp_path: Path) -> None:
    file = tmp_path / "below" / "stack.json"

    STACK.write(file)
    STACK.write(file, {"pid": 7, "started": "2026-11-28T07:46:59Z"})

    assert list(json.loads(file.read_text())) == [
        "api_url",
        "access_token",
        "access_token_header",
        "clinicea_url",
        "aws_endpoint_url",
        "ledger_table",
        "queue_url",
        "dead_letter_queue_url",
        "pid",
        "started",
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_new_build_is_due_when_a_source_changes_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "template.yaml").write_text("a: 1\n")
    for folder in ("functions/one/__pycache__", "layers"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "functions/one/app.py").write_text("x = 1\n")
    first = build.source_hash()

    (tmp_path / "functions/one/__pycache__/app.pyc").write_bytes(b"compiled")
    assert build.source_hash() == first
    (tmp_path / "functions/one/app.py").write_text("x = 2\n")
    assert build.source_hash() != first


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with one source, and a `sam` that writes what it was told to build into the folder asked for."""
    (tmp_path / "template.yaml").write_text("a: 1\n")
    sam = tmp_path / "sam"
    sam.write_text(
        '#!/bin/sh\nwhile [ "$1" != --build-dir ]; do shift; done\nmkdir -p "$2"\ncp "$TREE/template.yaml" "$2"\n'
        'echo built >> "$TREE/log"\n'
    )
    sam.chmod(0o755)
    for name, path in (("ROOT", tmp_path), ("BUILDS", tmp_path / "builds"), ("SAM", sam), ("LOGS", tmp_path / "logs")):
        monkeypatch.setattr(paths, name, path)
    return tmp_path


def test_each_run_has_its_own_build_and_sources_are_built_once(builds: Path) -> None:
    environment = {**os.environ, "TREE": str(builds)}

    assert build.build(builds / "one", environment) is True
    assert build.build(builds / "two", environment) is False
    (builds / "one" / "template.yaml").unlink()

    assert (builds / "two" / "template.yaml").read_text() == "a: 1\n"
    assert (builds / "log").read_text() == "built\n"


def test_a_build_that_another_run_finished_first_is_as_good(builds: Path) -> None:
    fresh, kept = builds / "fresh", builds / "kept"
    for folder in (fresh, kept):
        folder.mkdir()
        (folder / "template.yaml").write_text(folder.name)

    build.put_in_place(fresh, kept)

    assert (kept / "template.yaml").read_text() == "kept"
    with pytest.raises(OSError, match="missing"):
        build.put_in_place(fresh, builds / "missing" / "folder")


def test_builds_that_nobody_uses_go_and_half_done_ones_too(builds: Path) -> None:
    environment = {**os.environ, "TREE": str(builds)}
    for name in ("making-killed", "of-old-sources"):
        (builds / "builds" / name).mkdir(parents=True)
        os.utime(builds / "builds" / name, (0, 0))

    build.build(builds / "one", environment)

    assert [each.name for each in (builds / "builds").iterdir()] == [build.source_hash()]


def test_what_the_emulator_omits_comes_from_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    response: dict[str, Any] = {
        "statusCode": 429,
        "responseParameters": {"h": "'1'"},
        "responseTemplates": {"application/json": "{}"},
    }
    response["responseTemplates"] |= {"text/plain": {"Fn::Sub": "in ${Header}, $context.requestId"}}
    table = {"TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True}}
    resources = {
        "Api": {
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {"Body": {"x-amazon-apigateway-gateway-responses": {"THROTTLED": response}}},
        },
        "Ledger": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "Holdings": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "Queue": {"Type": "AWS::SQS::Queue"},
    }
    aws = Recorder(
        {
            "get_template": {"TemplateBody": {"Resources": resources}},
            "describe_stack_resource": {"StackResourceDetail": {"PhysicalResourceId": "physical"}},
            "get_stages": {"item": [{"stageName": "v1"}]},
            "describe_stacks": {
                "Stacks": [{"Parameters": [{"ParameterKey": "Header", "ParameterValue": "Access-Token"}]}]
            },
            "describe_time_to_live": {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}},
        }
    )
    deployment = Deployment(Path("build"), "http://aws", "http://clinicea", "api_key")
    monkeypatch.setattr(deployment, "client", lambda _service: aws)

    assert deployment.apply_left_out() == ["API Gateway's error answers", "the tables' time to live"]

    done = dict(aws.calls)
    assert done["put_gateway_response"] == {
        "restApiId": "physical",
        "responseType": "THROTTLED",
        "statusCode": "429",
        "responseParameters": {"h": "'1'"},
        "responseTemplates": {"application/json": "{}", "text/plain": "in Access-Token, $context.requestId"},
    }
    assert done["create_deployment"] == {"restApiId": "physical", "stageName": "v1"}
    assert done["update_time_to_live"]["TimeToLiveSpecification"] == table["TimeToLiveSpecification"]


@pytest.mark.parametrize("generated", ["aB3" * 16, "aB3$'!?" * 7])
def test_the_access_token_can_be_pasted_anywhere(monkeypatch: pytest.MonkeyPatch, generated: str) -> None:
    outputs = [{"OutputKey": "AccessTokensSecretArn", "OutputValue": "arn"}]
    outputs += [{"OutputKey": "ApiUrl", "OutputValue": "https://api/v1"}]
    outputs += [
        {"OutputKey": name, "OutputValue": name}
        for name in ("AccessTokenHeader", "LedgerTable", "QueueUrl", "DeadLetterQueueUrl")
    ]
    aws = Recorder(
        {
            "describe_stacks": {"Stacks": [{"Outputs": outputs}]},
            "describe_stack_resource": {"StackResourceDetail": {"PhysicalResourceId": "physical"}},
            "get_secret_value": {"SecretString": json.dumps({"previous": "", "current": generated})},
        }
    )
    deployment = Deployment(Path("build"), "http://aws", "http://clinicea", "api_key")
    monkeypatch.setattr(deployment, "client", lambda _service: aws)

    token = deployment.stack().access_token

    assert token.isascii()
    assert token.isalnum()
    assert len(token) == len(generated)
    stored = dict(aws.calls).get("put_secret_value")
    if generated.isalnum():
        assert stored is None
        assert token == generated
    else:
        assert stored is not None
        assert json.loads(stored["SecretString"]) == {"previous": "", "current": token}


def test_only_alarms_over_several_metrics_are_left_out(tmp_path: Path) -> None:
    alarm = "AWS::CloudWatch::Alarm"
    copy = tmp_path / "template.yaml"
    resources = {
        "Math": {"Type": alarm, "Properties": {"Metrics": []}},
        "Fn::ForEach::Queries": ["Name", ["A", "B"], {"${Name}": {"Type": alarm, "Properties": {"Metrics": []}}}],
        "Fn::ForEach::Plain": ["Name", ["C", "D", "E"], {"${Name}": {"Type": alarm, "Properties": {}}}],
        "Plain": {"Type": alarm},
        "Queue": {"Type": "Q"},
    }
    copy.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}))

    assert alarms_in(copy) == 7
    assert leave_out(copy) == 3

    left = yaml.safe_load(copy.read_text())
    assert list(left["Resources"]) == ["Fn::ForEach::Plain", "Plain", "Queue"]
    assert left["AWSTemplateFormatVersion"] == "2010-09-09"
    assert (alarms_in(copy), leave_out(copy)) == (4, 0)


def pages(**auth: Any) -> dict[str, Any]:
    """A function with a route, and one that comes by a schedule."""
    events = {
        "Desk": {"Type": "Api", "Properties": {"Path": "/desk", "Auth": auth}},
        "Minute": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minute)"}},
    }
    return {"Type": "AWS::Serverless::Function", "Properties": {"Events": events}}


def test_only_usage_plans_and_key_requirements_are_left_out(tmp_path: Path) -> None:
    copy = tmp_path / "template.yaml"
    auth = {"ApiKeyRequired": True, "DefaultAuthorizer": "AccessToken"}
    resources = {
        "Api": {"Type": "AWS::Serverless::Api", "Properties": {"ApiKeySourceType": "AUTHORIZER", "Auth": auth}},
        "Plan": {"Type": "AWS::ApiGateway::UsagePlan"},
        "Key": {"Type": "AWS::ApiGateway::ApiKey"},
        "InPlan": {"Type": "AWS::ApiGateway::UsagePlanKey"},
        "Pages": pages(Authorizer="NONE", ApiKeyRequired=False),
        "Fn::ForEach::Queues": LOOP,
    }
    outputs = {"PlanId": {"Value": {"Ref": "Plan"}}, "ApiId": {"Value": {"Ref": "Api"}}}
    copy.write_text(json.dumps({"Resources": resources, "Outputs": outputs}))

    assert without_usage_plans(copy) == ["Plan", "Key", "InPlan"]

    left = yaml.safe_load(copy.read_text())
    assert left["Resources"] == {
        "Api": {"Type": "AWS::Serverless::Api", "Properties": {"Auth": {"DefaultAuthorizer": "AccessToken"}}},
        "Pages": pages(Authorizer="NONE"),
        "Fn::ForEach::Queues": LOOP,
    }
    assert list(left["Outputs"]) == ["ApiId"]
    assert without_usage_plans(copy) == []


def test_a_copy_includes_its_files_from_where_they_are(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    included = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "../../board.json"}}}
    board = {"Properties": {"Body": {"Fn::ToJsonString": included}}}
    template.write_text(json.dumps({"Resources": {"Board": board, "Fn::ForEach::Queues": LOOP}}))

    include_from(template, Path("/sources"))

    included["Fn::Transform"]["Parameters"] = {"Location": "/sources/board.json"}
    assert yaml.safe_load(template.read_text())["Resources"] == {"Board": board, "Fn::ForEach::Queues": LOOP}
