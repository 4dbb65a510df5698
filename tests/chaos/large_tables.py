"""The DynamoDB double for tables of any size: pages are cut at 1 MB, as AWS cuts them."""

from __future__ import annotations

from typing import Any

from tests.chaos import parameters
from tests.chaos.conditions import condition
from tests.chaos.dynamodb import DynamoDb
from tests.chaos.expressions import Values
from tests.chaos.table import Item, Key, Table

Json = dict[str, Any]
PAGE_BYTES = 1_000_000


class LargeTables(DynamoDb):
    """Scans page by page without copying the table; all else is the double's own.

    Attributes:
        pages: how many pages were scanned.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.pages = 0
        self._order: dict[str, tuple[int, list[Key], dict[Key, int]]] = {}

    def scan(self, **given: Any) -> Json:
        """Read 1 MB before the filter, as a scan without a limit does."""
        parameters.check("dynamodb", "Scan", given)
        self.pages += 1
        table = self._table("Scan", given)
        values = Values(given.get("ExpressionAttributeNames", {}), given.get("ExpressionAttributeValues", {}))
        matches = condition(given.get("FilterExpression"), values)
        keys, places = self._in_order(table)
        start = table.schema.of(given["ExclusiveStartKey"]) if "ExclusiveStartKey" in given else None
        place = 0 if start is None else places.get(start, -1) + 1
        size, read, items = 0, 0, []
        while place < len(keys) and size < PAGE_BYTES:
            item = table.items[keys[place]]
            size, read, place = size + bytes_of(item), read + 1, place + 1
            if matches(item):
                items.append(dict(item))
        answer: Json = {"Items": items, "Count": len(items), "ScannedCount": read}
        if place < len(keys):
            last = table.items[keys[place - 1]]
            answer["LastEvaluatedKey"] = {name: last[name] for name in table.schema.names}
        return answer

    def _in_order(self, table: Table) -> tuple[list[Key], dict[Key, int]]:
        """Return the keys in the order of a scan, and the place of each; made anew after a write."""
        known = self._order.get(table.name)
        if known is None or known[0] != table.writes:
            keys = list(table.items)
            known = (table.writes, keys, {key: place for place, key in enumerate(keys)})
            self._order[table.name] = known
        return known[1], known[2]


class WithoutConditions:
    """Writes of a past in which nobody contended: what the product's classes write stands, unconditionally."""

    def __init__(self, tables: DynamoDb, now: float = 0.0) -> None:
        self._tables = tables.tables
        self._now = now

    def get_item(self, **given: Any) -> Json:
        table = self._tables[given["TableName"]]
        item = table.items.get(_key(table, given["Key"]))
        return {} if item is None else {"Item": dict(item)}

    def put_item(self, **given: Any) -> Json:
        table = self._tables[given["TableName"]]
        table.write(self._now, _key(table, given["Item"]), given["Item"])
        return {}

    def transact_write_items(self, **given: Any) -> Json:
        for each in given["TransactItems"]:
            self.put_item(**each["Put"])
        return {}


def bytes_of(item: Item) -> int:
    """Return about what AWS counts: the names and the values."""
    return sum(len(name) + _bytes_of(attribute) for name, attribute in item.items())


def _bytes_of(attribute: Any) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "B" | "N":
            return len(value)
        case "L":
            return 3 + sum(1 + _bytes_of(each) for each in value)
        case "M":
            return 3 + sum(1 + len(name) + _bytes_of(each) for name, each in value.items())
    return 1


def _key(table: Table, item: Any) -> Key:
    key = table.schema.of(item)
    if key is None:
        raise ValueError("an item without its key")
    return key
