"""Clinicea's status words, dates and times.

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
    """Status words by meaning, compared without case, blanks and separators.

    `Check Out`, `Scheduled`, `Confirmed`, `Engaged`, `Cancelled` and `No Show` are [live], `Waiting` is [doc], other
    spellings of these are [code], the rest is [assumed]. `Rescheduled` is deliberately not listed: one product writes
    it on the old appointment, another on the new one.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    checked_out: list[StatusWord]
    cancelled: list[StatusWord]
    no_show: list[StatusWord] = []
    standing: list[StatusWord] = []
    """Words of an appointment that is expected or in progress."""
    show_unfinished: bool = False
    """Whether the last visits include past appointments without a completed status."""

    def meaning(self, word: str) -> Meaning | None:
        """Return the meaning of a word; None if it is not listed.

        A remark may follow a word (`Cancelled by Patient`, `Checked Out (Billed)`), but not a word of an expected
        appointment: `Confirmed, then cancelled` has no meaning here.
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
    """Return whether two words are equal without case and separators: `Checked-Out`, `CheckedOut`."""
    return _bare(one) == _bare(other)


def is_placeholder(word: str) -> bool:
    """Return whether a text is a placeholder: blank, `-`, `NA`, `null`."""
    return _bare(word) in _PLACEHOLDERS


def _bare(word: str) -> str:
    return "".join(letter for letter in normalized(word) if letter.isalnum())


Format = Literal["stamp", "date"]
_SAMPLE = datetime(2026, 11, 22, 17, 45, 9, tzinfo=UTC)
_OTHER_YEAR = 2054
"""28 years later, with the same days of the week."""


def _known_rule(name: str) -> str:
    if name not in ("clinic", "utc"):
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
            raise_alone(ValueError("must be clinic, utc or an IANA time zone such as Asia/Kolkata"))
    return name


ZoneRule = Annotated[str, AfterValidator(_known_rule)]
"""`clinic`: each clinic's own zone; `utc`; or a named zone for all, such as a staff member's."""


class Times(BaseModel):
    """The call table's `times`."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    stamp: str
    """Format of a date with time, for strftime."""
    date: str
    """Format of a date without time."""
    reading_zone: ZoneRule
    """Zone of answers."""
    writing_zone: ZoneRule
    """Zone of an appointment's start and end in requests."""
    sync_zone: ZoneRule
    """Zone of the time in requests for changes."""
    evidence: dict[str, Literal["doc", "live", "code", "assumed", "confirmed"]] = {}

    @field_validator("stamp")
    @classmethod
    def _tells_the_time(cls, text: str) -> str:
        if not _tells(text, _SAMPLE):
            raise ValueError("must be a strftime format with date, and time to the second")
        return text

    @field_validator("date")
    @classmethod
    def _tells_the_day(cls, text: str) -> str:
        if not _tells(text, datetime.combine(_SAMPLE.date(), time(), UTC)):
            raise ValueError("must be a strftime format with the date")
        return text

    def written(self, moment: Day, form: Format) -> str:
        """Return a day, or a time in its zone, in Clinicea's format."""
        whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
        return whole.strftime(self.stamp if form == "stamp" else self.date)

    def instants(self, text: str, zone: tzinfo) -> frozenset[datetime]:
        """Return the possible instants in UTC of a time in an answer; empty if it cannot be parsed.

        There are two if the time occurs twice because clocks go back, since Clinicea sends no offset.
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
    """Return the possible instants in UTC of a time, which is wall-clock time in `zone` if it has no offset.

    There are two if the time occurs twice, and none if it does not exist. A skipped time has the offset before the gap.
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
    """Return the zone of a rule for a clinic."""
    return clinic if rule == "clinic" else UTC if rule == "utc" else ZoneInfo(rule)


def _tells(form: str, moment: datetime) -> bool:
    written = moment.strftime(form)
    # Python 3.13 and later warn if strptime gets a format with a day but no year.
    if written == moment.replace(year=_OTHER_YEAR).strftime(form):
        return False
    try:
        return datetime.strptime(written, form).replace(tzinfo=UTC) == moment
    except (ValueError, re.error):  # re.error: a repeated directive, since strptime compiles the format
        return False
