"""What the next release has written beside the bench."""

from __future__ import annotations

from typing import Any

from convox_clinicea import aws
from tests.support.bench import Bench
from tests.support.next_release import NextRelease


def raw(bench: Bench, key: str) -> dict[str, Any]:
    return dict(aws.dynamodb().get_item(TableName=bench.stack.table, Key={"pk": {"S": key}})["Item"])


def accepted_later(later: Any, release: NextRelease, **changes: Any) -> Any:
    return later.accept(release.requests.known_request(**changes))
