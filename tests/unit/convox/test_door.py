"""The door: comparing secrets, and the policy for the whole stage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.convox.door import SHORTEST_TOKEN, AccessTokens, policy_for
from convox_clinicea.errors import ConfigurationError
from tests.support import events, invented
from tests.support.properties import PROPERTY

TOKENS = AccessTokens.from_secret({"current": invented.TOKEN, "previous": invented.OLD_TOKEN})


@PROPERTY
@given(offered=st.text(st.characters(), max_size=50))
def test_whatever_is_offered_is_compared_without_an_error(offered: str) -> None:
    assert TOKENS.admit(offered) is (offered in (invented.TOKEN, invented.OLD_TOKEN))


@PROPERTY
@given(token=st.text(st.characters(exclude_categories=["Cs"]), min_size=SHORTEST_TOKEN, max_size=50))
def test_a_token_of_any_characters_is_admitted(token: str) -> None:
    tokens = AccessTokens.from_secret({"current": token})

    assert tokens.admit(token)
    assert not tokens.admit(token + "x")
    assert not tokens.admit("")


@pytest.mark.parametrize(
    "secret",
    [
        None,
        "text",
        [],
        {},
        {"current": None},
        {"current": 1234567890123456},
        {"current": "x" * (SHORTEST_TOKEN - 1)},
        {"current": invented.TOKEN, "next": "x"},
        {"current": invented.TOKEN, "previous": 1},
    ],
)
def test_a_secret_of_another_form_is_refused_without_its_content(secret: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AccessTokens.from_secret(secret)
    assert not invented.leaks(str(caught.value))
    assert caught.value.__cause__ is None


def test_tokens_do_not_show_themselves() -> None:
    assert not invented.leaks(repr(TOKENS) + str(TOKENS) + TOKENS.model_dump_json())


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:execute-api:ap-south-1:123456789012:abc123/v1/POST/patients/search",
        "arn:aws:execute-api:ap-south-1:123456789012:abc123/v1/GET/",
        "arn:aws:execute-api:ap-south-1:123456789012:abc123/v1/GET/bookings/../../other/*",
    ],
)
@pytest.mark.parametrize(("token", "effect"), [(invented.TOKEN, "Allow"), ("wrong", "Deny")])
def test_the_policy_covers_the_stage_and_no_other(arn: str, token: str, effect: str) -> None:
    event = events.authorizer({"Access-Token": token}) | {"methodArn": arn}

    (statement,) = policy_for(event, TOKENS, "access-token")["policyDocument"]["Statement"]

    assert statement["Effect"] == effect
    assert statement["Resource"] == ["arn:aws:execute-api:ap-south-1:123456789012:abc123/v1/*"]
