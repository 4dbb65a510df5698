"""Usage plans at their first deployment: prepared first, and required once every cached answer names a key.

API Gateway keeps the authorizer's answers for `AuthorizerCacheSeconds`. One of a release without usage plans names no
key, so a route that requires one would refuse it with 403, and ConVox sends no callback again.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from commands.loops import fragments
from commands.target import NoOutput, Target

PREPARED = "prepared.yaml"
"""Beside the built template, whose relative paths it shares."""
MARGIN_SECONDS = 35
"""Until the last authorizer of the release before has answered, and a new key counts everywhere."""


def without_required_keys(document: dict[str, Any]) -> None:
    """Let no route of a template require a key; what counts against a usage plan is those that do."""
    for _name, resource, _count in fragments(document["Resources"]):
        if resource["Type"] == "AWS::Serverless::Api":
            resource["Properties"].pop("ApiKeySourceType", None)
            resource["Properties"]["Auth"].pop("ApiKeyRequired", None)
        elif resource["Type"] == "AWS::Serverless::Function":
            # Where the API asks for no key, SAM refuses a route that says it needs none.
            for event in resource["Properties"].get("Events", {}).values():
                event["Properties"].get("Auth", {}).pop("ApiKeyRequired", None)


def are_new(target: Target) -> bool:
    """Whether a stack that answers ConVox has no usage plan yet."""
    try:
        target.output("ApiUrl")
    except NoOutput:
        return False
    try:
        target.output("UsagePlanId")
    except NoOutput:
        return True
    return False


def prepare(
    build: Path, deploy: Callable[[Sequence[str]], None], cached_seconds: float, wait: Callable[[float], None]
) -> None:
    """Deploy plan, keys and authorizer without requiring keys, and wait until all cached answers name one.

    Args:
        deploy: takes more arguments for `sam deploy`.
    """
    document = yaml.safe_load((build / "template.yaml").read_text("utf-8"))
    without_required_keys(document)
    (build / PREPARED).write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    deploy(["--template-file", str(build / PREPARED)])
    seconds = cached_seconds + MARGIN_SECONDS
    print(f"the usage plan is prepared; waiting {seconds:g} s before the routes require it", flush=True)
    wait(seconds)
