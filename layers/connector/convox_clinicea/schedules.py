"""`schedule` of the clinics document: opening hours, special days, practitioners and services of a clinic.

Times are the wall clock's in the clinic's zone. Only the desk and free times load this module, so that a mistake in a
schedule stops neither look-ups nor bookings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, model_validator

from convox_clinicea.deployment_documents import ClinicId, Clinics, read_document, refuse_repeats
from convox_clinicea.errors import InvalidDocument
from convox_clinicea.text import id_key, normalized

DAY_MINUTES = 24 * 60
LONGEST_SPECIAL = 366
"""Days of one entry of `special_days`."""
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")


class Span(NamedTuple):
    """A part of a day on the wall clock, in minutes since midnight; the end is not part of it."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{clock(self.start)}-{clock(self.end)}"


def clock(minute: int) -> str:
    """Return a minute of the day as a clock shows it, such as 09:05; the day's end is 24:00."""
    shown = minute if minute == DAY_MINUTES else minute % DAY_MINUTES
    return f"{shown // 60:02}:{shown % 60:02}"


def _span(written: Any) -> Span:
    found = _SPAN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError("must be two times of one day, such as 09:00-13:00; the latest is 24:00")
    end = DAY_MINUTES if found[3] is None else int(found[3]) * 60 + int(found[4])
    span = Span(int(found[1]) * 60 + int(found[2]), end)
    if span.end <= span.start:
        raise ValueError(
            "is empty: the second time must be later than the first; hours past midnight are the next day's"
        )
    return span


def _apart(spans: list[Span]) -> list[Span]:
    in_order = sorted(spans)
    for one, other in pairwise(in_order):
        if other.start < one.end:
            raise ValueError(f"{one} and {other} overlap")
        if other.start == one.end:
            raise ValueError(f"{one} and {other} have no break between them: write them as one")
    return in_order


Spans = Annotated[list[Annotated[Span, PlainValidator(_span)]], AfterValidator(_apart)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class Week(_Part):
    """Open hours of each weekday; a break is the time between two spans, a day that is left out is closed."""

    mon: Spans = []
    tue: Spans = []
    wed: Spans = []
    thu: Spans = []
    fri: Spans = []
    sat: Spans = []
    sun: Spans = []

    @model_validator(mode="after")
    def _ever_open(self) -> Self:
        if not any(self.on(weekday) for weekday in range(7)):
            raise ValueError("is empty: no day has hours; leave it out if they are not known")
        return self

    def on(self, weekday: int) -> Sequence[Span]:
        """Return the spans of a weekday; 0 is Monday."""
        spans: list[Span] = getattr(self, _WEEK[weekday])
        return spans


class SpecialDays(_Part):
    """Days with hours of their own instead of the week's; without hours they are closed.

    Attributes:
        first: the day, or the first of several.
        last: the last of several.
        name: shown to the agent, such as a holiday's.
    """

    first: date
    last: date | None = None
    hours: Spans = []
    name: Label | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 0 <= (self.end - self.first).days < LONGEST_SPECIAL:
            raise ValueError(f"is empty or too long: last must be 0 to {LONGEST_SPECIAL - 1} days after first")
        return self

    @property
    def end(self) -> date:
        """The last day."""
        return self.last or self.first


def _one_for_each_day(special: list[SpecialDays]) -> list[SpecialDays]:
    in_order = sorted(special, key=lambda each: each.first)
    for one, other in pairwise(in_order):
        if other.first <= one.end:
            raise ValueError(f"two entries overlap on {other.first}")
    return in_order


class _Hours(_Part):
    hours: Week | None = None
    special_days: Annotated[list[SpecialDays], AfterValidator(_one_for_each_day)] = Field([], max_length=400)

    def special(self, day: date) -> SpecialDays | None:
        """Return the entry that holds for a day."""
        return next((each for each in self.special_days if each.first <= day <= each.end), None)

    def spans(self, day: date) -> Sequence[Span] | None:
        """Return the hours of a day; None if they are not known."""
        special = self.special(day)
        if special is not None:
            return special.hours
        return None if self.hours is None else self.hours.on(day.weekday())


class Practitioner(_Hours):
    """A practitioner; without hours of their own they are in whenever the clinic is open."""

    practitioner_id: ClinicId
    name: Label | None = None


class Service(_Part):
    """A service with its length; without `practitioners` each of the clinic gives it."""

    name: Label
    minutes: int = Field(ge=5, le=480)
    practitioners: list[ClinicId] | None = Field(default=None, min_length=1)

    def is_given_by(self, practitioner_id: str) -> bool:
        """Return whether a practitioner gives it."""
        return self.practitioners is None or id_key(practitioner_id) in map(id_key, self.practitioners)


class Schedule(_Hours):
    """A clinic's `schedule`.

    Attributes:
        grid_minutes: distance of free times from one another; by default the length of the appointment.
        lead_minutes: from now to the earliest free time.
        horizon_days: days after today with free times.
    """

    practitioners: list[Practitioner] = Field([], max_length=200)
    services: list[Service] = Field([], max_length=200)
    grid_minutes: int | None = Field(default=None, ge=5, le=480)
    lead_minutes: int = Field(0, ge=0, le=30 * DAY_MINUTES)
    horizon_days: int = Field(60, ge=0, le=365)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        refuse_repeats(id_key(each.practitioner_id) for each in self.practitioners)
        refuse_repeats(normalized(each.name) for each in self.services)
        for service in self.services:
            unknown = [each for each in service.practitioners or () if self.practitioner(each) is None]
            if unknown:
                raise ValueError(f"service {service.name}: not among the practitioners: {', '.join(unknown)}")
        return self

    def practitioner(self, practitioner_id: str | None) -> Practitioner | None:
        """Return a practitioner who is listed."""
        wanted = None if practitioner_id is None else id_key(practitioner_id)
        return next((each for each in self.practitioners if id_key(each.practitioner_id) == wanted), None)

    def service(self, name: str | None) -> Service | None:
        """Return a service that is listed, by its name in any case."""
        wanted = None if name is None else normalized(name)
        return next((each for each in self.services if normalized(each.name) == wanted), None)

    @property
    def has_hours(self) -> bool:
        """Whether the hours of any day are known."""
        return any(each.hours or each.special_days for each in (self, *self.practitioners))

    def open_spans(self, day: date, practitioner_id: str | None = None) -> Sequence[Span] | None:
        """Return the hours of a day: the clinic's, less those in which the practitioner is not in.

        None if the hours of neither are known.
        """
        clinic, practitioner = self.spans(day), self.practitioner(practitioner_id)
        own = None if practitioner is None else practitioner.spans(day)
        if clinic is None or own is None:
            return own if clinic is None else clinic
        both = (Span(max(one.start, other.start), min(one.end, other.end)) for one in clinic for other in own)
        return sorted(each for each in both if each.start < each.end)


class Schedules:
    """The schedules of the clinics that have one."""

    def __init__(self, by_clinic: Mapping[str, Schedule]) -> None:
        self._by_clinic = by_clinic

    @classmethod
    def from_clinics(cls, clinics: Clinics) -> Self:
        """Read the schedule of each clinic; raises InvalidDocument, which names the places."""
        found: dict[str, Schedule] = {}
        wrong: list[str] = []
        for index, clinic in enumerate(clinics):
            if clinic.schedule is None:
                continue
            try:
                found[id_key(clinic.clinic_id)] = read_document(Schedule, clinic.schedule, "clinics document")
            except InvalidDocument as error:
                place = f"clinics.{index}.schedule"
                wrong += [f"{place}.{each}".replace(f"{place}.document:", f"{place}:") for each in error.problems]
        if wrong:
            raise InvalidDocument("clinics document", wrong)
        return cls(found)

    def get(self, clinic_id: str) -> Schedule | None:
        """Return the schedule of a clinic, or None where the document has none."""
        return self._by_clinic.get(id_key(clinic_id))

    def __len__(self) -> int:
        return len(self._by_clinic)


def instants_at(day: date, minute: int, zone: tzinfo) -> tuple[datetime, ...]:
    """Return the instants in UTC at which clocks show a minute of a day.

    There is none if clocks skip it, and there are two if they go back to it.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    found = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(each for each in found if each.astimezone(zone).replace(tzinfo=None) == wall))


def skipped_at(day: date, minute: int, zone: tzinfo) -> Span | None:
    """Return what clocks skip on a day around a minute; None if they show the minute."""
    if instants_at(day, minute, zone):
        return None
    near = range(1, 2 * DAY_MINUTES)  # in 2011 Samoa skipped a whole day
    before = next(each for each in near if instants_at(day, minute - each, zone))
    after = next(each for each in near if instants_at(day, minute + each, zone))
    return Span(minute - before + 1, minute + after)


def first_instant(day: date, minute: int, zone: tzinfo) -> datetime:
    """Return the first instant in UTC at which clocks show a minute of a day; of a skipped minute, the skip's end."""
    skip = skipped_at(day, minute, zone)
    return instants_at(day, minute if skip is None else skip.end, zone)[0]


def open_times(spans: Sequence[Span], day: date, zone: tzinfo) -> list[tuple[datetime, datetime]]:
    """Return start and end of a day's spans in UTC.

    A span that ends at a time that comes twice ends when it comes first.
    """
    return [(first_instant(day, each.start, zone), first_instant(day, each.end, zone)) for each in spans]
