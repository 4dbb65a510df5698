"""How Clinicea writes status words, dates and times.

Clinicea's times carry no offset. Answers are in the clinic's wall-clock time [live]; the only public client that books
sends UTC [code]; synchronisation dates are UTC [doc]. So reading, writing and synchronisation have a zone each.
"""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, time, tzinfo
from datetime import date as Day  # noqa: N812 - `date` is a field here
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator

from convox_clinicea.errors import raise_alone
from convox_clinicea.text import normalized

_PLACEHOLDERS = frozenset({"", "na", "nil", "none", "null", "undefined", "notapplicable"})


def _has_letters(word: str) -> str:
    if not _bare(word):
        raise ValueError("must have a letter or a digit")
    return word


Meaning = Literal["checked_out", "cancelled", "no_show", "standing"]
StatusWord = Annotated[str, AfterValidator(_has_letters)]


class Statuses(BaseModel):
    """Status words by what they mean, compared without case, blanks and separators.

    `Check Out`, `Scheduled`, `Confirmed`, `Engaged`, `Cancelled` and `No Show` are [live], `Waiting` is [doc], other
    spellings of these are [code], the rest is [assumed]. `Rescheduled` is on no list on purpose: one product writes it
    on the appointment that was moved away, another on the one that it was moved to.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    checked_out: list[StatusWord]
    cancelled: list[StatusWord]
    no_show: list[StatusWord] = []
    standing: list[StatusWord] = []
    """Words of an appointment that is expected, or under way."""
    show_unfinished: bool = False
    """Whether the last visits include past appointments that nobody set to a completed status."""

    def meaning(self, word: str) -> Meaning | None:
        """Return what a word means; None if no list has it.

        A remark may follow a word (`Cancelled by Patient`, `Checked Out (Billed)`), but not one that an appointment
        stands: `Confirmed, then cancelled` means nothing here.
        """
        bare = _bare(word)
        cancelled = [_bare(each) for each in self.cancelled]
        if bare.startswith(tuple(cancelled)):
            return "cancelled"
        if any(each in bare for each in cancelled):
            return None
        if bare.startswith(tuple(map(_bare, self.checked_out))):
            return "checked_out"
        if bare.startswith(tuple(map(_bare, self.no_show))):
            return "no_show"
        return "standing" if bare in map(_bare, self.standing) else None


def same_word(one: str, other: str) -> bool:
    """Compare two of Clinicea's words without regard to case and separators: `Checked-Out`, `CheckedOut`."""
    return _bare(one) == _bare(other)


def is_placeholder(word: str) -> bool:
    """Whether a text stands for nothing: blank, `-`, `NA`, `null`."""
    return _bare(word) in _PLACEHOLDERS


def _bare(word: str) -> str:
    return "".join(letter for letter in normalized(word) if letter.isalnum())


Format = Literal["stamp", "date"]
_SAMPLE = datetime(2026, 11, 22, 17, 45, 9, tzinfo=UTC)
_OTHER_YEAR = 2054
"""28 years later: the same day of the week."""


def _known_rule(name: str) -> str:
    if name not in ("clinic", "utc"):
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
            raise_alone(ValueError("must be clinic, utc or an IANA time zone such as Asia/Kolkata"))
    return name


ZoneRule = Annotated[str, AfterValidator(_known_rule)]
"""`clinic`: each clinic's own zone; `utc`; or one named zone for all, such as a staff member's."""


class Times(BaseModel):
    """The call table's `times`."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    stamp: str
    """A date with its time, as strftime writes it."""
    date: str
    """A date alone."""
    reading_zone: ZoneRule
    """In which answers are."""
    writing_zone: ZoneRule
    """In which an appointment's start and end are sent."""
    sync_zone: ZoneRule
    """In which the moment is sent since which changes are wanted."""
    evidence: dict[str, Literal["doc", "live", "code", "assumed", "confirmed"]] = {}

    @field_validator("stamp")
    @classmethod
    def _tells_the_time(cls, text: str) -> str:
        if not _tells(text, _SAMPLE):
            raise ValueError("must tell date and time to the second, as strftime writes them")
        return text

    @field_validator("date")
    @classmethod
    def _tells_the_day(cls, text: str) -> str:
        if not _tells(text, datetime.combine(_SAMPLE.date(), time(), UTC)):
            raise ValueError("must tell the date, as strftime writes it")
        return text

    def written(self, moment: Day, form: Format) -> str:
        """Return a day, or a time in the zone that it is sent in, as Clinicea wants it."""
        whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
        return whole.strftime(self.stamp if form == "stamp" else self.date)

    def instants(self, text: str, zone: tzinfo) -> frozenset[datetime]:
        """Return the instants in UTC that a time of an answer can mean; none for what cannot be read.

        There are two in the hour that comes twice when clocks go back: nothing in Clinicea's form tells them apart.
        """
        read = self._read(text)
        return frozenset() if read is None else instants_of(read, zone)

    def _read(self, text: str) -> datetime | None:
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(text.strip())
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, self.stamp)  # noqa: DTZ007 - it gets its zone in `instants`
        return None


def instants_of(read: datetime, zone: tzinfo) -> frozenset[datetime]:
    """Return the instants in UTC that a time can mean which, if it has no offset, is a wall clock's in `zone`.

    Two in the hour that comes twice, and none that no calendar holds. What the clocks skip counts as before they go on.
    """
    try:
        if read.tzinfo is not None:
            return frozenset({read.astimezone(UTC)})
        first, second = (read.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        skipped = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != read
        return frozenset(each.astimezone(UTC) for each in ((first,) if skipped else (first, second)))
    except (ValueError, OverflowError):
        return frozenset()


def zone_of(rule: str, clinic: tzinfo) -> tzinfo:
    """Return the zone that a rule names, for a clinic."""
    return clinic if rule == "clinic" else UTC if rule == "utc" else ZoneInfo(rule)


def _tells(form: str, moment: datetime) -> bool:
    written = moment.strftime(form)
    # From Python 3.13 on, strptime warns of a format with a day and no year.
    if written == moment.replace(year=_OTHER_YEAR).strftime(form):
        return False
    try:
        return datetime.strptime(written, form).replace(tzinfo=UTC) == moment
    except (ValueError, re.error):  # re.error: one part twice; strptime makes a pattern of the format
        return False
