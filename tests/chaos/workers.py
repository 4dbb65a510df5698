"""Workers at once over the doubles, for the interleavings: real ledger, calendar and worker, and the fake Clinicea."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from aws_lambda_powertools import Logger

from convox_clinicea import deadline as time_and_randomness
from convox_clinicea.announcements import AnnouncedCalls
from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.calendar import Calendar
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.canary import Canary
from convox_clinicea.bookings.drafting import Drafter, OpenBookings
from convox_clinicea.bookings.intake import Intake
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.locks import Locks
from convox_clinicea.bookings.messages import BookingQueue, Message, Notices
from convox_clinicea.bookings.operator import OperatorService
from convox_clinicea.bookings.posting import Posting
from convox_clinicea.bookings.protocol import ProtocolTimings, State, Wait
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest, Consents
from convox_clinicea.bookings.task_list import Tasks
from convox_clinicea.bookings.worker import Worker
from convox_clinicea.clinicea import Clinicea, Credentials
from convox_clinicea.clinicea.wire import WireAnswer, WireRequest
from convox_clinicea.deadline import Deadline
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.table import Table
from local.clinicea import FakeClinicea
from tests.chaos.clinicea import POSTS
from tests.chaos.dynamodb import DynamoDb
from tests.chaos.interleavings import Play, Stage, touched
from tests.chaos.kms import Kms
from tests.chaos.table import KeySchema
from tests.chaos.table import Table as StoredTable
from tests.support import invented
from tests.support.bookings import INDIA
from tests.support.clock import NOON, VirtualClock
from tests.support.core_clinicea import CoreControl, CoreTransport, core_client

SECONDS = 28.0
"""What a worker has left of its invocation."""
MOST_RECEIVES = 60
AFTERWARDS = 240.0
PERSON = Person("arn:aws:iam::123456789012:user/front-desk", "looked at the calendar")
INDEXES = {"open": KeySchema("open", "queued_at"), "call": KeySchema("call", "accepted_at")}


class StagedDynamoDb:
    """DynamoDB's client, of which each call on the ledger is an effect."""

    def __init__(self, stage: Stage, clock: Callable[[], float]) -> None:
        tables = [
            StoredTable("ledger", KeySchema("pk"), INDEXES),
            StoredTable("register", KeySchema("subject", "entry")),
        ]
        self._double = DynamoDb(tables, clock)
        self._stage = stage

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("__"):
            raise AttributeError(operation)
        call = getattr(self._double, operation)

        def staged(**given: Any) -> Any:
            if given.get("TableName") != "register":
                keys = [*touched(operation, given)]
                reads = [key for key, changes in keys if not changes]
                writes = [key for key, changes in keys if changes]
                self._stage.effect(f"{operation} {' '.join(key[:12] for key, _ in keys)}", reads=reads, writes=writes)
            return call(**given)

        return staged


class Relay:
    """Transport and clock of whatever play is on: the client reads its call table once for all plays."""

    def __init__(self) -> None:
        self.transport: CoreTransport | None = None
        self.clock = VirtualClock()
        self.stage = Stage()

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Clinicea, of which each call is an effect."""
        if request.call in POSTS:
            self.stage.effect("posts", writes=["clinicea"])
        else:
            self.stage.effect("reads", reads=["clinicea"])
        assert self.transport is not None
        return self.transport.send(request, deadline)


@cache
def _client() -> tuple[Clinicea, Relay]:
    relay: Any = Relay()
    credentials = Credentials.model_validate({"api_key": invented.API_KEY})
    return core_client(relay, relay, lambda: credentials), relay


class NoQueue:
    """Messages are the play's own business."""

    def send_message(self, **_given: Any) -> dict[str, Any]:
        return {}


class NoTopic:
    """Notices are not looked at here."""

    def publish(self, subject: str, text: str) -> None:
        del subject, text


class Workers(Play):
    """Workers on one ledger and one calendar, where one appointment is wanted of one patient.

    Args:
        guarded: whether the setup is still to be proven.
        read_backs: whether the calendar can be read.
    """

    def __init__(self, *, guarded: bool = False, read_backs: bool = True) -> None:
        super().__init__()
        time_and_randomness.source = Random(7)
        self.clock = VirtualClock()
        core = FakeClinicea(self.clock, seed=11)
        self.fake = CoreControl(core)
        clinicea, relay = _client()
        relay.transport, relay.clock, relay.stage = CoreTransport(core, self.clock), self.clock, self.stage
        client: Any = StagedDynamoDb(self.stage, lambda: NOON.timestamp() + self.clock.monotonic())
        kms: Any = Kms("key")
        queue: Any = NoQueue()
        self.table, self.sealer = Table(client, "ledger"), KmsSealer(kms, "key")
        table, limits, sealer = self.table, ProtocolTimings(), self.sealer
        self.ledger = Ledger(table, self.clock)
        messages = self.messages = BookingQueue(queue, "https://queue.invalid")
        consents = Consents(Table(client, "register"), "2031-01", timedelta(days=365), INDIA)
        drafter = self.drafter = Drafter(
            sealer,
            invented.IDENTITY_KEY.encode,
            self.clock,
            consents,
            ids=FreeTextIds(invented.IDENTITY_KEY.encode, "IN"),
        )
        calls = self.calls = Calls(table, self.clock)
        self.open_bookings = OpenBookings(table, self.ledger, self.clock, 0)
        self.intake = Intake(
            ledger=self.ledger,
            calls=calls,
            queue=messages,
            drafter=drafter,
            clock=self.clock,
            open_bookings=self.open_bookings,
        )
        self.locks = Locks(table, self.ledger, self.clock, limits.settle)
        calendar = Calendar(clinicea, self.ledger, readable=read_backs)
        canary = Canary(
            table=table, ledger=self.ledger, setup=clinicea.setup, clock=self.clock, limits=limits, on=guarded
        )
        self.worker = Worker(
            ledger=self.ledger,
            calendar=calendar,
            sealer=sealer,
            notices=Notices(NoTopic(), self.ledger, Logger("interleavings", level="CRITICAL"), "IN"),
            clock=self.clock,
            limits=limits,
            canary=canary,
            locks=self.locks,
            posting=Posting(
                ledger=self.ledger,
                clinicea=clinicea,
                calendar=calendar,
                canary=canary,
                clock=self.clock,
                limits=limits,
            ),
        )
        self.acting = OperatorService(
            ledger=self.ledger,
            queue=messages,
            clock=self.clock,
            limits=limits,
            announced=AnnouncedCalls(table, self.clock),
            tasks=Tasks(table, self.clock),
        )
        self.bookings: list[Booking] = []

    def accepts(self, *requests: BookingRequest) -> None:
        """Have these accepted before anybody works."""
        self.bookings += [self.intake.accept(request).booking for request in requests]

    def works(self, booking: Booking) -> None:
        """Add a worker with one message of the booking."""
        self.actor(f"worker {len(self.actors) + 1}", lambda: self.work(booking))

    def redriven_and_works(self, booking: Booking) -> None:
        """Add a person who redrives the booking, and the worker that gets its message."""

        def work() -> None:
            redriven = self.acting.redrive(booking.booking_id, PERSON).booking
            self.work(redriven or booking)

        self.actor("person", work)

    def time_passes(self, seconds: float) -> None:
        """Add a moment in which everybody stands still for so long."""

        def passes() -> None:
            self.stage.effect(f"{seconds:.0f} s pass", writes=["time"])
            self.clock.advance(seconds)

        self.actor("clock", passes)

    def work(self, booking: Booking, received: int = 1) -> object:
        """Work the booking's message, as it was when it was sent."""
        message = Message(v=1, booking_id=booking.booking_id, generation=booking.generation)
        return self.worker.work(message, received=received, deadline=Deadline.after(self.clock, SECONDS))

    def now(self, booking: Booking) -> Booking:
        """Return the booking as the ledger has it."""
        standing = self.ledger.get(booking.booking_id)
        assert standing is not None
        return standing

    def harm(self) -> list[str]:
        self.deliver()
        self.clock.advance(AFTERWARDS)
        return [*self._doubled(), *self._untrue()]

    def deliver(self, most: int = MOST_RECEIVES) -> None:
        """Deliver each booking's message until it is done with, whichever is due first."""
        due = {booking.booking_id: 0.0 for booking in self.bookings}
        for received in range(1, most + 1):
            if not due:
                return
            booking_id = min(due, key=lambda each: due[each])
            self.clock.advance(max(0.0, due[booking_id] - self.clock.monotonic()))
            standing = self.ledger.get(booking_id)
            assert standing is not None
            outcome = self.work(standing, received)
            if isinstance(outcome, Wait):
                due[booking_id] = self.clock.monotonic() + outcome.seconds
            else:
                del due[booking_id]

    def _doubled(self) -> list[str]:
        places = [(each["patient_id"], each["start"]) for each in self.fake.standing()]
        harms = [f"{places.count(each)} appointments stand at {each}" for each in set(places) if places.count(each) > 1]
        patients = len(self.fake.patients())
        return [*harms, *([f"{patients} patients"] if patients > 1 else [])]

    def _untrue(self) -> list[str]:
        """What the ledger says that the calendar does not."""
        standing = {each["appointment_id"] for each in self.fake.standing()}
        harms = []
        for booking in map(self.now, self.bookings):
            if not (booking.state.ended or booking.state.parked):
                harms.append(f"{booking.booking_id} is still {booking.state}")
            if booking.state is State.BOOKED and booking.appointment_id not in standing:
                harms.append(f"{booking.booking_id} is booked, but nothing stands")
        return harms
