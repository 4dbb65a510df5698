"""Run by the embedded AWS's Python: prints the resources that its CloudFormation makes of template.yaml, in JSON.

Its loops and Fn::ToJsonString are written after an account's answers, by other people than the SAM CLI's. It tells SAM
no parameter: what SAM is to see of one, the loops' transform has to have filled in. Parameters are given Name=value.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.services.cloudformation import language_extensions
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.template.packaged import included, packaged


def main(path: Path, given: list[str]) -> None:
    os.environ.setdefault("AWS_DEFAULT_REGION", "ap-south-1")
    written: Any = included(yaml_parse(path.read_text("utf-8")), path.parent)
    values = {name: str(each.get("Default", "")) for name, each in written["Parameters"].items()}
    values |= dict(each.split("=", 1) for each in given)
    expanded: Any = language_extensions.apply(written, values)
    made: Any = transform(packaged(expanded), {}, SimpleNamespace(load=dict))
    json.dump(made["Resources"], sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
