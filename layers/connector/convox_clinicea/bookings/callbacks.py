"""ConVox's status callback: what the agent recorded of a call becomes its booking, one per call.

Repeats, corrections and callbacks out of order are normal. `docs/booking-protocol.md` has the rule, and the
interleavings that the transactions here close.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from convox_clinicea import chance
from convox_clinicea.bookings.calls import Call, Calls, key_of_call
from convox_clinicea.bookings.drafting import Drafter, Wish
from convox_clinicea.bookings.intake import or_not_stored
from convox_clinicea.bookings.ledger import Ledger, Overtaken
from convox_clinicea.bookings.queue import BookingQueue
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest, Caller
from convox_clinicea.bookings.states import Reason, State
from convox_clinicea.clinicea.errors import NotInDialect
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import ConsentRequired, FieldProblem, InvalidRequest, NotStored, TooLarge
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from convox_clinicea.sealing import Sealer
from convox_clinicea.table import Contended

MOST_TRIES = 5
PAUSE_SECONDS = 0.1
MOST_WISHES = 50
MOST_PROBLEMS = 20


Refusal = InvalidRequest | ConsentRequired | TooLarge


@dataclass(frozen=True)
class Callback:
    """One status callback, in our words.

    Attributes:
        wanted: the appointment that it asks for; None if it asks for none, or cannot be understood.
        refusal: why it cannot be understood, though it asks for an appointment, or may have asked for one.
        bare: it asks for an appointment and says nothing about it, as a second callback with the recording may.
        disposed: whether it has a disposition at all.
        left_out: optional fields that could not be used, or not whole.
        recorded_at: when the agent recorded it, where ConVox tells [assumed].
        said: its fields, for a person to look at where they are of no use to us.
        patient_id: Clinicea's id of the patient among them, where it has the form of one.
    """

    caller: Caller
    call_id: str
    wanted: BookingRequest | None = None
    refusal: Refusal | None = None
    bare: bool = False
    disposed: bool = True
    left_out: tuple[str, ...] = ()
    recorded_at: datetime | None = None
    said: PersonalText | None = None
    mobile: Mobile | None = None
    patient_id: str | None = None

    @property
    def asks(self) -> bool:
        """Whether it asks for an appointment."""
        return self.wanted is not None or self.refusal is not None


@dataclass(frozen=True)
class Taken:
    """What became of a callback.

    Attributes:
        booking: the one that it asked for, or the call's, if it asked for none.
        asked: whether it asked for an appointment.
        repeated: that was known.
        changed: the booking stands for something else than this callback says.
        left_out: optional fields of it that could not be used, or not whole.
    """

    booking: Booking | None
    asked: bool = True
    repeated: bool = False
    changed: bool = False
    left_out: tuple[str, ...] = ()


class StatusCallbacks:
    """The service behind `call_status`."""

    def __init__(
        self,
        *,
        calls: Calls,
        ledger: Ledger,
        queue: BookingQueue,
        drafter: Drafter,
        sealer: Sealer,
        clock: Clock,
        count: Callable[[str], None],
    ) -> None:
        self._calls = calls
        self._ledger = ledger
        self._queue = queue
        self._drafter = drafter
        self._sealer = sealer
        self._clock = clock
        self._count = count

    def take(self, callback: Callback) -> Taken:
        """Note the callback and, where it asks for an appointment, return its booking once ledger and queue hold it.

        Raises:
            InvalidRequest, ConsentRequired, TooLarge, NotInDialect: it cannot be booked so; the callback is kept for a
                person.
            NotStored: ledger or queue did not confirm; the same callback may be sent again.
        """
        with or_not_stored():
            for _ in range(MOST_TRIES):
                try:
                    taken = replace(self._taken(callback), left_out=callback.left_out)
                except (Overtaken, Contended):
                    # A worker, or another callback of this call, was faster: look again.
                    self._clock.sleep(chance.source.uniform(0, PAUSE_SECONDS))
                else:
                    if taken.left_out:
                        self._count("CallFieldsLeftOut")
                    return taken
        raise NotStored("the call was changed by others at every try")

    def _taken(self, callback: Callback) -> Taken:
        stored = self._calls.get(callback.caller.name, callback.call_id)
        call = _told(stored, callback)
        if callback.bare and call.booking_id is not None:
            return Taken(self._booking(call.booking_id), repeated=True)
        try:
            if callback.refusal is not None:
                raise callback.refusal
            if callback.wanted is not None:
                return self._wished(stored, call, callback, self._drafter.wish(callback.wanted))
        except (InvalidRequest, ConsentRequired, TooLarge, NotInDialect) as problem:
            self._keep(call, callback, problem)
            raise
        if call != stored or not stored.version:
            self._calls.write(call)
        return Taken(self._booking(call.booking_id), asked=False)

    def _wished(self, stored: Call, call: Call, callback: Callback, wish: Wish) -> Taken:
        of_wish = self._booking(stored.wishes.get(wish.wish_id))
        newer = stored.recorded_before(callback.recorded_at)
        if of_wish is not None and (of_wish.stands_for == wish.wish_id or not newer):
            return self._known(stored, call.wishing(wish.wish_id, of_wish, counts=newer), of_wish, wish)
        if len(stored.wishes) >= MOST_WISHES:
            raise InvalidRequest(FieldProblem("call_id", "this call has been changed too often"))
        current = self._booking(stored.booking_id)
        if current is None:
            return self._new(call, wish, parked=False)
        if stored.recorded_after(callback.recorded_at):
            # An older word that comes late: what was recorded after it stays.
            return self._known(stored, call.wishing(wish.wish_id, current, counts=False), current, wish)
        if _replaceable(current):
            return self._replaced(call, current, wish)
        return self._new(call, wish, parked=not self._all_refused(stored))

    def _known(self, stored: Call, call: Call, booking: Booking, wish: Wish) -> Taken:
        if call != stored:
            self._calls.write(call)
        if booking.state is State.ACCEPTED:
            # It may come again because the first sending failed; a message too many does no harm.
            self._queue.send(booking)
        return Taken(booking, repeated=True, changed=booking.changed_by(wish.fingerprint))

    def _replaced(self, call: Call, current: Booking, wish: Wish) -> Taken:
        draft = self._drafter.draft(wish, current.booking_id)
        new = self._ledger.in_place_of(current, draft)
        self._calls.write(
            call.wishing(wish.wish_id, new, counts=True), self._ledger.put_of(new, current), start=new.start
        )
        if new.state is State.ACCEPTED:
            self._queue.send(new)
        return Taken(new)

    def _new(self, call: Call, wish: Wish, *, parked: bool) -> Taken:
        """Make the wish a booking of its own, unless a flow function has made it one already."""
        booking_id = wish.wish_id
        found = self._ledger.get(booking_id)
        if found is not None and found.stands_for == wish.wish_id:
            return self._known(call, call.wishing(wish.wish_id, found, counts=True), found, wish)
        if found is not None:
            booking_id = self._drafter.id_after(wish, call.booking_id or found.booking_id)
        new = self._drafter.draft(wish, booking_id)
        if parked:
            reason = Reason.CHANGED_AFTER_BOOKING
            new = replace(new, state=State.NEEDS_ATTENTION, reason=reason, notice_due=True)
        self._calls.write(call.wishing(wish.wish_id, new, counts=True), self._ledger.put_of(new), start=new.start)
        if parked:
            self._count("CallChangedAfterBooking")
        else:
            self._count("BookingAccepted")
            self._queue.send(new)
        return Taken(new)

    def _keep(self, call: Call, callback: Callback, problem: Refusal | NotInDialect) -> None:
        """Leave a trace for a person; without consent none of what the patient told."""
        fields = _fields(problem)
        kept, number_key, patient_key = None, None, None
        if not isinstance(problem, ConsentRequired) and callback.said is not None:
            key = key_of_call(call.caller, call.call_id)
            kept = self._sealer.seal(key, callback.said.reveal().encode("utf-8", "replace"))
            number_key = self._drafter.number_key(callback.mobile)
            patient_key = self._drafter.patient_key(callback.patient_id)
        problems = tuple(fields[:MOST_PROBLEMS])
        kept_call = replace(call, problems=problems, kept=kept, number_key=number_key, patient_key=patient_key)
        self._calls.write(kept_call)
        self._count("CallNotBooked")

    def _all_refused(self, call: Call) -> bool:
        """Whether nothing stands of what the call asked for: Clinicea, or a person, has refused each booking."""
        found = [self._booking(booking_id) for booking_id in sorted(set(call.wishes.values()))]
        return all(
            booking is None or (booking.state is State.REJECTED and booking.reason is not Reason.EXPIRED_UNRESOLVED)
            for booking in found
        )

    def _booking(self, booking_id: str | None) -> Booking | None:
        return None if booking_id is None else self._ledger.get(booking_id)


def _fields(problem: Refusal | NotInDialect) -> list[str]:
    match problem:
        case InvalidRequest():
            return [each.field for each in problem.problems]
        case TooLarge():
            return ["body"]
        case NotInDialect():
            return ["new_patient"]
        case ConsentRequired():
            return ["consent"]


def _replaceable(booking: Booking) -> bool:
    """Whether nothing of its content can have reached Clinicea, nor anybody decided on it."""
    if booking.posted:
        return False
    parked_for_it = booking.state.parked and booking.reason is Reason.CHANGED_AFTER_BOOKING
    return booking.state is State.ACCEPTED or parked_for_it


def _told(call: Call, callback: Callback) -> Call:
    """Return the call with what every callback tells, unless something newer is known."""
    if call.recorded_after(callback.recorded_at):
        return call
    return replace(
        call,
        agent_id=callback.caller.agent_id or call.agent_id,
        asks=callback.asks if callback.disposed else call.asks,
        recorded_at=callback.recorded_at or call.recorded_at,
    )
