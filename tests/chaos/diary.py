"""The clinics' diary of a run: slots that nobody else was given, and the ways in which a start may be written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from random import Random

from local.clinicea.records import Practitioner, Store
from tests.chaos.clock import BEGINNING
from tests.chaos.intent import Slot

PRACTITIONERS = 40
CLINICS = ("C-01", "C-02")
FIRST_DAY, LAST_DAY = 3, 300
OPENS, CLOSES = 8, 19
MOST = (LAST_DAY - FIRST_DAY) * (CLOSES - OPENS) * PRACTITIONERS // 2
_MINUTES = (0, 10, 20, 25)


class Diary:
    """Gives out slots: each practitioner's hour once. Starts are the clinics' own time, `zone`.

    Args:
        staff: the practitioners of this diary.
    """

    def __init__(self, store: Store, chance: Random, zone: tzinfo, *, staff: range = range(PRACTITIONERS)) -> None:
        self._chance = chance
        self._zone = zone
        self._staff = staff
        for number in (each + 1 for each in staff):
            practitioner = Practitioner(f"D-{number:02d}", "Doctor", f"Number {number}")
            store.practitioners[practitioner.practitioner_id] = practitioner
        self._given: set[tuple[int, int, int]] = set()

    def slot(self, *, practitioner: bool = True) -> Slot:
        day, hour, staff = self._free()
        start = self._day(day) + timedelta(hours=hour, minutes=self._chance.choice(_MINUTES))
        return Slot(CLINICS[staff % 2], f"D-{staff + 1:02d}" if practitioner else None, start)

    def beside(self, slot: Slot) -> Slot:
        """Return a free slot within a day of that one."""
        other = self.slot()
        near = slot.start + timedelta(hours=self._chance.choice((-20, -3, 2, 4, 22)))
        return Slot(other.clinic_id, other.practitioner_id, near.replace(minute=35))

    def day_of_change(self) -> Slot:
        """Return a slot soon after the clinics' clocks change, or any where they never do."""
        slot = self.slot()
        for day in map(self._day, range(FIRST_DAY, LAST_DAY)):
            before, after = (each.replace(tzinfo=self._zone).utcoffset() for each in (day, day + timedelta(days=1)))
            if before != after:
                hour, minute = self._chance.randrange(4, OPENS), self._chance.randrange(60)
                return Slot(slot.clinic_id, slot.practitioner_id, day.replace(hour=hour, minute=minute))
        return slot

    def soon(self, at: float, minutes: float) -> Slot:
        """Return a slot so many minutes after a moment of the run; nobody works at that minute otherwise."""
        moment = (BEGINNING + timedelta(seconds=at, minutes=minutes)).astimezone(self._zone)
        start = moment.replace(tzinfo=None, second=0, microsecond=0)
        day, _, staff = self._free()
        return Slot(CLINICS[day % 2], None if staff % 2 else f"D-{staff + 1:02d}", start)

    def spelled(self, start: datetime) -> str:
        """Write a start as ConVox may: local without an offset, with it, or in UTC."""
        aware = start.replace(tzinfo=self._zone)
        return self._chance.choice(
            (
                start.isoformat(timespec="seconds"),
                start.isoformat(sep=" ", timespec="minutes"),
                aware.isoformat(timespec="seconds"),
                aware.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            )
        )

    def _free(self) -> tuple[int, int, int]:
        """Return a day, an hour and a practitioner that were not given out yet."""
        if len(self._given) > MOST:
            raise ValueError("the diary is nearly full: fewer bookings, please")
        while True:  # bounded: most places are free
            draw = self._chance.randrange
            place = draw(FIRST_DAY, LAST_DAY), draw(OPENS, CLOSES), self._staff[draw(len(self._staff))]
            if place not in self._given:
                self._given.add(place)
                return place

    def _day(self, days: int) -> datetime:
        local = BEGINNING.astimezone(self._zone).replace(tzinfo=None)
        return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
