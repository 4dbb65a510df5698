"""Writes parameters into deploy.toml without changing anything else, comments included."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from commands.deploy_file import FIXED, UnreadableDeployFile, parsed

SECTION = "[parameters]"
_HEADER = re.compile(r"\s*\[")
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"']+)"""


def keep(file: Path, changes: Mapping[str, str]) -> None:
    """Write parameters, named as in the template, into the file.

    Raises:
        UnreadableDeployFile: this editor cannot change a file of this form; nothing was changed.
    """
    text = file.read_text("utf-8")
    before = parsed(text, file)
    for name, value in changes.items():
        text = _with(text, name, value)
    try:
        after = parsed(text, file)
    except UnreadableDeployFile:
        after = None
    # Verify that nothing else has changed; an empty key means no value.
    silent = {name for name, value in changes.items() if not value and name in FIXED.values()}
    wanted = {name: value for name, value in {**before.parameters, **changes}.items() if name not in silent}
    places = (before.stack, before.region, before.profile)
    if after is None or after.parameters != wanted or (after.stack, after.region, after.profile) != places:
        lines = ", ".join(f"{name} = {json.dumps(value)}" for name, value in changes.items())
        raise UnreadableDeployFile(f"{file.name} cannot be edited automatically; set by hand: {lines}")
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(text, "utf-8")
    fresh.replace(file)


def _with(text: str, name: str, value: str) -> str:
    """Set one parameter: in its line, else after its commented sample, else at the end of its part."""
    keys = {parameter: key for key, parameter in FIXED.items()}
    lines = text.splitlines()
    if name not in keys and SECTION not in [line.partition("#")[0].strip() for line in lines]:
        lines += ["", SECTION]
    first, last = _part(lines, top=name in keys)
    key = keys.get(name, name)
    written = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    there = re.compile(rf"\s*{re.escape(key)}\s*=\s*{_VALUE}(\s*#.*)?\s*")
    sample = re.compile(rf"\s*#\s*{re.escape(key)}\s*=.*")
    for number in range(first, last):
        found = there.fullmatch(lines[number])
        if found:
            lines[number] = written + (found[1] or "")
            return "\n".join(lines) + "\n"
    samples = [number for number in range(first, last) if sample.fullmatch(lines[number])]
    filled = [number for number in range(first, last) if lines[number].strip()]
    place = samples[0] if samples else filled[-1] if filled else first - 1
    lines.insert(place + 1, written)
    return "\n".join(lines) + "\n"


def _part(lines: list[str], *, top: bool) -> tuple[int, int]:
    """Return first and last line of the part above all tables, or of the table of parameters."""
    headers = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    if top:
        return 0, headers[0] if headers else len(lines)
    header = next(number for number in headers if lines[number].partition("#")[0].strip() == SECTION)
    return header + 1, next((number for number in headers if number > header), len(lines))
