"""Bookings that wait for their call's end: sealed, one item for each call of an agent, made through the intake.

Nothing else knows of them until they are made: then the ledger does, and it alone says that there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea import aws
from convox_clinicea.announcements import agent_in_key
from convox_clinicea.bookings.call_persons import Beside
from convox_clinicea.bookings.intake import MOST_TRIES, Acceptance, Intake, booking_collaborators, or_not_stored
from convox_clinicea.bookings.request import BookingRequest, UnreadableRequest
from convox_clinicea.bookings.waiting_bookings import PREFIX, NotMade, WaitingBooking, bookings_in, put_of
from convox_clinicea.clinicea.errors import NotInDialect
from convox_clinicea.convox.request import ids_from
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.errors import (
    ConfigurationError,
    FieldProblem,
    InvalidRequest,
    NotStored,
    TooManyOpenBookings,
    raise_alone,
)
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.sealing import KmsSealer, Sealer, SealingUnavailable
from convox_clinicea.settings import IntakeSettings, SweepSettings
from convox_clinicea.table import ConditionFailed, Contended, Table, TableUnavailable

MOST_OF_A_CALL = 10


FAILURES = (NotStored, TableUnavailable, SealingUnavailable, UnreadableRecord, ConfigurationError)
"""What keeps a booking from being made now, and not for good."""
SECONDS_FOR_ONE = 10.0


class CallEndBookings:
    """Keeps bookings until their call has ended, and makes them then."""

    def __init__(
        self,
        *,
        table: Table,
        intake: Intake,
        sealer: Sealer,
        ids: FreeTextIds,
        clock: Clock,
        count: Callable[[str], None],
    ) -> None:
        self._table = table
        self._intake = intake
        self._sealer = sealer
        self._ids = ids
        self._clock = clock
        self._count = count

    def of(self, client: str, agent_id: str, call_id: str) -> list[WaitingBooking]:
        """Return what waits on an agent's call; raises TableUnavailable, UnreadableRecord."""
        return bookings_in(self._table.get(self._key(client, agent_id, call_id)))

    def keep(self, request: BookingRequest, *, another: bool = False) -> WaitingBooking | Acceptance:
        """Return the booking that waits from now on, or the one that the ledger has already.

        What the same person was to have on the call is replaced by it.

        Args:
            another: the person is to have it beside another booking of the call.

        Raises:
            InvalidRequest, NotInDialect: it could not be made so.
            NotStored: it may not wait; the same request may be sent again.
        """
        intent, known = self._intake.considered(request)
        if known is not None:
            return known
        if not another:
            self._intake.require_alone(intent)
        key = self._key_of(request)
        new = WaitingBooking(
            wish_id=intent.wish_id,
            start=request.start,
            clinic_id=request.clinic_id,
            kept_at=self._clock.now(),
            persons=tuple(filter(None, (intent.patient_key, intent.number_key))),
            sealed=b"",
            another=another,
        )
        with or_not_stored():
            new = replace(new, sealed=self._sealer.seal(key, request.to_bytes()))
            self._change(key, lambda waiting: _with(waiting, new))
        return new

    def book_now(self, request: BookingRequest, *, another: bool = False) -> Acceptance:
        """Book at once; nothing waits for the call's end any more for the person.

        Args:
            another: the person is to have it beside another booking of the call.

        Raises:
            InvalidRequest: it could not be made so; or the call has, or is getting, another booking for the person.
            NotStored: something may wait still; the same request may be sent again.
        """
        intent, known = self._intake.considered(request)
        if known is None and not another:
            self._intake.require_alone(intent)
        key = self._key_of(request)
        with or_not_stored():
            if self._table.get(key) is not None:
                self._change(key, lambda waiting: _others(waiting, intent.patient_key, intent.wish_id))
        # rule 24: looked for once more with the write, for another form of the call may be under way
        return self._intake.accept(request, Beside.WAITS_BESIDE_A_CALLBACKS if another else Beside.IS_REFUSED)

    def make(self, client: str, agent_id: str, call_id: str) -> list[Acceptance]:
        """Make what waits on an agent's call; raises as `make_all_of` does."""
        return self.make_all_of(self._key(client, agent_id, call_id))

    def make_all_of(self, key: str) -> list[Acceptance]:
        """Make what waits in one item, and return its bookings; what was made before is found, not made again.

        Raises:
            NotStored, TableUnavailable, SealingUnavailable, UnreadableRecord: it waits on; a later call makes it.
        """
        made: dict[str, Acceptance] = {}
        left: dict[str, WaitingBooking] = {}
        # rule 24: claimed before it is made; what is being made cannot be replaced by another appointment any more.
        for each in self._change(key, lambda waiting: [*map(_claimed, waiting)]):
            if each.problems:
                continue
            try:
                request = BookingRequest.from_bytes(self._sealer.open(key, each.sealed))
                beside = Beside.WAITS_BESIDE_A_CALLBACKS if each.another else Beside.WAITS
                made[each.wish_id] = self._intake.accept(request, beside)
            except (InvalidRequest, NotInDialect, TooManyOpenBookings, UnreadableRequest) as problem:
                left[each.wish_id] = replace(each, problems=_fields(problem))
                self._count("CallNotBooked")
        if made or left:
            self._change(
                key, lambda waiting: [left.get(each.wish_id, each) for each in waiting if each.wish_id not in made]
            )
        return [*made.values()]

    def make_each(self, keys: Iterable[str], deadline: Deadline) -> int:
        """Make what waits in these items, and return how many bookings are new; one that fails holds up no other.

        Raises:
            NotMade: some of it was not made; the next sweep tries again.
        """
        made, failure = 0, None
        for key in keys:
            if deadline.remaining() < SECONDS_FOR_ONE:
                break
            try:
                made += sum(not each.repeated for each in self.make_all_of(key))
            except FAILURES as error:
                failure = error
        if failure is not None:
            raise_alone(NotMade(f"{type(failure).__name__}: {failure}"))
        return made

    def _change(self, key: str, change: Callable[[list[WaitingBooking]], list[WaitingBooking]]) -> list[WaitingBooking]:
        for _ in range(MOST_TRIES):
            standing = self._table.get(key)
            before = bookings_in(standing)
            changed = change(before)
            if changed == before:
                return changed
            try:
                self._table.put(put_of(key, standing, changed, self._clock.now()))
            except (ConditionFailed, Contended):
                continue
            return changed
        raise Contended("what waits for a call's end was changed by others at every try")

    def _key_of(self, request: BookingRequest) -> str:
        caller = request.caller
        return self._key(caller.name, caller.agent_id or "", caller.call_id or "")

    def _key(self, client: str, agent_id: str, call_id: str) -> str:
        return f"{PREFIX}{client}#{agent_in_key(self._ids.agent(agent_id))}#{self._ids.call(call_id)}"


def _with(waiting: list[WaitingBooking], new: WaitingBooking) -> list[WaitingBooking]:
    """Return the call's bookings with a new one in the place of what the same person was to have."""
    if any(each.wish_id == new.wish_id and not each.problems for each in waiting):
        return waiting
    others = _others(waiting, new.persons[0], new.wish_id)
    if len(others) >= MOST_OF_A_CALL:
        raise InvalidRequest(FieldProblem("at_call_end", f"at most {MOST_OF_A_CALL} bookings wait for a call's end"))
    return [*others, new]


def _others(waiting: list[WaitingBooking], patient_key: str, wish_id: str) -> list[WaitingBooking]:
    """Return what waits for other persons; raises InvalidRequest where something else of the person is being made."""
    theirs = [each for each in waiting if each.persons[0] == patient_key]
    if any(each.making and not each.problems and each.wish_id != wish_id for each in theirs):
        made = "another appointment of this patient on this call is being made; see how it stands first"
        raise InvalidRequest(FieldProblem("start", made))
    return [each for each in waiting if each not in theirs]


def _claimed(waiting: WaitingBooking) -> WaitingBooking:
    return waiting if waiting.problems else replace(waiting, making=True)


def _fields(problem: InvalidRequest | NotInDialect | TooManyOpenBookings | UnreadableRequest) -> tuple[str, ...]:
    match problem:
        case InvalidRequest():
            return tuple(dict.fromkeys(each.field for each in problem.problems))
        case NotInDialect():
            return ("new_patient",)
        case TooManyOpenBookings():
            return ("open_bookings",)
        case _:
            return ("request",)


def call_ends_of_sweeper(settings: SweepSettings, clock: Clock, metrics: Metrics) -> CallEndBookings:
    """Return what makes the bookings of calls of which no status callback came."""
    return call_ends_from(settings, booking_collaborators(settings, clock).intake, clock, metrics)


def call_ends_from(settings: IntakeSettings, intake: Intake, clock: Clock, metrics: Metrics) -> CallEndBookings:
    """Return what keeps and makes bookings that wait for their call's end."""
    return CallEndBookings(
        table=Table(aws.dynamodb(), settings.ledger_table),
        intake=intake,
        sealer=KmsSealer(aws.kms(), settings.kms_key_arn),
        ids=ids_from(settings),
        clock=clock,
        count=lambda metric: metrics.add_metric(metric, MetricUnit.Count, 1),
    )
