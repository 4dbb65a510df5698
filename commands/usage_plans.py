"""First deployment of usage plans: prepared first, and required once every cached answer has a key.

API Gateway caches the authorizer's answers for `AuthorizerCacheSeconds`. An answer of a release without usage plans has
no key, so a route that requires one would refuse the request with 403, and ConVox does not repeat callbacks.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from commands.loops import fragments
from commands.target import NoOutput, Target

PREPARED = "prepared.yaml"
"""Path next to the built template, for the same relative paths."""
MARGIN_SECONDS = 35
"""Seconds until the previous release's authorizers have ended and a new key is effective everywhere."""


def without_required_keys(document: dict[str, Any]) -> None:
    """Change all routes of a template to require no key."""
    for _name, resource, _count in fragments(document["Resources"]):
        if resource["Type"] == "AWS::Serverless::Api":
            resource["Properties"].pop("ApiKeySourceType", None)
            resource["Properties"]["Auth"].pop("ApiKeyRequired", None)
        elif resource["Type"] == "AWS::Serverless::Function":
            # Where the API asks for no key, SAM refuses a route that says it needs none.
            for event in resource["Properties"].get("Events", {}).values():
                event["Properties"].get("Auth", {}).pop("ApiKeyRequired", None)


def are_new(target: Target) -> bool:
    """Return whether a deployed stack has no usage plan yet."""
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
    """Deploy plan, keys and authorizer without requiring keys, and wait until all cached answers have one.

    Args:
        deploy: runs `sam deploy` with additional arguments.
    """
    document = yaml.safe_load((build / "template.yaml").read_text("utf-8"))
    without_required_keys(document)
    (build / PREPARED).write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    deploy(["--template-file", str(build / PREPARED)])
    seconds = cached_seconds + MARGIN_SECONDS
    print(f"the usage plan is prepared; waiting {seconds:g} s before the routes require it", flush=True)
    wait(seconds)
