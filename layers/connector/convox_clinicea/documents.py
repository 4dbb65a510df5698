"""Configuration documents: JSON packed in the layer, replaced by an SSM parameter or an S3 object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from convox_clinicea import aws
from convox_clinicea.errors import ConfigurationError, raise_alone

_PACKED = Path(__file__).with_name("documents")  # a layer lies unpacked; `importlib.resources` would load zipfile


def packed(name: str) -> dict[str, Any]:
    """Return the document that the layer carries under `name`."""
    text = (_PACKED / f"{name}.json").read_text("utf-8")
    return _parsed(name, text)


def replacement(name: str, source: str) -> dict[str, Any] | None:
    """Return the deployer's document `name`, or None where `source` is empty.

    Args:
        source: ``""``, ``ssm:/parameter/name`` or ``s3://bucket/key``.

    Raises:
        ConfigurationError: the source cannot be read, or does not hold a JSON object. A document that was
            asked for and is missing never falls back silently to the packed one.
    """
    if not source:
        return None
    if source.startswith("ssm:/"):
        return _parsed(name, _from_ssm(name, source.removeprefix("ssm:")))
    if source.startswith("s3://"):
        bucket, _, key = source.removeprefix("s3://").partition("/")
        return _parsed(name, _from_s3(name, bucket, key))
    raise ConfigurationError(f"the source of document {name} is neither ssm:/… nor s3://…")


def _from_ssm(name: str, parameter: str) -> str:
    try:
        return str(aws.client_in_time("ssm").get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])
    except aws.AWS_ERRORS:
        raise_alone(ConfigurationError(f"document {name}: its SSM parameter cannot be read"))


def _from_s3(name: str, bucket: str, key: str) -> str:
    try:
        return str(aws.client_in_time("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())
    except (*aws.AWS_ERRORS, UnicodeDecodeError):
        raise_alone(ConfigurationError(f"document {name}: its S3 object cannot be read"))


def _parsed(name: str, text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise_alone(ConfigurationError(f"document {name} is not JSON"))
    if not isinstance(document, dict):
        raise ConfigurationError(f"document {name} is not a JSON object")
    return document
