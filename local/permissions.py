"""Permissions on this machine: each function has only the permissions of its role in the template.

The emulator evaluates actions and resources, but not every condition: it does not know KMS's encryption contexts, and
all connections to it are plain. Only the conditions on those are removed after the deployment.
"""

import json
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Client = Callable[[str], Any]
UNKNOWN = ("kms:encryptioncontext:", "aws:securetransport")


def lift_unknown_conditions(client: Client, resources: list[Json]) -> int:
    """Rewrite the deployed policies that the emulator cannot evaluate; returns their number."""
    rewrite: dict[str, Callable[[Client, str], int]] = {
        "AWS::IAM::Role": _in_role,
        "AWS::IAM::ManagedPolicy": _in_policy,
        "AWS::KMS::Key": _in_key,
        "AWS::SQS::Queue": _in_queue,
        "AWS::SNS::Topic": _in_topic,
    }
    return sum(
        rewrite[each["ResourceType"]](client, each["PhysicalResourceId"])
        for each in resources
        if each["ResourceType"] in rewrite
    )


def known(document: Json) -> Json:
    """Return the policy without unknown conditions of an Allow, and without a Deny that has one."""
    kept = []
    for statement in document["Statement"]:
        conditions = {
            operator: tested
            for operator, tested in statement.get("Condition", {}).items()
            if not any(key.lower().startswith(UNKNOWN) for key in tested)
        }
        if conditions == statement.get("Condition", {}):
            kept.append(statement)
        elif statement["Effect"] == "Allow":
            rest = {key: value for key, value in statement.items() if key != "Condition"}
            kept.append(rest | ({"Condition": conditions} if conditions else {}))
    return document | {"Statement": kept}


def _in_role(client: Client, role: str) -> int:
    iam, changed = client("iam"), 0
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        if known(document) != document:
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(known(document)))
            changed += 1
    return changed


def _in_policy(client: Client, arn: str) -> int:
    iam = client("iam")
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    if known(document) == document:
        return 0
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(known(document)), SetAsDefault=True)
    return 1


def _in_key(client: Client, key: str) -> int:
    kms = client("kms")
    document = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    if known(document) == document:
        return 0
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(known(document)))
    return 1


def _in_queue(client: Client, url: str) -> int:
    sqs = client("sqs")
    text = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {}).get("Policy")
    if not text or known(json.loads(text)) == json.loads(text):
        return 0
    document = known(json.loads(text))
    # A policy without statements must be empty.
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document) if document["Statement"] else ""})
    return 1


def _in_topic(client: Client, arn: str) -> int:
    sns = client("sns")
    text = sns.get_topic_attributes(TopicArn=arn)["Attributes"].get("Policy")
    if not text or known(json.loads(text)) == json.loads(text):
        return 0
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(known(json.loads(text))))
    return 1
