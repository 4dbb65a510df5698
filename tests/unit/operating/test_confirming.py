"""Nothing is changed before a person has seen where and said yes; and a refusal is one line that says what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    InvalidRegionError,
    NoCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)
from moto import mock_aws

from commands import cli_support
from commands.__main__ import main
from commands.cli_support import Output
from commands.explaining import explained
from commands.target import NoOutput, Target
from tests.support.places import nowhere, on_this_machine
from tests.support.terminal import Terminal

PRODUCTION = Target("clinic", None, None, "ap-south-1")
HERE = Target("convox-clinicea", "http://127.0.0.1:9", {}, "ap-south-1")


@pytest.fixture(autouse=True)
def production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Without a word about the stack, AWS's is meant."""
    nowhere(tmp_path, monkeypatch)
    (tmp_path / "deploy.toml").write_text('stack = "clinic"\nregion = "ap-south-1"\n')
    (tmp_path / "aws-credentials").write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    return tmp_path


def changed(_target: Target) -> int:
    sys.stdout.write("changed\n")
    return 0


class TestTheQuestion:
    @pytest.mark.parametrize(("typed", "code", "printed"), [("yes\n", 0, "changed\n"), ("y\n", 1, ""), ("", 1, "")])
    def test_only_a_yes_is_a_yes(
        self,
        typed: str,
        code: int,
        printed: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        with mock_aws():
            assert cli_support.run(Output(), "", changed, changes="redrive bk_x") == code

        said = capsys.readouterr()
        assert said.out == printed
        assert said.err.startswith("clinic on AWS, account 123456789012, region ap-south-1\nRedrive bk_x? yes/no: ")

    def test_a_yes_beforehand_asks_nothing_and_still_says_where(self, capsys: pytest.CaptureFixture[str]) -> None:
        with mock_aws():
            assert cli_support.run(Output(), "other", changed, changes="redrive bk_x", yes=True) == 0

        said = capsys.readouterr()
        assert (said.out, said.err) == ("changed\n", "other on AWS, account 123456789012, region ap-south-1\n")

    @pytest.mark.parametrize(
        "words",
        [
            "redrive --go --why because",
            "resolve bk_x --as rejected --why because",
            "restore ledger-restored --go --why because",
            "rotate-token --client north",
            "usage-key --client north",
            "people enable asha",
        ],
    )
    def test_without_terminal_or_yes_the_stack_is_not_even_asked(
        self, words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with mock_aws():
            assert main(words.split()) == 2

        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("clinic on AWS, account 123456789012, region ap-south-1\n")
        assert "nothing was changed: there is no terminal to confirm on" in said.err
        assert said.err.endswith("repeat with --yes\n")

    def test_one_that_reads_says_where_and_does_not_ask(self, capsys: pytest.CaptureFixture[str]) -> None:
        with mock_aws():
            assert cli_support.run(Output(), "", lambda _: 0) == 0

        assert capsys.readouterr().err == "clinic on AWS, account 123456789012, region ap-south-1\n"

    def test_a_stack_here_that_has_ended_is_never_aws_s(
        self, production: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        on_this_machine(production, aws_endpoint_url="http://127.0.0.1:9")

        with mock_aws():
            assert cli_support.run(Output(), "", changed, changes="erase them", yes=True) == 2

        said = capsys.readouterr()
        assert said.out == ""
        assert "has ended. `make run` starts it again" in said.err


class TestWhatAwsRefuses:
    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (NoCredentialsError(), "no AWS credentials: log in again"),
            (TokenRetrievalError(provider="sso", error_msg="expired"), "the AWS session has expired"),
            (ProfileNotFound(profile="nort"), "The config profile (nort) could not be found: correct it"),
            (InvalidRegionError(region_name="mars 1"), "correct region in deploy.toml"),
            (EndpointConnectionError(endpoint_url="https://x"), "or is the region ap-south-1 right?"),
            (ConnectTimeoutError(endpoint_url="https://x"), "or is the region ap-south-1 right?"),
            (NoOutput("the stack has no output X"), "the stack has no output X"),
        ],
    )
    def test_it_says_what_to_do(self, error: Exception, told: str) -> None:
        line = explained(error, PRODUCTION)

        assert told in line
        assert "\n" not in line

    @pytest.mark.parametrize(
        ("code", "text", "operation", "told"),
        [
            ("ExpiredToken", "The security token included in the request is expired", "X", "session has expired"),
            ("UnrecognizedClientException", "invalid", "X", "does not accept the credentials (UnrecognizedClient"),
            ("AccessDenied", "User: u is not authorized", "Invoke", "you are not allowed to Invoke: User: u is not"),
            ("Throttling", "Rate exceeded", "Query", "Query was refused: Throttling: Rate exceeded"),
            (
                "ValidationError",
                "Stack with id clinic does not exist",
                "DescribeStacks",
                "no stack 'clinic' in ap-south-1, account 123456789012: name another with --stack",
            ),
        ],
    )
    def test_and_what_a_service_refuses(self, code: str, text: str, operation: str, told: str) -> None:
        error = ClientError({"Error": {"Code": code, "Message": text}}, operation)
        with mock_aws():
            assert told in explained(error, PRODUCTION)

    def test_here_it_is_the_launcher_that_helps(self) -> None:
        told = explained(EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), HERE)

        assert told == "the stack on this machine does not answer: check `make run`, or restart it"

    def test_a_command_ends_with_that_line(self, production: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (production / "aws-credentials").write_text("")

        assert cli_support.run(Output(), "", changed) == 2

        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("clinic on AWS: no AWS credentials: log in")
