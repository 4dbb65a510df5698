"""A double of the DynamoDB client, with the guarantees that AWS documents.

Every operation happens at one instant, as DynamoDB's conditional writes and transactions do; that it takes time,
fails or is repeated on the way is the business of `remote`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import dropwhile, islice, takewhile
from typing import Any, TypeVar

from tests.chaos import parameters
from tests.chaos.aws_errors import client_error, invalid
from tests.chaos.conditions import condition
from tests.chaos.expressions import ExpressionError, Values, comparable
from tests.chaos.table import Item, Key, Table, View
from tests.chaos.updates import update

Json = dict[str, Any]
T = TypeVar("T")
PAGE = 40
"""Items in a page of a query or scan of a small table: AWS cuts by size, and promises no number."""
LARGE, LARGE_PAGE = 4000, 500
"""From so many items on, a page has as many as AWS's 1 MB holds of bookings of 2 KB."""
TOKEN_SECONDS = 600.0
"""How long a transaction's client request token is remembered."""
MOST_IN_A_TRANSACTION = 100

_EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")
_FAILED = "The conditional request failed"


class DynamoDb:
    """The client's methods, named and behaving as boto3's.

    Args:
        clock: the service's own time, in seconds.
        lag: how far behind the next read that is not consistent is; none by default.
    """

    def __init__(
        self, tables: Iterable[Table], clock: Callable[[], float], lag: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.tables = {table.name: table for table in tables}
        self._clock = clock
        self._lag = lag
        self._transactions: dict[str, tuple[float, Any]] = {}

    def get_item(self, **given: Any) -> Json:
        parameters.check("dynamodb", "GetItem", given)
        table, values = self._table("GetItem", given), _values(given)
        key = _key("GetItem", table, given["Key"])
        item = self._view(table, given).get(key)
        _settle("GetItem", values)
        return {} if item is None else {"Item": dict(item)}

    def put_item(self, **given: Any) -> Json:
        parameters.check("dynamodb", "PutItem", given)
        write = self._prepared("PutItem", "Put", given)
        return self._carried_out("PutItem", write, given)

    def update_item(self, **given: Any) -> Json:
        parameters.check("dynamodb", "UpdateItem", given)
        write = self._prepared("UpdateItem", "Update", given)
        return self._carried_out("UpdateItem", write, given)

    def delete_item(self, **given: Any) -> Json:
        parameters.check("dynamodb", "DeleteItem", given)
        write = self._prepared("DeleteItem", "Delete", given)
        return self._carried_out("DeleteItem", write, given)

    def transact_write_items(self, **given: Any) -> Json:
        operation = "TransactWriteItems"
        parameters.check("dynamodb", operation, given)
        now, token, wanted = self._clock(), given.get("ClientRequestToken"), given["TransactItems"]
        before = self._transactions.get(token) if token else None
        if before is not None and before[0] > now - TOKEN_SECONDS:
            if before[1] != wanted:
                text = "DynamoDB has already seen this token with other parameters."
                raise client_error(operation, "IdempotentParameterMismatchException", text)
            return {}
        if not 0 < len(wanted) <= MOST_IN_A_TRANSACTION:
            raise invalid(operation, "Member must have length less than or equal to 100")
        writes = [self._prepared(operation, kind, what) for each in wanted for kind, what in each.items()]
        places = [(write.table.name, write.key) for write in writes]
        if len(set(places)) < len(places):
            raise invalid(operation, "Transaction request cannot include multiple operations on one item")
        reasons = [write.refusal() for write in writes]
        if any(reason["Code"] != "None" for reason in reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
            raise client_error(operation, "TransactionCanceledException", text, CancellationReasons=reasons)
        for write in writes:
            write.carry_out(now)
        if token:
            self._transactions[token] = (now, wanted)
        return {}

    def query(self, **given: Any) -> Json:
        parameters.check("dynamodb", "Query", given)
        table, values = self._table("Query", given), _values(given)
        schema = table.schema
        view = self._view(table, given)
        index = None
        if "IndexName" in given:
            index = table.indexes.get(given["IndexName"])
            if index is None:
                raise invalid("Query", f"The table does not have the specified index: {given['IndexName']}")
            if given.get("ConsistentRead"):
                raise invalid("Query", "Consistent reads are not supported on global secondary indexes")
            schema = index.schema
        matches = _read("Query", lambda: condition(given["KeyConditionExpression"], values))
        wanted = _hash_asked_for(given["KeyConditionExpression"], schema.hash, values)
        if index is not None and given.get("ScanIndexForward", True):
            start = given.get("ExclusiveStartKey")
            entry = None if start is None else index.entry(table.schema.of(start) or (), start)
            return self._page(
                "Query",
                table,
                _run(view.under(index, wanted, entry and entry[1]), matches, _page_size(table)),
                values,
                given,
            )
        found = view.under(index, wanted) if index else _of_hash(view, wanted)
        matching = [(key, item) for key, item in found if matches(item)]
        if not given.get("ScanIndexForward", True):
            matching.reverse()
        return self._page("Query", table, _behind(table, matching, given), values, given)

    def scan(self, **given: Any) -> Json:
        parameters.check("dynamodb", "Scan", given)
        table, values = self._table("Scan", given), _values(given)
        view = self._view(table, given)
        if "IndexName" in given:
            schema = table.indexes[given["IndexName"]].schema
            found = _behind(table, [each for each in view.everything() if schema.of(each[1]) is not None], given)
        elif view.overlay:
            found = _behind(table, view.everything(), given)
        else:  # a page of a large table costs no more than of a small one
            found = table.following(_start(table, given), _page_size(table) + 1)
        return self._page("Scan", table, found, values, given)

    def _page(
        self, operation: str, table: Table, found: list[tuple[Key, Item]], values: Values, given: Mapping[str, Any]
    ) -> Json:
        wanted = _read(operation, lambda: condition(given.get("FilterExpression"), values))
        projected = given.get("ProjectionExpression")
        names = None if projected is None else [values.name(each.strip()) for each in projected.split(",")]
        _settle(operation, values)
        size = min(given.get("Limit", LARGE_PAGE), _page_size(table))
        page, more = found[:size], len(found) > size
        items = [dict(item) for _, item in page if wanted(item)]
        if names is not None:
            items = [{name: item[name] for name in names if name in item} for item in items]
        answer: Json = {"Count": len(items), "ScannedCount": len(page)}
        if given.get("Select") != "COUNT":
            answer["Items"] = items
        if more:
            last = page[-1][1]
            schema = table.indexes[given["IndexName"]].schema if "IndexName" in given else table.schema
            answer["LastEvaluatedKey"] = {name: last[name] for name in dict.fromkeys(table.schema.names + schema.names)}
        return answer

    def _table(self, operation: str, given: Mapping[str, Any]) -> Table:
        table = self.tables.get(given["TableName"])
        if table is None:
            raise client_error(operation, "ResourceNotFoundException", "Requested resource not found")
        return table

    def _view(self, table: Table, given: Mapping[str, Any]) -> View:
        return table.view(self._clock(), 0.0 if given.get("ConsistentRead") else self._lag())

    def _prepared(self, operation: str, kind: str, given: Mapping[str, Any]) -> _Write:
        return _Write(operation, self._table(operation, given), kind, given)

    def _carried_out(self, operation: str, write: _Write, given: Mapping[str, Any]) -> Json:
        reason = write.refusal()
        if reason["Code"] != "None":
            more = {"Item": reason["Item"]} if "Item" in reason else {}
            raise client_error(operation, "ConditionalCheckFailedException", _FAILED, **more)
        write.carry_out(self._clock())
        match given.get("ReturnValues"):
            case "ALL_OLD" if write.before is not None:
                return {"Attributes": dict(write.before)}
            case "ALL_NEW" if write.after is not None:
                return {"Attributes": dict(write.after)}
            case "UPDATED_NEW" if write.after is not None:
                return {"Attributes": {name: write.after[name] for name in write.touched if name in write.after}}
        return {}


class _Write:
    """One write with its condition, read and checked, not yet carried out."""

    def __init__(self, operation: str, table: Table, kind: str, given: Mapping[str, Any]) -> None:
        self.table = table
        self._kind = kind
        self._wants_old = given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        self.touched: set[str] = set()
        values = _values(given)
        key = table.schema.of(given["Item"]) if kind == "Put" else _key(operation, table, given["Key"])
        if key is None:
            raise invalid(operation, "One or more parameter values were invalid: Missing the key in the item")
        self.key = key
        self.before = table.items.get(key)
        self._allowed = _read(operation, lambda: condition(given.get("ConditionExpression"), values))
        self.after: Item | None = None
        if kind == "Put":
            self.after = dict(given["Item"])
        elif kind == "Update":
            changes, self.touched = _read(operation, lambda: update(given["UpdateExpression"], values))
            if self.touched & set(table.schema.names):
                raise invalid(operation, "Cannot update attribute. This attribute is part of the key")
            self._changes = changes
            self._fresh = given["Key"]
        elif kind == "ConditionCheck":
            self.after = self.before
        _settle(operation, values)
        self._operation = operation

    def refusal(self) -> Json:
        """Return the cancellation reason; its code is None if the condition holds."""
        if not self._allowed(self.before or {}):
            reason: Json = {"Code": "ConditionalCheckFailed", "Message": _FAILED}
            if self._wants_old and self.before is not None:
                reason["Item"] = dict(self.before)
            return reason
        if self._kind == "Update":
            self.after = dict(self.before or self._fresh)
            for change in self._changes:
                try:
                    change(self.before or {}, self.after)
                except ExpressionError as error:
                    raise invalid(self._operation, str(error)) from None
        return {"Code": "None"}

    def carry_out(self, now: float) -> None:
        if self._kind != "ConditionCheck":
            self.table.write(now, self.key, self.after)


def _hash_asked_for(expression: str, name: str, values: Values) -> tuple[str, Any]:
    """Return kind and value of the hash key that a key condition asks for."""
    for left, right in _EQUALS.findall(expression):
        if values.names.get(left, left) == name:
            attribute = values.value(right)
            return next(iter(attribute)), comparable(attribute)
    raise invalid("Query", f"Query condition missed key schema element: {name}")


def _of_hash(view: View, wanted: tuple[str, Any]) -> list[tuple[Key, Item]]:
    if view.table.schema.range is None:
        item = view.get((wanted,))
        return [] if item is None else [((wanted,), item)]
    return sorted(((key, item) for key, item in view.everything() if key[0] == wanted), key=lambda entry: entry[0])


def _page_size(table: Table) -> int:
    return PAGE if len(table.items) < LARGE else LARGE_PAGE


def _run(ordered: Iterable[tuple[Key, Item]], matches: Callable[[Item], bool], size: int) -> list[tuple[Key, Item]]:
    """Return what matches, up to a page and one: a condition on the range holds for neighbours."""
    from_first = dropwhile(lambda each: not matches(each[1]), ordered)
    return list(islice(takewhile(lambda each: matches(each[1]), from_first), size + 1))


def _start(table: Table, given: Mapping[str, Any]) -> Key | None:
    return table.schema.of(given["ExclusiveStartKey"]) if "ExclusiveStartKey" in given else None


def _behind(table: Table, found: list[tuple[Key, Item]], given: Mapping[str, Any]) -> list[tuple[Key, Item]]:
    """Return what follows the start of the page; everything where the start is gone."""
    start = _start(table, given)
    keys = [key for key, _ in found]
    return found[keys.index(start) + 1 :] if start is not None and start in keys else found


def _values(given: Mapping[str, Any]) -> Values:
    return Values(given.get("ExpressionAttributeNames", {}), given.get("ExpressionAttributeValues", {}))


def _key(operation: str, table: Table, given: Mapping[str, Any]) -> Key:
    key = table.schema.of(given)
    if key is None or len(given) != len(table.schema.names):
        raise invalid(operation, "The provided key element does not match the schema")
    return key


def _settle(operation: str, values: Values) -> None:
    _read(operation, values.check_all_used)


def _read(operation: str, reading: Callable[[], T]) -> T:
    try:
        return reading()
    except ExpressionError as error:
        raise invalid(operation, f"Invalid expression: {error}") from None
