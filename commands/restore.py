"""`connector restore`: copies records that the ledger has lost from a table restored from its backup.

Existing records are not overwritten, erased and expired ones do not come back, and a booking that had not ended waits
for a person, see `restoring`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import click
from botocore.exceptions import ClientError

from commands import cli_support
from commands.booking_lines import wall_clock
from commands.cli_support import Output
from commands.restoring import KINDS, Item, Restorer, Since
from commands.target import Target
from convox_clinicea.bookings.person_search import ERASURE_RETENTION, SUBJECT, Journal
from convox_clinicea.bookings.waiting_bookings import PREFIX as WAITING

MOST_PAGES = 10_000


@cli_support.verb(
    "restore", "restore ledger-restored", 'restore ledger-restored --go --why "restore drill"', changes=True
)
@click.argument("source", metavar="TABLE")
@cli_support.going
def restore(out: Output, source: str, *, go: bool, why: str, yes: bool, stack: str) -> int:
    """Put back the records that the ledger lost, from TABLE, which was restored from its backup.

    Without --go, it only lists what it would do. The exit code is 2 if the stack or the table could not be read.
    """
    return cli_support.run(
        out,
        stack,
        lambda target: _restore(out, target, source, go=go, why=why),
        changes=f"copy records that are missing in the ledger from {source}" if go else "",
        yes=yes,
    )


def _restore(out: Output, target: Target, source: str, *, go: bool, why: str) -> int:
    dynamodb, ledger, now = target.client("dynamodb"), target.output("LedgerTable"), wall_clock()
    if source == ledger:
        out.error("that is the ledger itself; give the restored table")
        return cli_support.COULD_NOT_ASK
    newest = max(
        (str(item["updated_at"]["S"]) for item in _items(dynamodb, source) if "updated_at" in item), default=""
    )
    if newest and datetime.fromisoformat(newest) < now - ERASURE_RETENTION:
        out.error(f"{source} is older than the erasure journal ({ERASURE_RETENTION.days} days); see the drill")
        return cli_support.COULD_NOT_ASK
    counts = put_back_missing(dynamodb, source, ledger, now, go=go, journal=_journal(target))
    for what, count in sorted(counts.items()):
        out.line(f"  {count:6}  {what}")
    if go:
        who = target.caller()
        _note(dynamodb, ledger, now, {"who": who, "why": why, "source": source, "counts": str(dict(counts))})
        out.line(f'{now.isoformat(timespec="seconds")}  restore, by {who}: "{why}"')
    else:
        out.line('Nothing was changed. To apply: repeat with --go --why "…"')
    out.document({"dry_run": not go, "counts": counts})
    return 0


def put_back_missing(
    dynamodb: Any, source: str, ledger: str, now: datetime, *, go: bool, journal: Journal | None = None
) -> Counter[str]:
    """Put back missing records; returns the number of items for each result, or possible result."""
    counts: Counter[str] = Counter()
    restorer = Restorer(now, Since.told_by(_items(dynamodb, ledger)), journal)
    for item in _items(dynamodb, source):
        kind = next((kind for kind in KINDS if item["pk"]["S"].startswith(kind)), None)
        if kind is None:
            continue
        if _standing(dynamodb, ledger, item["pk"]["S"]) is not None:
            words = "exists, unchanged"
        else:
            call = next(filter(None, (_standing(dynamodb, ledger, key) for key in _calls_of(item, journal))), None)
            words, fresh = restorer.fate(item, call)
            if go and fresh is not None:
                words = words if _put(dynamodb, ledger, fresh) else "exists, unchanged"
            elif fresh is not None:
                words = f"would be {words}"
        counts[f"{kind.rstrip('#')}: {words}"] += 1
    return counts


def _calls_of(booking: Item, journal: Journal | None) -> list[str]:
    """Return the possible keys of the call of a booking, or of what waits for its end."""
    if booking["pk"]["S"].startswith(WAITING):
        _, caller, _agent, call_id = booking["pk"]["S"].split("#", 3)
    elif "call" in booking:
        caller, _, call_id = booking["call"]["S"].partition("#")
    else:
        return []
    hidden = [] if journal is None else [f"call#{caller}#{journal.hidden_name(call_id)}"]
    return [f"call#{caller}#{call_id}", *hidden]


def _standing(dynamodb: Any, ledger: str, key: str) -> Item | None:
    found: Item | None = dynamodb.get_item(TableName=ledger, Key={"pk": {"S": key}}, ConsistentRead=True).get("Item")
    return found


def _journal(target: Target) -> Journal:
    """Read the journal of erasures, with the identity key."""
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
