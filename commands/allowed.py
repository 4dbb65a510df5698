"""Checks of parameter values against the template before a deployment, in the template's own words."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from commands.release import PARAMETER

Json = dict[str, Any]


def defaults(parameters: Mapping[str, Json]) -> dict[str, str]:
    """Return the parameters' defaults, without the release id; parameters without a default are left out."""
    named = {name: each for name, each in parameters.items() if name != PARAMETER and "Default" in each}
    return {name: str(each["Default"]) for name, each in named.items()}


def problems(values: Mapping[str, str], parameters: Mapping[str, Json]) -> Iterator[str]:
    """Yield a line for each invalid value."""
    for name, value in values.items():
        if name == PARAMETER:
            yield f"{PARAMETER}: make deploy sets it"
        elif name not in parameters:
            near = difflib.get_close_matches(name, parameters, 1, 0.6)
            yield f"{name}: the template has no such parameter" + (f"; {near[0]}?" if near else "")
        else:
            wrong = _wrong(value, parameters[name])
            if wrong:
                yield f'{name}: "{value}" {wrong}. {" ".join(parameters[name]["Description"].split())}'


def _wrong(value: str, parameter: Json) -> str:
    if "AllowedValues" in parameter:
        allowed = [str(each) for each in parameter["AllowedValues"]]
        return "" if value in allowed else f"must be one of {', '.join(allowed)}"
    told = str(parameter.get("ConstraintDescription", "is not allowed"))
    if parameter["Type"] == "Number":
        try:
            number = float(value)
        except ValueError:
            return told
        return "" if parameter.get("MinValue", number) <= number <= parameter.get("MaxValue", number) else told
    return "" if re.fullmatch(parameter.get("AllowedPattern", ".*"), value, re.DOTALL) else told
