"""Rate limits of look-ups, bookings and results that reveal something about a person.

The client's name is authenticated; the agent's id is the client's claim. An agent who changes the id escapes the
agent's limits but not the client's. Requests without an agent count as one agent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea import aws
from convox_clinicea.aws import deadline_scope
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.errors import RateLimited, TooManyBookings, TooManyPatients
from convox_clinicea.function import failure
from convox_clinicea.privacy import MASK, is_telling
from convox_clinicea.rate_counters import Counters, Kind, Moment, Tally, agent_digest, patients, shown_on
from convox_clinicea.settings import IntakeSettings, LookupLimitSettings, LookupSettings, StatusSettings, WorkerSettings
from convox_clinicea.table import Table, TableUnavailable

CALLERS_SHARE = 10
"""Factor between the usual number of misses of one agent and of a client."""
SUSPECTED_SHARE = 0.8
"""Share of a limit on patients shown above which each further patient counts as `EnumerationSuspected`."""


class Requester(NamedTuple):
    """Sender of a request: the authenticated client, and the agent that it names."""

    caller: str
    agent: str | None


@dataclass(frozen=True)
class RateLimits:
    """The deployment's limits, each off at 0.

    Attributes:
        suspected_after_misses: usual number of an agent's look-ups without a patient in ten minutes.
        shown_per_caller, shown_per_agent: distinct patients in ten minutes.
        shown_per_caller_day, shown_per_agent_day: sums of these over a day.
    """

    per_caller_minute: int = 0
    per_agent_minute: int = 0
    suspected_after_misses: int = 0
    shown_per_caller: int = 0
    shown_per_agent: int = 0
    shown_per_caller_day: int = 0
    shown_per_agent_day: int = 0
    bookings_per_caller_minute: int = 0
    bookings_per_agent_minute: int = 0
    status_per_caller_minute: int = 0


class RateLimiter:
    """Counts requests of all functions in fixed windows, with one write per request."""

    def __init__(self, table: Table, limits: RateLimits, clock: Clock, logger: Logger, metrics: Metrics) -> None:
        self._counters = Counters(table, clock)
        self._limits = limits
        self._logger = logger
        self._metrics = metrics

    def admit(self, asker: Requester) -> None:
        """Raise RateLimited if this process knows that a limit of look-ups is reached; count nothing."""
        now = self._counters.now()
        tally = self._counters.known(asker.caller, now)
        for reached in self._over(asker, tally, now, more=1):
            if isinstance(reached, TooManyPatients):
                self._suspect(asker, "many patients were shown")
            raise reached

    def count(
        self,
        asker: Requester,
        deadline: Deadline,
        *,
        call_id: str | None = None,
        shown: Collection[str] = (),
        missed: bool = False,
        again: bool = False,
    ) -> RateLimited | None:
        """Count one look-up; return the exceeded limit, if any: then nothing may be shown.

        If the table does not answer, the look-up goes on, counted only by this process and as `LookupsUncounted`. The
        limits slow down the owner of a token, but must not stop a call centre.

        Args:
            call_id: the call on which patients are shown.
            shown: ids of the patients in the answer.
            missed: whether no patient was found.
            again: whether the look-up was counted before, so that only what is new since then is written.
        """
        now = self._counters.now()
        limits = self._limits
        agent = self._agent(asker, now)
        numbers: Counter[str] = Counter()
        if not again and (limits.per_caller_minute or limits.per_agent_minute):
            numbers.update(_attributes(now, Kind.LOOK_UPS, agent))
        missed = missed and bool(limits.suspected_after_misses)
        if missed:
            numbers.update(_attributes(now, Kind.TELLING, agent))
        digests = {shown_on(each, call_id, asker.agent) for each in shown}
        name = now.attribute(Kind.SHOWN, agent)
        known = self._counters.known(asker.caller, now)
        if again and digests <= known.shown.get(name, set()):
            digests = set()
        first = patients(digests) - known.shown_in(now.attribute(Kind.SHOWN))
        tally = self._add(asker, now, numbers, {name: digests} if digests else {}, deadline)
        if tally is None:
            return None
        if (missed and self._too_many_misses(asker, tally, now)) or (first and self._many_shown(asker, tally, now)):
            self._suspect(asker, "many look-ups found nothing" if missed else "many patients were shown")
        return next(self._over(asker, tally, now, more=0), None)

    def acquire_booking(self, asker: Requester) -> None:
        """Count one booking or status callback before it is stored; raises TooManyBookings beyond a limit."""
        limits = self._limits
        per = {None: limits.bookings_per_caller_minute, agent_digest(asker.agent): limits.bookings_per_agent_minute}
        self._take(asker, Kind.BOOKINGS, per, TooManyBookings)

    def acquire_status(self, caller: str) -> None:
        """Count one request for the status of bookings before they are read; raises RateLimited beyond the limit.

        These requests name no agent, so there is only the client's limit.
        """
        self._take(Requester(caller, None), Kind.STATUS, {None: self._limits.status_per_caller_minute}, RateLimited)

    def note_telling(self, asker: Requester) -> None:
        """Count a booking whose end reveals something about a person together with look-ups without a patient."""
        if not self._limits.suspected_after_misses:
            return
        now = self._counters.now()
        numbers = Counter(_attributes(now, Kind.TELLING, self._agent(asker, now)))
        tally = self._add(asker, now, numbers, {}, None)
        if tally is not None and self._too_many_misses(asker, tally, now):
            self._suspect(asker, "many bookings revealed a person's data")

    def was_shown(self, asker: Requester, patient_id: str, call_id: str | None) -> bool:
        """Return whether a patient was shown to the agent on the call within the hour; False without a call id.

        If the table does not answer, return True, and the look-up goes on like an uncounted one: the register has each
        disclosure.
        """
        if call_id is None:
            return False
        try:
            return self._counters.was_shown(asker.caller, patient_id, call_id, asker.agent)
        except TableUnavailable as error:
            self._uncounted(error)
            return True

    def _take(self, asker: Requester, kind: Kind, per: Mapping[str | None, int], refusal: type[RateLimited]) -> None:
        """Count one request of a kind for the client (None) and, if `per` has an agent's limit, for the agent."""
        if not any(per.values()):
            return
        now = self._counters.now()

        def refuse_beyond(tally: Tally, more: int) -> None:
            for agent, limit in per.items():
                if limit and tally.number(now.attribute(kind, agent)) + more > limit:
                    who = "caller" if agent is None else "agent"
                    raise refusal(f"{kind.name.lower()} of this {who} in a minute: {limit}", now.left_of(kind))

        refuse_beyond(self._counters.known(asker.caller, now), more=1)
        agent = self._agent(asker, now) if len(per) > 1 else None
        tally = self._add(asker, now, Counter(_attributes(now, kind, agent)), {}, None)
        if tally is not None:
            refuse_beyond(tally, more=0)

    def _agent(self, asker: Requester, now: Moment) -> str | None:
        """Return the agent's digest; None if the client's item has no room for it."""
        agent = agent_digest(asker.agent)
        return agent if self._counters.known(asker.caller, now).names(agent) else None

    def _add(
        self,
        asker: Requester,
        now: Moment,
        numbers: Counter[str],
        shown: dict[str, set[str]],
        deadline: Deadline | None,
    ) -> Tally | None:
        """Count; return None if there is nothing to count, or if counting failed and must not refuse the request."""
        if not numbers and not shown:
            return None
        try:
            if deadline is None:
                return self._counters.add(asker.caller, now, numbers, shown)
            with deadline_scope(
                deadline.capped(deadline.remaining() / 2)
            ):  # the rest of the time is for the register of disclosures
                return self._counters.add(asker.caller, now, numbers, shown)
        except TableUnavailable as error:
            self._uncounted(error)
            return None

    def _uncounted(self, error: TableUnavailable) -> None:
        self._metrics.add_metric("LookupsUncounted", MetricUnit.Count, 1)
        self._logger.error("a request was not counted", extra=failure(error))

    def _over(self, asker: Requester, tally: Tally, now: Moment, more: int) -> Iterator[RateLimited]:
        """Yield the limits that `more` look-ups or patients would exceed."""
        limits = self._limits
        agent = agent_digest(asker.agent)
        for who, name, limit in (
            ("agent", agent, limits.per_agent_minute),
            ("caller", None, limits.per_caller_minute),
        ):
            if limit and tally.number(now.attribute(Kind.LOOK_UPS, name)) + more > limit:
                yield RateLimited(f"look-ups of this {who} in a minute: {limit}", now.left_of(Kind.LOOK_UPS))
        for kind, shown, limit in self._caps(agent, tally, now):
            if limit and shown + more > limit:
                yield TooManyPatients(f"patients shown: {limit}", now.left_of(kind))

    def _caps(self, agent: str, tally: Tally, now: Moment) -> Iterator[tuple[Kind, int, int]]:
        """Yield each limit on patients shown: its kind, the patients shown, the limit."""
        limits = self._limits
        yield Kind.SHOWN, len(tally.shown_by(now.attribute(Kind.SHOWN, agent))), limits.shown_per_agent
        yield Kind.SHOWN, len(tally.shown_in(now.attribute(Kind.SHOWN))), limits.shown_per_caller
        day = Kind.SHOWN_IN_DAY
        yield day, tally.number(now.attribute(day, agent)), limits.shown_per_agent_day
        yield day, tally.number(now.attribute(day)), limits.shown_per_caller_day

    def _many_shown(self, asker: Requester, tally: Tally, now: Moment) -> bool:
        caps = self._caps(agent_digest(asker.agent), tally, now)
        return any(limit and shown > SUSPECTED_SHARE * limit for _, shown, limit in caps)

    def _too_many_misses(self, asker: Requester, tally: Tally, now: Moment) -> bool:
        usual = self._limits.suspected_after_misses
        by_agent = tally.number(now.attribute(Kind.TELLING, agent_digest(asker.agent)))
        return by_agent > usual or tally.number(now.attribute(Kind.TELLING)) > usual * CALLERS_SHARE

    def _suspect(self, asker: Requester, why: str) -> None:
        self._metrics.add_metric("EnumerationSuspected", MetricUnit.Count, 1)
        # The id is the client's free text: a number in it may be a patient's.
        agent = MASK if is_telling(asker.agent or "") else asker.agent
        self._logger.warning(why, extra={"caller": asker.caller, "agent": agent})


def _attributes(now: Moment, kind: Kind, agent: str | None) -> dict[str, int]:
    """Return the increments of a kind for the client and the agent."""
    return {now.attribute(kind, each): 1 for each in dict.fromkeys((None, agent))}


def lookup_limiter(settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics) -> RateLimiter:
    """Build the limits of a look-up function."""
    return _allowance(settings.ledger_table, limits_of_lookups(settings), clock, logger, metrics)


def limits_of_lookups(settings: LookupLimitSettings) -> RateLimits:
    """Return the limits of look-ups that a deployment has set."""
    return RateLimits(
        per_caller_minute=settings.lookups_per_caller_minute,
        per_agent_minute=settings.lookups_per_agent_minute,
        suspected_after_misses=settings.suspected_after_misses,
        shown_per_caller=settings.patients_per_caller_ten_minutes,
        shown_per_agent=settings.patients_per_agent_ten_minutes,
        shown_per_caller_day=settings.patients_per_caller_day,
        shown_per_agent_day=settings.patients_per_agent_day,
    )


def booking_limiter(settings: IntakeSettings, clock: Clock, logger: Logger, metrics: Metrics) -> RateLimiter:
    """Build the limits of a function for bookings or status callbacks."""
    limits = RateLimits(
        bookings_per_caller_minute=settings.bookings_per_caller_minute,
        bookings_per_agent_minute=settings.bookings_per_agent_minute,
    )
    return _allowance(settings.ledger_table, limits, clock, logger, metrics)


def status_limiter(settings: StatusSettings, clock: Clock, logger: Logger, metrics: Metrics) -> RateLimiter:
    """Build the limit of `booking_status`."""
    limits = RateLimits(status_per_caller_minute=settings.status_per_caller_minute)
    return _allowance(settings.ledger_table, limits, clock, logger, metrics)


def outcome_limiter(settings: WorkerSettings, clock: Clock, logger: Logger, metrics: Metrics) -> RateLimiter:
    """Build the counter of bookings whose end reveals something about a person."""
    limits = RateLimits(suspected_after_misses=settings.suspected_after_misses)
    return _allowance(settings.ledger_table, limits, clock, logger, metrics)


def _allowance(table: str, limits: RateLimits, clock: Clock, logger: Logger, metrics: Metrics) -> RateLimiter:
    return RateLimiter(Table(aws.dynamodb_at_once(), table), limits, clock, logger, metrics)
