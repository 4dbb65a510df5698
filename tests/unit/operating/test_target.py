"""Which stack is meant: never AWS's by mistake, and in the region and account that were set."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from commands.deploy_file import UnreadableDeployFile
from commands.target import NoOutput, NoTarget, Target
from tests.support.places import nowhere, on_this_machine
from tests.support.small_server import Reply, SmallServer, json_reply

CONFIG = """[default]
region = eu-west-1
[profile north]
region = eu-north-1
aws_access_key_id = NORTHKEY
aws_secret_access_key = secret
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    nowhere(tmp_path, monkeypatch)
    (tmp_path / "aws-config").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def endpoint() -> Iterator[str]:
    """An embedded AWS that answers."""
    with SmallServer(lambda _: json_reply({}, 200)) as server:
        yield server.url


def ended_pid() -> int:
    """The number of a process that has just ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


class TestOnThisMachine:
    @pytest.mark.parametrize("stack", ["", "local"])
    @pytest.mark.parametrize("owner", [{"pid": os.getpid()}, {}])
    def test_it_is_meant_while_its_owner_lives(
        self, stack: str, owner: dict[str, int], project: Path, endpoint: str
    ) -> None:
        on_this_machine(project, aws_endpoint_url=endpoint, **owner)

        target = Target.find(stack)

        assert (target.endpoint, target.address()) == (endpoint, "convox-clinicea on this machine")

    def test_a_name_means_aws_even_while_it_runs(self, project: Path, endpoint: str) -> None:
        on_this_machine(project, aws_endpoint_url=endpoint, pid=os.getpid())

        assert Target.find("convox-clinicea").endpoint is None

    def test_no_setting_of_aws_leads_its_clients_away(
        self, project: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        on_this_machine(project, aws_endpoint_url=endpoint)
        (project / "deploy.toml").write_text('region = "eu-north-1"\nprofile = "north"\n')
        monkeypatch.setenv("AWS_PROFILE", "of-nobody")

        client = Target.find().client("dynamodb")

        assert (client.meta.endpoint_url, client.meta.region_name) == (endpoint, "ap-south-1")
        assert "Credential=test%2F" in client.generate_presigned_url("list_tables")

    @pytest.mark.parametrize("stack", ["", "local"])
    def test_stack_of_an_ended_owner_is_refused_and_aws_not_used(
        self, stack: str, project: Path, endpoint: str
    ) -> None:
        on_this_machine(project, aws_endpoint_url=endpoint, pid=ended_pid())

        with pytest.raises(NoTarget, match=r"has ended\. `make run` .* `rm .*stack\.json` .* --stack <name>"):
            Target.find(stack)

    @pytest.mark.parametrize("owner", [{"pid": os.getpid()}, {}])
    def test_one_that_does_not_answer_is_refused(self, owner: dict[str, int], project: Path) -> None:
        on_this_machine(project, aws_endpoint_url="http://127.0.0.1:9", **owner)

        with pytest.raises(NoTarget, match="has ended"):
            Target.find()

    def test_another_server_on_its_port_does_not_pass_for_it(self, project: Path) -> None:
        with SmallServer(lambda _: Reply(404, b"")) as server:
            on_this_machine(project, aws_endpoint_url=server.url)

            with pytest.raises(NoTarget, match="has ended"):
                Target.find()

    @pytest.mark.parametrize("text", ["", "{}", "[]", "{"])
    def test_a_file_that_says_nothing_is_refused(self, text: str, project: Path) -> None:
        on_this_machine(project).write_text(text)

        with pytest.raises(NoTarget, match="cannot be read"):
            Target.find()

    def test_without_one_local_is_refused(self) -> None:
        with pytest.raises(NoTarget, match="no stack runs on this machine; `make run` starts one"):
            Target.find("local")


class TestOnAws:
    def test_deploy_toml_says_where(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (project / "deploy.toml").write_text('stack = "first"\nregion = "eu-central-1"\nprofile = "north"\n')
        (project / "samconfig.toml").write_text('[default.deploy.parameters]\nstack_name = "x"\nregion = "us-east-1"\n')
        monkeypatch.setenv("AWS_REGION", "us-west-2")

        target = Target.find()

        assert (target.stack, target.region, target.profile) == ("first", "eu-central-1", "north")
        client = target.client("dynamodb")
        assert client.meta.region_name == "eu-central-1"
        assert "Credential=NORTHKEY%2F" in client.generate_presigned_url("list_tables")

    def test_then_samconfig(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (project / "samconfig.toml").write_text(
            '[default.global.parameters]\nstack_name = "first"\n[default.deploy.parameters]\nregion = "us-east-1"\n'
        )
        monkeypatch.setenv("AWS_REGION", "us-west-2")

        target = Target.find()

        assert (target.stack, target.region) == ("first", "us-east-1")

    @pytest.mark.parametrize(
        ("variables", "region"),
        [
            ({"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-east-2"}, "us-west-2"),
            ({"AWS_DEFAULT_REGION": "us-east-2"}, "us-east-2"),
            ({}, "eu-west-1"),
            ({"AWS_PROFILE": "north"}, "eu-north-1"),
        ],
    )
    def test_then_what_aws_s_tools_take(
        self, variables: dict[str, str], region: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

        assert Target.find() == Target("convox-clinicea", None, None, region)

    def test_without_any_region_it_says_where_to_set_one(self, project: Path) -> None:
        (project / "aws-config").write_text("")

        with pytest.raises(NoTarget, match=r"no region: set it in deploy\.toml"):
            Target.find()

    def test_another_file_is_another_deployment(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (project / "deploy-north.toml").write_text('stack = "north"\nregion = "eu-north-1"\n')
        monkeypatch.setenv("DEPLOY_FILE", "deploy-north.toml")

        assert Target.find().stack == "north"

    def test_a_file_that_is_not_valid_is_refused(self, project: Path) -> None:
        (project / "deploy.toml").write_text("regoin = 'eu-north-1'\n")

        with pytest.raises(UnreadableDeployFile, match="regoin is not known here; known are stack, region"):
            Target.find()

    def test_its_address_names_the_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "north")
        with mock_aws():
            address = Target.find("clinic").address()

        assert address == "clinic on AWS, account 123456789012, region eu-north-1"

    def test_an_output_that_is_not_there_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = (
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName>"
            "<StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2031-01-01T00:00:00Z</CreationTime>"
            "</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        )
        monkeypatch.setenv("AWS_PROFILE", "north")
        with SmallServer(lambda _: Reply(200, answer.encode())) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", server.url)
            with pytest.raises(NoOutput, match="no output LedgerTable"):
                Target.find("s").output("LedgerTable")
