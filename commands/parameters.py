"""The template's parameters as the next `make deploy` would take them."""

import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STACK = "convox-clinicea"


class UnreadableParameters(Exception):
    """The parameters cannot be read; the text says where."""


@dataclass(frozen=True)
class Deployed:
    """What a stack is deployed with."""

    stack: str
    values: dict[str, str]


def read(given: list[str], samconfig: Path | None) -> Deployed:
    """Return the stack's name and parameters: those `given` as ``Name=value``, or else what `sam deploy` kept.

    Raises:
        UnreadableParameters: one of `given` is no ``Name=value``, or the file is no TOML.
    """
    kept = _kept(samconfig)
    stack = str(kept.get("global", {}).get("parameters", {}).get("stack_name", STACK))
    deploy = kept.get("deploy", {}).get("parameters", {})
    overrides = deploy.get("parameter_overrides", [])
    written = given or (shlex.split(overrides) if isinstance(overrides, str) else [str(each) for each in overrides])
    pairs = [each.partition("=") for each in written]
    unnamed = [name for name, found, _ in pairs if not found]
    if unnamed:
        raise UnreadableParameters(f"a parameter is written Name=value, which {unnamed[0]} is not")
    return Deployed(str(deploy.get("stack_name", stack)), {name: value.strip('"') for name, _, value in pairs})


def _kept(samconfig: Path | None) -> dict[str, Any]:
    if samconfig is None or not samconfig.is_file():
        return {}
    try:
        kept = tomllib.loads(samconfig.read_text("utf-8")).get("default", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise UnreadableParameters(f"{samconfig.name} is not TOML") from None
    return kept if isinstance(kept, dict) else {}
