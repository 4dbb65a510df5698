"""What holds for each resource of a kind, those included that are yet to be added."""

from __future__ import annotations

from typing import Any

import pytest

from commands.parameter_page import PAGE, page
from commands.template import long_form, template
from tests.support.functions import NAMES
from tests.support.template import ROOT
from tests.template.shape import of_type

Json = dict[str, Any]


def test_functions_of_the_template_and_folders_are_the_same(source: Json) -> None:
    written = of_type(source["Resources"], "AWS::Serverless::Function")

    assert sorted(each["Properties"]["CodeUri"] for each in written.values()) == [f"functions/{name}" for name in NAMES]


def test_the_sam_cli_writes_the_loops_out_as_we_do(both: Json) -> None:
    """SAM fills in parameters and conditions too: compared is what there is, and alarms that loops alone decide."""
    by_sam = both["by_sam"]["Resources"]
    ours = long_form(template())["Resources"]

    assert {name: each["Type"] for name, each in ours.items()} == {name: each["Type"] for name, each in by_sam.items()}
    for name in ("CanaryAlarm", "DisclosureAlarm", "SweeperSilentAlarm"):
        of_sam = by_sam[name]["Properties"] | {"AlarmDescription": None}
        assert of_sam == ours[name]["Properties"] | {"AlarmDescription": None}, name


def test_every_event_is_a_function_s_and_every_function_has_one() -> None:
    assert sorted(path.stem for path in (ROOT / "events").glob("*.json")) == NAMES


def test_every_function_ends_in_time_and_within_lambda_s_limits(resources: Json) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        properties = function["Properties"]
        assert 1 <= properties["Timeout"] <= 900, name
        assert 128 <= properties["MemorySize"] <= 10_240, name
        assert properties["Handler"] == "app.handler", name


def test_every_log_group_expires_after_the_chosen_days(resources: Json) -> None:
    for name, group in of_type(resources, "AWS::Logs::LogGroup").items():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
        assert group["DeletionPolicy"] == "Delete", name


def test_every_table_is_encrypted_recoverable_and_expires_items(resources: Json) -> None:
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        properties = table["Properties"]
        assert properties["SSESpecification"]["SSEEnabled"] is True, name
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True, name
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}, name
        assert properties["BillingMode"] == "PAY_PER_REQUEST", name
        assert properties["DeletionProtectionEnabled"] == {"Ref": "LedgerDeletionProtection"}, name


def test_every_queue_is_encrypted_and_only_spoken_to_over_tls(resources: Json) -> None:
    refusing = {
        each["Ref"]
        for policy in of_type(resources, "AWS::SQS::QueuePolicy").values()
        for each in policy["Properties"]["Queues"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }

    for name, queue in of_type(resources, "AWS::SQS::Queue").items():
        properties = queue["Properties"]
        assert properties.get("SqsManagedSseEnabled") is True or "KmsMasterKeyId" in properties, name
        assert name in refusing, name


def test_every_topic_is_encrypted_alarms_by_our_own_key(resources: Json) -> None:
    for name, topic in of_type(resources, "AWS::SNS::Topic").items():
        key = topic["Properties"]["KmsMasterKeyId"]
        # An alarm cannot publish under the account's own key; it holds names of metrics and numbers.
        assert name != "Alarms" or key["Fn::If"][0] == "HasOwnKey", name


def test_every_queue_trigger_reports_failures_and_is_bounded(
    resources: Json,
) -> None:
    for name, mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").items():
        properties = mapping["Properties"]
        assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert "MaximumConcurrency" in properties["ScalingConfig"], name


def test_every_key_rotates(resources: Json) -> None:
    for name, key in of_type(resources, "AWS::KMS::Key").items():
        assert key["Properties"]["EnableKeyRotation"] is True, name


def test_every_output_says_what_it_is(source: Json) -> None:
    for name, output in source["Outputs"].items():
        assert output["Description"].endswith("."), name


def test_the_page_of_parameters_is_the_template_s(source: Json) -> None:
    assert PAGE.read_text("utf-8") == page(source), "run make parameters"


@pytest.mark.parametrize("change", ["Default", "Description"])
def test_a_parameter_that_changes_would_show_on_the_page(source: Json, change: str) -> None:
    before = source["Parameters"]["SettleSeconds"]
    changed = {**source, "Parameters": {**source["Parameters"], "SettleSeconds": {**before, change: "otherwise"}}}

    assert page(changed) != page(source)
