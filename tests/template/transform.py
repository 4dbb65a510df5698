"""Run by the AWS SAM CLI's Python: prints template.yaml in JSON, loops written out, and as SAM transforms it.

The order is CloudFormation's: AWS::Include, AWS::LanguageExtensions, AWS::Serverless. Parameters are given Name=value.
What the SAM CLI itself makes of the loops is printed too, so that a test can compare.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from samcli.lib.cfn_language_extensions.sam_integration import process_template_for_sam_cli
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from commands.loops import expanded
from tests.template.packaged import included, packaged


class NoManagedPolicies:
    """The template names no policy by its short name alone, so nothing is to be looked up in an account."""

    def load(self) -> dict[str, str]:
        return {}


def as_text(value: Any, values: dict[str, str]) -> Any:
    """Return a part of the template with each list of parameters in Fn::ToJsonString as the text of its values."""
    if isinstance(value, list):
        return [as_text(each, values) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("Fn::ToJsonString"), list):
        return json.dumps([values[each["Ref"]] for each in value["Fn::ToJsonString"]])
    return {key: as_text(each, values) for key, each in value.items()}


def main(path: Path, given: list[str]) -> None:
    logging.disable(logging.WARNING)
    os.environ.setdefault("AWS_DEFAULT_REGION", "ap-south-1")
    written: Any = included(yaml_parse(path.read_text("utf-8")), path.parent)
    parameters = {"CliniceaSecretArn": "arn:aws:secretsmanager:ap-south-1:123456789012:secret:clinicea-AbCdEf"}
    parameters |= dict(each.split("=", 1) for each in given)
    defaults = {name: str(each["Default"]) for name, each in written["Parameters"].items() if "Default" in each}
    source = expanded(written)
    for_sam = packaged(as_text(copy.deepcopy(source), defaults | parameters))
    by_sam = process_template_for_sam_cli(written, parameter_values=defaults | parameters)
    forms = {"source": source, "transformed": transform(for_sam, parameters, NoManagedPolicies()), "by_sam": by_sam}
    json.dump(forms, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
