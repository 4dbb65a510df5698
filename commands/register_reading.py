"""Reads the register of disclosures by one key, within a time span, page by page."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from commands.target import Target
from convox_clinicea.table import timestamp

Json = dict[str, Any]
KEYS = {
    "patient": ("subject", None),
    "agent": ("agent_id", "agent"),
    "call": ("call_id", "call"),
    "client": ("caller", "client"),
    "day": ("day", "day"),
}
"""Kinds of keys, each with its attribute and its index, if it has one."""
MOST_PAGES = 1000
"""Pages of 1 MB read by one command, which then prints where to continue."""
KEYS_OF_THE_TABLE = ("subject", "entry", "write_token", "expires_at", "v")
_FIRST, _LAST = "0000", "9999"


@dataclass(frozen=True)
class Span:
    """Filter of entries.

    Attributes:
        since, until: inclusive moments; None is open.
        not_from: networks whose entries are left out.
    """

    since: datetime | None = None
    until: datetime | None = None
    not_from: tuple[IPv4Network | IPv6Network, ...] = ()

    def __str__(self) -> str:
        words = [f" since {timestamp(self.since)}"] if self.since else []
        words += [f" until {timestamp(self.until)}"] if self.until else []
        words += [f" not from {', '.join(map(str, self.not_from))}"] if self.not_from else []
        return "".join(words)

    @property
    def bounds(self) -> tuple[str, str]:
        """Return the first and the last moment in the register's format."""
        since = _FIRST if self.since is None else timestamp(self.since)
        return since, _LAST if self.until is None else timestamp(self.until)

    def has(self, entry: Json) -> bool:
        """Return whether an entry matches; entries of earlier releases without an address do."""
        first, last = self.bounds
        return first <= str(entry["at"]) <= last and not self._is_from_there(entry.get("source_ip", "-"))

    def _is_from_there(self, source: str) -> bool:
        try:
            address = ip_address(source)
        except ValueError:
            return False
        return any(address in network for network in self.not_from)


@dataclass
class Reading:
    """Reader of one key's entries, oldest first if an index orders them.

    Attributes:
        after: where the next command continues after this one's limit; None: all was read.
    """

    target: Target
    kind: str
    value: str
    span: Span
    after: Json | None = None

    @property
    def token(self) -> str | None:
        """`after` in the form of a command-line argument."""
        return None if self.after is None else base64.urlsafe_b64encode(json.dumps(self.after).encode()).decode()

    def entries(self) -> Iterator[Json]:
        """Yield the entries from `after` on, page by page."""
        attribute, index = KEYS[self.kind]
        names, values = {"#key": attribute}, {":value": {"S": self.value}}
        condition = "#key = :value"
        if index:
            first, last = self.span.bounds
            names["#at"] = "at"
            values |= {":first": {"S": first}, ":last": {"S": last}}
            condition += " AND #at BETWEEN :first AND :last"
        question: Json = {
            "TableName": self.target.output("DisclosuresTable"),
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            **({"IndexName": index} if index else {}),
            **({"ExclusiveStartKey": self.after} if self.after else {}),
        }
        client = self.target.client("dynamodb")
        for _ in range(MOST_PAGES):
            page = client.query(**question)
            yield from (entry for entry in map(_plain, page["Items"]) if self.span.has(entry))
            if "LastEvaluatedKey" not in page:
                self.after = None
                return
            question["ExclusiveStartKey"] = page["LastEvaluatedKey"]
            self.after = page["LastEvaluatedKey"]


def moment(text: str) -> datetime:
    """Parse a day or a moment, in UTC unless it has an offset; raises ValueError."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def key_of(token: str) -> Json:
    """Parse the token of a `Reading`; raises ValueError."""
    try:
        return dict(json.loads(base64.urlsafe_b64decode(token.encode())))
    except (ValueError, TypeError):
        raise ValueError("--after must be the value that the previous command printed") from None


def _plain(item: Json) -> Json:
    plain = {name: _value(value) for name, value in item.items() if name not in KEYS_OF_THE_TABLE}
    return dict(sorted(plain.items()))


def _value(attribute: Json) -> Any:
    ((kind, value),) = attribute.items()
    return [_value(each) for each in value] if kind == "L" else value
