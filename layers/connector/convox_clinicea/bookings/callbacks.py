"""Turns status callbacks into bookings, one per call, agent and person.

Repeats, corrections and callbacks out of order are normal. Rule 18 of `docs/booking-protocol.md` says what becomes of
them, and which interleavings the transactions here close.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from convox_clinicea.bookings.call import MOST_WISHES, Call, is_same_agent
from convox_clinicea.bookings.call_persons import Mind, obstacle, was_refused
from convox_clinicea.bookings.callback_fields import UNBOOKED, Grounds, Refusal, UnbookedCallbacks
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.drafting import BookingIntent, Drafter, OpenBookings
from convox_clinicea.bookings.intake import MOST_TRIES, PAUSE_SECONDS, or_not_stored
from convox_clinicea.bookings.ledger import Ledger, Overtaken
from convox_clinicea.bookings.messages import BookingQueue
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest, Caller
from convox_clinicea.deadline import CLOCKS_APART, Clock, randomness
from convox_clinicea.errors import FieldProblem, InvalidRequest, NotStored
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import FreeTextIds, PersonalText
from convox_clinicea.sealing import Sealer
from convox_clinicea.table import Contended


@dataclass(frozen=True)
class Callback:
    """One status callback in canonical terms.

    Attributes:
        wanted: the appointment that it asks for; None if it asks for none, or cannot be read.
        refusal: why it cannot be booked, although it asks or may ask for an appointment.
        bare: it asks for an appointment without any field of one, as a second callback with the recording may.
        disposed: whether it has a disposition.
        left_out: optional fields that were dropped or shortened.
        recorded_at: when the agent recorded it, if ConVox says so [assumed]; None if that is ahead of our clock.
        said: its fields, for a person to see if it cannot be booked.
        grounds: why `said` may be stored; None: it may not.
        patient_id: Clinicea's patient id among the fields, if it is well-formed.
        aliases_used: canonical name → the alias under which the field came.
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
    grounds: Grounds | None = None
    mobile: Mobile | None = None
    patient_id: str | None = None
    aliases_used: Mapping[str, str] = field(default_factory=dict)

    @property
    def asks(self) -> bool:
        """Whether the callback asks for an appointment."""
        return self.wanted is not None or self.refusal is not None


@dataclass(frozen=True)
class CallbackResult:
    """Result of a callback.

    Attributes:
        booking: the booking that it asked for; if it asked for none, the agent's current booking of the call.
        asked: whether it asked for an appointment.
        repeated: whether that request was known already.
        changed: whether the booking's content differs from the callback's.
        beside: whether it is new, and the call has a booking for another person.
        dropped: whether the agent returned to this booking, so that later requests were withdrawn.
        left_out: optional fields that were dropped or shortened.
    """

    booking: Booking | None
    asked: bool = True
    repeated: bool = False
    changed: bool = False
    beside: bool = False
    dropped: bool = False
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
        open_bookings: OpenBookings,
    ) -> None:
        self._calls = calls
        self._ledger = ledger
        self._queue = queue
        self._drafter = drafter
        self._unbooked = UnbookedCallbacks(drafter, sealer)
        self._clock = clock
        self._count = count
        self._open = open_bookings

    def handle(self, callback: Callback) -> CallbackResult:
        """Store the callback; if it asks for an appointment, return its booking once ledger and queue hold it.

        Raises:
            InvalidRequest, ConsentRequired, TooLarge, NotInDialect, TooManyOpenBookings: it cannot be booked; the
                callback is stored for a person.
            NotStored: ledger or queue did not confirm; the same callback may be sent again.
        """
        if callback.recorded_at is not None and callback.recorded_at > self._clock.now() + CLOCKS_APART:
            # With a clock so far ahead, each later correction would look older.
            callback = replace(callback, recorded_at=None)
        with or_not_stored():
            for _ in range(MOST_TRIES):
                try:
                    taken = replace(self._taken(callback), left_out=callback.left_out)
                except (Overtaken, Contended):
                    # rule 18: a worker or another callback of this call was faster: read again
                    self._clock.sleep(randomness().uniform(0, PAUSE_SECONDS))
                else:
                    if taken.left_out:
                        self._count("CallFieldsLeftOut")
                    return taken
        raise NotStored("the call was changed by another writer at every try")

    def _taken(self, callback: Callback) -> CallbackResult:
        ids = self._drafter.ids
        stored = _leg(self._calls.get(callback.caller.name, *ids.calls(callback.call_id)), callback, ids)
        call = _told(stored, callback)
        # rule 18: a callback without fields repeats the call's booking
        if callback.bare:
            known = self._of_agent(call, callback)
            if known is not None:
                return CallbackResult(known, repeated=True)
        try:
            if callback.refusal is not None:
                raise callback.refusal
            if callback.wanted is not None:
                return self._requested(stored, call, callback, self._drafter.intent(callback.wanted))
        except UNBOOKED as problem:
            self._calls.write(self._unbooked.kept(call, callback, problem))
            self._count("CallNotBooked")
            raise
        if call != stored or not stored.version:
            self._calls.write(call)
        return CallbackResult(None if call.booking_id is None else self._ledger.get(call.booking_id), asked=False)

    def _of_agent(self, call: Call, callback: Callback) -> Booking | None:
        """Return the booking that a callback without an appointment's details means.

        It is what the agent's callbacks have asked for, or else the only booking that the agent has made on the call.
        """
        if call.booking_id is not None:
            return self._ledger.get(call.booking_id)
        agent_id = callback.caller.agent_id
        name = None if agent_id is None else self._drafter.ids.agent(agent_id)
        made = [each for each in self._bookings(call).values() if is_same_agent(each.agent_id, name)]
        return made[0] if len(made) == 1 and not was_refused(made[0]) else None

    def _requested(self, stored: Call, call: Call, callback: Callback, intent: BookingIntent) -> CallbackResult:
        intent = intent.known_as(lambda wish_id: wish_id in stored.wishes or self._ledger.get(wish_id) is not None)
        mind = Mind(stored, intent, self._bookings(stored), callback.recorded_at)
        # rule 18, for all that follows: a repeat, a late request, a replacement or a further booking
        known = mind.known
        if known is not None:
            return self._known(stored, self._repeated(stored, call, callback, mind, known), known, mind)
        if len(stored.wishes) >= MOST_WISHES:
            raise InvalidRequest(FieldProblem("call_id", "this call has been changed too often"))
        if mind.is_late and mind.current is not None:
            # An older request that comes late: what was recorded after it stays.
            late = call.with_intent(intent.wish_id, mind.current, counts=False, recorded_at=callback.recorded_at)
            return self._known(stored, late, mind.current, mind)
        call = _corrected(stored, call, callback, intent)
        replaced = mind.replaceable
        others = [each for each in mind.bookings.values() if each is not replaced]
        reason = obstacle(intent, others, elsewhere=stored.booking_ids_elsewhere)
        if replaced is not None:
            return self._replaced(call, callback, replaced, intent, reason)
        return self._new(call, callback, mind, reason)

    def _repeated(self, stored: Call, call: Call, callback: Callback, mind: Mind, booking: Booking) -> Call:
        """Return the call after a known request: told for the first time, repeated, or recorded last of all."""
        intent = mind.intent
        first = intent.wish_id not in stored.told
        call = call.with_intent(
            intent.wish_id,
            booking,
            counts=mind.is_newer or (first and not mind.is_late),
            recorded_at=callback.recorded_at,
        )
        later = mind.is_newer and stored.recorded_before(callback.recorded_at)
        return _corrected(stored, call, callback, intent) if first or later else call

    def _known(self, stored: Call, call: Call, booking: Booking, mind: Mind) -> CallbackResult:
        # rule 18: the agent has returned to an earlier booking
        dropped = [self._ledger.put_of(self._ledger.dropped(each), each) for each in mind.dropped_for(booking)]
        if call != stored or dropped:
            self._calls.write(call, *dropped)
        if booking.state is State.ACCEPTED:
            # It may be repeated because the first sending failed; one message too many does no harm.
            self._queue.send(booking)
        changed = mind.intent.changes(booking)
        return CallbackResult(booking, repeated=True, changed=changed, dropped=bool(dropped))

    def _replaced(
        self, call: Call, callback: Callback, current: Booking, intent: BookingIntent, reason: Reason | None
    ) -> CallbackResult:
        new = self._ledger.in_place_of(current, self._drafter.draft(intent, current.booking_id, reason))
        call = call.with_intent(intent.wish_id, new, counts=True, recorded_at=callback.recorded_at)
        self._calls.write(call, self._ledger.put_of(new, current), start=new.start)
        return self._stored(new)

    def _new(self, call: Call, callback: Callback, mind: Mind, reason: Reason | None) -> CallbackResult:
        """Store the request as a booking of its own, unless a flow function has done so already."""
        intent = mind.intent
        booking_id = intent.wish_id
        for _ in range(MOST_WISHES):
            found = self._ledger.get(booking_id)
            if found is None:
                break
            if mind.is_its(found):
                now = call.with_intent(intent.wish_id, found, counts=True, recorded_at=callback.recorded_at)
                return self._known(call, now, found, mind)
            booking_id = self._drafter.id_after(intent, booking_id)
        place = self._open.taking(intent, booking_id)
        new = self._drafter.draft(intent, booking_id, reason)
        call = call.with_intent(intent.wish_id, new, counts=True, recorded_at=callback.recorded_at)
        self._calls.write(call, self._ledger.put_of(new), *place, start=new.start)
        return self._stored(new, "BookingAccepted", beside=mind.has_others)

    def _stored(self, booking: Booking, metric: str | None = None, *, beside: bool = False) -> CallbackResult:
        if booking.state.parked:
            self._count("CallChangedAfterBooking")
            return CallbackResult(booking)
        if metric is not None:
            self._count(metric)
            if booking.newcomer:
                self._count("NewPatientAccepted")
        self._queue.send(booking)
        return CallbackResult(booking, beside=beside)

    def _bookings(self, call: Call) -> dict[str, Booking]:
        found = (self._ledger.get(booking_id) for booking_id in sorted(set(call.wishes.values())))
        return {booking.booking_id: booking for booking in found if booking is not None}


def _corrected(stored: Call, call: Call, callback: Callback, intent: BookingIntent) -> Call:
    """Return the call without the trace of a callback that could not be booked, unless that was recorded later."""
    if stored.recorded_after(callback.recorded_at):
        return call
    patient_key = call.patient_key if intent.names(call.patient_key) else intent.patient_key
    return call.corrected(intent.number_key, patient_key)


def _leg(call: Call, callback: Callback, ids: FreeTextIds) -> Call:
    """Return the call seen from the callback's agent; after an erasure a call has one leg for all agents."""
    if call.call_id not in (ids.call(callback.call_id), callback.call_id):
        return call
    agent_id = callback.caller.agent_id
    return call.of_agent(ids.agent(agent_id) if agent_id else None)


def _told(call: Call, callback: Callback) -> Call:
    """Return the call with the callback's disposition and time, unless its leg has newer ones."""
    if call.recorded_after(callback.recorded_at):
        return call
    return replace(
        call,
        asks=callback.asks if callback.disposed else call.asks,
        recorded_at=callback.recorded_at or call.recorded_at,
    )
