"""Opening hours and services at the booking form: questions that the agent answers by a second press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, time
from hashlib import sha256
from typing import NamedTuple

from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.desk.texts import text
from convox_clinicea.desk.views import clock_time, day_of
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.schedules import Schedule, Schedules, SpecialDays, clock, open_times, skipped_at

CONFIRMED = "confirmed"
"""The field of the button that answers a question: what was answered so far, as `name=value` words."""
_YES = "yes"
QUESTIONS = ("outside_hours", "unlisted_service", "another")
"""Fields of problems that a second press overrules, in the order in which they name the button."""
_CARRIED = (*QUESTIONS, "when")
_ANSWER_SIGNS = 12


def answered(form: Mapping[str, str]) -> dict[str, str]:
    """Return a form with the answers that its button carries."""
    words = dict(word.partition("=")[::2] for word in form.get(CONFIRMED, "").split())
    answers = {name: words[name] for name in _CARRIED if words.get(name)}
    return {name: value for name, value in form.items() if name != CONFIRMED} | answers


class Answer(NamedTuple):
    """What a button carries that answers a question beside the earlier ones."""

    question: str
    value: str


def answer_for(form: Mapping[str, str], problems: Sequence[FieldProblem]) -> Answer | None:
    """Return the answer to the questions among these problems; None if there is none."""
    asked = {each.field: answer_to(each) for each in problems if each.field in QUESTIONS}
    if not asked:
        return None
    earlier = {name: form[name] for name in _CARRIED if form.get(name)}
    words = " ".join(f"{name}={value}" for name, value in (earlier | asked).items())
    return Answer(next(each for each in QUESTIONS if each in asked), words)


def answer_to(question: FieldProblem) -> str:
    """Return the answer to a question.

    Except for `another`, it holds for the question's own words: whoever then changes the day is asked again.
    """
    if question.field == "another":
        return _YES
    return sha256(question.message.encode()).hexdigest()[:_ANSWER_SIGNS]


class Unconfirmed(InvalidRequest):
    """The form asks for what the clinic's schedule speaks against, and the agent has not confirmed it."""

    def __init__(self, *questions: FieldProblem) -> None:
        super().__init__(*questions)
        # For the log, without the questions' names of people.
        self.args = (f"not confirmed: {', '.join(each.field for each in questions)}",)


class OpeningHours:
    """What the clinics' schedules say of a booking's form; of a clinic without a schedule they say nothing."""

    def __init__(self, schedules: Schedules, defaults: RequestDefaults) -> None:
        self._schedules = schedules
        self._defaults = defaults

    def minutes(self, clinic_id: str | None, service: str | None) -> int | None:
        """Return the length of a listed service."""
        schedule = self._schedules.get(clinic_id or "")
        found = None if schedule is None else schedule.service(service)
        return None if found is None else found.minutes

    def require_existing(self, filled: Mapping[str, str]) -> None:
        """Refuse a day and time that clocks skip in the clinic's zone; raises InvalidRequest."""
        clinic_id = filled.get("clinic_id", "")
        with suppress(ValueError, OverflowError):  # what is no date is told with the other fields
            day, at = date.fromisoformat(filled.get("day", "")), time.fromisoformat(filled.get("time", ""))
            skip = skipped_at(day, at.hour * 60 + at.minute, self._defaults.zone_at(clinic_id))
            if skip is None:
                return
            first, last = clock(skip.start), clock(skip.end)
            told = text("hours.skipped", time=f"{at:%H:%M}", day=day_of(day), first=first, last=last)
            schedule = self._schedules.get(clinic_id)
            hours = None if schedule is None else self._sentence(schedule, clinic_id, None, day)
            raise InvalidRequest(FieldProblem("start", told if hours is None else f"{told} {hours}"))

    def require_confirmed(self, request: BookingRequest, form: Mapping[str, str]) -> None:
        """Ask about a time outside the hours, and a service that is not listed; raises Unconfirmed."""
        schedule = self._schedules.get(request.clinic_id)
        if schedule is None:
            return
        told = {"unlisted_service": self._unlisted(schedule, request)}
        with suppress(OverflowError):  # of the first and last years, which the intake refuses
            told = {"outside_hours": self._outside(schedule, request)} | told
        questions = [FieldProblem(field, message) for field, message in told.items() if message is not None]
        unanswered = [each for each in questions if form.get(each.field) != answer_to(each)]
        if unanswered:
            raise Unconfirmed(*unanswered)

    def _outside(self, schedule: Schedule, request: BookingRequest) -> str | None:
        zone = self._defaults.zone_at(request.clinic_id)
        day = request.start.astimezone(zone).date()
        for practitioner_id in (None, request.practitioner_id):  # the clinic's hours first
            spans = schedule.open_spans(day, practitioner_id)
            if spans is None:
                continue
            times = open_times(spans, day, zone)
            if not any(start <= request.start and request.end <= end for start, end in times):
                hours = self._sentence(schedule, request.clinic_id, practitioner_id, day)
                start, end = (clock_time(each, zone.key) for each in (request.start, request.end))
                return f"{hours} {text('hours.outside', start=start, end=end)}" if spans else hours
        return None

    def _unlisted(self, schedule: Schedule, request: BookingRequest) -> str | None:
        if request.service is None or not schedule.services:
            return None
        service = schedule.service(request.service.reveal())
        if service is None:
            return text("service.unlisted", listed=", ".join(each.name for each in schedule.services))
        practitioner = schedule.practitioner(request.practitioner_id)
        if practitioner is None or service.is_given_by(practitioner.practitioner_id):
            return None
        return text("service.not-given", who=practitioner.name or practitioner.practitioner_id, service=service.name)

    def _sentence(self, schedule: Schedule, clinic_id: str, practitioner_id: str | None, day: date) -> str | None:
        """Return a sentence on the hours of a day; None where they are not known."""
        spans = schedule.open_spans(day, practitioner_id)
        if spans is None:
            return None
        hours = ", ".join(str(each) for each in spans)
        practitioner, clinic = schedule.practitioner(practitioner_id), self._defaults.clinics.get(clinic_id)
        if practitioner is not None:
            who, special = practitioner.name or practitioner.practitioner_id, practitioner.special(day)
            if spans:
                return text("hours.doctor.in", who=who, hours=hours, day=day_of(day))
            return text("hours.doctor.out", who=who, day=day_of(day), why=_why(special))
        who = (clinic and clinic.name) or clinic_id
        if spans:
            return text("hours.open", who=who, hours=hours, day=day_of(day))
        return text("hours.closed", who=who, day=day_of(day), why=_why(schedule.special(day)))


def _why(special: SpecialDays | None) -> str:
    return "" if special is None or special.name is None else f" ({special.name})"


def choices(schedules: Sequence[Schedule | None]) -> tuple[tuple[str, str], ...]:
    """Return name and label of the services of some clinics, each once, with the lengths that it has."""
    lengths: dict[str, set[int]] = {}
    for service in (each for schedule in schedules if schedule is not None for each in schedule.services):
        lengths.setdefault(service.name, set()).add(service.minutes)
    return tuple(
        (name, text("book.service.label", name=name, minutes=", ".join(str(each) for each in sorted(minutes))))
        for name, minutes in sorted(lengths.items())
    )
