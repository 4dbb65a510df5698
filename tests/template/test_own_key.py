"""The stack's own KMS key: everything at rest is under it where it is switched on, and nobody else may use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.template.shape import actions_of, listed, of_type, roles_of_functions, statements_of, under

Json = dict[str, Any]
KEY = {"Fn::GetAtt": ["StorageKey", "Arn"]}
AT_REST: dict[str, Callable[[Json], Any]] = {
    "AWS::SQS::Queue": lambda made: made.get("KmsMasterKeyId"),
    "AWS::DynamoDB::Table": lambda made: made["SSESpecification"].get("KMSMasterKeyId"),
    "AWS::SecretsManager::Secret": lambda made: made.get("KmsKeyId"),
    "AWS::Logs::LogGroup": lambda made: made.get("KmsKeyId"),
    "AWS::SNS::Topic": lambda made: made.get("KmsMasterKeyId"),
}
OWN_SECRETS = ({"Fn::GetAtt": ["AccessTokens", "Id"]}, {"Fn::GetAtt": ["IdentityKey", "Id"]})
BY_SERVICE = {"OpenTables": "dynamodb", "OpenQueues": "sqs", "OpenTopics": "sns"}


@pytest.mark.parametrize("kind", AT_REST)
def test_own_key_encrypts_everything_at_rest_when_enabled(resources: Json, kind: str) -> None:
    of_kind = of_type(resources, kind)

    assert of_kind
    for name, resource in of_kind.items():
        assert AT_REST[kind](under(resource["Properties"], HasOwnKey=True)) == KEY, name
        assert AT_REST[kind](under(resource["Properties"], HasOwnKey=False)) != KEY, name


def test_the_queues_have_one_encryption_or_the_other(resources: Json) -> None:
    for queue in of_type(resources, "AWS::SQS::Queue").values():
        assert "SqsManagedSseEnabled" not in under(queue["Properties"], HasOwnKey=True)


def test_the_key_is_made_on_demand_turns_over_and_survives(resources: Json) -> None:
    key = resources["StorageKey"]

    assert (key["Condition"], key["DeletionPolicy"]) == ("HasOwnKey", "RetainExceptOnCreate")
    assert key["Properties"]["EnableKeyRotation"] is True


def test_services_without_a_role_use_the_key_for_this_stack_only(resources: Json) -> None:
    account, logs, alarms = resources["StorageKey"]["Properties"]["KeyPolicy"]["Statement"]

    assert account["Principal"]["AWS"]["Fn::Sub"].endswith(":root")
    assert logs["Principal"] == {"Service": {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}}
    of_groups = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    for name, group in of_type(resources, "AWS::Logs::LogGroup").items():
        path = group["Properties"]["LogGroupName"]["Fn::Sub"].rsplit("/", 1)[0]
        assert any(each["Fn::Sub"].endswith(f":log-group:{path}/*") for each in of_groups), name
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


@pytest.mark.parametrize(("name", "service"), BY_SERVICE.items())
def test_users_of_a_service_may_use_the_key_through_it_only(resources: Json, name: str, service: str) -> None:
    using = {
        role
        for role in roles_of_functions(resources)
        if any(action.startswith(f"{service}:") for action in actions_of(resources, role))
    }

    assert {each["Ref"] for each in resources[name]["Properties"]["Roles"]} == using


def test_readers_of_the_stacks_secrets_may_use_the_key_for_them(resources: Json) -> None:
    using = {
        role
        for role in roles_of_functions(resources)
        if any(each["Resource"] in OWN_SECRETS for each in statements_of(resources, role))
    }

    assert {each["Ref"] for each in resources["OpenSecrets"]["Properties"]["Roles"]} == using


@pytest.mark.parametrize(("name", "service"), [*BY_SERVICE.items(), ("OpenSecrets", "secretsmanager")])
def test_key_works_only_through_its_service_and_region(resources: Json, name: str, service: str) -> None:
    policy = resources[name]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]

    assert policy["Condition"] == "HasOwnKey"
    assert statement["Resource"] == KEY
    assert all(action.startswith("kms:") and "*" not in action for action in listed(statement["Action"]))
    via = {"Fn::Sub": f"{service}.${{AWS::Region}}.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": via}}


def test_a_topic_takes_nothing_over_a_plain_connection(resources: Json) -> None:
    guarded = {
        topic["Ref"]
        for policy in of_type(resources, "AWS::SNS::TopicPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for topic in policy["Properties"]["Topics"]
    }

    assert guarded == set(of_type(resources, "AWS::SNS::Topic"))
