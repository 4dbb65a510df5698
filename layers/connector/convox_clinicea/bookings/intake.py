"""The two booking flows: read a request, check limits, store and queue the booking, answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea import aws
from convox_clinicea.bookings.call import MOST_WISHES, Call
from convox_clinicea.bookings.call_persons import Beside, is_same_appointment, obstacle
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.drafting import BookingIntent, Drafter, OpenBookings
from convox_clinicea.bookings.ledger import Ledger, Overtaken
from convox_clinicea.bookings.messages import BookingQueue, QueueUnavailable
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.replies import accepted
from convox_clinicea.bookings.request import BookingRequest, Consents
from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking
from convox_clinicea.clinicea.calls import flows_of
from convox_clinicea.convox.aliases import naming_aliases
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.convox.http import caller_of, request_id_of
from convox_clinicea.convox.request import (
    clinics_from,
    consent_texts_from,
    dialects_from,
    from_request,
    identity_key,
    ids_from,
)
from convox_clinicea.deadline import Clock, randomness
from convox_clinicea.errors import ConfigurationError, FieldProblem, InvalidRequest, NotStored, raise_alone
from convox_clinicea.function import Function
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.rate_limits import RateLimiter, Requester, booking_limiter
from convox_clinicea.sealing import KmsSealer, SealingUnavailable
from convox_clinicea.settings import IntakeSettings, replacement
from convox_clinicea.table import Contended, Table, TableUnavailable

MOST_TRIES = 5
PAUSE_SECONDS = 0.1
_ANOTHER = FieldProblem("another", "is required: this call has another booking for this person")


@dataclass(frozen=True)
class Acceptance:
    """Result of a request: its booking.

    Attributes:
        repeated: whether the booking was accepted before.
        changed: whether the booking's content differs from the request's.
    """

    booking: Booking
    repeated: bool
    changed: bool


@contextmanager
def or_not_stored() -> Iterator[None]:
    """Turn storage failures into NotStored, which tells the client to retry.

    The same for a record of a later release, which this one must not write (rule 23).
    """
    try:
        yield
    # rules 13 and 22: an unconfirmed booking is 503 `not_stored`
    except (ConfigurationError, TableUnavailable, QueueUnavailable, SealingUnavailable, UnreadableRecord) as error:
        raise_alone(NotStored(f"{type(error).__name__}: {error}"))


class Intake:
    """The service behind `book_appointment` and `book_new_patient`."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        calls: Calls,
        queue: BookingQueue,
        drafter: Drafter,
        clock: Clock,
        open_bookings: OpenBookings,
    ) -> None:
        self._ledger = ledger
        self._calls = calls
        self._queue = queue
        self._drafter = drafter
        self._clock = clock
        self._open = open_bookings

    def accept(self, request: BookingRequest, beside: Beside = Beside.WAITS_BESIDE_A_CALLBACKS) -> Acceptance:
        """Return the request's booking once ledger and queue both hold it.

        The ledger is read first, so a late repeat gets the first answer even if its start has passed.

        Raises:
            InvalidRequest: the start is past, or too far ahead; or the call has another booking for the person.
            TooManyOpenBookings: the number has the highest allowed number of open bookings; nothing is stored.
            NotStored: ledger or queue did not confirm, or the key cannot be read; the same request may be sent again.
        """
        with or_not_stored():
            intent = self._drafter.intent(request)
            for _ in range(MOST_TRIES):
                try:
                    return self._accepted(intent, beside)
                except (Overtaken, Contended):
                    # The same request or a callback of its call was faster: read again.
                    self._clock.sleep(randomness().uniform(0, PAUSE_SECONDS))
        raise NotStored("the call was changed by another writer at every try")

    def considered(self, request: BookingRequest) -> tuple[BookingIntent, Acceptance | None]:
        """Return what a request is known by, and its booking if the ledger has it; nothing is stored.

        Raises:
            InvalidRequest, NotInDialect: it could not be accepted.
            NotStored: the ledger or the key cannot be read.
        """
        with or_not_stored():
            intent = self._drafter.intent(request)
            known = self._known(intent)
            if known is None:
                self._drafter.check(request)
            return intent, known

    def require_alone(self, intent: BookingIntent) -> None:
        """Refuse what the person of the request may have already, by another booking of the call.

        Raises:
            InvalidRequest: there is such a booking, for another start, place or practitioner.
            NotStored: the ledger cannot be read.
        """
        caller = intent.request.caller
        if caller.call_id is None:
            return
        with or_not_stored():
            call = self._calls.get(caller.name, *self._drafter.ids.calls(caller.call_id))
            found = (self._ledger.get(booking_id) for booking_id in sorted(set(call.wishes.values())))
            others = [each for each in found if each is not None and each.stands_for not in intent.ids]
        if obstacle(intent, [each for each in others if not is_same_appointment(each, intent)]) is not None:
            raise InvalidRequest(_ANOTHER)

    def _known(self, intent: BookingIntent) -> Acceptance | None:
        standing = next(filter(None, map(self._ledger.get, intent.ids)), None)
        return None if standing is None else self._sent(intent, standing, repeated=True)

    def _accepted(self, intent: BookingIntent, beside: Beside) -> Acceptance:
        caller = intent.request.caller
        # rule 13: the ledger is read before the start is checked
        known = self._known(intent)
        if known is not None:
            return known
        ids = self._drafter.ids
        call = None if caller.call_id is None else self._calls.get(caller.name, *ids.calls(caller.call_id))
        if call is None or len(call.wishes) >= MOST_WISHES:
            place = self._open.taking(intent, intent.wish_id)
            new = self._drafter.draft(intent, intent.wish_id)
            standing = self._ledger.put_if_absent(new, place)
            return self._sent(intent, standing or new, repeated=standing is not None)
        seen = call.booking_ids_told if beside is Beside.WAITS_BESIDE_A_CALLBACKS else {*call.wishes.values()}
        others = [each for each in map(self._ledger.get, sorted(seen)) if each is not None]
        same = next((each for each in others if each.stands_for in intent.ids), None)
        if same is not None:
            return self._sent(intent, same, repeated=True)
        return self._sent(intent, self._stored(call, intent, others, beside), repeated=False)

    def _stored(self, call: Call, intent: BookingIntent, others: Iterable[Booking], beside: Beside) -> Booking:
        """Store a new booking and its call's entry in one transaction; raises Overtaken, InvalidRequest.

        Args:
            others: bookings of the call. The request itself identifies its person, so it waits only if the same person
                has another appointment.
        """
        # rules 18 and 24: a booking made since the call was read fails the transaction, and is looked at then
        reason = obstacle(intent, [each for each in others if not is_same_appointment(each, intent)])
        if reason is not None and beside is Beside.IS_REFUSED:
            raise InvalidRequest(_ANOTHER)
        place = self._open.taking(intent, intent.wish_id)
        new = self._drafter.draft(intent, intent.wish_id, reason if reason is Reason.CHANGED_AFTER_BOOKING else None)
        asked = call.asked(intent.wish_id, new)
        self._calls.write(asked, self._ledger.put_of(new), *place, start=new.start)
        return new

    def _sent(self, intent: BookingIntent, booking: Booking, *, repeated: bool) -> Acceptance:
        if booking.state is State.ACCEPTED:
            # A repeat may come because the first sending failed; one message too many does no harm.
            # rule 13: accepted only when ledger and queue both hold it
            self._queue.send(booking)
        return Acceptance(booking, repeated, changed=intent.changes(booking))


class BookingCollaborators(NamedTuple):
    """Collaborators of the two booking functions."""

    settings: IntakeSettings
    dialects: Dialects
    defaults: RequestDefaults
    intake: Intake


def booking_collaborators(settings: IntakeSettings, clock: Clock) -> BookingCollaborators:
    """Build the collaborators of a booking function."""
    defaults = request_defaults_from(settings)
    table = Table(aws.dynamodb(), settings.ledger_table)
    ledger = Ledger(table, clock)
    intake = Intake(
        ledger=ledger,
        calls=Calls(table, clock),
        queue=BookingQueue(aws.sqs(), settings.queue_url),
        drafter=drafter_from(settings, defaults, clock),
        clock=clock,
        open_bookings=OpenBookings(table, ledger, clock, settings.open_bookings_per_number),
    )
    return BookingCollaborators(settings, dialects_from(settings), defaults, intake)


def request_defaults_from(settings: IntakeSettings) -> RequestDefaults:
    """Build the defaults of requests from the deployment's settings."""
    return RequestDefaults(
        clinics_from(settings),
        settings.default_country,
        settings.default_duration_minutes,
        texts=consent_texts_from(settings),
    )


def drafter_from(settings: IntakeSettings, defaults: RequestDefaults, clock: Clock) -> Drafter:
    """Build the drafter of bookings."""
    sealer = KmsSealer(aws.kms(), settings.kms_key_arn)
    consents = Consents(
        Table(aws.dynamodb(), settings.disclosures_table),
        settings.consent_text_version,
        timedelta(days=settings.consent_retention_days),
        defaults.clinics.zone(None),
        defaults.texts,
    )
    flows = flows_of(replacement("call_table", settings.call_table))
    return Drafter(
        sealer,
        lambda: identity_key(settings.identity_secret_arn),
        clock,
        consents,
        flows,
        ids=ids_from(settings, earlier=settings.earlier_call_names),
    )


R = TypeVar("R", KnownPatientBooking, NewPatientBooking)


@dataclass(frozen=True)
class BookingFlow:
    """The flow of both booking functions."""

    function: Function[BookingFlow]
    collaborators: BookingCollaborators
    limiter: RateLimiter

    def answer(self, kind: type[R], event: APIGatewayProxyEvent, *metrics: str, **path: str) -> Response[str]:
        """Return the answer to a request once its booking is stored; a repeat gets the stored booking.

        Args:
            kind: the model of the request.
            metrics: metrics of a new booking, besides `BookingAccepted`.
            path: the parameters of the request's path.

        Raises:
            Unauthorized, InvalidRequest, TooLarge, ConsentRequired: the request is refused.
            RateLimited: the client or the agent books too often; nothing is stored.
            NotStored: ledger or queue did not confirm; the same request may be sent again.
        """
        settings, dialects, defaults, intake = self.collaborators
        client = caller_of(event)
        dialect = dialects.for_client(client)
        request, aliases_used = from_request(kind, event, dialect, **path)
        with naming_aliases(aliases_used):
            request.with_context(required=settings.require_call_context, country=settings.default_country)
            self.limiter.acquire_booking(Requester(client, request.agent_id))
            found = intake.accept(request.canonical(client, defaults.in_dialect(dialect), request_id_of(event)))
        for metric in ("BookingAccepted", *metrics):
            self.function.metrics.add_metric(metric, MetricUnit.Count, int(not found.repeated))
        return accepted(found, event, settings.accepted_status)


def booking_flow(function: Function[BookingFlow]) -> BookingFlow:
    """Build the flow from the function's environment; raises NotStored if that fails (rule 22)."""
    with or_not_stored():
        settings = IntakeSettings.from_environment()
        limiter = booking_limiter(settings, function.clock, function.logger, function.metrics)
        return BookingFlow(function, booking_collaborators(settings, function.clock), limiter)
