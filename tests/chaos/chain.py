"""A chain of clinics: the ledger that its past has left, and one more day of calls on top of it.

`chain_days` writes the past by the product's own record classes, and plays the day by its services.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger

from convox_clinicea.announcements import AnnouncedCalls
from convox_clinicea.bookings import data_subject_requests, operator_requests
from convox_clinicea.bookings.calendar import Calendar
from convox_clinicea.bookings.callbacks import StatusCallbacks
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.canary import Canary
from convox_clinicea.bookings.compared import Cursor
from convox_clinicea.bookings.desk_records import DeskRecords
from convox_clinicea.bookings.drafting import Drafter, OpenBookings
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Ledger
from convox_clinicea.bookings.locks import Locks
from convox_clinicea.bookings.messages import BookingQueue, Message, Notices, SnsTopic
from convox_clinicea.bookings.operator import OperatorService
from convox_clinicea.bookings.person_search import SubjectSearch
from convox_clinicea.bookings.personal_data import PersonalData
from convox_clinicea.bookings.posting import Posting
from convox_clinicea.bookings.protocol import ProtocolTimings
from convox_clinicea.bookings.reconcile import Discrepancy, Reconciler, Report
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import Consents
from convox_clinicea.bookings.task_list import Tasks
from convox_clinicea.bookings.worker import Done, Worker
from convox_clinicea.clinicea import Credentials
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics, ClinicsDocument
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.table import Table
from local.clinicea import FakeClinicea
from local.clinicea.auth import LOCAL_API_KEY
from local.clinicea.records import Clinic
from tests.chaos import stack
from tests.chaos.kms import Keys
from tests.chaos.large_tables import LargeTables, bytes_of
from tests.chaos.queue import Queue
from tests.chaos.sns import Sns
from tests.chaos.sqs import Sqs
from tests.chaos.table import Table as StoredTable
from tests.support.clock import NOON, VirtualClock
from tests.support.core_clinicea import CoreTransport, core_client

Json = dict[str, Any]
INDIA = ZoneInfo("Asia/Kolkata")
KEY = b"an invented key of invented ids!"
SECONDS = 600.0
"""Of one invocation of `reconcile`."""
MOST_PARTS = 10_000
WHO = {"who": "arn:aws:iam::123456789012:user/front-desk", "why": "the patient asked for it"}


@dataclass
class Asked:
    """What an order answered, part after part."""

    parts: list[Json] = field(default_factory=list)
    seconds: float = 0.0

    def all(self, name: str) -> list[Any]:
        return [each for part in self.parts for each in part[name]]


class Chain:
    """The product's services over tables of one's own."""

    def __init__(self, *, clinics: int = 20, calls: int = 4_000, booked: int = 800, days: int = 90) -> None:
        self.calls_a_day, self.booked_a_day, self.days = calls, booked, days
        self.today = NOON
        self.clock = VirtualClock(NOON)
        self.fake = FakeClinicea(self.clock, seed=13)
        self.clinics = [f"C-{number:02d}" for number in range(1, clinics + 1)]
        self.fake.store.clinics = {
            each: Clinic(each, f"Example Clinic {each}", "1 Invented Street") for each in self.clinics
        }
        self.fake.switches.turn({"slot_conflicts": False}, frozenset())
        described = stack.read({})
        tables = [StoredTable(each.name, each.schema, each.indexes) for each in described.tables]
        self.aws = LargeTables(tables, self.clock.monotonic)
        self.stored = self.aws.tables["Ledger"]
        queues = {each.url: Queue(each, self.clock.monotonic) for each in described.queues}
        self._urls = [url for url in queues if url in described.dead_letters]
        sealer = KmsSealer(_as_client(Keys(described.key_ids)), described.key_ids[0])
        table, register = self.table("Ledger"), self.table("Disclosures")
        self.ledger = Ledger(table, self.clock)
        self.calls = Calls(table, self.clock)
        self.queue = BookingQueue(_as_client(Sqs(queues.values())), self._urls[0])
        consents = Consents(register, "1", timedelta(days=365), INDIA)
        self.drafter = Drafter(sealer, lambda: KEY, self.clock, consents, ids=FreeTextIds(lambda: KEY, "IN"))
        self.callbacks = StatusCallbacks(
            calls=self.calls,
            ledger=self.ledger,
            queue=self.queue,
            drafter=self.drafter,
            sealer=sealer,
            clock=self.clock,
            count=lambda _name: None,
            open_bookings=OpenBookings(table, self.ledger, self.clock, 0),
        )
        self.clinicea = core_client(CoreTransport(self.fake, self.clock), self.clock, _credentials)
        self.announced = AnnouncedCalls(table, self.clock)
        self.acting = OperatorService(
            ledger=self.ledger,
            queue=self.queue,
            clock=self.clock,
            limits=ProtocolTimings(),
            announced=self.announced,
            tasks=Tasks(table, self.clock),
        )
        self.holdings = PersonalData(
            search=SubjectSearch(table, lambda: KEY, self.clock),
            ledger=self.ledger,
            calls=self.calls,
            register=register,
            desk=DeskRecords(table, self.clock),
            clock=self.clock,
            retention=DEFAULT_RETENTION,
        )
        calendar = Calendar(self.clinicea, self.ledger)
        canary = Canary(
            table=table,
            ledger=self.ledger,
            setup=self.clinicea.setup,
            clock=self.clock,
            limits=ProtocolTimings(),
            on=False,
        )
        self.worker = Worker(
            ledger=self.ledger,
            calendar=calendar,
            sealer=sealer,
            clock=self.clock,
            limits=ProtocolTimings(),
            canary=canary,
            notices=Notices(
                SnsTopic(_as_client(Sns()), "arn:aws:sns:ap-south-1:123456789012:Notices"),
                self.ledger,
                Logger("c"),
                "IN",
            ),
            locks=Locks(table, self.ledger, self.clock, ProtocolTimings().settle),
            posting=Posting(
                clinicea=self.clinicea,
                ledger=self.ledger,
                calendar=calendar,
                canary=canary,
                clock=self.clock,
                limits=ProtocolTimings(),
            ),
        )

    def table(self, name: str) -> Table:
        """Return one of the tables, as the product has it."""
        return Table(_as_client(self.aws), name)

    @property
    def megabytes(self) -> float:
        """The ledger's size."""
        return sum(map(bytes_of, self.stored.items.values())) / 1e6

    def work(self, booking: Booking) -> Booking:
        """Work a booking's message until it is acknowledged."""
        for received in range(1, 9):
            message = Message(v=1, booking_id=booking.booking_id, generation=booking.generation)
            outcome = self.worker.work(message, received=received, deadline=Deadline.after(self.clock, 28.0))
            if isinstance(outcome, Done) and outcome.booking is not None:
                return outcome.booking
            self.clock.advance(getattr(outcome, "seconds", 0.0))
        raise AssertionError("a booking waits for ever")

    def asked_of_bookings(self, order: Json) -> Asked:
        """Give an order as `./connector bookings` and `./connector calls` do."""
        return _asked(order, lambda given: operator_requests.read(given).carry_out(self.acting))

    def asked_of_data(self, order: Json) -> Asked:
        """Give an order as `./connector holds` and `./connector erase` do."""
        return _asked(order, lambda given: data_subject_requests.read(given).carry_out(self.holdings, "IN"))

    def compared(self) -> tuple[list[Report], list[Discrepancy], float]:
        """Compare ledger and calendar as the night does, in parts."""
        reconciler = Reconciler(self.ledger, self.clinicea, Clinics(ClinicsDocument(schema=1), str(INDIA)))
        began, reports, after, now = time.perf_counter(), [], Cursor(), self.clock.now()
        for _ in range(MOST_PARTS):
            report = reconciler.compare_all(now, Deadline.after(self.clock, SECONDS), after)
            reports.append(report)
            if report.after is None:
                found = [each for part in reports for each in part.discrepancies]
                return reports, found, time.perf_counter() - began
            after = Cursor.model_validate_json(report.after.model_dump_json())
        raise AssertionError("the comparison comes to no end")


def _asked(order: Json, give: Callable[[Json], Json]) -> Asked:
    asked, began = Asked(), time.perf_counter()
    after: Json = {}
    for _ in range(MOST_PARTS):
        part = give(order | after)
        asked.parts.append(part)
        if part["after"] is None:
            asked.seconds = time.perf_counter() - began
            return asked
        after = {"after": part["after"]}
    raise AssertionError("the answer comes to no end")


def _as_client(double: object) -> Any:
    """A double stands in for boto3's client, of which the product calls a few methods."""
    return double


def _credentials() -> Credentials:
    return Credentials.model_validate({"api_key": LOCAL_API_KEY})
