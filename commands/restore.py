"""`make restore FROM=<table>`: put what the ledger has lost back from a table that was restored from its backup.

Nothing that stands is written over. A booking that had not ended at the backup's time may have been posted since: it
comes back as one whose POST is in doubt, so that the worker looks for its appointment and lets it settle first.
"""

import argparse
import secrets
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from commands import desk
from commands.target import Target

Item = dict[str, Any]
KEPT = ("booking#", "appointment#", "creating#", "slot#", "call#", "act#")
"""What is put back. Sessions and counters are of their moment only."""
ENDED = ("booked", "rejected")
MOST_PAGES = 10_000


def main() -> int:
    """Plan, or do; 2 if the stack or the table could not be read."""
    parser = argparse.ArgumentParser(prog="restore", description=__doc__)
    parser.add_argument("--from", default="", dest="source", help="the restored table")
    desk.doing(parser)
    wanted = desk.doing_for_a_reason(parser)
    if not wanted.source:
        parser.error("FROM=<table> (--from) is missing: the table that was restored from the backup")
    return desk.run(
        wanted.stack,
        lambda target: _restore(target, wanted),
        changes=f"put what {wanted.source} has and the ledger lacks into the ledger" if wanted.go else "",
        yes=wanted.yes,
    )


def _restore(target: Target, wanted: argparse.Namespace) -> int:
    dynamodb, ledger, now = target.client("dynamodb"), target.output("LedgerTable"), desk.wall_clock()
    if wanted.source == ledger:
        print("that is the ledger itself; name the table that was restored", file=sys.stderr)
        return desk.COULD_NOT_ASK
    counts = restore(dynamodb, wanted.source, ledger, now, go=wanted.go)
    for what, count in sorted(counts.items()):
        print(f"  {count:6}  {what}")
    if not wanted.go:
        print('Nothing was changed. To do it: the same with GO=yes WHY="…"')
        return 0
    who = target.caller()
    _note(dynamodb, ledger, now, {"who": who, "why": wanted.why, "source": wanted.source, "counts": str(dict(counts))})
    print(f'{now.isoformat(timespec="seconds")}  restore, by {who}: "{wanted.why}"')
    return 0


def restore(dynamodb: Any, source: str, ledger: str, now: datetime, *, go: bool) -> Counter[str]:
    """Put back what is missing; returns how many items of each kind were (or would be) put back, or stand."""
    counts: Counter[str] = Counter()
    for item in _items(dynamodb, source):
        kind = next((kind for kind in KEPT if item["pk"]["S"].startswith(kind)), None)
        if kind is None:
            continue
        name = kind.rstrip("#")
        if "Item" in dynamodb.get_item(TableName=ledger, Key={"pk": item["pk"]}, ConsistentRead=True):
            counts[f"{name}: stands, left alone"] += 1
        elif not go:
            counts[f"{name}: would be put back"] += 1
        else:
            counts[f"{name}: {_put(dynamodb, ledger, as_in_doubt(item, now))}"] += 1
    return counts


def as_in_doubt(item: Mapping[str, Any], now: datetime) -> Item:
    """Return an item as it is put back: a booking that had not ended may have been posted since, until now."""
    if not item["pk"]["S"].startswith("booking#") or item["state"]["S"] in ENDED:
        return dict(item)
    moment = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    doubt: Item = {"posted": {"BOOL": True}, "unsettled_since": {"S": moment}, "updated_at": {"S": moment}}
    return {**item, **doubt, "write_token": {"S": secrets.token_hex(16)}}


def _items(dynamodb: Any, table: str) -> Iterator[Item]:
    after: Item = {}
    for _ in range(MOST_PAGES):
        page = dynamodb.scan(TableName=table, ConsistentRead=True, **after)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        after = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    raise RuntimeError(f"{table}: more than {MOST_PAGES} pages")


def _put(dynamodb: Any, ledger: str, item: Item) -> str:
    try:
        dynamodb.put_item(TableName=ledger, Item=item, ConditionExpression="attribute_not_exists(pk)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return "stands, left alone"
    return "put back"


def _note(dynamodb: Any, ledger: str, now: datetime, line: Mapping[str, str]) -> None:
    at = now.isoformat(timespec="milliseconds")
    item = {"pk": {"S": f"act#restore#{at}"}, "at": {"S": at}, **{name: {"S": text} for name, text in line.items()}}
    dynamodb.put_item(TableName=ledger, Item=item, ConditionExpression="attribute_not_exists(pk)")


if __name__ == "__main__":
    sys.exit(main())
