"""Free times beside the booking form: of its clinic, day, doctor and service."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.deadline import Deadline
from convox_clinicea.lookups.clinic_times import ClinicTimes, DayTimes
from convox_clinicea.lookups.free_times import Wanted

MINUTES = range(5, 481)


class OfferedTimes:
    """Answers a form that is not finished: what is missing or wrong in it is no error here."""

    def __init__(self, times: ClinicTimes, defaults: RequestDefaults) -> None:
        self._times = times
        self._defaults = defaults

    def zone(self, form: Mapping[str, str]) -> str:
        """Return the name of the zone of the form's clinic."""
        return self._defaults.zone_at(form.get("clinic_id", "").strip()).key

    def of_form(self, form: Mapping[str, str], deadline: Deadline) -> DayTimes | None:
        """Return the free times of the form's day; None without a clinic whose hours are known, or without a day.

        Raises:
            TableUnavailable, UnreadableRecord: what is kept of the calendar cannot be read.
        """
        filled = {name: text.strip() for name, text in form.items() if text.strip()}
        day, minutes = None, 0
        with suppress(ValueError):
            day = date.fromisoformat(filled.get("day", ""))
        with suppress(ValueError):
            minutes = int(filled.get("duration_minutes", "0"))
        if day is None:
            return None
        wanted = Wanted(minutes if minutes in MINUTES else 0, filled.get("practitioner_id"), filled.get("service"))
        found = self._times.days(filled.get("clinic_id", ""), [day], wanted, deadline)
        return None if found is None else found[0]
