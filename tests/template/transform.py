"""Run by the AWS SAM CLI's Python: prints template.yaml, as it is and as SAM transforms it, in JSON."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The template names no policy by its short name alone, so nothing is to be looked up in an account."""

    def load(self) -> dict[str, str]:
        return {}


def main(template: Path, given: list[str]) -> None:
    logging.disable(logging.WARNING)
    os.environ.setdefault("AWS_DEFAULT_REGION", "ap-south-1")
    text = template.read_text("utf-8")
    packaged: Any = yaml_parse(text)
    for resource in packaged["Resources"].values():
        # What `sam package` would put there.
        for local in {"CodeUri", "ContentUri"} & set(resource.get("Properties", {})):
            resource["Properties"][local] = {"Bucket": "bucket", "Key": "key"}
    parameters = {"CliniceaSecretArn": "arn:aws:secretsmanager:ap-south-1:123456789012:secret:clinicea-AbCdEf"}
    parameters |= dict(each.split("=", 1) for each in given)
    transformed = transform(packaged, parameters, NoManagedPolicies())
    json.dump({"source": yaml_parse(text), "transformed": transformed}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
