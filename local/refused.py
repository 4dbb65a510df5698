"""Removes what the embedded AWS does not accept from its copy of the template.

One refused resource would roll back the whole stack. The launcher prints what is removed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from commands.loops import fragments, is_loop
from commands.usage_plans import without_required_keys

ALARM = "AWS::CloudWatch::Alarm"
USAGE = ("AWS::ApiGateway::UsagePlan", "AWS::ApiGateway::UsagePlanKey", "AWS::ApiGateway::ApiKey")


def leave_out(template: Path) -> int:
    """Remove alarms over several metrics from a built template; returns their number."""
    document = yaml.safe_load(template.read_text())
    refused = list(_refused(document["Resources"]))
    for name, _count in refused:
        del document["Resources"][name]
    if refused:
        template.write_text(yaml.safe_dump(document, sort_keys=False))
    return sum(count for _name, count in refused)


def _refused(resources: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield the keys of refused resources or loops, each with its number of alarms."""
    for key, value in resources.items():
        made = [value[2][name] for name in value[2]] if is_loop(key) else [value]
        if any(each["Type"] == ALARM and "Metrics" in each.get("Properties", {}) for each in made):
            yield key, len(value[1]) if is_loop(key) else 1


def without_usage_plans(template: Path) -> list[str]:
    """Remove usage plans and required keys from a built template; returns the removed logical ids.

    The emulator does not read the key that an authorizer returns, and would answer every request with 403.
    """
    document = yaml.safe_load(template.read_text())
    resources = document["Resources"].items()
    refused = [name for name, resource in resources if not is_loop(name) and resource["Type"] in USAGE]
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


def include_from(template: Path, folder: Path) -> None:
    """Replace a built template's included files by full paths, because the copy is in another folder."""
    document = yaml.safe_load(template.read_text())
    for location in _inclusions(document["Resources"]):
        location["Location"] = str(folder / Path(location["Location"]).name)
    template.write_text(yaml.safe_dump(document, sort_keys=False))


def _inclusions(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _inclusions(each)
    elif isinstance(value, dict):
        if value.get("Name") == "AWS::Include":
            yield value["Parameters"]
        for each in value.values():
            yield from _inclusions(each)


def alarms_in(template: Path) -> int:
    """Return the number of alarms in a built template."""
    resources = yaml.safe_load(template.read_text())["Resources"]
    return sum(count for _name, resource, count in fragments(resources) if resource["Type"] == ALARM)
