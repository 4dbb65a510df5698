"""Parameters given as Name=value, and those that samconfig.toml has for `sam deploy`."""

import shlex
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from commands.release import PARAMETER


class UnreadableParameters(Exception):
    """The parameters cannot be parsed; the text names the place."""


@dataclass(frozen=True)
class Samconfig:
    """Deployment settings of samconfig.toml; empty where it has none.

    Attributes:
        values: its `parameter_overrides`, without the release id, which is never reused.
    """

    stack: str = ""
    region: str = ""
    profile: str = ""
    values: dict[str, str] = field(default_factory=dict)


def pairs(given: Sequence[str]) -> dict[str, str]:
    """Parse parameters written as ``Name=value``.

    Raises:
        UnreadableParameters: one has another form, or is given twice with two values.
    """
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise UnreadableParameters(f"a parameter must be Name=value, not {each}")
        value = value.strip('"')
        if found.setdefault(name, value) != value:
            raise UnreadableParameters(f"{name} is given twice: {found[name]} and {value}")
    return found


def samconfig(path: Path) -> Samconfig:
    """Parse samconfig.toml.

    Raises:
        UnreadableParameters: the file is not TOML, or its parameter_overrides are not ``Name=value``.
    """
    kept = _kept(path)
    settings = _table(kept, "global", "parameters") | _table(kept, "deploy", "parameters")
    overrides = settings.get("parameter_overrides", [])
    try:
        written = shlex.split(overrides) if isinstance(overrides, str) else [str(each) for each in overrides]
    except ValueError:
        raise UnreadableParameters(f"{path.name}: parameter_overrides has a quote that does not end") from None
    values = {name: value for name, value in pairs(written).items() if name != PARAMETER}
    stack, region, profile = (str(settings.get(name, "")) for name in ("stack_name", "region", "profile"))
    return Samconfig(stack, region, profile, values)


def _kept(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        kept = tomllib.loads(path.read_text("utf-8")).get("default", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise UnreadableParameters(f"{path.name} is not TOML") from None
    return kept if isinstance(kept, dict) else {}


def _table(kept: dict[str, Any], *names: str) -> dict[str, Any]:
    table: Any = kept
    for name in names:
        table = table.get(name, {}) if isinstance(table, dict) else {}
    return table if isinstance(table, dict) else {}
