"""Functions: their environment, code, queue and logs."""

from __future__ import annotations

import itertools
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from commands import cli_support, reconcile
from convox_clinicea import aws
from convox_clinicea.bookings.audit import AUDIT_RETENTION
from convox_clinicea.bookings.messages import DEAD_LETTER_SECONDS, MAX_VISIBILITY_SECONDS
from convox_clinicea.bookings.nights import LEASE_BEYOND_DEADLINE
from convox_clinicea.bookings.protocol import LONGEST_SECONDS, ProtocolTimings
from convox_clinicea.bookings.reconcile import WHILE_SOMEBODY_WAITS
from convox_clinicea.convox.http import SECONDS_FOR_THE_ANSWER
from tests.support.environment import with_defaults
from tests.support.functions import NAMES, settings_of
from tests.support.template import ROOT
from tests.template.shape import of_type

Json = dict[str, Any]
EVERYWHERE = {"POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL", "RELEASE_ID"}
NOT_SETTINGS = {"POWERTOOLS_SERVICE_NAME", "RELEASED_WITH"}
ENVIRONMENT_BYTES = 4096
"""What Lambda takes, names and values together."""
LONG = {
    "Ref": "arn:aws:sns:ap-south-1:123456789012:convox-clinicea-production-notices",
    "Fn::GetAtt": "arn:aws:secretsmanager:ap-south-1:123456789012:secret:IdentityKey-aBcDeFgHiJkL-AbCdEf",
}
"""As long as AWS makes a name or an ARN of a stack of ours."""
GIVEN = {
    **dict.fromkeys(
        ("CallTable", "Clinics", "Dialect", "ConsentTexts"), "ssm:/convox-clinicea-production/document-2026"
    ),
    "CliniceaSecretArn": "arn:aws:secretsmanager:ap-south-1:123456789012:secret:production/clinicea-AbCdEf",
}
GATEWAY_SECONDS = 29
COLD_START_SECONDS = 5
"""Far more than one takes: API Gateway waits for it too, Lambda's time-out does not count it."""
SETTINGS = {name: settings_of(name) for name in NAMES}


def logical_id(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_")) + "Function"


def bounds(parameter: Json) -> set[int]:
    return {parameter["MinValue"], parameter["Default"], parameter["MaxValue"]}


def properties(resources: Json, name: str) -> Json:
    found: Json = resources[logical_id(name)]["Properties"]
    return found


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_gets_what_its_settings_read(source: Json, resources: Json, name: str) -> None:
    own = set(source["Resources"][logical_id(name)]["Properties"]["Environment"]["Variables"])
    variables = properties(resources, name)["Environment"]["Variables"]
    read = {field.upper() for field in SETTINGS[name].model_fields}

    assert variables["POWERTOOLS_SERVICE_NAME"] == name
    assert read <= set(variables)
    assert own - NOT_SETTINGS <= read


def test_shared_variables_are_read_and_stand_once(source: Json) -> None:
    shared = set(source["Globals"]["Function"]["Environment"]["Variables"])
    functions = of_type(source["Resources"], "AWS::Serverless::Function").values()

    assert shared - EVERYWHERE <= {field.upper() for each in SETTINGS.values() for field in each.model_fields}
    assert [each for each in functions if shared & set(each["Properties"]["Environment"]["Variables"])] == []


@pytest.mark.parametrize("name", SETTINGS)
def test_variables_fit_into_lambdas_limit(source: Json, resources: Json, name: str) -> None:
    def length(value: Any) -> int:
        if not isinstance(value, dict):
            return len(str(value))
        ((function, argument),) = value.items()
        default = source["Parameters"].get(str(argument), {}).get("Default", LONG.get(function, LONG["Ref"]))
        return len(GIVEN.get(str(argument), str(default)))

    variables = properties(resources, name)["Environment"]["Variables"]
    given = sum(map(len, GIVEN.values())) if "RELEASED_WITH" in variables else 0

    assert sum(len(each) + length(value) for each, value in variables.items()) + given < 0.9 * ENVIRONMENT_BYTES


@pytest.mark.parametrize("name", SETTINGS)
def test_template_defaults_are_accepted_settings(resources: Json, name: str) -> None:
    SETTINGS[name].from_environment(with_defaults(properties(resources, name)["Environment"]["Variables"]))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_s_code_is_where_the_template_says(source: Json, name: str) -> None:
    written = source["Resources"][logical_id(name)]

    assert written["Metadata"]["BuildMethod"] == "makefile"
    assert (ROOT / written["Metadata"]["ContextPath"] / "Makefile").is_file()
    assert written["Properties"]["CodeUri"] == f"functions/{name}"
    assert source["Globals"]["Function"]["Handler"] == "app.handler"
    assert re.search(r"^(def handler\(|handler = )", (ROOT / "functions" / name / "app.py").read_text(), re.M)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_writes_to_a_log_group_that_forgets(resources: Json, name: str) -> None:
    group = properties(resources, name)["LoggingConfig"]["LogGroup"]["Ref"]

    assert resources[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_is_traced_and_has_the_layer(resources: Json, name: str) -> None:
    function = properties(resources, name)

    assert function["TracingConfig"] == {"Mode": "Active"}
    assert len(function["Layers"]) == 1
    assert function["Runtime"] == {"Fn::Sub": "python${Python}"}
    assert function["Architectures"] == [{"Ref": "Architecture"}]


def test_worker_takes_one_message_at_a_time(resources: Json) -> None:
    (mapping,) = of_type(resources, "AWS::Lambda::EventSourceMapping").values()

    assert mapping["Properties"]["BatchSize"] == 1
    assert mapping["Properties"]["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "WorkerConcurrency"}}


@pytest.mark.parametrize("name", ["book_appointment", "book_new_patient", "call_status"])
def test_our_refusal_comes_before_lambda_or_gateway_time_out(resources: Json, name: str) -> None:
    config: Any = aws.CONFIG  # its stubs do not know what is set by name
    tries = config.retries["total_max_attempts"]
    pauses = sum(2**again for again in range(tries - 1))  # botocore's standard mode: at most 1 s, 2 s, 4 s, ...
    given_up_after = tries * (config.connect_timeout + config.read_timeout) + pauses
    time_out = properties(resources, name)["Timeout"]

    assert given_up_after + SECONDS_FOR_THE_ANSWER <= time_out, "every try of one silent service, and the answer"
    assert time_out + COLD_START_SECONDS <= GATEWAY_SECONDS


def test_the_protocol_s_times_are_in_order(source: Json, resources: Json) -> None:
    told = properties(resources, "booking_worker")["Environment"]["Variables"]
    worker = properties(resources, "booking_worker")["Timeout"]
    visibility = resources["BookingMessages"]["Properties"]["VisibilityTimeout"]
    parameters = source["Parameters"]

    assert (worker, visibility) == (30, 180)
    assert (int(told["WORKER_SECONDS"]), int(told["VISIBILITY_SECONDS"])) == (worker, visibility), "told what is so"
    assert parameters["WorkerConcurrency"]["MinValue"] == 2
    for settle, hours, days in itertools.product(
        *(bounds(parameters[name]) for name in ("SettleSeconds", "AgeLimitHours", "RetentionDays"))
    ):
        limits = ProtocolTimings(
            lease_seconds=int(told["LEASE_SECONDS"]),
            settle=timedelta(seconds=settle),
            age=timedelta(hours=hours),
            retention=timedelta(days=days),
        )
        limits.check(worker_seconds=worker, visibility_seconds=visibility)


def test_message_outlives_the_age_limit_and_record_the_message(source: Json, resources: Json) -> None:
    queue = resources["BookingMessages"]["Properties"]
    longest = source["Parameters"]["AgeLimitHours"]["MaxValue"] * 3600

    assert queue["MessageRetentionPeriod"] > longest
    assert source["Parameters"]["RetentionDays"]["MinValue"] * 86400 > queue["MessageRetentionPeriod"]
    # The sweeper sends a fresh message each half hour; without it, half a day's waiting makes no dead letter.
    assert queue["RedrivePolicy"]["maxReceiveCount"] * LONGEST_SECONDS / 2 > 12 * 3600
    assert (
        queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
        > 8 * ProtocolTimings().stuck.total_seconds()
    )


def test_always_failing_message_is_dead_letter_before_expiry(resources: Json) -> None:
    queue = resources["BookingMessages"]["Properties"]
    dead = resources["DeadLetters"]["Properties"]

    longest = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
    # A dead letter's age counts from its first sending.
    assert longest < queue["MessageRetentionPeriod"] < dead["MessageRetentionPeriod"]


def test_what_is_stuck_has_no_message_that_could_still_come(resources: Json) -> None:
    queue = resources["BookingMessages"]["Properties"]

    assert ProtocolTimings().stuck.total_seconds() >= 2 * LONGEST_SECONDS
    assert LONGEST_SECONDS == MAX_VISIBILITY_SECONDS, "a wait is a visibility time-out"
    assert properties(resources, "sweeper")["Timeout"] < DEAD_LETTER_SECONDS, "no two sweepers at one dead letter"
    assert queue["VisibilityTimeout"] >= 6 * properties(resources, "booking_worker")["Timeout"]


def test_parked_record_outlives_the_longest_age_and_dead_letter(source: Json) -> None:
    days = source["Parameters"]["RetentionDays"]
    hours = source["Parameters"]["AgeLimitHours"]

    assert days["Default"] * 24 > hours["MaxValue"]
    assert days["MinValue"] >= 1
    assert AUDIT_RETENTION.days >= 365, "what persons did is kept a year"
    assert hours["MinValue"] * 3600 > source["Parameters"]["SettleSeconds"]["MaxValue"]


def test_an_action_is_over_before_its_command_gives_up(resources: Json) -> None:
    assert properties(resources, "booking_actions")["Timeout"] <= cli_support.FUNCTION_SECONDS
    assert WHILE_SOMEBODY_WAITS < reconcile.FUNCTION_SECONDS


def test_sweeper_runs_each_minute_and_ends_before_the_next(resources: Json) -> None:
    (rule,) = [each for name, each in of_type(resources, "AWS::Events::Rule").items() if name.startswith("Sweeper")]
    (target,) = rule["Properties"]["Targets"]

    assert rule["Properties"]["ScheduleExpression"] == "rate(1 minute)"
    assert target["Arn"] == {"Fn::GetAtt": ["SweeperFunction", "Arn"]}
    assert properties(resources, "sweeper")["Timeout"] < 60


def test_the_comparison_is_over_before_it_is_invoked_again(resources: Json) -> None:
    (rule,) = [each for name, each in of_type(resources, "AWS::Events::Rule").items() if name.startswith("Reconcile")]
    (target,) = rule["Properties"]["Targets"]

    assert rule["Properties"]["ScheduleExpression"] == "rate(15 minutes)"
    assert target["Arn"] == {"Fn::GetAtt": ["ReconcileFunction", "Arn"]}
    assert properties(resources, "reconcile")["Timeout"] + LEASE_BEYOND_DEADLINE.total_seconds() < 15 * 60


@pytest.mark.parametrize("name", SETTINGS)
def test_each_function_has_a_sample_event(name: str) -> None:
    event = json.loads((ROOT / "events" / f"{name}.json").read_text())

    if name in ("sweeper", "reconcile"):
        assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
    elif name == "booking_actions":
        assert event == {"action": "list"}
    elif name == "data_requests":
        assert event == {"action": "holds", "mobile": "+91 99999 00001"}
    elif name == "booking_worker":
        assert event["Records"][0]["eventSource"] == "aws:sqs"
    elif name == "authorizer":
        assert event["type"] == "REQUEST"
    elif name == "agent_desk":
        assert "authorizer" not in event["requestContext"], "a page has a sign-in of its own"
    else:
        assert event["requestContext"]["authorizer"]["caller"] == "convox"
        assert isinstance(event["requestContext"]["requestTimeEpoch"], int)
