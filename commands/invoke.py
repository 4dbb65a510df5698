"""`make invoke F=<function>`: run one function of the stack that `make run` serves; print its answer and its log.

The event is `events/<function>.json`, moved to now, or a file of your own, as it stands.
"""

import argparse
import base64
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commands import desk
from commands.event import NAMES, event
from commands.target import Target

Json = dict[str, Any]
SAMPLE_TOKEN = "the-token-that-convox-sends"  # noqa: S105 - a placeholder in the sample events
FUNCTION_SECONDS = 60


def main(arguments: list[str] | None = None) -> int:
    """Run it; 1 if the function raised an error, 2 if it cannot be run."""
    parser = argparse.ArgumentParser(prog="invoke", description=__doc__)
    parser.add_argument("function", choices=NAMES, metavar="FUNCTION", help=", ".join(NAMES))
    parser.add_argument("--event", type=Path, help="a file; default: events/<function>.json, moved to now")
    wanted = parser.parse_args(arguments)
    try:
        own = wanted.event and json.loads(wanted.event.read_text("utf-8"))
    except (OSError, ValueError) as error:
        print(f"invoke: {wanted.event} cannot be read as JSON: {error}", file=sys.stderr)
        return desk.COULD_NOT_ASK
    return desk.run("local", lambda stack: invoke(stack, wanted.function, own))


def invoke(stack: Target, function: str, own: Json | None) -> int:
    """Run the function, with its sample event if it is given none, and print its answer and what it logged."""
    client = stack.client("lambda", FUNCTION_SECONDS)
    token = str((stack.local or {})["access_token"])
    name = _name(client, function)
    given = own or event(function, datetime.now(UTC))  # last, for a look-up's two seconds run from the event's time
    text = json.dumps(given).replace(SAMPLE_TOKEN, token)
    answer = client.invoke(FunctionName=name, Payload=text, LogType="Tail")
    print(json.dumps(_readable(json.loads(answer["Payload"].read())), indent=2, ensure_ascii=False))
    print("--- log", flush=True)
    print(base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace").rstrip())
    return 1 if answer.get("FunctionError") else 0


def _name(client: Any, function: str) -> str:
    """Return the deployed function's name: its log group is named for the folder that holds its code."""
    for page in client.get_paginator("list_functions").paginate():
        for each in page["Functions"]:
            if each.get("LoggingConfig", {}).get("LogGroup", "").endswith(f"/{function}"):
                return str(each["FunctionName"])
    raise ValueError(f"the stack has no function {function}")


def _readable(answer: Any) -> Any:
    """Return an answer with its body as JSON, where it has one."""
    if isinstance(answer, dict) and isinstance(answer.get("body"), str) and answer["body"].startswith("{"):
        return {**answer, "body": json.loads(answer["body"])}
    return answer


if __name__ == "__main__":
    sys.exit(main())
