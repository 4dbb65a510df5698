"""Who may do what: exact actions on exact resources."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.shape import actions_of, listed, of_type, statements

Json = dict[str, Any]
OWN_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
DOCUMENTS = {"ssm:GetParameter", "s3:GetObject"}
CLINICEA = {"secretsmanager:GetSecretValue", "kms:Decrypt"}  # the key only where the secret has one of its own
INTAKE = {
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "sqs:SendMessage",
    "secretsmanager:GetSecretValue",
    "kms:Encrypt",
}
WORKER = {
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:ConditionCheckItem",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
    "sqs:SendMessage",
    "kms:Decrypt",
}
ALLOWED = {
    "SearchPatientRole": CLINICEA | DOCUMENTS,
    "PastAppointmentsRole": CLINICEA | DOCUMENTS,
    "BookAppointmentRole": INTAKE | DOCUMENTS,
    "BookNewPatientRole": INTAKE | DOCUMENTS,
    "BookingStatusRole": {"dynamodb:GetItem"},
    "BookingWorkerRole": WORKER | CLINICEA | DOCUMENTS,
    "AuthorizerRole": {"secretsmanager:GetSecretValue"},
}


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_allows_exactly_what_its_function_does(resources: Json, role: str) -> None:
    assert actions_of(resources, role) == ALLOWED[role] | OWN_LOGS | TRACES


def test_each_function_has_a_role_of_its_own(resources: Json) -> None:
    roles = [
        each["Properties"]["Role"]["Fn::GetAtt"][0] for each in of_type(resources, "AWS::Lambda::Function").values()
    ]

    assert sorted(roles) == sorted(ALLOWED)


def test_no_action_is_a_wildcard_and_no_resource_but_the_traces(resources: Json) -> None:
    for name, statement in statements(resources):
        actions = set(listed(statement["Action"]))
        assert not [action for action in actions if "*" in action], name
        if "*" in listed(statement["Resource"]):
            assert actions == TRACES, name


def test_no_function_has_a_policy_of_aws_s_own(resources: Json) -> None:
    for role in ALLOWED:
        assert all(set(each) == {"Ref"} for each in resources[role]["Properties"]["ManagedPolicyArns"])


def test_only_the_intake_encrypts_and_only_the_worker_decrypts_requests_and_each_only_for_a_booking(
    resources: Json,
) -> None:
    of_key = {
        name: (listed(statement["Action"]), statement["Condition"])
        for name, statement in statements(resources)
        if statement["Resource"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    }

    bound = {"StringLike": {"kms:EncryptionContext:booking_id": "bk_*"}}
    assert of_key == {"AcceptBookings": (["kms:Encrypt"], bound), "BookingWorkerRole": (["kms:Decrypt"], bound)}


def test_parameters_are_read_below_the_stack_s_own_name_only(resources: Json) -> None:
    (resource,) = [each["Resource"] for _, each in statements(resources) if each["Action"] == "ssm:GetParameter"]

    assert resource["Fn::Sub"].endswith(":parameter/${AWS::StackName}/*")
