"""The trace of a status callback that could not be booked: what a person needs, sealed, and never without consent."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from convox_clinicea.bookings.call import Call, key_of_call
from convox_clinicea.bookings.drafting import Drafter
from convox_clinicea.clinicea.errors import NotInDialect
from convox_clinicea.errors import ConsentRequired, InvalidRequest, TooLarge, TooManyOpenBookings
from convox_clinicea.sealing import Sealer

if TYPE_CHECKING:
    from convox_clinicea.bookings.callbacks import Callback

MOST_PROBLEMS = 20

Refusal = InvalidRequest | ConsentRequired | TooLarge
UNBOOKED = (InvalidRequest, ConsentRequired, TooLarge, NotInDialect, TooManyOpenBookings)
"""Why an appointment that a callback asked for cannot be booked, and the callback is kept for a person."""


class Grounds(Enum):
    """Why what a callback says of a person may be kept although it cannot be booked."""

    CONSENT = auto()
    PATIENT = auto()
    """It names a patient on record."""


class UnbookedCallbacks:
    """Keeps what could not be booked."""

    def __init__(self, drafter: Drafter, sealer: Sealer) -> None:
        self._drafter = drafter
        self._sealer = sealer

    def kept(self, call: Call, callback: Callback, problem: Refusal | NotInDialect | TooManyOpenBookings) -> Call:
        """Return the call with the trace; without grounds it holds nothing of what the patient told.

        Whatever the problem is: grounds are read before all else, and no class of errors stands in for them.
        """
        kept, number_key, patient_key = None, None, None
        refused = callback.grounds is None or isinstance(problem, ConsentRequired)
        if not refused and callback.said is not None:
            key = key_of_call(call.caller, call.call_id)
            kept = self._sealer.seal(key, callback.said.reveal().encode("utf-8", "replace"))
            number_key = self._drafter.number_key(callback.mobile)
            patient_key = self._drafter.patient_key(callback.patient_id)
        return call.keeping(tuple(_fields(problem)[:MOST_PROBLEMS]), kept, number_key, patient_key)


def _fields(problem: Refusal | NotInDialect | TooManyOpenBookings) -> list[str]:
    match problem:
        case InvalidRequest():
            return [each.field for each in problem.problems]
        case TooLarge():
            return ["body"]
        case NotInDialect():
            return ["new_patient"]
        case ConsentRequired():
            return ["consent"]
        case TooManyOpenBookings():
            return ["open_bookings"]
