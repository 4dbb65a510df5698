"""`connector invoke`: runs one function of the stack that `make run` serves, and prints its answer and log.

The event is `events/<function>.json`, moved to now, or a file of your own, unchanged.
"""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from commands import cli_support
from commands.cli_support import FUNCTION_SECONDS, Output
from commands.event import NAMES, event
from commands.target import ON_THIS_MACHINE, Target

Json = dict[str, Any]
SAMPLE_TOKEN = "the-token-that-convox-sends"  # noqa: S105 - a placeholder in the sample events


@cli_support.verb("invoke", "invoke search_patient", "invoke book_appointment --event file.json", on_a_stack=False)
@click.argument("function", type=click.Choice(NAMES), metavar="FUNCTION")
@click.option("--event", "file", type=Path, metavar="FILE", help="Default: events/<function>.json, moved to now.")
def invoke(out: Output, function: str, file: Path | None) -> int:
    """Run one function of the stack that `make run` serves; print its answer and its log.

    The exit code is 1 if the function raised an error, 2 if it cannot be run.
    """
    try:
        own: Json | None = None if file is None else json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        out.error(f"invoke: {file} cannot be read as JSON: {error}")
        return cli_support.COULD_NOT_ASK
    return cli_support.run(out, ON_THIS_MACHINE, lambda stack: carry_out(out, stack, function, own))


def carry_out(out: Output, stack: Target, function: str, own: Json | None) -> int:
    """Run the function with its sample event or `own`, and print its answer and log."""
    client = stack.client("lambda", FUNCTION_SECONDS)
    token = str((stack.local or {})["access_token"])
    name = _name(client, function)
    given = own or event(function, datetime.now(UTC))  # last, because a look-up's two seconds begin at the event's time
    text = json.dumps(given).replace(SAMPLE_TOKEN, token)
    answer = client.invoke(FunctionName=name, Payload=text, LogType="Tail")
    returned = _readable(json.loads(answer["Payload"].read()))
    log = base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace").rstrip()
    out.line(json.dumps(returned, indent=2, ensure_ascii=False))
    out.line(f"--- log\n{log}")
    out.document({"answer": returned, "log": log.splitlines()})
    return 1 if answer.get("FunctionError") else 0


def _name(client: Any, function: str) -> str:
    """Return the deployed function's name: its log group has the name of its folder."""
    for page in client.get_paginator("list_functions").paginate():
        for each in page["Functions"]:
            if each.get("LoggingConfig", {}).get("LogGroup", "").endswith(f"/{function}"):
                return str(each["FunctionName"])
    raise ValueError(f"the stack has no function {function}")


def _readable(answer: Any) -> Any:
    """Return an answer with its body, if any, as parsed JSON."""
    if isinstance(answer, dict) and isinstance(answer.get("body"), str) and answer["body"].startswith("{"):
        return {**answer, "body": json.loads(answer["body"])}
    return answer
