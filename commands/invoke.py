"""`make invoke F=<function>`: run one function of the stack that `make run` serves; print its answer and its log.

The event is `events/<function>.json`, or a file of your own. A start in the past is moved ahead.
"""

import argparse
import base64
import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from commands import desk, target
from commands.target import Target

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[1]
EVENTS = ROOT / "events"
NAMES = sorted(path.stem for path in EVENTS.glob("*.json"))
STARTS = ("start", "callback_date")
"""Fields of the sample events that hold the day of an appointment."""
DAYS_AHEAD = 3
SAMPLE_TOKEN = "the-token-that-convox-sends"  # noqa: S105 - a placeholder in the sample events
FUNCTION_SECONDS = 60


def main(arguments: list[str] | None = None) -> int:
    """Run it; 1 if the function raised an error, 2 if it cannot be run."""
    parser = argparse.ArgumentParser(prog="invoke", description=__doc__)
    parser.add_argument("function", choices=NAMES, metavar="FUNCTION", help=", ".join(NAMES))
    parser.add_argument("--event", type=Path, help="default: events/<function>.json")
    wanted = parser.parse_args(arguments)
    if not target.STACK_FILE.is_file():
        print("invoke: no stack runs on this machine; `make run` starts one", file=sys.stderr)
        return desk.COULD_NOT_ASK
    file = wanted.event or EVENTS / f"{wanted.function}.json"
    try:
        event = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        print(f"invoke: {file} cannot be read as JSON: {error}", file=sys.stderr)
        return desk.COULD_NOT_ASK
    moved = with_start_ahead(event, datetime.now(UTC).date())
    return desk.run("", lambda stack: invoke(stack, wanted.function, moved))


def with_start_ahead(event: Json, today: date) -> Json:
    """Return the event with a start that is past, in the body of an API's request, moved three days ahead."""
    try:
        body = json.loads(event["body"])
        days = {name: date.fromisoformat(body[name][:10]) for name in STARTS if name in body}
    except (LookupError, TypeError, ValueError):  # another kind of event, or bad input on purpose
        return event
    for name, day in days.items():
        if day <= today:
            body[name] = f"{today + timedelta(days=DAYS_AHEAD)}{body[name][10:]}"
    return {**event, "body": json.dumps(body)}


def invoke(stack: Target, function: str, event: Json) -> int:
    """Run the function and print its answer and the lines that it logged."""
    client = stack.client("lambda", FUNCTION_SECONDS)
    token = str((stack.local or {})["access_token"])
    payload = json.dumps(event).replace(SAMPLE_TOKEN, token)
    answer = client.invoke(FunctionName=_name(client, function), Payload=payload, LogType="Tail")
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
