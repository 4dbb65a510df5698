"""A DynamoDB table with conditional writes, and the handling of failed conditions.

A failed condition returns the stored item. If it has the token of this very write, the SDK had repeated the write, and
it succeeded (rule 5). A write of an item with a version never replaces an item of a later version (rule 23).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from convox_clinicea.aws import AWS_ERRORS, error_code
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.items import NOT_LATER, Removal, newest_values, put_arguments, removal_arguments, tally_arguments

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item = dict[str, "AttributeValueTypeDef"]
WRITE_TOKEN = "write_token"  # noqa: S105 - an attribute's name
MAX_PAGES = 100
_CONFLICT = "TransactionConflictException"


class TableUnavailable(ConnectorError):
    """DynamoDB did not answer, or refused; the outcome of a write is unknown."""

    retryable = True
    outcome_known = False


class Contended(TableUnavailable):
    """Another write of the same item was in progress; nothing was written."""

    outcome_known = True


class ConditionFailed(ConnectorError):
    """The condition of a write did not hold; `standing` is the stored item."""

    def __init__(self, standing: Item) -> None:
        super().__init__("the condition did not hold")
        self.standing = standing


@dataclass(frozen=True)
class Put:
    """A write of a whole item with a write token, usually with a condition.

    It never replaces an item with a later `schema_version` than its own, if it has one.

    Attributes:
        table: name of another table, for a transaction over two tables.
    """

    item: Item
    condition: str = ""
    values: Item = field(default_factory=dict)
    table: str | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """Return the arguments for DynamoDB, without the table."""
        return put_arguments(self.item, self.condition, self.values)


@dataclass(frozen=True)
class Page:
    """One page of a scan or a query.

    `after` is the key at which the next page starts; None on the last page.
    """

    items: list[Item]
    count: int
    after: Item | None


class Table:
    """A DynamoDB table. `get` assumes the partition key is `pk`."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    @property
    def name(self) -> str:
        """The table's name."""
        return self._name

    def get(self, key: str) -> Item | None:
        """Return the item by a consistent read, or None."""
        try:
            answer = self._client.get_item(TableName=self._name, Key={"pk": {"S": key}}, ConsistentRead=True)
        except AWS_ERRORS as error:
            raise_alone(_unavailable(error))
        return answer.get("Item")

    def put(self, put: Put) -> None:
        """Write one item; raises ConditionFailed, TableUnavailable."""
        try:
            self._client.put_item(TableName=self._name, **put.arguments)
        except AWS_ERRORS as error:
            if error_code(error) != "ConditionalCheckFailedException" or not isinstance(error, ClientError):
                raise_alone(_unavailable(error))
            _unless_own(put, dict(error.response).get("Item"))

    def put_all(self, puts: Sequence[Put], token: str) -> None:
        """Write all items or none; raises ConditionFailed for the first failed condition, TableUnavailable."""
        self.change_all(puts, (), token)

    def change_all(self, puts: Sequence[Put], removals: Sequence[Removal], token: str) -> None:
        """Write and remove all items or none; raises the errors of `put_all`."""
        items: list[Any] = [{"Put": {"TableName": put.table or self._name, **put.arguments}} for put in puts]
        items += [{"Delete": {"TableName": self._name, **removal_arguments(each)}} for each in removals]
        try:
            self._client.transact_write_items(ClientRequestToken=token, TransactItems=items)
        except AWS_ERRORS as error:
            reasons = error.response.get("CancellationReasons", []) if isinstance(error, ClientError) else []
            failed = [
                (put, reason)
                for put, reason in zip([*puts, *([Put({})] * len(removals))], reasons, strict=False)
                if reason.get("Code") == "ConditionalCheckFailed"
            ]
            if not failed:
                raise_alone(_unavailable(error, reasons))
            for put, reason in failed:
                _unless_own(put, reason.get("Item"))

    def delete(self, key: str, condition: str, values: Item, *, newest: int = 1) -> None:
        """Delete an item, unless it has a later version than `newest`.

        Raises:
            ConditionFailed: the item exists, and its version or the condition forbids the deletion.
            TableUnavailable: the outcome is unknown.
        """
        try:
            self._client.delete_item(
                TableName=self._name,
                Key={"pk": {"S": key}},
                ConditionExpression=f"({condition}) AND {NOT_LATER}",
                ExpressionAttributeValues={**values, **newest_values(str(newest))},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_ERRORS as error:
            if error_code(error) != "ConditionalCheckFailedException" or not isinstance(error, ClientError):
                raise_alone(_unavailable(error))
            standing: Any = dict(error.response).get("Item", {})
            raise_alone(ConditionFailed(standing))

    def increase(self, key: str, limit: int, expires_at: int) -> bool:
        """Increase the counter of `key`; returns False if it has reached `limit`."""
        try:
            self._client.update_item(
                TableName=self._name,
                Key={"pk": {"S": key}},
                UpdateExpression="SET expires_at = :expiry ADD taken :one",
                ConditionExpression="attribute_not_exists(taken) OR taken < :limit",
                ExpressionAttributeValues={
                    ":expiry": {"N": str(expires_at)},
                    ":one": {"N": "1"},
                    ":limit": {"N": str(limit)},
                },
            )
        except AWS_ERRORS as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False
            raise_alone(_unavailable(error))
        return True

    def add_up(
        self,
        key: str,
        numbers: Mapping[str, int],
        sets: Mapping[str, Collection[str]],
        gone: Sequence[str],
        expires_at: int,
    ) -> Item:
        """Add to numbers and sets of an item, remove the attributes `gone`, and return the old item."""
        sizes: Item = {name: {"N": str(number)} for name, number in numbers.items()}
        sizes |= {name: {"SS": sorted(set(members))} for name, members in sets.items() if members}
        names = {f"#a{number}": name for number, name in enumerate((*sizes, *gone))}
        values: Item = {f":a{number}": value for number, value in enumerate(sizes.values())}
        clauses = {
            "SET": ["#expiry = :expiry"],
            "ADD": [f"#a{number} :a{number}" for number in range(len(sizes))],
            "REMOVE": [f"#a{number}" for number in range(len(sizes), len(names))],
        }
        try:
            answer = self._client.update_item(
                TableName=self._name,
                Key={"pk": {"S": key}},
                UpdateExpression=" ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts),
                ExpressionAttributeNames={"#expiry": "expires_at", **names},
                ExpressionAttributeValues={":expiry": {"N": str(expires_at)}, **values},
                ReturnValues="ALL_OLD",
            )
        except AWS_ERRORS as error:
            raise_alone(_unavailable(error))
        return answer.get("Attributes", {})

    def tally(self, key: Item, attributes: Item) -> None:
        """Add one to `count` of the item with the key, and set its attributes; at least one is needed."""
        try:
            self._client.update_item(TableName=self._name, **tally_arguments(key, attributes))
        except AWS_ERRORS as error:
            raise_alone(_unavailable(error))

    def query(self, index: str | None, condition: str, names: dict[str, str], values: Item) -> Iterator[Item]:
        """Yield the items of an index or of the table, page by page; an index lags a little behind the table.

        For small results only. Results that grow with the ledger are read one page at a time.
        """
        how = {"IndexName": index} if index else {}
        after: Item | None = None
        for _ in range(MAX_PAGES):
            page = self._query(condition, names, values, after, **how)
            yield from page.items
            if page.after is None:
                return
            after = page.after
        raise TableUnavailable(f"dynamodb: more than {MAX_PAGES} pages")

    def scan_page(self, condition: str, names: dict[str, str], values: Item, after: Item | None) -> Page:
        """Read one page (1 MB before the filter) consistently; `after` comes from the previous page."""
        arguments = {
            "FilterExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
        }
        return self._page(self._client.scan, arguments, after)

    def query_page(self, index: str, condition: str, names: dict[str, str], values: Item, after: Item | None) -> Page:
        """Read one page (1 MB) of an index, which lags a little behind the table."""
        return self._query(condition, names, values, after, IndexName=index)

    def count_page(self, condition: str, names: dict[str, str], values: Item, after: Item | None) -> Page:
        """Count the items of one page of a query on the table."""
        return self._query(condition, names, values, after, Select="COUNT")

    def entries_page(self, condition: str, names: dict[str, str], values: Item, after: Item | None) -> Page:
        """Read one page (1 MB) of a query on the table itself."""
        return self._query(condition, names, values, after)

    def _query(self, condition: str, names: dict[str, str], values: Item, after: Item | None, **how: str) -> Page:
        arguments = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        return self._page(self._client.query, {**arguments, **how}, after)

    def _page(self, read: Any, arguments: dict[str, Any], after: Item | None) -> Page:
        start = {} if after is None else {"ExclusiveStartKey": after}
        try:
            answer = read(TableName=self._name, **arguments, **start)
        except AWS_ERRORS as error:
            raise_alone(_unavailable(error))
        return Page(answer.get("Items", []), answer.get("Count", 0), answer.get("LastEvaluatedKey"))


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC with `Z`, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unless_own(put: Put, standing: Any) -> None:
    """Raise ConditionFailed unless the stored item is the one of this very write (rule 5)."""
    item: Item = standing or {}
    if WRITE_TOKEN not in item or item[WRITE_TOKEN] != put.item.get(WRITE_TOKEN):
        raise ConditionFailed(item)


def _unavailable(error: BaseException, reasons: Sequence[Any] = ()) -> TableUnavailable:
    code = error_code(error)
    if code == _CONFLICT or any(reason.get("Code") == "TransactionConflict" for reason in reasons):
        return Contended(f"dynamodb: {code}, another transaction of the same item")
    return TableUnavailable(f"dynamodb: {code or type(error).__name__}")
