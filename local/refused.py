"""What the embedded AWS cannot take as it is written, changed in the copy of the template that it is given.

One refused resource would undo the whole stack. What is left out is said, and cannot be tried on this machine.
"""

from pathlib import Path
from typing import Any

import yaml

from commands.usage_plans import without_required_keys

ALARM = "AWS::CloudWatch::Alarm"
USAGE = ("AWS::ApiGateway::UsagePlan", "AWS::ApiGateway::UsagePlanKey", "AWS::ApiGateway::ApiKey")


def leave_out(template: Path) -> list[str]:
    """Take alarms over several metrics out of a built template; returns their logical ids."""
    document = yaml.safe_load(template.read_text())
    refused = [name for name, resource in document["Resources"].items() if _is_refused(resource)]
    for name in refused:
        del document["Resources"][name]
    if refused:
        template.write_text(yaml.safe_dump(document, sort_keys=False))
    return refused


def without_usage_plans(template: Path) -> list[str]:
    """Take usage plans and the need for a key out of a built template; returns the logical ids of what is gone.

    The emulator does not read the key that an authorizer returns, and would answer every request 403.
    """
    document = yaml.safe_load(template.read_text())
    refused = [name for name, resource in document["Resources"].items() if resource["Type"] in USAGE]
    if not refused:
        return []
    for name in refused:
        del document["Resources"][name]
    document["Outputs"] = {
        name: output for name, output in document.get("Outputs", {}).items() if output["Value"] not in _refs(refused)
    }
    without_required_keys(document)
    template.write_text(yaml.safe_dump(document, sort_keys=False))
    return refused


def _refs(names: list[str]) -> list[dict[str, str]]:
    return [{"Ref": name} for name in names]


def set_default(template: Path, parameter: str, value: str) -> None:
    """Make a value the parameter's default in a built template: SAM's transform is told no others by the emulator."""
    document = yaml.safe_load(template.read_text())
    document["Parameters"][parameter]["Default"] = value
    template.write_text(yaml.safe_dump(document, sort_keys=False))


def alarms_in(template: Path) -> int:
    """Return how many alarms a built template has."""
    resources = yaml.safe_load(template.read_text())["Resources"].values()
    return sum(resource["Type"] == ALARM for resource in resources)


def _is_refused(resource: dict[str, Any]) -> bool:
    return resource["Type"] == ALARM and "Metrics" in resource.get("Properties", {})
