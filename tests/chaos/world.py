"""A whole deployment in one process: built from the template, put in the product's way, and taken out again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Any, Self, TextIO

from commands.template import queue_names
from local.clinicea.auth import LOCAL_API_KEY, LOCAL_LOGIN, Credentials
from tests.chaos import asking, consent_said, stack, surroundings
from tests.chaos import habits as habits_of
from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.clinicea_faults import Troubles
from tests.chaos.clock import TrueClock
from tests.chaos.counts import Counts
from tests.chaos.dynamodb import DynamoDb
from tests.chaos.event_source import QueueSource, Schedule
from tests.chaos.front_desk import FrontDesk
from tests.chaos.judge_calendar import Acts
from tests.chaos.kms import Keys
from tests.chaos.mix import DESK, Mix
from tests.chaos.places import MOST_OPEN, OPEN_BOOKINGS, OpenPlaces
from tests.chaos.queue import Disorder, Queue
from tests.chaos.recorder import Recorder
from tests.chaos.releases import TODAY, Release, later
from tests.chaos.remote import Remote
from tests.chaos.runtime import SKEW_SECONDS, Runtime
from tests.chaos.scheduler import Scheduler
from tests.chaos.secrets_manager import SecretsManager
from tests.chaos.sns import Sns
from tests.chaos.sqs import Sqs
from tests.chaos.table import Table
from tests.chaos.trace import Trace
from tests.chaos.weather import RandomFates, Weather

PARAMETERS: dict[str, object] = {
    "CliniceaAuthentication": "staff_session",
    "WorkerConcurrency": 10,
    "ConsentTexts": consent_said.SOURCE,
    "OpenBookingsPerNumber": 0,  # a run gives one patient as many bookings as it likes
    "StatusPerCallerMinute": 0,  # the judge asks for all bookings at once
}
AT_THE_DESK: dict[str, object] = {
    "Desk": "on",
    "PopupAnswer": "acknowledge",
    "LookupsPerCallerMinute": 0,  # no simulated agent slows down
    "LookupsPerAgentMinute": 0,
    "PatientsPerCallerTenMinutes": 2000,
}
BETWEEN_EXPIRIES = 1800.0
UNSCHEDULED = frozenset({"reconcile"})
"""Not run by its schedule: it changes nothing, and is asked at the end what it finds."""
SECOND_RELEASE = "second_release"
STALE = 0.3
"""The share of eventually consistent reads that see an older state."""
TWICE = 0.1
"""The share of messages that are delivered twice, of the share of Clinicea calls."""


class World:
    """One run's deployment and its surroundings; a context manager, since it replaces what the product looks up.

    Args:
        habits: ways of Clinicea's (its fake's switches) that are not left to the seed.
        metrics: where to write what the functions count.
        parameters: the template's, where they are to be others than `PARAMETERS` and the defaults.
        scheduled: whether schedules run.
        mix: what can go wrong.
    """

    def __init__(
        self,
        seed: int,
        faults: float,
        fair_from: float,
        *,
        habits: Mapping[str, object] | None = None,
        trace: TextIO | None = None,
        metrics: TextIO | None = None,
        parameters: Mapping[str, object] | None = None,
        scheduled: bool = True,
        mix: Mix | None = None,
    ) -> None:
        self.seed = seed
        self.acts = Acts()
        self.mix = mix or Mix()
        self.releases = (TODAY, later()) if self.mix.has(SECOND_RELEASE) else (TODAY,)
        zone = habits_of.zone(self.chance("zone"), self.mix, faults=faults)
        limited = {"OpenBookingsPerNumber": MOST_OPEN} if self.mix.has(OPEN_BOOKINGS) else {}
        desk = AT_THE_DESK if self.mix.has(DESK) else {}
        self.stack = stack.read({**PARAMETERS, "TimeZone": zone, **limited, **desk, **(parameters or {})})
        self.scheduler = Scheduler(Trace(trace))
        self.weather = Weather(faults, fair_from, self.scheduler, self.chance("storms"))
        self.clock = TrueClock(self.scheduler)
        self.clinicea = SimulatedClinicea(self.clock, seed, Credentials(), zone)
        drawn = habits_of.drawn(self.chance("habits"), self.mix, faults=faults, given=habits or {})
        self.clinicea.switches.turn(drawn, frozenset())
        self.front_desk = FrontDesk(self.clinicea, self.scheduler, self.weather, self.chance("front desk"))
        if not self.mix.has("front_desk"):
            self.front_desk.touched = 0.0
        self.troubles = Troubles(self.clinicea, self.weather, self.chance("clinicea faults"), self.mix)
        self.tables = [Table(each.name, each.schema, each.indexes) for each in self.stack.tables]
        self.places = OpenPlaces(MOST_OPEN)
        if self.mix.has(OPEN_BOOKINGS):
            for table in self.tables:
                table.watchers.append(self.places.write)
        disorder = Disorder(self.chance("disorder of queues"), lambda: self.weather.share(TWICE))
        self.queues = {each.url: Queue(each, self.clock.seconds, disorder=disorder) for each in self.stack.queues}
        for url, dead_letters in self.stack.dead_letters.items():
            self.queues[url].dead_letters = self.queues[dead_letters]
        self.sns = Sns()
        # A picture of operation has AWS's clocks; the proof has worse ones.
        skew = 0.0 if metrics is not None or not faults else SKEW_SECONDS
        self.runtime = Runtime(
            self.stack.functions,
            self.scheduler,
            RandomFates(self.weather, self.chance("fates")),
            self.chance("containers"),
            skew,
        )
        self.sources = [
            QueueSource(
                self.queues[each.queue_url],
                each.name,
                each.concurrency or 10,
                self.runtime,
                self.scheduler,
                self.weather,
                self.chance(f"source of {each.name}"),
            )
            for each in self.stack.functions.values()
            if each.queue_url
        ]
        self.schedules = [
            Schedule(
                each.name, period, self.runtime, self.scheduler, self.weather, self.chance(f"schedule of {each.name}")
            )
            for each in self.stack.functions.values()
            for period in each.schedules
            if scheduled and each.name not in UNSCHEDULED
        ]
        if faults and scheduled:
            self.scheduler.after(BETWEEN_EXPIRIES, self._expire)
        self._recorder = None if metrics is None else Recorder(metrics, self.scheduler)
        self.counts = Counts(self.scheduler, self._recorder)
        self._patches = ExitStack()

    def _expire(self) -> None:
        """Remove what DynamoDB's time to live removes."""
        self.scheduler.after(BETWEEN_EXPIRIES, self._expire)
        for table in self.tables:
            table.expire(self.clock.seconds())

    def chance(self, what: str) -> Random:
        """Return a source of chance of its own for `what`, so that a draw more here changes nothing there."""
        return Random(f"{self.seed}/{what}")

    def __enter__(self) -> Self:
        lags = self.chance("stale reads")
        dynamodb = DynamoDb(self.tables, self.clock.seconds, lambda: self._lag(lags))
        for release in self.releases:
            self._put_in_the_way_of(release, dynamodb)
        if self._recorder is not None:
            names = queue_names("chaos")
            logical = {url: url.rpartition("/")[2] for url in self.queues}
            self._recorder.watch({names[logical[url]]: queue for url, queue in self.queues.items()})
        self._patches.enter_context(surroundings.told(self.stack.functions.values()))
        self._patches.enter_context(surroundings.quiet())
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.scheduler.close()
        self._patches.close()
        self.runtime.close()

    def let_pass(self, seconds: float) -> None:
        """Let so much time go by, with all that happens in it."""
        until = self.scheduler.now + seconds
        while self.scheduler.next_at is not None and self.scheduler.next_at <= until:
            self.scheduler.turn()
        self.scheduler.now = until

    @property
    def busy(self) -> bool:
        """Whether anything is under way that needs no schedule to go on."""
        queues = any(not self.queues[each.queue_url].empty for each in self.stack.functions.values() if each.queue_url)
        working = any(source.busy for source in self.sources)
        return queues or working or self.clinicea.waiting_commits > 0

    @property
    def worn_out(self) -> set[str]:
        """The bookings of which a message was made a dead letter without its fault."""
        return {json.loads(body)["booking_id"] for source in self.sources for body in source.worn_out}

    @property
    def notices(self) -> list[str]:
        """The text of each notice that was published."""
        return [each["Message"] for each in self.sns.published]

    @property
    def consents(self) -> set[consent_said.Proof]:
        """The proofs of consent that are on record."""
        return consent_said.proofs(item for table in self.tables for item in table.items.values())

    @property
    def crashes(self) -> Counter[str]:
        """Errors of the handlers that are none of the product's own."""
        return self.runtime.crashes

    def status(self, booking_id: str) -> tuple[int, Any]:
        """Ask the connector for a booking, outside time; returns status and body."""
        return asking.booking(self.runtime, booking_id)

    def bookings_of(self, call_id: str) -> list[dict[str, Any]]:
        """Ask the connector for a call's bookings, outside time."""
        return asking.bookings_of(self.runtime, call_id)

    def start_of(self, booking_id: str) -> datetime:
        """Ask when a booking's appointment starts."""
        return asking.start_of(self.runtime, booking_id)

    def calls_without_end(self) -> set[str]:
        """Ask of which calls the status has not come."""
        return asking.calls_without_end(self.runtime)

    def lock_holders(self) -> set[str]:
        """The bookings that hold the lock of a number, or of a patient's start."""
        items = (item for table in self.tables for item in table.items.values())
        locks = (each for each in items if each.get("pk", {}).get("S", "").startswith(("slot#", "creating#")))
        return {each["booking_id"]["S"] for each in locks}

    @property
    def writes(self) -> int:
        """How much has been written so far: it stands still once nothing moves any more."""
        return sum(table.writes for table in self.tables)

    def _lag(self, lags: Random) -> float:
        if self.weather.share() and lags.random() < STALE:
            return lags.uniform(0.0, 3.0)
        return 0.0

    def _remote(self, service: str, double: object, release: Release) -> Callable[[], Remote]:
        chance = self.chance(release.own(f"network of {service}"))
        remote = Remote(service, double, self.scheduler, self.weather, chance)
        return lambda: remote

    def _put_in_the_way_of(self, release: Release, dynamodb: DynamoDb) -> None:
        aws, wiring = release.module("aws"), release.module("clinicea_account")
        for client in ("dynamodb", "dynamodb_at_once"):
            self._replace(aws, client, self._remote("dynamodb", dynamodb, release))
        self._replace(aws, "sqs", self._remote("sqs", Sqs(self.queues.values()), release))
        for client in ("kms", "kms_in_time"):
            self._replace(aws, client, self._remote("kms", Keys(self.stack.key_ids), release))
        self._replace(aws, "sns", self._remote("sns", self.sns, release))
        self._replace(aws, "client_in_time", {"ssm": consent_said.Documents()}.__getitem__)
        self._replace(aws, "secret", self._secret_of(release))
        network = self.chance(release.own("network"))
        carrier = release.double("transport").SimulatedTransport(self.clinicea, self.scheduler, self.troubles, network)
        self._replace(wiring, "transport", lambda _url: carrier)
        self._replace(release.module("deadline"), "source", self.chance(release.own("product")))
        self._replace(release.module("function"), "metrics", self.counts.metrics)
        if self._recorder is not None:
            self._replace(wiring, "observe_call", self._recorder.observe)

    def _secret_of(self, release: Release) -> Any:
        clinicea = {"api_key": LOCAL_API_KEY, "user_name": LOCAL_LOGIN[0], "password": LOCAL_LOGIN[1]}
        double = SecretsManager({**self.stack.secrets, stack.CLINICEA_SECRET: clinicea})
        return (
            release.double("secrets_manager")
            .Secrets(self._remote("secretsmanager", double, release)(), self.scheduler)
            .secret
        )

    def _replace(self, module: Any, name: str, double: Any) -> None:
        missing = object()
        before = getattr(module, name, missing)
        setattr(module, name, double)
        if before is missing:
            self._patches.callback(delattr, module, name)
        else:
            self._patches.callback(setattr, module, name, before)
