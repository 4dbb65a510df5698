"""The stack on which a command acts: the one on this machine, or one on AWS."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session

from commands import deploy_file
from commands.parameters import samconfig

STACK_FILE = Path(__file__).resolve().parents[1] / ".local" / "stack.json"
"""Written by `make run`, removed when it ends."""
ON_THIS_MACHINE = "local"
"""The value of --stack that names the stack on this machine."""
DEFAULT_STACK = "convox-clinicea"
LOCAL_REGION = "ap-south-1"
LOCAL = {"region_name": LOCAL_REGION, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
ANSWER_SECONDS = 3


class FunctionFailed(Exception):
    """A function of the stack raised an error."""


class NoTarget(Exception):
    """The stack or its place is unclear; the text says what to do."""


class NoOutput(Exception):
    """The stack has no output of this name: another version of the connector is deployed."""


@dataclass(frozen=True)
class Target:
    """A stack on AWS, by name and region, or the one on this machine while `make run` serves it."""

    stack: str
    endpoint: str | None
    local: Mapping[str, Any] | None = field(default=None, repr=False)
    """Contents of `stack.json`, for the stack on this machine."""
    region: str = ""
    profile: str = ""

    @classmethod
    def find(cls, stack: str = "") -> "Target":
        """Return a stack: `local`, a name on AWS, or empty for the one on this machine if it runs, else AWS's.

        Raises:
            NoTarget: the stack on this machine ended without removing its file, or no region is known.
            UnreadableDeployFile, UnreadableParameters: deploy.toml or samconfig.toml is not valid.
        """
        if means_this_machine(stack):
            return cls._on_this_machine()
        return cls.on_aws(stack)

    @classmethod
    def _on_this_machine(cls) -> "Target":
        if not STACK_FILE.is_file():
            raise NoTarget("no stack runs on this machine; `make run` starts one")
        try:
            local = json.loads(STACK_FILE.read_text("utf-8"))
            endpoint, pid = str(local["aws_endpoint_url"]), local.get("pid")
        except (ValueError, LookupError, TypeError, AttributeError):
            raise NoTarget(_gone("cannot be read")) from None
        if (pid is not None and not _alive(pid)) or not _answers(endpoint):
            raise NoTarget(_gone("is of a stack that has ended"))
        return cls(DEFAULT_STACK, endpoint, local, LOCAL_REGION)

    @classmethod
    def on_aws(cls, stack: str = "") -> "Target":
        """Return a stack on AWS: by name, else from deploy.toml, samconfig.toml or the environment."""
        root = deploy_file.ROOT
        file, kept = deploy_file.read(deploy_file.path()), samconfig(root / "samconfig.toml")
        profile = file.profile or kept.profile
        region = file.region or kept.region or _usual_region(profile)
        if not region:
            raise NoTarget(f'no region: set it in {file.path.name} (region = "ap-south-1"), or in AWS_REGION')
        return cls(stack or file.stack or kept.stack or DEFAULT_STACK, None, None, region, profile)

    def __str__(self) -> str:
        return f"{self.stack} on {'this machine' if self.endpoint else 'AWS'}"

    def address(self) -> str:
        """Return the stack with account and region, for the confirmation of a change."""
        if self.endpoint:
            return str(self)
        profile = f", profile {self.profile}" if self.profile else ""
        return f"{self}, account {self.account()}, region {self.region}{profile}"

    @cached_property
    def _session(self) -> boto3.Session:
        """The session of all clients, because each would load AWS's service descriptions again."""
        if self.endpoint:  # ignore the shell's profile, which is for AWS and may not exist
            return boto3.Session(botocore_session=Session(session_vars={"profile": (None, None, None, None)}))
        return boto3.Session(profile_name=self.profile or None)

    def client(self, service: str, read_seconds: int = 60) -> Any:
        """Return a boto3 client for the stack's account."""
        config = Config(connect_timeout=5, read_timeout=read_seconds, retries={"total_max_attempts": 2})
        make: Any = self._session.client  # its stubs require a literal service name
        where = LOCAL | {"endpoint_url": self.endpoint} if self.endpoint else {"region_name": self.region or None}
        return make(service, config=config, **where)

    def invoke(self, function_output: str, payload: object, seconds: int = 60) -> dict[str, Any]:
        """Run the function named in one of the stack's outputs, and return its answer.

        Raises:
            FunctionFailed: it raised; the text names the error.
        """
        name = self.output(function_output)
        answer = self.client("lambda", seconds + 10).invoke(FunctionName=name, Payload=json.dumps(payload))
        result: dict[str, Any] = json.loads(answer["Payload"].read())
        if answer.get("FunctionError") or "errorType" in result:
            raise FunctionFailed(f"{result.get('errorType')}: {result.get('errorMessage')}")
        return result

    def caller(self) -> str:
        """Return the operator's identity on AWS: the ARN of their user or role session."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    def account(self) -> str:
        """Return the account number of the credentials."""
        return self._account

    @cached_property
    def _account(self) -> str:
        return str(self.client("sts").get_caller_identity()["Account"])

    def output(self, name: str) -> str:
        """Return one of the stack's outputs.

        Raises:
            NoOutput: the stack has no output of this name.
        """
        stacks = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", [])}
        if name not in outputs:
            raise NoOutput(f"the stack has no output {name}: it is not deployed completely, or from another version")
        return str(outputs[name])


def means_this_machine(stack: str) -> bool:
    """Return whether --stack means the stack on this machine, running or not."""
    return stack == ON_THIS_MACHINE or (not stack and STACK_FILE.is_file())


def _gone(what: str) -> str:
    file = os.path.relpath(STACK_FILE)
    return f"{file} {what}. `make run` starts it again; `rm {file}` forgets it; --stack <name> means a stack on AWS"


def _alive(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's process
        return True
    return True


def _answers(endpoint: str) -> bool:
    """Return whether the embedded AWS answers, without a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint}/_ministack/health", timeout=ANSWER_SECONDS):
            return True
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _usual_region(profile: str) -> str:
    """Return the region that AWS's tools would use; boto3 itself does not read AWS_REGION."""
    return os.environ.get("AWS_REGION") or boto3.Session(profile_name=profile or None).region_name or ""
