"""What a call works on, and the ways of answering that calls share."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from local.clinicea.auth import Sessions
from local.clinicea.messages import Answer, RefusalError, json_answer
from local.clinicea.parameters import Parameters
from local.clinicea.records import Store
from local.clinicea.switches import Switches

SMALLEST_PAGE = 10
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Account:
    """The state behind all calls."""

    store: Store
    sessions: Sessions
    switches: Switches
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call."""

    account: Account
    parameters: Parameters
    now: datetime

    @property
    def store(self) -> Store:
        """The account's records."""
        return self.account.store

    @property
    def switches(self) -> Switches:
        """The fake's settings."""
        return self.account.switches

    @property
    def local_now(self) -> datetime:
        """The clinic's time on the wall, naive as Clinicea's times are."""
        return self.now.astimezone(self.account.zone).replace(tzinfo=None, microsecond=0)

    def page(self, records: list[Record]) -> list[Record]:
        """The page that `pageNo` and `pageSize` ask for; their limits are [live], the texts [assumed]."""
        number, size = self.parameters.integer("pageNo"), self.parameters.integer("pageSize")
        if number < 1:
            raise RefusalError(400, "Page number should start from 1")
        if size < SMALLEST_PAGE:
            raise RefusalError(400, f"Page size should be at least {SMALLEST_PAGE}")
        if self.switches.max_page_size:
            size = min(size, self.switches.max_page_size)
        return records[(number - 1) * size : number * size]

    def nothing(self) -> Answer:
        """The answer that says "nothing": 204 [live] unless switched."""
        match self.switches.empty_answer:
            case "404":
                return Answer(404)
            case "list":
                return json_answer([])
            case "null":
                return json_answer(None)
            case _:
                return Answer(204)

    def answer_list(self, records: list[dict[str, Any]], *, single: bool) -> Answer:
        """A list, or with `single` the bare object where it is the only one."""
        if not records:
            return self.nothing()
        return json_answer(records[0] if single and len(records) == 1 else records)
