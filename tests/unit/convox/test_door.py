"""The door: comparing secrets, and the policy for the whole stage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.convox.access_tokens import SHORTEST_TOKEN, AccessTokens, policy_for
from convox_clinicea.errors import ConfigurationError
from tests.support import events, invented
from tests.support.properties import PROPERTY

NORTH = "token-of-the-northern-centre-01"
SOUTH = "token-of-the-southern-centre-02"
TOKENS = AccessTokens.from_secret({"current": invented.TOKEN, "previous": invented.OLD_TOKEN})


@PROPERTY
@given(offered=st.text(st.characters(), max_size=50))
def test_whatever_is_offered_is_compared_without_an_error(offered: str) -> None:
    assert TOKENS.admit(offered) == ("convox" if offered in (invented.TOKEN, invented.OLD_TOKEN) else None)


@PROPERTY
@given(token=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=SHORTEST_TOKEN, max_size=50))
def test_a_token_of_any_visible_characters_is_admitted(token: str) -> None:
    tokens = AccessTokens.from_secret({"current": token})

    assert tokens.admit(token) == "convox"
    assert tokens.admit(token + "x") is None
    assert tokens.admit("") is None


def test_each_caller_has_tokens_of_its_own() -> None:
    tokens = AccessTokens.from_secret(
        {
            "current": invented.TOKEN,
            "callers": {
                "north": {"current": NORTH, "previous": invented.OLD_TOKEN},
                "south-2": {"current": SOUTH, "previous": ""},
            },
        }
    )

    admitted = {token: tokens.admit(token) for token in (invented.TOKEN, NORTH, invented.OLD_TOKEN, SOUTH)}
    assert admitted == {invented.TOKEN: "convox", NORTH: "north", invented.OLD_TOKEN: "north", SOUTH: "south-2"}
    assert tokens.callers == ["convox", "north", "south-2"]


def test_named_callers_need_no_pair_without_a_name() -> None:
    tokens = AccessTokens.from_secret({"callers": {"convox": {"current": NORTH}}})

    assert (tokens.admit(NORTH), tokens.admit(invented.TOKEN)) == ("convox", None)


class TestTheEndOfAPreviousToken:
    @pytest.mark.parametrize("name", ["convox", "north"])
    @pytest.mark.parametrize(("days", "admitted"), [(-1, False), (1, True)])
    def test_it_opens_until_then(self, name: str, days: int, *, admitted: bool) -> None:
        until = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        pair = {"current": NORTH, "previous": SOUTH, "previous_until": until}
        tokens = AccessTokens.from_secret(pair if name == "convox" else {"callers": {name: pair}})

        assert tokens.admit(SOUTH) == (name if admitted else None)
        assert tokens.admit(NORTH) == name

    def test_one_without_an_end_goes_on_opening(self) -> None:
        assert TOKENS.admit(invented.OLD_TOKEN) == "convox"

    @pytest.mark.parametrize("until", ["tomorrow", "2031-03-03T12:00:00", ["2031-03-03T12:00:00Z"]])
    def test_an_end_that_is_no_moment_opens_for_nobody(self, until: object) -> None:
        with pytest.raises(ConfigurationError, match="previous_until"):
            AccessTokens.from_secret({"current": NORTH, "previous": SOUTH, "previous_until": until})

    def test_its_use_is_noted_and_no_other(self) -> None:
        noted: list[str] = []
        for token in (invented.OLD_TOKEN, invented.TOKEN, "a-token-of-a-stranger"):
            TOKENS.admit(token, lambda token=token: noted.append(token))  # type: ignore[misc] # mypy cannot infer a lambda with a default

        assert noted == [invented.OLD_TOKEN]


@pytest.mark.parametrize("previous", ["", " ", " " * 16, "\t" * 20, f"{NORTH} ", "short", None])
def test_a_previous_token_that_is_none_opens_for_nobody(previous: str | None) -> None:
    tokens = AccessTokens.from_secret({"current": SOUTH, "previous": previous})

    assert (tokens.admit(previous or ""), tokens.admit(SOUTH)) == (None, "convox")


def test_an_empty_previous_token_needs_no_current_one() -> None:
    assert AccessTokens.from_secret({"previous": "", "callers": {"north": {"current": NORTH}}}).callers == ["north"]


def test_a_caller_may_keep_one_token_under_both_names() -> None:
    assert AccessTokens.from_secret({"current": NORTH, "previous": NORTH}).admit(NORTH) == "convox"


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ({"current": NORTH, "callers": {"north": {"current": NORTH}}}, "convox and north the same token"),
        ({"callers": {"n": {"current": NORTH, "previous": SOUTH}, "s": {"current": SOUTH}}}, "n and s the same token"),
        ({"current": NORTH, "callers": {"convox": {"current": SOUTH}}}, "client convox twice"),
        ({"callers": {}}, "no current token"),
        ({"callers": {"North": {"current": NORTH}}}, "wrong: callers"),
        ({"callers": {"north!": {"current": NORTH}}}, "wrong: callers"),
        ({"callers": {"n" * 33: {"current": NORTH}}}, "wrong: callers"),
        ({"callers": {"": {"current": NORTH}}}, "wrong: callers"),
        ({"callers": {"north\n": {"current": NORTH}}}, "wrong: callers"),
        ({"callers": {"north": {"current": "short"}}}, "wrong: callers.current"),
        ({"callers": {"north": {"previous": NORTH}}}, "wrong: callers.current"),
        ({"callers": {"north": NORTH}}, "wrong: callers"),
        ({"callers": [NORTH]}, "wrong: callers"),
        ({"previous": NORTH, "current": 1}, "wrong: current"),
        ({"previous": NORTH}, "a previous token without a current one"),
        ({"previous": NORTH, "current": None}, "a previous token without a current one"),
        ({"previous": NORTH, "callers": {"south": {"current": SOUTH}}}, "a previous token without a current one"),
        ({"current": " " * 16}, "wrong: current"),
        ({"current": "\t" * 20}, "wrong: current"),
        ({"current": "\u00a0" * 20}, "wrong: current"),
        ({"current": "\u200b" * 20}, "wrong: current"),
        ({"current": f"{NORTH} "}, "wrong: current"),
        ({"current": f" {NORTH}"}, "wrong: current"),
        ({"current": f"{NORTH}\n"}, "wrong: current"),
        ({"current": f"{NORTH}\x00"}, "wrong: current"),
        ({"current": f"{NORTH}\ud800"}, "wrong: current"),
        ({"callers": {"north": {"current": " " * 16}}}, "wrong: callers.current"),
        ({NORTH: NORTH}, "wrong: its form"),
        ({"callers": {"north": {"current": NORTH, NORTH: 1}}}, "wrong: callers"),
    ],
)
def test_what_is_wrong_with_a_secret_is_told_and_nothing_opens(secret: object, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AccessTokens.from_secret(secret)
    assert told in str(caught.value)
    assert NORTH not in str(caught.value)
    assert SOUTH not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "value", "effect"),
    [
        ("Authorization", f"Bearer {invented.TOKEN}", "Allow"),
        ("Authorization", f"bearer {invented.TOKEN}", "Allow"),
        ("authorization", f"BEARER   {invented.TOKEN}", "Allow"),
        ("Authorization", invented.TOKEN, "Deny"),
        ("Authorization", f"Basic {invented.TOKEN}", "Deny"),
        ("Authorization", f"Bearer{invented.TOKEN}", "Deny"),
        ("Authorization", f" Bearer {invented.TOKEN}", "Deny"),
        ("Authorization", f"Bearer Bearer {invented.TOKEN}", "Deny"),
        ("Authorization", "Bearer ", "Deny"),
        ("Authorization", "Bearer", "Deny"),
        ("X-ConVox-Token", invented.TOKEN, "Allow"),
        ("X-ConVox-Token", f"Bearer {invented.TOKEN}", "Deny"),
    ],
)
def test_only_authorization_has_a_scheme_before_the_token(header: str, value: str, effect: str) -> None:
    answer = policy_for(events.authorizer({header: value}), TOKENS, header)

    assert answer["policyDocument"]["Statement"][0]["Effect"] == effect


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
        {"callers": {"north": {"current": invented.TOKEN, "usage_key": "too-short"}}},
        {"callers": {"north": {"current": invented.TOKEN, "usage_key": "x" * 129}}},
        {"callers": {"north": {"current": invented.TOKEN, "usage_key": "a key with blanks in it"}}},
    ],
)
def test_a_secret_of_another_form_is_refused_without_its_content(secret: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AccessTokens.from_secret(secret)
    assert not invented.leaks(str(caught.value))
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("values", [None, [], [""], [None], [invented.TOKEN] * 2, [invented.TOKEN, "x"]])
def test_repeated_or_empty_header_grants_no_access(values: list[str | None] | None) -> None:
    event = events.authorizer({"Access-Token": invented.TOKEN}) | {"multiValueHeaders": {"Access-Token": values}}

    answer = policy_for(event, TOKENS, "Access-Token")

    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_tokens_do_not_show_themselves() -> None:
    assert repr(TOKENS) == str(TOKENS) == "AccessTokens(convox)"


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
