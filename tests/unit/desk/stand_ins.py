"""Services that hold what a test gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from convox_clinicea.bookings.tasks import Task
from convox_clinicea.clinicea.models import Appointment, Patient
from convox_clinicea.desk.ahead import Ahead
from convox_clinicea.desk.states import Progress
from convox_clinicea.desk.tasks import Wanted
from convox_clinicea.errors import ConnectorError, NotFound
from convox_clinicea.lookups.clinic_times import DayTimes
from convox_clinicea.lookups.completed import CompletedAppointment
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalDate, PersonalText

NUMBER = "+919999900001"
SINCE = datetime(2031, 3, 3, 6, 30, tzinfo=UTC)


@dataclass(frozen=True)
class BookingState:
    progress: Progress
    booking_id: str | None = "b-1"
    start: datetime | None = SINCE
    clinic_id: str | None = "andheri"
    appointment_id: str | None = None
    reason: Any = None
    problems: tuple[str, ...] = ()
    at_call_end: bool = False
    repeated: bool = False
    changed: bool = False

    @property
    def ended(self) -> bool:
        return self.progress is Progress.BOOKED


@dataclass(frozen=True)
class DeskCall:
    call_id: str = "call-1"
    since: datetime = SINCE
    line: str = "Andheri"
    direction: str = "in"
    mobile: Mobile | None = field(default_factory=lambda: Mobile("91", "9999900001"))
    ended_at: datetime | None = None
    bookings: tuple[BookingState, ...] = ()
    by_hand: bool = False


@dataclass(frozen=True)
class Candidate:
    patient_id: str
    name: PersonalText | None
    age_band: str | None = "30-39"
    gender: PersonalText | None = None
    file_no: PersonalText | None = None


@dataclass(frozen=True)
class CallerView:
    kind: str
    patients: tuple[Any, ...] = ()
    visits: tuple[CompletedAppointment, ...] | None = None
    visits_degraded: bool = False
    since: datetime | None = None


MEERA = Patient.model_validate(
    {
        "patient_id": "p-1",
        "name": "Meera Samplewala",
        "file_no": "F0001",
        "gender": "female",
        "date_of_birth": PersonalDate(date(1988, 5, 1)),
    }
)
VISIT = CompletedAppointment(
    Appointment.model_validate({"appointment_id": "a-1", "start": SINCE, "service": "Follow-up"}),
    "Andheri",
    "22 Nowhere Road, Mumbai 400000",
)
ONE = CallerView("one", (MEERA,), (VISIT,))
MANY = CallerView(
    "many", (Candidate("p-1", PersonalText("Meera Samplewala")), Candidate("p-2", PersonalText("Arun Samplewala")))
)


@dataclass(frozen=True)
class NextOnes:
    """What each patient has ahead."""

    of: Mapping[str, Ahead]

    def show(self, _person: Any, _call: DeskCall, patient_id: str, *_: Any) -> Ahead:
        return self.of[patient_id]


@dataclass
class Services:
    """The services of one agent; `refused` is raised by a booking instead of being made."""

    agents_calls: dict[str, list[DeskCall]] = field(default_factory=lambda: {"agent-7": [DeskCall()]})
    view: CallerView = ONE
    agrees: bool = True
    refused: ConnectorError | None = None
    booked: list[dict[str, str]] = field(default_factory=list)
    ahead_of: dict[str, Ahead] = field(default_factory=dict)
    tasks_of: dict[str, Task] = field(default_factory=dict)
    changed: list[tuple[str, Wanted, dict[str, str]]] = field(default_factory=list)
    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    offer: DayTimes | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    shown_to: list[tuple[str, str]] = field(default_factory=list)

    @property
    def calls(self) -> Services:
        return self

    caller = booking = drafts = times = tasks = calls

    def zone(self, _form: Mapping[str, str]) -> str:
        return "Asia/Kolkata"

    def of_form(self, form: Mapping[str, str], _deadline: Any) -> DayTimes | None:
        self.asked.append(dict(form))
        return self.offer

    @property
    def ahead(self) -> NextOnes:
        return NextOnes(self.ahead_of)

    def today(self, person: Any) -> list[DeskCall]:
        return self.agents_calls.get(person.agent_id, [])

    def find(self, person: Any, call_id: str) -> DeskCall:
        found = [each for each in self.today(person) if each.call_id == call_id]
        if not found:
            raise NotFound("no such call of this agent")
        return found[0]

    def by_hand(self, person: Any, mobile: str) -> DeskCall:
        call = DeskCall("hand-1", mobile=Mobile.from_e164(mobile), by_hand=True)
        self.agents_calls.setdefault(person.agent_id, []).insert(0, call)
        return call

    def show(self, person: Any, call: DeskCall, *_: Any) -> CallerView:
        self.shown_to.append((person.subject, call.call_id))
        return self.view

    def confirm(self, person: Any, call: DeskCall, patient_id: str, _born: str, *_: Any) -> CallerView | None:
        assert patient_id in {each.patient_id for each in self.view.patients}
        return ONE if self.agrees else None

    def book(
        self, _person: Any, _call: DeskCall, form: Mapping[str, str], *, at_call_end: bool, request_id: str
    ) -> BookingState:
        if self.refused is not None:
            raise self.refused
        self.booked.append({**form, "request_id": request_id, "at_call_end": str(at_call_end)})
        return BookingState(Progress.TAKEN_DOWN, at_call_end=at_call_end)

    def keep(self, _person: Any, call_id: str, form: Mapping[str, str]) -> None:
        self.kept[call_id] = dict(form)

    def get(self, _person: Any, call_id: str) -> Mapping[str, str]:
        if self.refused is not None:
            raise self.refused
        return self.kept.get(call_id, {})

    def of_states(self, _states: Any) -> dict[str, Task]:
        if self.refused is not None:
            raise self.refused
        return self.tasks_of

    def of_booking(self, _call: DeskCall, booking_id: str) -> str:
        if booking_id != "b-1":
            raise NotFound("no booked appointment of this call")
        return booking_id

    def cancel(self, _person: Any, _call: DeskCall, appointment: str, wanted: Wanted) -> None:
        if self.refused is not None:
            raise self.refused
        self.changed.append((appointment, wanted, {}))

    def move(
        self,
        _person: Any,
        _call: DeskCall,
        appointment: str,
        wanted: Wanted,
        form: Mapping[str, str],
        *,
        at_call_end: bool,
        request_id: str,
    ) -> None:
        assert not at_call_end
        assert request_id
        if self.refused is not None:
            raise self.refused
        self.changed.append((appointment, wanted, dict(form)))

    def states(self, _person: Any, _call: DeskCall) -> list[BookingState]:
        return [BookingState(Progress.BOOKED, appointment_id="A-1")]
