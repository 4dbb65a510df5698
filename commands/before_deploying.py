"""Checks before a deployment for what AWS would refuse after minutes or not report at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from commands.explaining import DENIED
from commands.target import Target

LOG_ROLE = "ApiGatewayLogRole"
EVERYWHERE = {"0.0.0.0/0", "::/0"}
CANNOT_BE_UPDATED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")


@dataclass(frozen=True)
class Standing:
    """The deployed stack; `status` is empty if there is none."""

    status: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def standing(target: Target) -> Standing:
    """Return the stack's state; raises botocore's errors."""
    try:
        (stack,) = target.client("cloudformation").describe_stacks(StackName=target.stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return Standing()
        raise
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":  # a change set was created but never executed
        return Standing()
    given = {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])}
    return Standing(stack["StackStatus"], given)


def obstacles(target: Target, now: Standing, values: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each cause that would make the deployment fail; raises botocore's errors."""
    where = f"{target.region}, account {target.account()}"
    if now.status in CANNOT_BE_UPDATED:
        delete = f"aws cloudformation delete-stack --stack-name {target.stack} --region {target.region}"
        yield f"the stack is {now.status}, which AWS does not update: check its events, then {delete}"
    elif now.status == "UPDATE_ROLLBACK_FAILED":
        mend = f"aws cloudformation continue-update-rollback --stack-name {target.stack} --region {target.region}"
        yield f"the stack is {now.status}, which AWS does not update: check its events, fix the cause, then {mend}"
    elif now.status.endswith("_IN_PROGRESS"):
        yield f"the stack is {now.status}: another deployment is running; wait for its end"
    yield from _secret(target, values["CliniceaSecretArn"], where)
    if values[LOG_ROLE] == "keep" and not _has_log_role(target):
        yield (
            f"API Gateway has no log role in {where} and would reject the stage:"
            f' make deploy PARAMETERS="{LOG_ROLE}=create"'
        )


def warnings(now: Standing, values: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each allowed but risky setting."""
    for name, of_what in (("NoticesEmail", "a booking fails or needs a person"), ("AlarmsEmail", "an alarm is raised")):
        if not values[name]:
            yield f"{name} is empty: no e-mail is sent when {of_what}"
        elif now.parameters.get(name) != values[name]:
            yield f"{name}: AWS sends a confirmation mail to {values[name]}; click its link to receive mails"
    if not values["SourceAddresses"] or EVERYWHERE & set(values["SourceAddresses"].split(",")):
        yield "SourceAddresses: the API is open to all addresses; only the token protects it"
    if values["SearchByGet"] == "true":
        yield "SearchByGet: URLs contain mobile numbers; machines on the way may log them"
    if values["TlsPolicy"] == "none":
        yield "TlsPolicy: none is set, so API Gateway accepts TLS 1.0"


def _secret(target: Target, arn: str, where: str) -> Iterator[str]:
    region = arn.split(":")[3]
    if region != target.region:
        yield f"CliniceaSecretArn: the secret is in {region}, the stack in {target.region}; create one there"
        return
    try:
        found = target.client("secretsmanager").describe_secret(SecretId=arn)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            yield f"CliniceaSecretArn: there is no such secret in {where}: {arn}"
        elif code not in DENIED:
            raise
        return
    if "DeletedDate" in found:
        yield f"CliniceaSecretArn: will be deleted; restore it: aws secretsmanager restore-secret --secret-id {arn}"


def _has_log_role(target: Target) -> bool:
    """Return whether API Gateway may write logs; True if the deployer has no permission to check."""
    try:
        return bool(target.client("apigateway").get_account().get("cloudwatchRoleArn"))
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            return True
        raise
