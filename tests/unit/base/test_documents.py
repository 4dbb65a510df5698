"""Configuration documents: packed ones, and what a deployer puts in their place."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Literal

import boto3
import pytest

from convox_clinicea.clinicea import CallTable
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.settings import packed, replacement
from tests.support.account import aws_account

DOCUMENT = {"schema": 1, "datetime_format": "%Y"}


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with aws_account():
        yield Account()


class Account:
    """Where documents are put. Each has a name of its own, since what was read is kept for some seconds."""

    def __init__(self) -> None:
        self._ssm = boto3.client("ssm")
        self._s3 = boto3.client("s3")
        self._s3.create_bucket(Bucket="documents", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"})
        self._numbers = itertools.count(1)

    def parameter(self, text: str, kind: Literal["String", "SecureString"] = "String") -> str:
        """Put an SSM parameter; gives its source."""
        name = f"/convox/table-{next(self._numbers)}"
        self._ssm.put_parameter(Name=name, Value=text, Type=kind)
        return f"ssm:{name}"

    def object(self, content: bytes) -> str:
        """Put an S3 object; gives its source."""
        key = f"some/table-{next(self._numbers)}.json"
        self._s3.put_object(Bucket="documents", Key=key, Body=content)
        return f"s3://documents/{key}"


def test_the_packed_call_table_is_valid() -> None:
    assert CallTable.build(packed("call_table")).times.stamp == "%Y-%m-%dT%H:%M:%S"


def test_an_empty_source_means_no_replacement() -> None:
    assert replacement("call_table", "") is None


class TestSources:
    @pytest.mark.parametrize("kind", ["String", "SecureString"])
    def test_an_ssm_parameter(self, account: Account, kind: Literal["String", "SecureString"]) -> None:
        source = account.parameter(json.dumps(DOCUMENT), kind)
        assert replacement("call_table", source) == DOCUMENT

    def test_an_s3_object(self, account: Account) -> None:
        source = account.object(json.dumps(DOCUMENT).encode())
        assert replacement("call_table", source) == DOCUMENT

    @pytest.mark.usefixtures("account")
    @pytest.mark.parametrize(
        "source",
        [
            "ssm:/convox/missing",
            "ssm:/",
            "s3://documents/missing",
            "s3://documents",
            "s3://no-such-bucket/x",
            "s3:///x",
        ],
    )
    def test_a_missing_one_never_falls_back_to_the_packed_one(self, source: str) -> None:
        with pytest.raises(ConfigurationError, match="call_table"):
            replacement("call_table", source)

    @pytest.mark.parametrize("source", ["/convox/table", "ssm:convox", "https://example.com/x", "s3:/x", " "])
    def test_an_unknown_kind_of_source_is_refused(self, source: str) -> None:
        with pytest.raises(ConfigurationError, match=r"document call_table is neither ssm:/… nor s3://…"):
            replacement("call_table", source)

    @pytest.mark.usefixtures("account")
    def test_without_a_region_it_is_a_configuration_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
        with pytest.raises(ConfigurationError, match="cannot be read"):
            replacement("clinics", "s3://documents/table")


class TestContents:
    @pytest.mark.parametrize("text", ["{", "[1]", '"text"', "null", "[" * 3000, "nonsense canary"])
    def test_what_is_no_json_object_is_refused_without_repeating_it(self, account: Account, text: str) -> None:
        with pytest.raises(ConfigurationError, match=r"document clinics is not (JSON|a JSON object)$"):
            replacement("clinics", account.parameter(text))

    def test_an_object_that_is_not_utf_8_is_refused(self, account: Account) -> None:
        with pytest.raises(ConfigurationError, match="S3 object cannot be read"):
            replacement("clinics", account.object(b"\xff\xfe\xff"))
