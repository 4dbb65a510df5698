"""`./connector people`: what it is asked for wrongly, before any stack is."""

from __future__ import annotations

import click
import pytest

from commands.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["list", "asha"], "list takes no USER"),
        (["add"], "add needs a USER"),
        (["add", "asha", "--temporary-password"], "--agent-id is needed"),
        (["add", "asha", "--agent-id", "a" * 129, "--temporary-password"], "--agent-id is needed"),
        (["add", "asha", "--agent-id", "+91 99999 00001", "--temporary-password"], "holds a telephone number"),
        (["add", "asha", "--agent-id", "asha@example.com", "--temporary-password"], "holds a telephone number"),
        (["add", "asha", "--agent-id", "agent-7"], "how does the first password reach"),
        (["add", "asha", "--agent-id", "agent-7", "--email", "a@example.com", "--temporary-password"], "how does"),
        (["add", "asha", "--agent-id", "agent-7", "--email", "asha"], "no e-mail address"),
        (["enable", "asha", "--agent-id", "agent-7"], "are for add"),
        (["disable", "asha"], "--why"),
        (["sign-out", "asha", "--why", "x"], "too short"),
        (["disable", "asha", "--why", "called from +91 99999 00001"], "--why holds a telephone number"),
        (["promote", "asha"], "is not one of"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["people", *arguments]) == click.UsageError.exit_code
    assert says in " ".join(capsys.readouterr().err.split())
