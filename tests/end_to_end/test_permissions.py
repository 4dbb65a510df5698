"""The stack of these tests enforces the template's permissions: every other test shows that they suffice."""

from __future__ import annotations

import boto3
import pytest
import requests
from botocore.exceptions import ClientError


def test_permissions_are_enforced(stack: dict[str, str]) -> None:
    health = requests.get(f"{stack['aws_endpoint_url']}/_ministack/health", timeout=10).json()

    assert health["auth"] == "enabled"


def test_a_stranger_to_the_account_may_not_read_the_ledger(stack: dict[str, str]) -> None:
    ledger = boto3.client(
        "dynamodb",
        endpoint_url=stack["aws_endpoint_url"],
        region_name="ap-south-1",
        aws_access_key_id="AKIASTRANGERSTRANGER",
        aws_secret_access_key="a-stranger-s",
    )

    with pytest.raises(ClientError, match="token included in the request is invalid"):
        ledger.get_item(TableName=stack["ledger_table"], Key={"pk": {"S": "session"}})
