"""Explanations of AWS's errors: one line with the cause and the remedy."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    InvalidRegionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)

from commands.deploy_file import UnreadableDeployFile
from commands.parameters import UnreadableParameters
from commands.target import FunctionFailed, NoOutput, NoTarget, Target

REFUSED = (BotoCoreError, ClientError, FunctionFailed, NoOutput, NoTarget, UnreadableDeployFile, UnreadableParameters)
"""Errors that the operator of a command can remedy."""
LOG_IN = "log in again (aws sso login, aws configure), or name another profile in deploy.toml or AWS_PROFILE"
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
NOT_VALID = (
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")


def explained(error: Exception, target: Target | None) -> str:
    """Return one line about an error in `REFUSED`."""
    if isinstance(error, ClientError):
        return _refused(error, target)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return f"no AWS credentials: {LOG_IN}"
    if isinstance(error, SSOError | TokenRetrievalError | CredentialRetrievalError):
        return f"the AWS session has expired or cannot be renewed: {LOG_IN}"
    if isinstance(error, ProfileNotFound):
        return f"{error}: correct it in deploy.toml or AWS_PROFILE, or set it up with aws configure --profile"
    if isinstance(error, InvalidRegionError):
        return f"{error}: correct region in deploy.toml"
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
        return _unreachable(error, target)
    return " ".join(str(error).split())


def _refused(error: ClientError, target: Target | None) -> str:
    code, text = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in EXPIRED:
        return f"the AWS session has expired: {LOG_IN}"
    if code in NOT_VALID:
        return f"AWS does not accept the credentials ({code}): {LOG_IN}"
    if target is not None and error.operation_name == "DescribeStacks" and "does not exist" in text:
        return _no_stack(target)
    if code in DENIED:
        return f"you are not allowed to {error.operation_name}: {' '.join(text.split())}"
    return f"{error.operation_name} was refused: {code}: {' '.join(text.split())}"


def _no_stack(target: Target) -> str:
    if target.endpoint:
        return f"no stack '{target.stack}' on this machine: `make run` deploys it"
    where = f"{target.region}, account {target.account()}"
    other = "name another with --stack, or correct stack, region or profile in deploy.toml"
    return f"no stack '{target.stack}' in {where}: {other}"


def _unreachable(error: Exception, target: Target | None) -> str:
    if target is not None and target.endpoint:
        return "the stack on this machine does not answer: check `make run`, or restart it"
    region = f", or is the region {target.region} right?" if target is not None else ""
    return f"AWS cannot be reached ({' '.join(str(error).split())}): is there a network{region}"
