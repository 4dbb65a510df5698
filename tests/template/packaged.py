"""What `sam package` does to the template before CloudFormation sees it, as far as the tests need it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def included(value: Any, folder: Path) -> Any:
    """Return a part of the template with the files in it that AWS::Include names."""
    if isinstance(value, list):
        return [included(each, folder) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Transform"} and value["Fn::Transform"]["Name"] == "AWS::Include":
        return json.loads((folder / value["Fn::Transform"]["Parameters"]["Location"]).read_text("utf-8"))
    return {key: included(each, folder) for key, each in value.items()}


def packaged(template: Json) -> Json:
    """Put the code of functions and layer into a bucket."""
    for resource in template["Resources"].values():
        for local in {"CodeUri", "ContentUri"} & set(resource.get("Properties", {})):
            resource["Properties"][local] = {"Bucket": "bucket", "Key": "key"}
    return template
