"""`make restore FROM=<table>`: put what the ledger has lost back from a table that was restored from its backup.

Nothing that stands is written over, nothing that was erased or has expired comes back, and a booking that had not ended
is not worked by itself: it waits for a person, see `restoring`.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from commands import desk
from commands.restoring import KINDS, Item, Restorer, Since
from commands.target import Target
from convox_clinicea.bookings.erasures import KEPT, SUBJECT, Journal

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
    newest = max(
        (str(item["updated_at"]["S"]) for item in _items(dynamodb, wanted.source) if "updated_at" in item), default=""
    )
    if newest and datetime.fromisoformat(newest) < now - KEPT:
        print(
            f"{wanted.source} is older than the journal of erasures ({KEPT.days} days); see the drill", file=sys.stderr
        )
        return desk.COULD_NOT_ASK
    counts = restore(dynamodb, wanted.source, ledger, now, go=wanted.go, journal=_journal(target))
    for what, count in sorted(counts.items()):
        print(f"  {count:6}  {what}")
    if not wanted.go:
        print('Nothing was changed. To do it: the same with GO=yes WHY="…"')
        return 0
    who = target.caller()
    _note(dynamodb, ledger, now, {"who": who, "why": wanted.why, "source": wanted.source, "counts": str(dict(counts))})
    print(f'{now.isoformat(timespec="seconds")}  restore, by {who}: "{wanted.why}"')
    return 0


def restore(
    dynamodb: Any, source: str, ledger: str, now: datetime, *, go: bool, journal: Journal | None = None
) -> Counter[str]:
    """Put back what is missing; returns what became (or would become) of how many items of each kind."""
    counts: Counter[str] = Counter()
    restorer = Restorer(now, Since.told_by(_items(dynamodb, ledger)), journal)
    for item in _items(dynamodb, source):
        kind = next((kind for kind in KINDS if item["pk"]["S"].startswith(kind)), None)
        if kind is None:
            continue
        if _standing(dynamodb, ledger, item["pk"]["S"]) is not None:
            words = "stands, left alone"
        else:
            call = next(filter(None, (_standing(dynamodb, ledger, key) for key in _calls_of(item, journal))), None)
            words, fresh = restorer.fate(item, call)
            if go and fresh is not None:
                words = words if _put(dynamodb, ledger, fresh) else "stands, left alone"
            elif fresh is not None:
                words = f"would be {words}"
        counts[f"{kind.rstrip('#')}: {words}"] += 1
    return counts


def _calls_of(booking: Item, journal: Journal | None) -> list[str]:
    """Return the keys under which the booking's call may stand."""
    if "call" not in booking:
        return []
    caller, _, call_id = booking["call"]["S"].partition("#")
    hidden = [] if journal is None else [f"call#{caller}#{journal.hidden_name(call_id)}"]
    return [f"call#{caller}#{call_id}", *hidden]


def _standing(dynamodb: Any, ledger: str, key: str) -> Item | None:
    found: Item | None = dynamodb.get_item(TableName=ledger, Key={"pk": {"S": key}}, ConsistentRead=True).get("Item")
    return found


def _journal(target: Target) -> Journal:
    """Read the journal of erasures; who restores may read the identity key."""
    secret = target.client("secretsmanager").get_secret_value(SecretId=target.output("IdentitySecretArn"))
    dynamodb, table = target.client("dynamodb"), target.output("DisclosuresTable")
    return Journal(json.loads(secret["SecretString"])["key"].encode(), entries_of(dynamodb, table))


def entries_of(dynamodb: Any, table: str) -> Iterator[Item]:
    """Yield the entries of the journal of erasures."""
    after: Item = {}
    for _ in range(MOST_PAGES):
        page = dynamodb.query(
            TableName=table,
            KeyConditionExpression="subject = :erased",
            ExpressionAttributeValues={":erased": {"S": SUBJECT}},
            ConsistentRead=True,
            **after,
        )
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        after = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    raise RuntimeError(f"{table}: more than {MOST_PAGES} pages")


def _items(dynamodb: Any, table: str) -> Iterator[Item]:
    after: Item = {}
    for _ in range(MOST_PAGES):
        page = dynamodb.scan(TableName=table, ConsistentRead=True, **after)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        after = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    raise RuntimeError(f"{table}: more than {MOST_PAGES} pages")


def _put(dynamodb: Any, ledger: str, item: Item) -> bool:
    try:
        dynamodb.put_item(TableName=ledger, Item=item, ConditionExpression="attribute_not_exists(pk)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _note(dynamodb: Any, ledger: str, now: datetime, line: Mapping[str, str]) -> None:
    at = now.isoformat(timespec="milliseconds")
    item = {"pk": {"S": f"act#restore#{at}"}, "at": {"S": at}, **{name: {"S": text} for name, text in line.items()}}
    dynamodb.put_item(TableName=ledger, Item=item, ConditionExpression="attribute_not_exists(pk)")


if __name__ == "__main__":
    sys.exit(main())
