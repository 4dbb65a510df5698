"""Which stack a command speaks to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

STACK_FILE = Path(__file__).resolve().parents[1] / ".local" / "stack.json"
LOCAL = {"region_name": "ap-south-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


class FunctionFailed(Exception):
    """A function of the stack raised an error."""


@dataclass(frozen=True)
class Target:
    """A stack on AWS, by its name, or the one on this machine while `make run` serves it."""

    stack: str
    endpoint: str | None
    local: Mapping[str, str] | None = field(default=None, repr=False)
    """What `stack.json` says of the stack on this machine."""

    @classmethod
    def find(cls, stack: str) -> "Target":
        """Return the stack on this machine if there is one, else the one on AWS."""
        if STACK_FILE.is_file():
            local = json.loads(STACK_FILE.read_text())
            return cls(stack, local["aws_endpoint_url"], local)
        return cls(stack, None)

    def __str__(self) -> str:
        return f"{self.stack} on {'this machine' if self.endpoint else 'AWS'}"

    def client(self, service: str, read_seconds: int = 60) -> Any:
        """Return a boto3 client for the stack's account."""
        make: Any = boto3.client  # its stubs want the service as a literal
        config = Config(connect_timeout=5, read_timeout=read_seconds, retries={"total_max_attempts": 2})
        return make(service, config=config, **(LOCAL | {"endpoint_url": self.endpoint} if self.endpoint else {}))

    def invoke(self, function_output: str, payload: object, seconds: int = 60) -> dict[str, Any]:
        """Run the function that one of the stack's outputs names, and return its answer.

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
        """Return who runs the command, as AWS knows them: the ARN of their user or role session."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    def output(self, name: str) -> str:
        """Return one of the stack's outputs."""
        stacks = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0]["Outputs"]}
        return str(outputs[name])
