"""The state of a call, and answers shared by calls."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeVar

from local.clinicea.auth import Sessions
from local.clinicea.clock import zone_named
from local.clinicea.messages import Answer, RefusalError, json_answer
from local.clinicea.parameters import DATE_REFUSED, Parameters
from local.clinicea.records import Appointment, Patient, Store
from local.clinicea.switches import Switches

SMALLEST_PAGE = 10
_MOST_OUTGOING = 1000
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Account:
    """The state behind all calls."""

    store: Store
    sessions: Sessions
    switches: Switches
    zone: tzinfo
    notifications: list[dict[str, str]] = field(default_factory=list)
    """Messages sent to patients: operation and appointment of each."""
    outgoing: deque[tuple[str, dict[str, object]]] = field(default_factory=lambda: deque(maxlen=_MOST_OUTGOING))
    """Web hooks to call: address and payload."""


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call."""

    account: Account
    parameters: Parameters
    now: datetime
    version: str = "v2"
    by_session: bool = False
    """Whether it came with a staff session."""

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
        """The clinic's wall-clock time, naive like Clinicea's times."""
        return self.now.astimezone(self.account.zone).replace(tzinfo=None, microsecond=0)

    def zone(self, rule: str) -> tzinfo:
        """Return the zone of a switch: "clinic", "utc" or a zone's name."""
        return self.account.zone if rule == "clinic" else UTC if rule == "utc" else zone_named(rule)

    @property
    def reading_zone(self) -> tzinfo:
        """The zone of times in this call's answer."""
        own = self.switches.staff_zone if self.by_session else ""
        return self.zone(own or self.switches.reading_zone)

    def shown(self, moment: datetime) -> datetime:
        """Return a time of the store in the zone of this call's answer."""
        return _moved(moment, self.account.zone, self.reading_zone)

    def given_moment(self, name: str, rule: str, form: str = "stamp") -> datetime:
        """Return a parameter's time, in the store's zone."""
        own = self.switches.staff_zone if self.by_session and rule == self.switches.writing_zone else ""
        return _moved(self.parameters.moment(name, form), self.zone(own or rule), self.account.zone)

    def form(self, name: str) -> str:
        """Return the form of a parameter's date."""
        return self.switches.date_forms.get(name, "any")

    def visible(self, appointments: Iterable[Appointment]) -> list[Appointment]:
        """Return the records that reads show by now."""
        until = self.now - timedelta(seconds=self.switches.read_lag_seconds)
        return [each for each in appointments if each.created_at <= until]

    def visible_patients(self, patients: Iterable[Patient]) -> list[Patient]:
        """Return the records that reads show by now."""
        until = self.now - timedelta(seconds=self.switches.read_lag_seconds)
        return [each for each in patients if each.created_at is None or each.created_at <= until]

    def page(self, records: list[Record]) -> list[Record]:
        """Return the page of `pageNo` and `pageSize`; their limits are [live], the texts [assumed]."""
        number, size = self.parameters.integer("pageNo"), self.parameters.integer("pageSize")
        if number < 1:
            raise RefusalError(400, "Page number should start from 1")
        if size < SMALLEST_PAGE:
            raise RefusalError(400, f"Page size should be at least {SMALLEST_PAGE}")
        if self.switches.max_page_size:
            size = min(size, self.switches.max_page_size)
        return records[(number - 1) * size : number * size]

    def nothing(self) -> Answer:
        """Return the empty answer: 204 [live] unless switched."""
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
        """Return a list, or with `single` the bare object if there is only one."""
        if not records:
            return self.nothing()
        return json_answer(records[0] if single and len(records) == 1 else records)


def _moved(moment: datetime, source: tzinfo, target: tzinfo) -> datetime:
    """Return a wall-clock time of one zone in another's."""
    if source is target:
        return moment
    try:
        return moment.replace(tzinfo=source).astimezone(target).replace(tzinfo=None)
    except OverflowError:
        raise RefusalError(400, DATE_REFUSED) from None
