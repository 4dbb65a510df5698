"""What a reader of a Markdown document types, and what the document says that it answers."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

_PROGRAMS = {"aws", "curl", "export", "make", "python", "python3", "sam", "TOKEN", "API", "DAY"}
_FENCE = re.compile(r"^[ ]*```.*$", re.MULTILINE)


@dataclass
class Typed:
    """A command, and the lines that follow it."""

    command: str
    answer: list[str] = field(default_factory=list)


def commands(markdown: str) -> list[str]:
    """Return what a reader types: in blocks, and in code within a sentence."""
    outside = "\n".join(re.split(_FENCE, markdown)[::2])
    spans = re.findall(r"`([^`\n]+)`", outside)
    return [each.command for each in transcripts(markdown)] + [span for span in spans if _is_command(span)]


def transcripts(markdown: str) -> list[Typed]:
    """Return the commands of the blocks: the lines after `$`, or in a block without such a line all commands."""
    blocks = re.split(_FENCE, markdown)[1::2]
    return [each for block in blocks for each in _of_block(block.strip("\n").splitlines())]


def _of_block(lines: list[str]) -> list[Typed]:
    prompted = any(line.lstrip().startswith("$ ") for line in lines)
    found: list[Typed] = []
    goes_on = False
    for line in lines:
        if goes_on:
            found[-1].command += "\n" + line
        elif line.lstrip().startswith("$ ") if prompted else _is_command(line):
            found.append(Typed(line.strip().removeprefix("$ ")))
        else:
            if found:
                found[-1].answer.append(line)
            continue
        goes_on = _goes_on(found[-1].command)
    return found


def _is_command(line: str) -> bool:
    return re.split(r"[ =]", line.strip(), maxsplit=1)[0].removeprefix(".venv/bin/") in _PROGRAMS


def _goes_on(command: str) -> bool:
    if command.endswith("\\"):
        return True
    try:
        shlex.split(command, comments=True)
    except ValueError:  # a quotation that is not closed
        return True
    return False
