"""How many open bookings one number, or one patient without a number, may have: an item names those of a client.

The item is written in the transaction that stores the booking, so two requests at once cannot both take the last
place. Nothing is taken out when a booking ends: once the item is full, the bookings that it names are read.
"""

from __future__ import annotations

from collections.abc import Sequence

from convox_clinicea import chance
from convox_clinicea.bookings import claims
from convox_clinicea.bookings.drafting import Wish
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Ledger
from convox_clinicea.bookings.record import Booking
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import TooManyOpenBookings
from convox_clinicea.table import WRITE_TOKEN, Item, Put, Table
from convox_clinicea.versions import SCHEMA, require_readable

SCHEMA_VERSION = 1
RETRY_AFTER_SECONDS = 600
_ATTRIBUTES = frozenset({"pk", "bookings", "expires_at", WRITE_TOKEN, SCHEMA})
_ABSENT = "attribute_not_exists(pk)"
_AS_SEEN = f"{WRITE_TOKEN} = :seen"


class OpenBookings:
    """Counts the open bookings of a person; bookings that wait for a person's word are open too.

    Args:
        limit: how many a number may have with one client; 0: no limit, and nothing is counted.
    """

    def __init__(self, table: Table, ledger: Ledger, clock: Clock, limit: int) -> None:
        self._table = table
        self._ledger = ledger
        self._clock = clock
        self._limit = limit

    def taking(self, wish: Wish, booking_id: str) -> Sequence[Put]:
        """Return what is to be written with a new booking, or not at all.

        Raises:
            TooManyOpenBookings: the number has as many as it may have.
        """
        if not self._limit:
            return ()
        key = claims.open_bookings_key(wish.request.caller.name, wish.number_key or wish.patient_key)
        standing = self._table.get(key)
        require_readable(standing or {}, SCHEMA_VERSION, _ATTRIBUTES)
        named = [each["S"] for each in (standing or {}).get("bookings", {"L": []})["L"]]
        if booking_id in named:
            return ()
        if len(named) >= self._limit:
            named = [each for each in named if self._is_open(each)]
        if len(named) >= self._limit:
            raise TooManyOpenBookings(f"open bookings of this number: {self._limit}", RETRY_AFTER_SECONDS)
        return (self._put(key, standing, [*named, booking_id], wish),)

    def _is_open(self, booking_id: str) -> bool:
        """Whether the booking has not ended; one that this release cannot read may not have."""
        found = self._ledger.find(booking_id)
        return found is not None and not (isinstance(found, Booking) and found.state.ended)

    def _put(self, key: str, standing: Item | None, named: Sequence[str], wish: Wish) -> Put:
        expiry = int((max(self._clock.now() + DEFAULT_RETENTION, wish.request.start) + DEFAULT_RETENTION).timestamp())
        before = 0 if standing is None else int(standing["expires_at"]["N"])
        item: Item = {
            "pk": {"S": key},
            "bookings": {"L": [{"S": each} for each in named]},
            "expires_at": {"N": str(max(expiry, before))},
            SCHEMA: {"N": str(SCHEMA_VERSION)},
            WRITE_TOKEN: {"S": chance.token()},
        }
        if standing is None:
            return Put(item, _ABSENT)
        return Put(item, _AS_SEEN, {":seen": standing[WRITE_TOKEN]})
