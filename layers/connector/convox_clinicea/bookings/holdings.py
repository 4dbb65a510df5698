"""What is held on a person, found by their mobile, and its erasure."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from convox_clinicea.bookings import identity
from convox_clinicea.bookings.acts import KEPT, Act, Person, Word
from convox_clinicea.bookings.calls import Call, Calls
from convox_clinicea.bookings.consents import entries_of, subject_of_number
from convox_clinicea.bookings.ledger import Ledger, Overtaken
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.states import Reason, State
from convox_clinicea.deadline import Clock
from convox_clinicea.mobile import Mobile
from convox_clinicea.normalization import id_spellings
from convox_clinicea.table import Table


class Kept(StrEnum):
    """Why a booking was not erased."""

    OPEN = "open"
    """It has not ended; erasing it means that it will not be made."""
    POSTED = "posted"
    """It may stand in Clinicea already: what became of it has to be found out, or resolved, first."""
    CHANGED_MEANWHILE = "changed_meanwhile"


@dataclass(frozen=True)
class Held:
    """What is held on a person: nothing else bears their mobile, or an HMAC of it.

    Attributes:
        calls: of which a callback is kept, encrypted, because it could not be booked.
        consents: how many proofs of consent; they outlive an erasure.
        disclosures: how often the data of the patients in these bookings was shown.
    """

    bookings: list[Booking]
    calls: list[Call]
    consents: int
    disclosures: int


@dataclass(frozen=True)
class Erasure:
    """What became of one booking: `booking` as it now stands, and why it was kept, if it was."""

    booking: Booking
    kept: Kept | None = None
    act: Act | None = None


class Holdings:
    """The service behind `data_requests`."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        calls: Calls,
        register: Table,
        key: Callable[[], bytes],
        clock: Clock,
        retention: timedelta,
    ) -> None:
        self._ledger = ledger
        self._calls = calls
        self._register = register
        self._key = key
        self._clock = clock
        self._retention = retention

    def of(self, mobile: Mobile) -> Held:
        """Return what is held under a mobile. Raises ConfigurationError, LedgerUnavailable."""
        number_key = identity.digest_of_number(self._key(), mobile)
        bookings = self._ledger.of_number(number_key)
        patients = {booking.patient_id for booking in bookings if booking.patient_id is not None}
        subjects = {f"patient#{spelling}" for each in patients for spelling in id_spellings(each)}
        shown = sum(1 for subject in sorted(subjects) for _ in entries_of(self._register, subject))
        consents = sum(1 for _ in entries_of(self._register, subject_of_number(number_key)))
        return Held(bookings, self._calls.of_number(number_key), consents, shown)

    def erase(self, mobile: Mobile, person: Person, *, open_too: bool) -> list[Erasure]:
        """Erase what may be erased: of calls all that is kept, of a booking all but its tombstone.

        Args:
            open_too: end those that have not ended and were never posted, so that they are erased too.
        """
        held = self.of(mobile)
        for call in held.calls:
            with suppress(Overtaken):  # something newer is known of it; it is found again
                self._calls.forget(call)
        return [self._erase(each, person, open_too=open_too) for each in held.bookings]

    def _erase(self, booking: Booking, person: Person, *, open_too: bool) -> Erasure:
        now = self._clock.now()
        try:
            if not booking.state.ended:
                if not open_too:
                    return Erasure(booking, Kept.OPEN)
                if booking.posted:
                    return Erasure(booking, Kept.POSTED)
                booking = self._end(booking)
            act = Act.on(booking, Word.ERASE, person, now)
            beside = [act.put(now + max(KEPT, self._retention))]
            erased = self._ledger.erase(booking, beside=beside, acts=(*booking.acts, str(act.version)))
        except Overtaken:
            return Erasure(booking, Kept.CHANGED_MEANWHILE)
        return Erasure(erased, act=act)

    def _end(self, booking: Booking) -> Booking:
        """End a booking that nobody has posted: the person has changed their mind. Nobody needs to be told."""
        if not booking.state.parked:
            reason = Reason.CHANGED_AFTER_BOOKING
            booking = self._ledger.move(booking, State.NEEDS_ATTENTION, reason=reason, notice_due=False)
        return self._ledger.move(booking, State.REJECTED, notice_due=False)
