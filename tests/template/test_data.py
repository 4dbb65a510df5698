"""What must survive, what is encrypted, and what the deployer is told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from convox_clinicea.bookings.protocol import LONGEST_SECONDS, ProtocolTimings
from tests.support.template import ROOT
from tests.template.shape import of_type, under

Json = dict[str, Any]
SURVIVORS = ("Ledger", "Disclosures", "IdentityKey", "DataKey")


@pytest.mark.parametrize("name", SURVIVORS)
def test_what_an_open_booking_needs_survives_the_stack(resources: Json, name: str) -> None:
    assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resources[name]["UpdateReplacePolicy"] == "Retain"


def test_an_entry_that_was_not_written_rings(resources: Json) -> None:
    alarm = resources["DisclosureAlarm"]["Properties"]
    (query,) = alarm["Metrics"]

    # Each function counts under its own name, and a new one with them.
    assert query["Expression"] == 'SELECT SUM(DisclosureNotRecorded) FROM SCHEMA("ConvoxClinicea", service)'
    assert (int(alarm["Threshold"]), alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


def test_notices_are_encrypted_and_mailed_if_address_given(resources: Json) -> None:
    topic = under(resources["Notices"]["Properties"], HasOwnKey=False)
    subscription = resources["NoticesSubscription"]

    assert topic["KmsMasterKeyId"] == "alias/aws/sns"
    assert subscription["Condition"] == "HasNoticesEmail"
    assert subscription["Properties"]["TopicArn"] == {"Ref": "Notices"}
    assert subscription["Properties"]["Endpoint"] == {"Ref": "NoticesEmail"}


def test_no_queue_is_fifo(resources: Json) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")

    assert len(queues) == 2
    for name, queue in queues.items():
        assert not [each for each in queue["Properties"] if re.search("Fifo|Dedup", each)], name
        assert not queue["Properties"]["QueueName"]["Fn::Sub"].endswith(".fifo")


def test_queues_of_the_previous_release_are_replaced_not_changed(resources: Json) -> None:
    assert not {"BookingQueue", "DeadLetterQueue"} & set(resources), "a FIFO queue cannot become a standard one"


def test_the_queue_gives_up_late(resources: Json) -> None:
    queue = resources["BookingMessages"]["Properties"]

    assert queue["RedrivePolicy"]["maxReceiveCount"] == 100
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetters", "Arn"]}


def test_dead_letters_are_kept_longest_and_from_that_queue_only(resources: Json) -> None:
    queue = resources["BookingMessages"]["Properties"]
    dead = resources["DeadLetters"]["Properties"]

    assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]
    (allowed,) = dead["RedriveAllowPolicy"]["sourceQueueArns"]
    assert allowed["Fn::Sub"].endswith(f":{queue['QueueName']['Fn::Sub']}")


def test_alarm_watches_visible_and_hidden_dead_letters(resources: Json) -> None:
    alarm = resources["DeadLetterAlarm"]["Properties"]
    (result, *looks) = alarm["Metrics"]

    assert result["Expression"] == "visible + hidden"
    assert {each["Id"]: each["MetricStat"]["Metric"]["MetricName"] for each in looks} == {
        "visible": "ApproximateNumberOfMessagesVisible",
        "hidden": "ApproximateNumberOfMessagesNotVisible",
    }
    for look in looks:
        dimensions = look["MetricStat"]["Metric"]["Dimensions"]
        assert dimensions == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


def test_an_alarm_tells_that_nobody_takes_messages(resources: Json) -> None:
    alarm = resources["OldestMessageAlarm"]["Properties"]

    assert alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["BookingMessages", "QueueName"]}}]
    # Sent anew after half an hour, the message before is acknowledged when it comes by next.
    assert alarm["Threshold"] > ProtocolTimings().stuck.total_seconds() + LONGEST_SECONDS + 60


def test_secrets_are_generated_and_stand_nowhere_in_the_template(source: Json, resources: Json) -> None:
    for secret in of_type(resources, "AWS::SecretsManager::Secret").values():
        assert "SecretString" not in secret["Properties"]
        assert secret["Properties"]["GenerateSecretString"]["PasswordLength"] >= 48
    assert not [name for name in source["Parameters"] if re.search("Password|ApiKey|Token$", name)]


def test_each_parameter_is_described_constrained_and_grouped(source: Json) -> None:
    groups = source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(source["Parameters"])
    for name, parameter in source["Parameters"].items():
        assert parameter["Description"], name
        assert {"AllowedValues", "AllowedPattern", "MinValue"} & set(parameter), name
        if "AllowedPattern" in parameter:
            assert parameter["ConstraintDescription"].startswith("must be"), name
            assert "Default" not in parameter or re.search(parameter["AllowedPattern"], parameter["Default"]), name


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("CliniceaUrl", "https://api.clinicea.com", True),
        ("CliniceaUrl", "http://127.0.0.1:8099", True),
        ("CliniceaUrl", "http://api.clinicea.com", False),
        ("CliniceaUrl", "https://api.clinicea.com/api?key=1", False),
        ("Clinics", "ssm:/convox-clinicea/clinics", True),
        ("Clinics", "s3://a-bucket/clinics.json", True),
        ("Clinics", "clinics.json", False),
        ("Dialect", "ssm:/convox-clinicea/dialect", True),
        ("Dialect", "dialect.json", False),
        ("AccessTokenHeader", "X-ConVox-Token", True),
        ("AccessTokenHeader", "Access Token", False),
        ("AccessTokenHeader", "Authorization", True),
        ("AccessTokenHeader", "Host-Token", True),
        ("AccessTokenHeader", "Host", False),
        ("AccessTokenHeader", "user-agent", False),
        ("AccessTokenHeader", "X-Amzn-Trace-Id", False),
        ("AccessTokenHeader", "X-Forwarded-For", False),
        ("AccessTokenHeader", "Referer", False),
        ("SourceAddresses", "", True),
        ("SourceAddresses", "203.0.113.0/24", True),
        ("SourceAddresses", "203.0.113.7/32,198.51.100.0/25,2001:db8::/32", True),
        ("SourceAddresses", "::1/128", True),
        ("SourceAddresses", "0.0.0.0/0", True),
        ("SourceAddresses", "203.0.113.7", False),
        ("SourceAddresses", "203.0.113.0/33", False),
        ("SourceAddresses", "203.0.256.0/24", False),
        ("SourceAddresses", "203.0.113.0/24, 198.51.100.0/25", False),
        ("SourceAddresses", "203.0.113.0/24,", False),
        ("SourceAddresses", "2001:db8::/129", False),
        ("SourceAddresses", "example.com", False),
        ("WebAclArn", "", True),
        (
            "WebAclArn",
            "arn:aws:wafv2:ap-south-1:123456789012:regional/webacl/clinic/a1b2c3d4-5678-90ab-cdef-0123456789ab",
            True,
        ),
        (
            "WebAclArn",
            "arn:aws:wafv2:us-east-1:123456789012:global/webacl/clinic/a1b2c3d4-5678-90ab-cdef-0123456789ab",
            False,
        ),
        ("TimeZone", "America/Argentina/Salta", True),
        ("TimeZone", "IST", True),
        ("TimeZone", "+05:30", False),
        ("NoticesEmail", "", True),
        ("NoticesEmail", "front.desk@example.com", True),
        ("NoticesEmail", "front desk@example.com", False),
        ("NoticesEmail", "example.com", False),
    ],
)
def test_a_parameter_takes_what_it_should(source: Json, name: str, value: str, *, fits: bool) -> None:
    assert bool(re.search(source["Parameters"][name]["AllowedPattern"], value)) is fits


def test_the_outputs_name_what_the_launcher_and_an_operator_need(source: Json) -> None:
    programs = [path.read_text("utf-8") for folder in ("commands", "local") for path in (ROOT / folder).rglob("*.py")]
    read = {name for text in programs for name in re.findall(r"""\boutputs?[(\[]"([A-Z]\w+)"[)\]]""", text)} - {"Value"}

    assert len(read) > 8
    assert read <= set(source["Outputs"])
