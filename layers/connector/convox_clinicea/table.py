"""A DynamoDB table: conditional writes, and what a failed condition means.

A condition that fails returns the item as it stands; if that bears the token of this very write, the SDK had
repeated it and it succeeded. No write of an item that says its version takes the place of one of a later version.
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
    """DynamoDB did not answer, or refused; what was to be written may or may not stand."""

    retryable = True
    outcome_known = False


class Contended(TableUnavailable):
    """Another write of the same item was under way; nothing was written."""

    outcome_known = True


class ConditionFailed(ConnectorError):
    """The condition of a write did not hold; `standing` is the item that stands."""

    def __init__(self, standing: Item) -> None:
        super().__init__("the condition did not hold")
        self.standing = standing


@dataclass(frozen=True)
class Put:
    """A write of a whole item, which bears a write token; on a condition, as a rule.

    It takes the place of no item of a later `schema_version` than its own, if it says one.

    Attributes:
        table: the name of another table, for an item that a transaction writes there.
    """

    item: Item
    condition: str = ""
    values: Item = field(default_factory=dict)
    table: str | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """What DynamoDB is told, its table left out."""
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
    """One table; what reads a single item wants its key to be `pk`."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    @property
    def name(self) -> str:
        """Its name in DynamoDB."""
        return self._name

    def get(self, key: str) -> Item | None:
        """Return the item as it stands now (a consistent read)."""
        try:
            answer = self._client.get_item(TableName=self._name, Key={"pk": {"S": key}}, ConsistentRead=True)
        except AWS_ERRORS as error:
            raise_alone(_unavailable(error))
        return answer.get("Item")

    def put(self, put: Put) -> None:
        """Write one item; raises ConditionFailed, LedgerUnavailable."""
        try:
            self._client.put_item(TableName=self._name, **put.arguments)
        except AWS_ERRORS as error:
            if error_code(error) != "ConditionalCheckFailedException" or not isinstance(error, ClientError):
                raise_alone(_unavailable(error))
            _unless_own(put, dict(error.response).get("Item"))

    def put_all(self, puts: Sequence[Put], token: str) -> None:
        """Write all or nothing; raises ConditionFailed for the first condition that failed, LedgerUnavailable."""
        self.change_all(puts, (), token)

    def change_all(self, puts: Sequence[Put], removals: Sequence[Removal], token: str) -> None:
        """Write and remove all or nothing; raises as `put_all` does."""
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
        """Take an item away, unless it is of a later version than `newest`.

        Raises:
            ConditionFailed: it stands, and the condition, or its version, keeps it there.
            LedgerUnavailable: it may or may not stand.
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
        """Count one more under `key`; False if `limit` had been reached."""
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
        """Add to numbers and sets of an item, remove what is gone, and return the item as it was before."""
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
        """Add one to `count` of the item with that whole key, which has these attributes beside; at least one."""
        try:
            self._client.update_item(TableName=self._name, **tally_arguments(key, attributes))
        except AWS_ERRORS as error:
            raise_alone(_unavailable(error))

    def query(self, index: str | None, condition: str, names: dict[str, str], values: Item) -> Iterator[Item]:
        """Yield the items of an index, or of the table, page by page; an index lags a little behind the table.

        For what is little by its nature; what grows with the ledger is read a page at a time, to be carried on.
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
        """Read one page (1 MB before the filter), consistently; `after` is what the page before it said."""
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
    """Raise ConditionFailed unless what stands is what this very write wrote."""
    item: Item = standing or {}
    if WRITE_TOKEN not in item or item[WRITE_TOKEN] != put.item.get(WRITE_TOKEN):
        raise ConditionFailed(item)


def _unavailable(error: BaseException, reasons: Sequence[Any] = ()) -> TableUnavailable:
    code = error_code(error)
    if code == _CONFLICT or any(reason.get("Code") == "TransactionConflict" for reason in reasons):
        return Contended(f"dynamodb: {code}, another transaction of the same item")
    return TableUnavailable(f"dynamodb: {code or type(error).__name__}")
