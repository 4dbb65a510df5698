"""What the embedded AWS cannot take as it is written, changed in the copy of the template that it is given.

One refused resource would undo the whole stack. What is left out is said, and cannot be tried on this machine.
"""

from pathlib import Path
from typing import Any

import yaml

ALARM = "AWS::CloudWatch::Alarm"


def leave_out(template: Path) -> list[str]:
    """Take alarms over several metrics out of a built template; returns their logical ids."""
    document = yaml.safe_load(template.read_text())
    refused = [name for name, resource in document["Resources"].items() if _is_refused(resource)]
    for name in refused:
        del document["Resources"][name]
    if refused:
        template.write_text(yaml.safe_dump(document, sort_keys=False))
    return refused


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
