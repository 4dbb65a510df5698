"""Whether a call's bookings are for one person: told by digests, for names and numbers are sealed.

Identity decides: another patient id, mobile, name or birth date is another person, and another booking. Where the
digests leave open whether the second is the first one corrected, a person decides (docs/adr/0055).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from convox_clinicea.bookings.drafting import Wish
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.bookings.states import Reason, State
from convox_clinicea.normalization import id_key

_NO_BIRTH = "-"


def is_same(booking: Booking, wish: Wish) -> bool:
    """Whether the booking is for the person whom the wish is for.

    A newcomer who has told the birth date, or whose name is spelled in another order, is the same: the worker would
    find the first one's patient.
    """
    if wish.names(booking.patient_key):
        return True
    return _same_number(booking, wish) and _same_name(booking, wish) and not _born_otherwise(booking, wish)


def may_be_same(booking: Booking, wish: Wish) -> bool:
    """Whether the booking, which is no sure one of that person, may be the same person's all the same."""
    if booking.erased_at is not None:
        return True
    if wish.newcomer and booking.newcomer:
        if not _same_name(booking, wish):
            return False
        return _same_number(booking, wish) or (_same_place(booking, wish) and not _born_otherwise(booking, wish))
    if wish.newcomer and booking.flow == "new_patient":
        return _same_number(booking, wish)  # made before names had digests
    if not wish.newcomer and booking.flow == "known_patient":
        return False
    numbers = {booking.number_key, wish.number_key} - {None}
    return _same_place(booking, wish) and len(numbers) < 2


def is_same_appointment(booking: Booking, wish: Wish) -> bool:
    """Whether both are for one person, clinic, start and practitioner: only what is done there is said otherwise."""
    return is_same(booking, wish) and _same_place(booking, wish)


def was_refused(booking: Booking) -> bool:
    """Whether it is certain that nothing stands of the booking, and nothing will."""
    if booking.state is not State.REJECTED:
        return False
    return booking.reason is not Reason.EXPIRED_UNRESOLVED or not booking.posted


def obstacle(wish: Wish, others: Sequence[Booking], elsewhere: Collection[str] = ()) -> Reason | None:
    """Return why the wish has to wait for a person beside the call's other bookings; None if it can be made.

    Args:
        elsewhere: the ids of those that another agent of the call has asked for. What is parked of them may still be
            made: a person decides on both, unless it waits for such a decision already.
    """
    standing = [each for each in others if not was_refused(each) and not (each.state.parked and not each.posted)]
    parked = [each for each in others if each.booking_id in elsewhere and each.state.parked and not _waits(each)]
    if any(is_same(each, wish) for each in (*standing, *parked)):
        return Reason.CHANGED_AFTER_BOOKING
    if any(may_be_same(each, wish) for each in standing):
        return Reason.MAYBE_SAME_PERSON
    return None


def _waits(booking: Booking) -> bool:
    """Whether it is parked for another booking of its call: whoever decides on it sees both."""
    return booking.reason in (Reason.CHANGED_AFTER_BOOKING, Reason.MAYBE_SAME_PERSON)


def _same_number(booking: Booking, wish: Wish) -> bool:
    return booking.number_key is not None and booking.number_key == wish.number_key


def _same_name(booking: Booking, wish: Wish) -> bool:
    return bool(booking.newcomer and wish.newcomer) and booking.newcomer[0] == wish.newcomer[0]


def _born_otherwise(booking: Booking, wish: Wish) -> bool:
    births = {booking.newcomer[1], wish.newcomer[1]} - {_NO_BIRTH}
    return len(births) > 1


def _same_place(booking: Booking, wish: Wish) -> bool:
    return _place(booking) == _place(wish.request) and booking.start == wish.request.start


def _place(of: Booking | BookingRequest) -> list[str | None]:
    return [None if each is None else id_key(each) for each in (of.clinic_id, of.practitioner_id)]
