"""Time zones of an account: of answers by a known visit, and of bookings by a test appointment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from commands.doctor.asking import Asker
from commands.doctor.findings import ACCOUNT, Verdict
from convox_clinicea.clinicea import Appointment
from convox_clinicea.clinicea.formats import zone_of

READING, WRITING = "times.reading_zone", "times.writing_zone"
_FARTHEST = timedelta(hours=14)
_STEP = timedelta(minutes=15)
"""Every zone's offset from UTC is a multiple of this."""


@dataclass(frozen=True)
class KnownVisit:
    """A visit as read by a person on Clinicea's screen.

    Attributes:
        start: start of a visit in the clinic's time; naive, unless its offset was given.
        staff_zone: the staff user's time zone, if it is not the clinic's.
    """

    start: datetime | None = None
    staff_zone: str | None = None


def rules(*first: str, staff_zone: str | None) -> list[str]:
    """Return the possible zones, the most likely first."""
    return [*dict.fromkeys([*first, "clinic", "utc", *([staff_zone] if staff_zone else [])])]


def settle_reading_zone(visit: KnownVisit, appointments: Sequence[Appointment], asker: Asker) -> None:
    """Find the zone of answers in which an appointment starts at the known visit's time."""
    if visit.start is None:
        return
    present = asker.table.times.reading_zone
    candidates = rules(present, staff_zone=visit.staff_zone)
    start = visit.start
    fitting = [rule for rule in candidates if any(_begins(each, present, rule, start, asker) for each in appointments)]
    if not fitting:
        _note_offset(visit.start, appointments, present, asker)
        return
    if len(fitting) > 1:
        detail = f"{' and '.join(fitting)} both fit: name another visit, in another season if need be"
        asker.register.unchecked(READING, ACCOUNT, detail)
    else:
        _set(asker, READING, present, fitting[0])


def settle_writing_zone(start: datetime, made: datetime, clinic_id: str, staff_zone: str | None, asker: Asker) -> bool:
    """Find the zone in which Clinicea read the sent start; return whether it was found.

    The zone goes into the call table: into the call's own zone, if it has one.
    """
    call = asker.table.flows.book_known_call
    spec, times = asker.table.calls[call], asker.table.times
    own = spec.zones.get("start")
    present, clinic = own or times.writing_zone, asker.clinics.zone(clinic_id)
    sent = start.astimezone(zone_of(present, clinic)).replace(tzinfo=None)
    candidates = rules(present, times.reading_zone, staff_zone=staff_zone)
    fitting = [rule for rule in candidates if sent.replace(tzinfo=zone_of(rule, clinic)) == made]
    if not fitting:
        return False
    if fitting[0] != present:
        subject = WRITING if own is None else f"calls.{call}.zones.start"
        _set(asker, subject, present, fitting[0])
        if own is not None:
            asker.register.confirm(WRITING, ACCOUNT, f"{call} has a zone of its own")
        return True
    if asker.register.verdict(READING) is Verdict.UNCHECKED:
        detail = "it is shown as sent, but two wrong zones would do that, too: check the screen, or give --known-visit"
        asker.register.unchecked(WRITING, ACCOUNT, detail)
    elif len(fitting) > 1:
        asker.register.unchecked(WRITING, ACCOUNT, f"{' and '.join(fitting)} are the same then: book in another season")
    else:
        asker.register.confirm(WRITING, ACCOUNT, present)
    return True


def _begins(appointment: Appointment, present: str, rule: str, visit: datetime, asker: Asker) -> bool:
    """Return whether the appointment, read in the zone of `rule`, starts at the visit's time."""
    if appointment.start is None:
        return False
    clinic = asker.clinics.zone(appointment.clinic_id)
    shown = appointment.start.astimezone(zone_of(present, clinic)).replace(tzinfo=None)
    return shown.replace(tzinfo=zone_of(rule, clinic)) == (visit if visit.tzinfo else visit.replace(tzinfo=clinic))


def _note_offset(visit: datetime, appointments: Iterable[Appointment], present: str, asker: Asker) -> None:
    """Record the offset of answers implied by the only visit near the known one."""
    clinic = asker.clinics.zone(None)
    there = (visit if visit.tzinfo else visit.replace(tzinfo=clinic)).astimezone(UTC).replace(tzinfo=None)
    shown = {
        each.start.astimezone(zone_of(present, asker.clinics.zone(each.clinic_id))).replace(tzinfo=None)
        for each in appointments
        if each.start is not None
    }
    near = [time - there for time in shown if abs(time - there) <= _FARTHEST and (time - there) % _STEP == timedelta()]
    if len(near) != 1:
        asker.register.unchecked(READING, ACCOUNT, "no visit of the patient fits that time: name another one")
        return
    hours, minutes = divmod(abs(near[0]) // timedelta(minutes=1), 60)
    offset = f"UTC{'-' if near[0] < timedelta() else '+'}{hours:02}:{minutes:02}"
    detail = f"answers are at {offset}, neither the clinic's nor UTC: give the staff user's time zone as --staff-zone"
    asker.register.wrong(READING, ACCOUNT, detail=detail)


def _set(asker: Asker, subject: str, present: str, found: str) -> None:
    if found == present:
        asker.register.confirm(subject, ACCOUNT, found)
        return
    asker.register.wrong(subject, ACCOUNT, use=found, assumption=f"times are in the zone {present}")
    change: dict[str, Any] = asker.correction
    *places, last = subject.split(".")
    name = places[-1] if places[-1] == "zones" else last
    for place in places:
        change = change.setdefault(place, {})
    change[last] = found
    entry = change if places == ["times"] else asker.correction["calls"][places[1]]
    entry.setdefault("evidence", {})[name] = "confirmed"
