"""Time zones of an account: what a known visit tells of answers, and a test appointment of bookings."""

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
"""Every zone's offset from UTC is a multiple of it."""


@dataclass(frozen=True)
class KnownVisit:
    """What a person read on Clinicea's screen.

    Attributes:
        start: when a visit of the patient began by the clinic's clock; naive, unless its offset was given.
        staff_zone: the time zone of the staff user, where it is not the clinic's.
    """

    start: datetime | None = None
    staff_zone: str | None = None


def rules(*first: str, staff_zone: str | None) -> list[str]:
    """Return the zones that come into question, the likeliest first."""
    return [*dict.fromkeys([*first, "clinic", "utc", *([staff_zone] if staff_zone else [])])]


def settle_reading_zone(visit: KnownVisit, appointments: Sequence[Appointment], asker: Asker) -> None:
    """Find the zone of answers in which one of the appointments begins when the known visit did."""
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
    """Find the zone in which Clinicea took the start that was sent; return whether it was found.

    What is found goes into the call table: into the call's own zone, where it has one.
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
        detail = "it is shown as it was sent, which two wrong zones do too: look at the screen, or give --known-visit"
        asker.register.unchecked(WRITING, ACCOUNT, detail)
    elif len(fitting) > 1:
        asker.register.unchecked(WRITING, ACCOUNT, f"{' and '.join(fitting)} are the same then: book in another season")
    else:
        asker.register.confirm(WRITING, ACCOUNT, present)
    return True


def _begins(appointment: Appointment, present: str, rule: str, visit: datetime, asker: Asker) -> bool:
    """Whether the appointment, read in the zone of `rule`, begins when the visit did."""
    if appointment.start is None:
        return False
    clinic = asker.clinics.zone(appointment.clinic_id)
    shown = appointment.start.astimezone(zone_of(present, clinic)).replace(tzinfo=None)
    return shown.replace(tzinfo=zone_of(rule, clinic)) == (visit if visit.tzinfo else visit.replace(tzinfo=clinic))


def _note_offset(visit: datetime, appointments: Iterable[Appointment], present: str, asker: Asker) -> None:
    """Tell the offset of answers that the one visit near the known one would have."""
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
