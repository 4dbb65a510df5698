"""Secrets: read once in a while, never shown; and AWS's own error codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoRegionError

from convox_clinicea import aws
from convox_clinicea.errors import ConfigurationError
from tests.support.account import aws_account
from tests.support.account import secret as keep


@pytest.fixture(autouse=True)
def account() -> Iterator[None]:
    with aws_account():
        yield


def test_a_json_object_is_given_parsed() -> None:
    arn = keep("clinicea", {"api_key": "k"})
    assert aws.secret(arn) == {"api_key": "k"}


def test_it_is_kept_in_memory_so_that_not_every_call_pays_for_it() -> None:
    arn = keep("clinicea", {"api_key": "old"})
    aws.secret(arn)
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString='{"api_key": "new"}')
    assert aws.secret(arn) == {"api_key": "old"}


@pytest.mark.parametrize("text", ["canary", '["canary"]', '"canary"', '{"api_key": "canary"'])
def test_secret_that_is_no_json_object_is_refused_unrepeated(text: str) -> None:
    arn = keep("broken", text)
    with pytest.raises(ConfigurationError, match="a secret cannot be read or is not a JSON object") as caught:
        aws.secret(arn)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None  # json's own error holds the text


def test_a_missing_one_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        aws.secret("arn:aws:secretsmanager:ap-south-1:123456789012:secret:none")


def test_clients_are_made_once_and_wait_only_so_long() -> None:
    assert aws.dynamodb() is aws.dynamodb()
    for client in (aws.dynamodb(), aws.sqs(), aws.kms()):
        config: Any = client.meta.config  # its stubs do not know what is set by name
        assert (config.connect_timeout, config.read_timeout) == (1, 3)


def test_who_makes_an_agent_wait_waits_less() -> None:
    for client, seconds, attempts in ((aws.dynamodb_at_once(), 0.5, 1), (aws.kms_in_time(), 1, 2)):
        config: Any = client.meta.config
        assert (config.connect_timeout, config.read_timeout) == (seconds, seconds)
        assert config.retries["total_max_attempts"] == attempts


def test_no_client_does_what_only_costs_time() -> None:
    given: Any = (aws.CONFIG, aws.AT_ONCE, aws.IN_TIME)
    assert [config.parameter_validation for config in given] == [False] * 3
    assert [config.user_agent for config in given] == ["convox-clinicea"] * 3


def test_code_of_an_aws_error_is_kept_and_others_have_none() -> None:
    refused = ClientError({"Error": {"Code": "ConditionalCheckFailedException", "Message": "m"}}, "PutItem")
    assert aws.error_code(refused) == "ConditionalCheckFailedException"
    assert aws.error_code(ClientError({}, "PutItem")) == ""
    assert aws.error_code(NoRegionError()) == ""
    assert isinstance(refused, aws.AWS_ERRORS)
