"""Drafts a booking's record from a request; limits the open bookings of a number.

The transaction that stores a booking also writes the item of the number's open bookings, so two requests cannot both
take the last place. The end of a booking removes nothing from it: once the item is full, the listed bookings are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from convox_clinicea.bookings import claims, identity
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Ledger
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking, key_of
from convox_clinicea.bookings.request import BookingRequest, Consents
from convox_clinicea.clinicea.calls import Endpoint, Flows
from convox_clinicea.clinicea.errors import NotInDialect
from convox_clinicea.deadline import Clock, fresh_token
from convox_clinicea.errors import FieldProblem, InvalidRequest, TooManyOpenBookings
from convox_clinicea.items import SCHEMA, require_readable
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.sealing import MAX_BYTES, Sealer
from convox_clinicea.table import WRITE_TOKEN, Item, Put, Table

FURTHEST_AHEAD = timedelta(days=365)


@dataclass(frozen=True)
class BookingIntent:
    """A request for an appointment, with its ids and digests.

    Attributes:
        wish_id: the id of its booking, unless it replaces the content of an earlier booking.
        fingerprint: a digest of its whole content.
        patient_key, number_key, newcomer: digests of the person, as in its booking.
        earlier: digests under which earlier releases may have stored it.
    """

    request: BookingRequest
    wish_id: str
    fingerprint: bytes
    patient_key: str
    number_key: str | None
    newcomer: tuple[str, ...]
    earlier: tuple[identity.Digests, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids under which it may be stored: its own, then those of earlier releases."""
        return (self.wish_id, *(each.booking_id for each in self.earlier))

    def known_as(self, is_known: Callable[[str], bool]) -> BookingIntent:
        """Return the intent under the id by which it is stored: its own, or that of an earlier release."""
        if not self.earlier:
            return self
        return replace(self, wish_id=next(filter(is_known, self.ids), self.wish_id))

    def names(self, patient_key: str | None) -> bool:
        """Return whether the digest is that of the intent's patient."""
        return patient_key in (self.patient_key, *(each.patient_key for each in self.earlier))

    def changes(self, booking: Booking) -> bool:
        """Return whether the booking has other content; False for an erased one, whose content is gone."""
        known = (self.fingerprint, *(each.fingerprint for each in self.earlier))
        return all(booking.changed_by(each) for each in known)


class Drafter:
    """Drafts bookings; the identity key is read on first use."""

    def __init__(
        self,
        sealer: Sealer,
        key: Callable[[], bytes],
        clock: Clock,
        consents: Consents,
        flows: Flows | None = None,
        *,
        ids: FreeTextIds,
    ) -> None:
        self._sealer = sealer
        self._key = key
        self._clock = clock
        self._consents = consents
        self._flows = flows or Flows()
        self.ids = ids
        """The names under which calls and agents are stored."""

    def intent(self, request: BookingRequest) -> BookingIntent:
        """Return the request with its ids and digests; raises ConfigurationError."""
        key = self._key()
        return BookingIntent(
            request,
            wish_id=identity.booking_id(key, request),
            fingerprint=identity.fingerprint(key, request),
            patient_key=identity.patient_key(key, request),
            number_key=identity.number_key(key, request),
            newcomer=identity.newcomer_keys(key, request),
            earlier=identity.earlier_digests(key, request),
        )

    def id_after(self, intent: BookingIntent, booking_id: str) -> str:
        """Return an id for an intent whose own id belongs to a booking with replaced content."""
        return identity.id_after(self._key(), intent.wish_id, booking_id)

    def number_key(self, mobile: Mobile | None) -> str | None:
        """Return the digest by which a number is found."""
        return None if mobile is None else identity.digest_of_number(self._key(), mobile)

    def patient_key(self, patient_id: str | None) -> str | None:
        """Return the digest by which a known patient is found."""
        return None if patient_id is None else identity.digest_of_patient(self._key(), patient_id)

    def draft(self, intent: BookingIntent, booking_id: str, waits: Reason | None = None) -> Booking:
        """Return the booking, sealed for `booking_id`. Only a new patient's proof of consent is stored.

        Args:
            waits: why the booking waits for a person; None: the worker takes it.

        Raises:
            InvalidRequest: the start is past or too far ahead, or the request is too long.
            NotInDialect: no call of the chosen Clinicea dialect can create a new patient.
            SealingUnavailable: it could not be encrypted.
            TableUnavailable: the proof of consent may be missing.
        """
        request, caller = intent.request, intent.request.caller
        plain = self.check(request)
        now = self._clock.now()
        drafted = Booking(
            booking_id=booking_id,
            wish_id=None if booking_id == intent.wish_id else intent.wish_id,
            state=State.ACCEPTED if waits is None else State.NEEDS_ATTENTION,
            reason=waits,
            notice_due=waits is not None,
            flow=request.flow,
            caller=request.caller.name,
            call_id=None if caller.call_id is None else self.ids.call(caller.call_id),
            agent_id=None if caller.agent_id is None else self.ids.agent(caller.agent_id),
            start=request.start,
            clinic_id=request.clinic_id,
            practitioner_id=request.practitioner_id,
            patient_key=intent.patient_key,
            number_key=intent.number_key,
            newcomer=intent.newcomer,
            fingerprint=intent.fingerprint,
            accepted_at=now,
            updated_at=now,
            queued_at=now,
            request=self._sealer.seal(key_of(booking_id), plain),
            patient_id=request.patient_id,
        )
        if request.new_patient is not None and request.new_patient.consent is not None:
            self._consents.add(drafted, request.new_patient.consent, caller.request_id)
        return drafted

    def check(self, request: BookingRequest) -> bytes:
        """Return the request as it is encrypted; raises InvalidRequest, NotInDialect where it cannot be drafted."""
        self._check_start(request.start)
        if request.registers and self._flows.book_new_call is None:
            raise NotInDialect(Endpoint.POST_WITH_PATIENT)
        plain = request.to_bytes()
        if len(plain) > MAX_BYTES:
            raise InvalidRequest(FieldProblem("notes", "the request is too long; shorten the notes"))
        return plain

    def _check_start(self, start: datetime) -> None:
        now = self._clock.now()
        if start <= now:
            raise InvalidRequest(FieldProblem("start", "must be in the future"))
        if start > now + FURTHEST_AHEAD:
            raise InvalidRequest(FieldProblem("start", f"must be at most {FURTHEST_AHEAD.days} days ahead"))


SCHEMA_VERSION = 1
RETRY_AFTER_SECONDS = 600
_ATTRIBUTES = frozenset({"pk", "bookings", "expires_at", WRITE_TOKEN, SCHEMA})
_ABSENT = "attribute_not_exists(pk)"
_AS_SEEN = f"{WRITE_TOKEN} = :seen"


class OpenBookings:
    """Limits the open bookings of a person. Parked bookings are open, too.

    Args:
        limit: open bookings that a number may have with one client; 0: no limit, and nothing is counted.
    """

    def __init__(self, table: Table, ledger: Ledger, clock: Clock, limit: int) -> None:
        self._table = table
        self._ledger = ledger
        self._clock = clock
        self._limit = limit

    def of(self, caller: str, persons: Sequence[str]) -> list[Booking]:
        """Return the bookings that were counted for these persons, open or not; empty where nothing is counted.

        Args:
            persons: HMACs of numbers and patients.

        Raises:
            TableUnavailable, UnreadableRecord: they cannot be read now.
        """
        named = (each for person in persons for each in self._named(claims.open_bookings_key(caller, person))[1])
        found = (self._ledger.get(booking_id) for booking_id in dict.fromkeys(named))
        return [each for each in found if each is not None]

    def taking(self, intent: BookingIntent, booking_id: str) -> Sequence[Put]:
        """Return the writes for the transaction that stores a new booking.

        Raises:
            TooManyOpenBookings: the number has the highest allowed number of open bookings.
        """
        if not self._limit:
            return ()
        key = claims.open_bookings_key(intent.request.caller.name, intent.number_key or intent.patient_key)
        standing, named = self._named(key)
        if booking_id in named:
            return ()
        if len(named) >= self._limit:
            named = [each for each in named if self._is_open(each)]
        if len(named) >= self._limit:
            raise TooManyOpenBookings(f"open bookings of this number: {self._limit}", RETRY_AFTER_SECONDS)
        return (self._put(key, standing, [*named, booking_id], intent),)

    def _named(self, key: str) -> tuple[Item | None, list[str]]:
        """Return an item with the bookings that it lists."""
        standing = self._table.get(key)
        require_readable(standing or {}, SCHEMA_VERSION, _ATTRIBUTES)
        return standing, [each["S"] for each in (standing or {}).get("bookings", {"L": []})["L"]]

    def _is_open(self, booking_id: str) -> bool:
        """Return whether the booking is open; one that this release cannot read counts as open."""
        found = self._ledger.find(booking_id)
        return found is not None and not (isinstance(found, Booking) and found.state.ended)

    def _put(self, key: str, standing: Item | None, named: Sequence[str], intent: BookingIntent) -> Put:
        expiry = int((max(self._clock.now() + DEFAULT_RETENTION, intent.request.start) + DEFAULT_RETENTION).timestamp())
        before = 0 if standing is None else int(standing["expires_at"]["N"])
        item: Item = {
            "pk": {"S": key},
            "bookings": {"L": [{"S": each} for each in named]},
            "expires_at": {"N": str(max(expiry, before))},
            SCHEMA: {"N": str(SCHEMA_VERSION)},
            WRITE_TOKEN: {"S": fresh_token()},
        }
        if standing is None:
            return Put(item, _ABSENT)
        return Put(item, _AS_SEEN, {":seen": standing[WRITE_TOKEN]})
