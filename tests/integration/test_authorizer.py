"""The authorizer: who knows the secret comes in, by either of two tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convox_clinicea.convox.access_tokens import TOKENS_SECONDS
from convox_clinicea.errors import ConfigurationError
from tests.support import emf, events, invented
from tests.support.account import age_secrets, change, secret
from tests.support.deployment import Deployment

SHARED_KEY = "0f0f0f0f-0000-4000-8000-000000000000-shared"
STAGE = "arn:aws:execute-api:ap-south-1:123456789012:abc123/v1/*"


def decided(deployment: Deployment, headers: dict[str, str] | None, **more: Any) -> dict[str, Any]:
    return deployment.function("authorizer").invoke(events.authorizer(headers, **more))


def effect(answer: dict[str, Any]) -> str:
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"] == [STAGE]
    return str(statement["Effect"])


def test_who_knows_the_token_may_use_the_whole_stage(deployment: Deployment) -> None:
    answer = decided(deployment, {"Access-Token": invented.TOKEN}, method="POST", path="patients/search")

    assert answer == {
        "principalId": "convox",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": [STAGE]}],
        },
        "context": {"caller": "convox"},
        "usageIdentifierKey": SHARED_KEY,
    }


def test_client_with_its_own_usage_key_gets_it_others_share_one(deployment: Deployment) -> None:
    pairs = {
        "north": {"current": "token-of-the-northern-centre-01", "usage_key": "a" * 40},
        "south": {"current": "token-of-the-southern-centre-01"},
    }
    content = {"current": invented.TOKEN, "callers": pairs}
    deployment.configure(ACCESS_TOKENS_SECRET_ARN=secret("tokens-and-a-key", json.dumps(content)))

    told = [
        decided(deployment, {"Access-Token": token})["usageIdentifierKey"]
        for token in (invented.TOKEN, *(pair["current"] for pair in pairs.values()))
    ]

    assert told == [SHARED_KEY, "a" * 40, SHARED_KEY]


def test_a_stranger_has_no_usage_key_and_is_counted(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    assert "usageIdentifierKey" not in decided(deployment, {"Access-Token": "another-token-altogether"})
    assert emf.values(capsys.readouterr().out, "UnknownToken") == [1]
    decided(deployment, {"Access-Token": invented.TOKEN})
    assert emf.values(capsys.readouterr().out, "UnknownToken") == [0]


def test_each_caller_is_told_apart_by_its_token(deployment: Deployment) -> None:
    north = "token-of-the-northern-centre-01"
    content = {"current": invented.TOKEN, "callers": {"north": {"current": north}}}
    deployment.configure(ACCESS_TOKENS_SECRET_ARN=secret("tokens-of-two", json.dumps(content)))

    answers = [decided(deployment, {"Access-Token": token}) for token in (invented.TOKEN, north)]

    assert [effect(answer) for answer in answers] == ["Allow", "Allow"]
    assert [answer["context"] for answer in answers] == [{"caller": "convox"}, {"caller": "north"}]
    assert [answer["principalId"] for answer in answers] == ["convox", "north"]


def test_bearer_is_stripped_where_the_header_is_authorization(deployment: Deployment) -> None:
    deployment.configure(ACCESS_TOKEN_HEADER="Authorization")

    assert effect(decided(deployment, {"Authorization": f"Bearer {invented.TOKEN}"})) == "Allow"
    assert effect(decided(deployment, {"Authorization": invented.TOKEN})) == "Deny"


def test_changed_secret_is_seen_once_the_cached_copy_is_old(deployment: Deployment) -> None:
    arn = secret("tokens-that-change", {"current": invented.OLD_TOKEN})
    deployment.configure(ACCESS_TOKENS_SECRET_ARN=arn)
    assert effect(decided(deployment, {"Access-Token": invented.OLD_TOKEN})) == "Allow"

    change(arn, {"current": invented.TOKEN})
    age_secrets(TOKENS_SECONDS - 5)
    assert effect(decided(deployment, {"Access-Token": invented.OLD_TOKEN})) == "Allow"

    age_secrets(10)
    assert effect(decided(deployment, {"Access-Token": invented.OLD_TOKEN})) == "Deny"
    assert effect(decided(deployment, {"Access-Token": invented.TOKEN})) == "Allow"


def test_a_secret_that_is_broken_while_in_use_opens_no_longer(deployment: Deployment) -> None:
    arn = secret("tokens-that-break", {"current": invented.TOKEN})
    deployment.configure(ACCESS_TOKENS_SECRET_ARN=arn)
    assert effect(decided(deployment, {"Access-Token": invented.TOKEN})) == "Allow"

    change(arn, '{"current": "' + invented.TOKEN + '"')
    age_secrets(TOKENS_SECONDS + 1)

    with pytest.raises(ConfigurationError):
        decided(deployment, {"Access-Token": invented.TOKEN})


def test_the_token_before_is_valid_while_it_is_being_changed(deployment: Deployment) -> None:
    assert effect(decided(deployment, {"Access-Token": invented.OLD_TOKEN})) == "Allow"


@pytest.mark.parametrize("name", ["access-token", "ACCESS-TOKEN", "Access-token"])
def test_the_headers_name_may_be_in_any_case(deployment: Deployment, name: str) -> None:
    assert effect(decided(deployment, {name: invented.TOKEN})) == "Allow"


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"Access-Token": ""},
        {"Access-Token": "wrong-token-0123456789"},
        {"Access-Token": invented.TOKEN[:-1]},
        {"Access-Token": invented.TOKEN + " "},
        {"Access-Token": invented.TOKEN.upper()},
        {"Access-Token": f"Bearer {invented.TOKEN}"},
        {"Access-Token": f"{invented.TOKEN},{invented.TOKEN}"},
        {"Access-Token": "tökén-ünïcode-0123456789"},
        {"Access-Token": "\ud800" * 20},
        {"Access-Token": "\x00"},
        {"Access-Token": "x" * 100_000},
        {"Authorization": invented.TOKEN},
        {"X-Access-Token": invented.TOKEN},
        {"Access-Token": invented.TOKEN, "access-token": invented.TOKEN},
        {"Access-Token": invented.TOKEN, "ACCESS-TOKEN": "other"},
    ],
)
def test_anybody_else_may_use_nothing(deployment: Deployment, headers: dict[str, str] | None) -> None:
    answer = decided(deployment, headers)

    assert effect(answer) == "Deny"
    assert answer["principalId"] == "unauthenticated"
    assert "context" not in answer


def test_the_header_is_the_deployments_choice(deployment: Deployment) -> None:
    deployment.configure(ACCESS_TOKEN_HEADER="X-ConVox-Token")

    assert effect(decided(deployment, {"X-ConVox-Token": invented.TOKEN})) == "Allow"
    assert effect(decided(deployment, {"Access-Token": invented.TOKEN})) == "Deny"


@pytest.mark.parametrize("token", ["tökén-ünïcode-0123456789", "\u0926\u0930\u0935\u093e\u091c\u093c\u093e-0123456789"])
def test_a_token_may_hold_any_character(deployment: Deployment, token: str) -> None:
    deployment.configure(ACCESS_TOKENS_SECRET_ARN=secret(f"tokens-{len(token)}", {"current": token}))

    assert effect(decided(deployment, {"Access-Token": token})) == "Allow"
    assert effect(decided(deployment, {"Access-Token": invented.TOKEN})) == "Deny"


@pytest.mark.parametrize("previous", ["", "short"])
def test_a_previous_token_that_is_empty_or_short_lets_nobody_in(deployment: Deployment, previous: str) -> None:
    content = {"current": invented.TOKEN, "previous": previous}
    deployment.configure(ACCESS_TOKENS_SECRET_ARN=secret(f"tokens-previous-{previous}", content))

    assert effect(decided(deployment, {"Access-Token": previous})) == "Deny"
    assert effect(decided(deployment, {"Access-Token": invented.TOKEN})) == "Allow"


@pytest.mark.parametrize(
    "content",
    [{"current": "fifteen-letters"}, {"current": ""}, {"previous": invented.TOKEN}, {}, "not json", "[]", '"text"'],
    ids=str,
)
def test_a_secret_that_is_none_opens_for_nobody(deployment: Deployment, content: Any) -> None:
    deployment.configure(ACCESS_TOKENS_SECRET_ARN=secret(f"bad-{hash(str(content))}", content))

    # API Gateway answers 500 for an authorizer that fails: closed, and seen in its error metric.
    with pytest.raises(Exception, match=r"secret|token") as caught:
        decided(deployment, {"Access-Token": invented.TOKEN})
    assert not invented.leaks(str(caught.value))
