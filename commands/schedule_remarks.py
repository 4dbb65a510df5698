"""Remarks on valid schedules of the clinics document: what can hardly be meant, and what clocks skip.

A remark does not stop a deployment. What a function would refuse is a problem of the document instead.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.schedules import Practitioner, Schedule, Schedules, Span, clock, skipped_at

DAYS = 366
"""Days from today on that are looked through for changes of clocks."""


def remarks(clinics: Clinics, schedules: Schedules, today: date) -> list[str]:
    """Return a sentence for each remark, which begins with the clinic's id."""
    found: list[str] = []
    for clinic in clinics:
        schedule = schedules.get(clinic.clinic_id)
        if schedule is not None:
            told = [
                *_never_in(schedule),
                *_too_long(schedule),
                *_skipped(schedule, clinics.zone(clinic.clinic_id), today),
            ]
            found += [f"{clinic.clinic_id}: {each}" for each in told]
    return found


def _week(schedule: Schedule, practitioner_id: str | None) -> list[Span]:
    """Return the spans of a week without special days."""
    plain = schedule.model_copy(
        update={
            "special_days": [],
            "practitioners": [each.model_copy(update={"special_days": []}) for each in schedule.practitioners],
        }
    )
    monday = date(2001, 1, 1)
    days = (monday + timedelta(days=each) for each in range(7))
    return [span for day in days for span in plain.open_spans(day, practitioner_id) or ()]


def _never_in(schedule: Schedule) -> Iterator[str]:
    for each in schedule.practitioners:
        if schedule.hours and each.hours and not _week(schedule, each.practitioner_id):
            yield f"{each.practitioner_id} is never in while the clinic is open: the hours have nothing in common"


def _too_long(schedule: Schedule) -> Iterator[str]:
    for service in schedule.services:
        given_by = [None, *(each.practitioner_id for each in schedule.practitioners)]
        spans = [span for each in service.practitioners or given_by for span in _week(schedule, each)]
        longest = max((span.end - span.start for span in spans), default=None)
        if longest is not None and longest < service.minutes:
            yield f"{service.name} takes {service.minutes} minutes, and the longest hours have {longest}"


def _skipped(schedule: Schedule, zone: ZoneInfo, today: date) -> Iterator[str]:
    for day in (today + timedelta(days=each) for each in range(DAYS)):
        if not _clocks_go_forward(day, zone):
            continue
        named: list[tuple[str, Schedule | Practitioner]] = [("", schedule)]
        named += [(f"{each.practitioner_id} ", each) for each in schedule.practitioners]
        for whose, hours in named:
            for span in hours.spans(day) or ():
                skip = skipped_at(day, span.start, zone) or skipped_at(day, span.end, zone)
                if skip is not None and skip.start != span.end:
                    yield (
                        f"{whose}{span} on {day:%a} {day}: clocks skip {clock(skip.start)} to {clock(skip.end)}, so "
                        "these hours are shorter on that day"
                    )


def _clocks_go_forward(day: date, zone: ZoneInfo) -> bool:
    """Return whether a day is shorter than 24 hours, or the midnight around it is skipped."""
    first, last = (datetime.combine(day + timedelta(days=each), time(12), zone).astimezone(UTC) for each in (-1, 1))
    return last - first < timedelta(hours=48)
