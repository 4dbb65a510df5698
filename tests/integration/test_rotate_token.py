"""`./connector rotate-token`: whom it lets in before and after, what it prints, and what it never loses."""

from __future__ import annotations

import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from commands import rotate_token
from commands.__main__ import main
from commands.cli_support import Output
from commands.target import Target
from convox_clinicea.convox.access_tokens import TOKENS_SECONDS, AccessTokens
from tests.support import events, invented
from tests.support.account import age_secrets, change, secret
from tests.support.deployment import Deployment

pytestmark = pytest.mark.usefixtures("labelled_current")
NORTH = "token-of-the-northern-centre-01"
SOUTH = "token-of-the-southern-centre-01"


class Here(Target):
    """The stack in this process; its name is the secret's ARN."""

    def client(self, service: str, read_seconds: int = 60) -> Any:
        assert service in ("secretsmanager", "sts")
        make: Any = boto3.client  # its stubs want the service as a literal
        return make(service)

    def output(self, name: str) -> str:
        assert name == "AccessTokensSecretArn"
        return self.stack


class Meddled:
    """A client of Secrets Manager, beside which somebody else acts just before one of its calls is carried out."""

    def __init__(self, arn: str, content: dict[str, Any], *, answer_lost: bool = False) -> None:
        self._client: Any = boto3.client("secretsmanager")
        self._arn, self._content, self._answer_lost = arn, content, answer_lost

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_secret_version_stage(self, **given: Any) -> Any:
        if given["VersionStage"] != "AWSCURRENT":
            return self._client.update_secret_version_stage(**given)
        if not self._answer_lost:
            change(self._arn, json.dumps(self._content))
            return self._client.update_secret_version_stage(**given)
        self._client.update_secret_version_stage(**given)
        return self._client.update_secret_version_stage(**given)  # the SDK's repetition


@pytest.fixture
def arn(deployment: Deployment) -> str:
    content = {
        "current": invented.TOKEN,
        "previous": "",
        "callers": {"north": {"current": NORTH}, "south": {"current": SOUTH}},
    }
    made = secret(f"tokens-to-rotate-{uuid.uuid4()}", json.dumps(content))
    deployment.configure(ACCESS_TOKENS_SECRET_ARN=made)
    return made


def rotate(arn: str, client: str = "north", **changes: Any) -> int:
    return rotate_token.carry_out(Output(), Here(arn, None), client, **changes)


def content_of(arn: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    AccessTokens.from_secret(content)  # what is written opens
    return content


def let_in(deployment: Deployment, *tokens: str) -> list[str | None]:
    """Return the client that each token is of, None for a stranger's."""
    age_secrets(TOKENS_SECONDS + 1)
    asked = (events.authorizer({"Access-Token": token}) for token in tokens)
    answers = [deployment.function("authorizer").invoke(event) for event in asked]
    return [answer.get("context", {}).get("caller") for answer in answers]


def test_both_tokens_work_until_the_previous_one_is_dropped(
    deployment: Deployment, arn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rotate(arn) == 0
    said = capsys.readouterr()
    (token,) = said.out.splitlines()

    assert let_in(deployment, token, NORTH, SOUTH, invented.TOKEN) == ["north", "north", "south", "convox"]
    assert rotate(arn, drop=True) == 0
    assert let_in(deployment, token, NORTH, SOUTH, invented.TOKEN) == ["north", None, "south", "convox"]

    after = capsys.readouterr()
    assert len(token) == 48
    assert token.isalnum()
    assert (token in said.err, "./connector rotate-token --client north --drop" in said.err) == (False, True)
    assert "30 s plus AuthorizerCacheSeconds" in after.err
    assert not any(each in said.out + said.err + after.out + after.err for each in (NORTH, SOUTH, invented.TOKEN))


def test_changed_token_works_for_30_days_and_its_use_is_counted(
    deployment: Deployment, arn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rotate(arn)
    pair = content_of(arn)["callers"]["north"]
    capsys.readouterr()

    assert let_in(deployment, NORTH) == ["north"]
    assert '"PreviousTokenUsed":[1.0]' in capsys.readouterr().out.replace(" ", "")
    days = datetime.fromisoformat(pair["previous_until"]) - datetime.now(UTC)
    assert timedelta(days=29) < days <= timedelta(days=30)

    ended = {**pair, "previous_until": (datetime.now(UTC) - timedelta(days=1)).isoformat()}
    boto3.client("secretsmanager").put_secret_value(
        SecretId=arn, SecretString=json.dumps({**content_of(arn), "callers": {"north": ended}})
    )
    assert let_in(deployment, NORTH, pair["current"]) == [None, "north"]
    assert rotate(arn) == 0, "what has ended keeps no further change back"


def test_the_pair_without_a_name_is_the_client_convox(
    deployment: Deployment, arn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rotate(arn, "convox") == 0
    token = capsys.readouterr().out.strip()

    content = content_of(arn)
    assert content.pop("previous_until")
    assert content == {
        "current": token,
        "previous": invented.TOKEN,
        "callers": {"north": {"current": NORTH}, "south": {"current": SOUTH}},
    }
    assert rotate(arn, "convox", drop=True) == 0
    assert let_in(deployment, token, invented.TOKEN, NORTH) == ["convox", None, "north"]


def test_a_new_client_is_added_on_demand_only(
    deployment: Deployment, arn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content_of(arn)
    assert rotate(arn, "east") == 1
    assert "there is no client 'east', only: convox, north, south; --add adds one" in capsys.readouterr().err
    assert content_of(arn) == before

    assert rotate(arn, "east", add=True) == 0

    token = capsys.readouterr().out.strip()
    assert let_in(deployment, token, NORTH, SOUTH, invented.TOKEN) == ["east", "north", "south", "convox"]


@pytest.mark.parametrize(
    ("client", "changes", "reason"),
    [
        ("north", {"drop": True}, "north has no previous token"),
        ("east", {"drop": True}, "there is no client 'east'"),
        ("north", {"add": True}, "there is a client north already"),
        ("convox", {"add": True}, "there is a client convox already"),
        ("North!", {"add": True}, "a client's name has 1 to 32"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    arn: str, client: str, changes: dict[str, bool], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = boto3.client("secretsmanager").get_secret_value(SecretId=arn)["VersionId"]

    assert rotate(arn, client, **changes) == 1

    said = capsys.readouterr()
    assert (said.out, reason in said.err) == ("", True)
    assert boto3.client("secretsmanager").get_secret_value(SecretId=arn)["VersionId"] == before


def test_second_rotation_does_not_lock_out_the_first_token(arn: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert rotate(arn) == 0
    after_one = content_of(arn)

    assert rotate(arn) == 1

    assert content_of(arn) == after_one
    assert "--drop" in capsys.readouterr().err


def test_what_somebody_else_writes_meanwhile_is_not_lost(arn: str) -> None:
    theirs = {"current": invented.TOKEN, "callers": {"west": {"current": NORTH}}}

    with pytest.raises(rotate_token.NotChanged, match="has changed since"):
        rotate_token.change(Meddled(arn, theirs), arn, lambda found: rotate_token.rotated(found, "north", SOUTH * 2))

    assert content_of(arn) == theirs
    versions = boto3.client("secretsmanager").describe_secret(SecretId=arn)["VersionIdsToStages"]
    assert [each for each in versions.values() if rotate_token.PENDING in each] == []


def test_a_repeated_request_of_the_sdk_is_known_as_ours(arn: str) -> None:
    fresh = "a-token-that-is-new-and-long-enough"

    rotate_token.change(
        Meddled(arn, {}, answer_lost=True), arn, lambda found: rotate_token.rotated(found, "north", fresh)
    )

    pair = content_of(arn)["callers"]["north"]
    assert (pair["current"], pair["previous"]) == (fresh, NORTH)


def test_a_refusal_of_aws_is_not_taken_for_somebody_elses_change(arn: str) -> None:
    before = content_of(arn)
    refusal: Any = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}

    class Refusing(Meddled):
        def update_secret_version_stage(self, **given: Any) -> Any:
            raise ClientError(refusal, "UpdateSecretVersionStage")

    with pytest.raises(ClientError, match="AccessDenied"):
        rotate_token.change(Refusing(arn, {}), arn, lambda found: rotate_token.rotated(found, "north", SOUTH * 2))

    assert content_of(arn) == before


@pytest.mark.parametrize("text", ["no json", "[]", '{"callers": []}', '{"callers": {"north": {}}}', '"x"'])
def test_a_broken_secret_is_refused_and_not_shown(arn: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=text)

    assert rotate(arn) == 1

    said = capsys.readouterr()
    assert "docs/security.md#access-tokens" in said.err
    assert text not in said.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("word", "code"), [("yes\n", 0), ("no\n", 1), ("", 1)])
def test_it_asks_first_and_not_on_standard_output(
    arn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(word))
    monkeypatch.setattr(Target, "find", lambda _stack: Here(arn, None))

    assert main(["rotate-token", "--client", "north"]) == code

    said = capsys.readouterr()
    assert "Change the token of north? yes/no: " in said.err
    assert len(said.out.splitlines()) == 1 - code


def test_a_client_s_usage_key_stays_with_it() -> None:
    content = {"current": invented.TOKEN, "callers": {"north": {"current": NORTH, "usage_key": "k" * 40}}}

    changed = rotate_token.rotated(content, "north", SOUTH)
    ended = rotate_token.dropped(changed, "north")

    assert changed["callers"]["north"]["usage_key"] == "k" * 40
    assert changed["callers"]["north"]["previous"] == NORTH
    assert ended["callers"]["north"] == {"current": SOUTH, "usage_key": "k" * 40}
