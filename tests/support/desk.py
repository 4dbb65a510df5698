"""The desk's services over the stack of a test, without its pages."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from convox_clinicea.bookings.tasks import Task
from convox_clinicea.deadline import Deadline
from convox_clinicea.desk.ahead import Ahead
from convox_clinicea.desk.caller import CallerView
from convox_clinicea.desk.calls import DeskCall
from convox_clinicea.desk.services import DeskServices, desk_services
from convox_clinicea.desk.settings import DeskSettings
from convox_clinicea.desk.states import BookingState
from convox_clinicea.desk.tasks import KnownAppointment, Wanted
from convox_clinicea.function import Function
from tests.support import invented, permissions
from tests.support.bookings import AGENT_ID, CALL_ID, in_days
from tests.support.functions import NAMES

FUNCTION = "agent_desk"
REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbe42"
SOURCE = "203.0.113.9"
CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID, "mobile": invented.MOBILE}
"""A pop-up of the call."""
VISITS = [invented.VISIT]


@dataclass(frozen=True)
class Signed:
    """A person who is signed in."""

    subject: str = "5b1d0c9e-0000-4000-8000-00000000d001"
    agent_id: str = AGENT_ID


ANOTHER = Signed(subject="5b1d0c9e-0000-4000-8000-00000000d002", agent_id="agent-13")


def ended(**more: Any) -> dict[str, Any]:
    """A status callback of the call that asks for no appointment."""
    return {**CALL, "disposition": "enquiry", **more}


def _running() -> AbstractContextManager[None]:
    """What is called inside is the function's, where the product has one."""
    return permissions.running(FUNCTION) if FUNCTION in NAMES else permissions.not_judged()


def form(**changes: str) -> dict[str, str]:
    """A known patient's form, as the page sends it."""
    start = in_days(2)
    return {
        "patient_id": "P-41",
        "clinic_id": "C-01",
        "day": start.date().isoformat(),
        "time": start.strftime("%H:%M"),
        **changes,
    }


def new_form(**changes: str) -> dict[str, str]:
    """A new patient's form, as the page sends it; a field that was not filled in is empty."""
    details = {
        "patient_id": "",
        "first_name": invented.FIRST_NAME,
        "last_name": invented.LAST_NAME,
        "gender": "female",
        "date_of_birth": invented.BIRTH_DATE,
        "email": "",
        "consent.given": "yes",
        "consent.given_by": "self",
    }
    return form(**{**details, **changes})


@dataclass
class Desk:
    """One agent at the desk."""

    person: Signed = field(default_factory=Signed)
    services: DeskServices = field(init=False)

    def __post_init__(self) -> None:
        self.function: Function[Any] = Function(lambda _: None)
        self.services = desk_services(DeskSettings.from_environment(), self.function)

    def call(self, call_id: str = CALL_ID) -> DeskCall:
        with _running():
            return self.services.calls.find(self.person, call_id)

    def show(self, call: DeskCall | None = None, seconds: float = 5.0) -> CallerView:
        deadline = Deadline.after(self.function.clock, seconds)
        with _running():
            return self.services.caller.show(self.person, call or self.call(), REQUEST_ID, SOURCE, deadline)

    def confirm(self, patient_id: str, born: str, seconds: float = 5.0) -> CallerView | None:
        deadline = Deadline.after(self.function.clock, seconds)
        caller, call = self.services.caller, self.call()
        with _running():
            return caller.confirm(self.person, call, patient_id, born, REQUEST_ID, SOURCE, deadline)

    def ahead(self, patient_id: str = "P-41", seconds: float = 5.0) -> Ahead:
        deadline = Deadline.after(self.function.clock, seconds)
        services, call = self.services, self.call()
        with _running():
            return services.ahead.show(self.person, call, patient_id, REQUEST_ID, SOURCE, deadline)

    def book(self, sent: dict[str, str], call: DeskCall | None = None, *, at_call_end: bool = False) -> BookingState:
        with _running():
            return self.services.booking.book(
                self.person, call or self.call(), sent, at_call_end=at_call_end, request_id=REQUEST_ID
            )

    def ask(self, appointment: KnownAppointment, **changes: str) -> Task:
        """Ask for any appointment to be cancelled."""
        call = self.call()
        with _running():
            wanted = Wanted.of_form({"why": "caller_asked", **changes})
            return self.services.tasks.cancel(self.person, call, appointment, wanted)

    def cancel(self, booking_id: str, **changes: str) -> Task:
        """Ask for the appointment of a booking of the call to be cancelled."""
        tasks, call = self.services.tasks, self.call()
        with _running():
            wanted = Wanted.of_form({"why": "caller_asked", **changes})
            return tasks.cancel(self.person, call, tasks.of_booking(call, booking_id), wanted)

    def move(self, booking_id: str, sent: dict[str, str], *, at_call_end: bool = False) -> BookingState:
        """Move the appointment of a booking of the call to the form's time."""
        tasks, call = self.services.tasks, self.call()
        with _running():
            appointment, wanted = tasks.of_booking(call, booking_id), Wanted.of_form({"why": "cannot_come", **sent})
            return tasks.move(
                self.person, call, appointment, wanted, sent, at_call_end=at_call_end, request_id=REQUEST_ID
            )
