"""What `make deploy` meets: a built project, commands that are only noted, and an account to deploy to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from commands import template
from commands.release import TEMPLATE
from tests.support.places import nowhere
from tests.support.small_server import Reply, Seen, SmallServer

REGION = "ap-south-1"
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/logs"
NO_STACK = (
    "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id {} does not exist</Message></Error>"
    "</ErrorResponse>"
)
STEPS = ("build.py", "check-config", "sam deploy", "connector smoke", "local.redeploy")


class Steps:
    """Notes each command; one that contains `fails` ends badly."""

    def __init__(self, fails: str = "") -> None:
        self._fails = fails
        self.taken: list[str] = []

    def __call__(self, command: Sequence[str]) -> int:
        line = " ".join(command)
        self.taken.append(line)
        return 1 if self._fails and self._fails in line else 0

    @property
    def names(self) -> list[str]:
        """Which steps were taken, in order."""
        return [next(name for name in STEPS if name in line) for line in self.taken]

    def of(self, name: str) -> str:
        """The one command of a step."""
        (line,) = [each for each in self.taken if name in each]
        return line


class Account:
    """CloudFormation's and API Gateway's part of an account: at most one stack, and the role for API Gateway's logs."""

    def __init__(self) -> None:
        self.status = ""
        self.parameters: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self.log_role = ROLE
        self.denies = False

    def __call__(self, seen: Seen) -> Reply:
        if seen.path == "/account":
            return self._gateway()
        if not self.status:
            return Reply(400, NO_STACK.format(seen.form["StackName"]).encode(), {"Content-Type": "text/xml"})
        members = "".join(
            f"<member><ParameterKey>{name}</ParameterKey><ParameterValue>{value}</ParameterValue></member>"
            for name, value in self.parameters.items()
        )
        outputs = "".join(
            f"<member><OutputKey>{name}</OutputKey><OutputValue>{value}</OutputValue></member>"
            for name, value in self.outputs.items()
        )
        stack = (
            f"<StackName>{seen.form['StackName']}</StackName><StackStatus>{self.status}</StackStatus>"
            f"<CreationTime>2031-01-01T00:00:00Z</CreationTime><Parameters>{members}</Parameters>"
            f"<Outputs>{outputs}</Outputs>"
        )
        result = f"<DescribeStacksResult><Stacks><member>{stack}</member></Stacks></DescribeStacksResult>"
        text = f"<DescribeStacksResponse>{result}</DescribeStacksResponse>"
        return Reply(200, text.encode(), {"Content-Type": "text/xml"})

    def _gateway(self) -> Reply:
        if self.denies:
            return Reply(403, b'{"message": "no"}', {"x-amzn-ErrorType": "AccessDeniedException"})
        return Reply(200, json.dumps({"cloudwatchRoleArn": self.log_role} if self.log_role else {}).encode())


def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that has been built, with the real template."""
    nowhere(folder, monkeypatch)
    (folder / "functions" / "one").mkdir(parents=True)
    (folder / "functions" / "one" / "app.py").write_text("handler = 1\n")
    for name in TEMPLATE:
        shutil.copy(template.ROOT / name, folder / name)
    (folder / "aws-credentials").write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    layer = folder / ".aws-sam" / "build" / "ConnectorLayer"
    layer.mkdir(parents=True)
    (layer / "layer.json").write_text(json.dumps({"content": "abc"}))
    return folder


@contextmanager
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account in which nothing is deployed."""
    found = Account()
    with mock_aws(), SmallServer(found) as server:
        for service in ("CLOUDFORMATION", "API_GATEWAY"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", server.url)
        yield found


def secret(region: str = REGION) -> str:
    """Make Clinicea's secret; gives its ARN."""
    client = boto3.client("secretsmanager", region_name=region)
    return client.create_secret(Name="convox-clinicea/clinicea", SecretString="{}")["ARN"]


def write(folder: Path, arn: str, **keys: str) -> Path:
    """Write a deploy.toml as people do, with a comment; `parameters` is the text of its table."""
    table = keys.pop("parameters", "")
    lines = [f'{name} = "{value}"' for name, value in ({"region": REGION} | keys).items()]
    file = folder / "deploy.toml"
    text = "\n".join(["# ours", *lines, f'clinicea_secret_arn = "{arn}"  # made in May', "", "[parameters]", table])
    file.write_text(text + "\n")
    return file


def as_deployed(values: Mapping[str, str], release: str) -> dict[str, str]:
    """The parameters of a stack that runs a release."""
    return {**values, "ReleaseId": release}
