"""`make disclosures`: who was shown which patient's data, and who consented; by patient, agent, call or day."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from commands import desk
from commands.target import Target
from convox_clinicea.disclosures.record import subjects_of_patient

Json = dict[str, Any]
KEYS = {
    "patient": ("subject", None),
    "agent": ("agent_id", "agent"),
    "call": ("call_id", "call"),
    "day": ("day", "day"),
}
"""What is asked by, the attribute that holds it, and the index where there is one."""
MOST_PAGES = 1000
KEYS_OF_THE_TABLE = ("subject", "entry", "write_token", "expires_at", "v")


def main() -> int:
    """Print what the register holds; 2 if it could not be asked."""
    parser = argparse.ArgumentParser(prog="disclosures", description=__doc__)
    by = parser.add_mutually_exclusive_group()
    by.add_argument("--patient", help="Clinicea's id of a patient: who saw their data")
    by.add_argument("--agent", help="an agent's id: whose data they saw")
    by.add_argument("--call", help="a call's id: what was shown and agreed on it")
    by.add_argument("--day", type=desk.day, help="YYYY-MM-DD in the stack's time zone")
    parser.add_argument("--json", action="store_true", help="one JSON document for each entry instead of the table")
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    if all(getattr(wanted, kind) in (None, "") for kind in KEYS):
        parser.error("PATIENT=, AGENT=, CALL= or DAY= (--patient, --agent, --call, --day): one of them is needed")
    ((kind, value),) = [(kind, str(getattr(wanted, kind))) for kind in KEYS if getattr(wanted, kind) is not None]
    return desk.run(wanted.stack, lambda target: tell(target, kind, value, as_json=wanted.json))


def tell(target: Target, kind: str, value: str, *, as_json: bool) -> int:
    """Ask the register, and print its entries, oldest first."""
    values = subjects_of_patient(value) if kind == "patient" else [value]
    found = sorted(
        (entry for each in values for entry in entries(target, kind, each)), key=lambda entry: str(entry["at"])
    )
    if as_json:
        for entry in found:
            print(json.dumps(entry))
        return 0
    print(f"{target}, {kind} {value}: {len(found)} entries")
    for entry in found:
        print(f"  {line(entry)}")
    return 0


def entries(target: Target, kind: str, value: str) -> Iterator[Json]:
    """Yield the entries, page by page."""
    attribute, index = KEYS[kind]
    question: Json = {
        "TableName": target.output("DisclosuresTable"),
        "KeyConditionExpression": "#key = :value",
        "ExpressionAttributeNames": {"#key": attribute},
        "ExpressionAttributeValues": {":value": {"S": value}},
        **({"IndexName": index} if index else {}),
    }
    client = target.client("dynamodb")
    for _ in range(MOST_PAGES):
        page = client.query(**question)
        yield from (_plain(item) for item in page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        question["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    raise SystemExit(f"more than {MOST_PAGES} pages: ask for less")


def line(entry: Json) -> str:
    """Return an entry as one line of text."""
    who = f"{entry['caller']}  agent {entry.get('agent_id', '-')}  call {entry.get('call_id', '-')}"
    if entry["kind"] == "consent":
        return f"{entry['at']}  consent     {who}  {entry['booking_id']}  text {entry['text_version']}"
    shown = f"patient {entry['patient_id']}  {entry['route']}: {', '.join(entry['fields'])}"
    return f"{entry['at']}  disclosure  {who}  {shown}"


def _plain(item: Json) -> Json:
    plain = {name: _value(value) for name, value in item.items() if name not in KEYS_OF_THE_TABLE}
    return dict(sorted(plain.items()))


def _value(attribute: Json) -> Any:
    ((kind, value),) = attribute.items()
    return [_value(each) for each in value] if kind == "L" else value


if __name__ == "__main__":
    sys.exit(main())
