"""Status words of Clinicea, and what they mean."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from convox_clinicea.normalization import normalized

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
