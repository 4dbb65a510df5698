"""One test appointment for a patient named by the deployer, read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from commands.doctor.asking import Asker
from commands.doctor.checks import Checks
from commands.doctor.findings import ACCOUNT
from commands.doctor.zones import settle_writing_zone
from convox_clinicea.clinicea import Appointment, Endpoint, NewAppointment, Status
from convox_clinicea.clinicea.errors import CliniceaError, OutcomeUnknown, Rejected, UnlistedRefusal
from convox_clinicea.privacy import PersonalText
from convox_clinicea.text import id_key, same_id

MINUTES = 15
LISTED_SECONDS = 5
"""Seconds until a new appointment must be listed."""
_ASK = "ask Clinicea for the call's parameters, whether they go in the query or a body, and how times are written"
_LOCKED = (
    "or old visits are not closed, which locks a calendar: set them to Check Out, Cancelled or No Show, and try again"
)
NOTES = "TEST of the ConVox connector, please cancel"


@dataclass(frozen=True)
class TestSlot:
    """Slot of the test appointment; `start` is aware."""

    clinic_id: str
    start: datetime
    practitioner_id: str | None = None

    @property
    def appointment(self) -> NewAppointment:
        return NewAppointment(
            clinic_id=self.clinic_id,
            start=self.start,
            end=self.start + timedelta(minutes=MINUTES),
            practitioner_id=self.practitioner_id,
            notes=PersonalText(NOTES),
        )


def book_test(slot: TestSlot, patient_id: str, asker: Asker, checks: Checks, staff_zone: str | None) -> str | None:
    """Make the appointment, read it back, and record the findings; returns its id if it is in the calendar.

    There is exactly one POST, whatever its outcome, and none if the patient has an appointment at that time already.
    """
    before = checks.read_back(patient_id)
    if before is None:
        not_made(asker, "not made: the patient's appointments cannot be read back")
        return None
    if any(slot.start.astimezone(UTC) in each.starts and each.status is not Status.CANCELLED for each in before):
        not_made(asker, "not made: the patient has an appointment at that time")
        return None
    told, doubt = _post(slot, patient_id, asker)
    known = {id_key(each.appointment_id) for each in before}
    for seconds in range(LISTED_SECONDS + 1):
        after = checks.read_back(patient_id)
        if after is None:
            asker.register.unchecked("post.read_back", ACCOUNT, "check the calendar: it may have been made")
            return told
        new = [each for each in after if id_key(each.appointment_id) not in known]
        if new or not (told or doubt) or seconds == LISTED_SECONDS:
            break
        asker.pause(1)
    _judge(slot, told, new, asker, staff_zone)
    if new and seconds:
        asker.register.harmless("post.read_back", ACCOUNT, f"listed after {seconds} s: well within SettleSeconds")
    return new[0].appointment_id if len(new) == 1 else told


def not_made(asker: Asker, why: str) -> str:
    """Record and return why there is no test appointment."""
    for subject in ("post.answer", "post.read_back"):
        asker.register.unchecked(subject, ACCOUNT, why)
    return why


def _post(slot: TestSlot, patient_id: str, asker: Asker) -> tuple[str | None, bool]:
    """Return the id in the answer, if any, and whether an appointment may have been made without one."""
    doubt = False
    call, register = asker.table.flows.book_known_call, asker.register
    try:
        made = asker.use(
            lambda client, until: client.post_appointment_by_patient_id(patient_id, slot.appointment, until)
        )
    except OutcomeUnknown as error:
        doubt = True
        register.wrong("post.answer", ACCOUNT, detail=f"{error}; bookings are then settled by reading back")
    except UnlistedRefusal as error:
        doubt = True
        detail = (
            f"refused with status {error.status} and a text that the table does not list (--show prints it): {_ASK}; "
            f"{_LOCKED}"
        )
        register.wrong("post.answer", ACCOUNT, detail=detail)
    except Rejected as error:
        register.confirm(f"refusals.{error.reason}", ACCOUNT)
    except CliniceaError as error:
        asker.failed(call, error)
    else:
        asker.worked(call)
        register.confirm("post.answer", ACCOUNT, f"appointment {made.appointment_id}")
        return made.appointment_id, False
    return None, doubt


def _judge(slot: TestSlot, told: str | None, new: list[Appointment], asker: Asker, staff_zone: str | None) -> None:
    register = asker.register
    if not new:
        if told is not None:
            register.wrong("post.read_back", ACCOUNT, detail="not listed within 5 s: raise SettleSeconds")
        return
    asker.worked(asker.table.flows.book_known_call)
    if len(new) > 1:
        register.unchecked("post.read_back", ACCOUNT, "several new appointments: another person is booking, too")
        return
    made = new[0]
    if asker.listed(Endpoint.BY_PATIENT, NOTES):
        register.confirm("read_back.notes", ACCOUNT)
    else:
        register.harmless("read_back.notes", ACCOUNT, "there is no reference for a person; nothing depends on it")
    if told is not None and not same_id(told, made.appointment_id):
        register.wrong("post.answer", ACCOUNT, detail="the answer's id is not the one that is listed")
    if made.start is None:
        return
    found = settle_writing_zone(slot.start, made.start, slot.clinic_id, staff_zone, asker)
    minutes = (made.start - slot.start) / timedelta(minutes=1)
    if not minutes:
        asker.register.confirm("post.read_back", ACCOUNT, f"appointment {made.appointment_id}")
        return
    why = "bookings are taken in another time zone" if found else "rounded, or another time zone"
    if found:
        again = "with the wrong zone no answer shows the sent start: book once more with the new table"
        asker.register.reconsider("post.answer")
        asker.register.unchecked("post.answer", ACCOUNT, again)
    detail = f"it is {minutes:+g} minutes from the sent start: {why}"
    asker.register.wrong("post.read_back", ACCOUNT, detail=detail)
