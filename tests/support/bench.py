"""The booking service on a bench: real ledger, queue and sealing (moto), the fake Clinicea's core, a clock by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from convox_clinicea import aws
from convox_clinicea.announcements import AnnouncedCalls
from convox_clinicea.bookings.calendar import Calendar
from convox_clinicea.bookings.callbacks import StatusCallbacks
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.canary import Canary
from convox_clinicea.bookings.desk_records import DeskRecords
from convox_clinicea.bookings.drafting import Drafter, OpenBookings
from convox_clinicea.bookings.intake import Intake
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.locks import Locks
from convox_clinicea.bookings.messages import BookingQueue, DeadLetterQueue, Message, Notices, SnsTopic
from convox_clinicea.bookings.operator import OperatorService
from convox_clinicea.bookings.person_search import SubjectSearch
from convox_clinicea.bookings.personal_data import PersonalData
from convox_clinicea.bookings.posting import Posting
from convox_clinicea.bookings.protocol import ProtocolTimings, State, Wait
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest, Consents
from convox_clinicea.bookings.sweeper import Sweeper, Swept
from convox_clinicea.bookings.task_list import Tasks
from convox_clinicea.bookings.worker import Done, Outcome, Worker
from convox_clinicea.deadline import Deadline
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.table import Table
from tests.support import invented
from tests.support.account import Stack
from tests.support.bookings import INDIA, known_request
from tests.support.clinicea_bench import CliniceaBench


def consents(stack: Stack) -> Consents:
    """What keeps the proofs of consent of a stack."""
    table = Table(aws.dynamodb(), stack.disclosures_table)
    return Consents(table, "2031-01", timedelta(days=365), INDIA)


class Bench(CliniceaBench):
    """Everything a booking passes through, without HTTP and without Lambda.

    Args:
        table: what the ledger writes through.
    """

    def __init__(self, table: type[Table] = Table) -> None:
        super().__init__()
        self.stack = Stack.create()
        self.ledger = Ledger(table(aws.dynamodb(), self.stack.table), self.clock)
        self.locks = self.another_locks(self.ledger)
        self.sealer = KmsSealer(aws.kms(), self.stack.kms_key_arn)
        self.queue = BookingQueue(aws.sqs(), self.stack.queue_url)
        self.dead_letters = DeadLetterQueue(aws.sqs(), self.stack.dead_letter_queue_url)
        self.register = Table(aws.dynamodb(), self.stack.disclosures_table)
        self.ids = FreeTextIds(invented.IDENTITY_KEY.encode, "IN")
        self.drafter = Drafter(
            self.sealer,
            invented.IDENTITY_KEY.encode,
            self.clock,
            consents(self.stack),
            ids=self.ids,
        )
        self.calls = Calls(Table(aws.dynamodb(), self.stack.table), self.clock)
        self.intake = self.another_intake()
        self.counted: list[str] = []
        self.callbacks = self.another_desk()
        self.calendar = Calendar(self.clinicea, self.ledger)
        self.notices = Notices(SnsTopic(aws.sns(), self.stack.topic), self.ledger, Logger("bench"), "IN")
        self.announced = AnnouncedCalls(Table(aws.dynamodb(), self.stack.table), self.clock)
        self.tasks = Tasks(Table(aws.dynamodb(), self.stack.table), self.clock)
        self.acting = OperatorService(
            ledger=self.ledger,
            queue=self.queue,
            clock=self.clock,
            limits=ProtocolTimings(),
            announced=self.announced,
            tasks=self.tasks,
        )
        self.subjects = SubjectSearch(Table(aws.dynamodb(), self.stack.table), invented.IDENTITY_KEY.encode, self.clock)
        self.holdings = PersonalData(
            search=self.subjects,
            ledger=self.ledger,
            calls=self.calls,
            register=self.register,
            desk=DeskRecords(Table(aws.dynamodb(), self.stack.table), self.clock),
            clock=self.clock,
            retention=timedelta(days=30),
        )
        self.worker = self.another_worker()

    def another_intake(self, **collaborators: Any) -> Intake:
        """What takes the flow functions' requests, as another Lambda would."""
        parts: dict[str, Any] = {
            "ledger": self.ledger,
            "calls": self.calls,
            "queue": self.queue,
            "drafter": self.drafter,
            "clock": self.clock,
            "open_bookings": self.open_bookings(),
        }
        return Intake(**parts | collaborators)

    def another_desk(self, **collaborators: Any) -> StatusCallbacks:
        """What takes status callbacks, as another Lambda would."""
        parts: dict[str, Any] = {
            "calls": self.calls,
            "ledger": self.ledger,
            "queue": self.queue,
            "drafter": self.drafter,
            "sealer": self.sealer,
            "clock": self.clock,
            "count": self.counted.append,
            "open_bookings": self.open_bookings(),
        }
        return StatusCallbacks(**parts | collaborators)

    def open_bookings(self, limit: int = 0) -> OpenBookings:
        """What counts a number's open bookings; without a limit it counts nothing."""
        return OpenBookings(Table(aws.dynamodb(), self.stack.table), self.ledger, self.clock, limit)

    def another_worker(self, **collaborators: Any) -> Worker:
        """A second worker on the same ledger, as another Lambda would be."""
        ledger = collaborators.get("ledger", self.ledger)
        parts: dict[str, Any] = {
            "ledger": ledger,
            "calendar": Calendar(self.clinicea, ledger, readable=collaborators.pop("read_backs", True)),
            "sealer": self.sealer,
            "notices": self.notices,
            "clock": self.clock,
            "limits": ProtocolTimings(),
            "canary": self.canary(on=False),
            "locks": self.another_locks(ledger),
        }
        parts |= collaborators
        shared = {name: parts[name] for name in ("ledger", "calendar", "canary", "clock", "limits")}
        posting = Posting(clinicea=parts.pop("clinicea", self.clinicea), **shared)
        return Worker(**{"posting": posting} | parts)

    def another_locks(self, ledger: Ledger) -> Locks:
        """The locks of a ledger that writes through the same table."""
        return Locks(Table(aws.dynamodb(), self.stack.table), ledger, self.clock, ProtocolTimings().settle)

    def canary(self, **collaborators: Any) -> Canary:
        """What holds bookings up until one is proven, as a container has it."""
        parts: dict[str, Any] = {
            "table": Table(aws.dynamodb(), self.stack.table),
            "ledger": self.ledger,
            "setup": self.clinicea.setup,
            "clock": self.clock,
            "limits": ProtocolTimings(),
        }
        return Canary(**parts | collaborators)

    def patient(self, **changes: Any) -> str:
        """Register the adult as P-41."""
        return self.fake.add_patient(**invented.patient(patient_id="P-41") | changes)

    def accept(self, request: BookingRequest | None = None, **changes: Any) -> Booking:
        """Accept a request, by default one for P-41."""
        return self.intake.accept(request or known_request(**changes)).booking

    def work(
        self, booking: Booking, *, received: int = 1, seconds: float = 28.0, generation: int | None = None
    ) -> Outcome:
        """Work the booking's message once."""
        message = Message(v=1, booking_id=booking.booking_id, generation=generation or booking.generation)
        return self.worker.work(message, received=received, deadline=Deadline.after(self.clock, seconds))

    def ends(self, booking: Booking) -> Booking:
        """Work it until its message is acknowledged; waits pass on the clock."""
        for received in range(1, 8):
            outcome = self.work(booking, received=received)
            if isinstance(outcome, Done):
                assert outcome.booking is not None
                return outcome.booking
            self.clock.advance(outcome.seconds)
        raise AssertionError("the booking waits for ever")

    def settles(self, booking: Booking) -> Booking:
        """Let the settle time pass, and work it to its end."""
        self.clock.advance(ProtocolTimings().settle.total_seconds() + 1)
        return self.ends(booking)

    def another_sweeper(self, **collaborators: Any) -> Sweeper:
        """A sweeper as the sweeper's Lambda has it."""
        parts: dict[str, Any] = {
            "ledger": self.ledger,
            "locks": self.locks,
            "queue": self.queue,
            "dead_letters": self.dead_letters,
            "notices": self.notices,
            "clock": self.clock,
            "limits": ProtocolTimings(),
        }
        return Sweeper(**parts | collaborators)

    def sweep(self, *, seconds: float = 50.0, **collaborators: Any) -> Swept:
        """Let the sweeper come by once, a second later."""
        self.clock.advance(1)
        return self.another_sweeper(**collaborators).sweep(Deadline.after(self.clock, seconds))

    def waits(self, booking: Booking, **how: Any) -> Wait:
        """Work it once; it must wait."""
        outcome = self.work(booking, **how)
        assert isinstance(outcome, Wait), outcome
        return outcome

    def now(self, booking: Booking) -> Booking:
        """The booking as the ledger has it."""
        standing = self.ledger.get(booking.booking_id)
        assert standing is not None
        return standing

    def claimed(self, booking: Booking, *, lease: float = 45.0) -> Booking:
        """Claim it as a worker does, and then be seen no more."""
        until = self.clock.now() + timedelta(seconds=lease)
        return self.ledger.move(
            self.now(booking),
            State.SENDING,
            owner="somebody",
            lease_until=until,
            posted=True,
            unsettled_since=until,
        )
