"""A booking read from a callback: what it can do without never refuses it.

Nobody is there to correct a callback: the agent has gone on to the next call. So an optional field that cannot be used
is left out, or shortened, and the answer says so. What says for whom, where, when and with whom is never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from convox_clinicea.convox.fields import LONGEST_NOTES, LONGEST_SERVICE
from convox_clinicea.convox.naming import Named
from convox_clinicea.convox.parsing import from_named
from convox_clinicea.convox.requests.bookings import KnownPatientBooking, NewPatientBooking
from convox_clinicea.errors import InvalidRequest

M = TypeVar("M", KnownPatientBooking, NewPatientBooking)
T = TypeVar("T")
_BOTH = frozenset({"duration_minutes", "service", "notes"})
SPARED: dict[type[KnownPatientBooking] | type[NewPatientBooking], frozenset[str]] = {
    KnownPatientBooking: _BOTH | {"mobile", "country_code"},
    NewPatientBooking: _BOTH
    | {"gender", "date_of_birth", "email", "consent.at", "consent.text_version", "consent.given_by"},
}
"""What a booking can do without, by its kind; a patient's names are not among it."""
LONGEST = {"notes": LONGEST_NOTES, "service": LONGEST_SERVICE}
"""Texts of which the beginning is better than nothing."""


def without_what_is_no_use(model: type[M], found: Named, made: Callable[[M], T]) -> tuple[T, tuple[str, ...]]:
    """Return what `made` makes of the booking, and the fields that were left out or shortened for it.

    Raises:
        InvalidRequest, ConsentRequired: it cannot be booked so.
    """
    left_out: dict[str, None] = {}
    while True:
        try:
            return made(from_named(model, found)), tuple(sorted(left_out))
        except InvalidRequest as error:
            # Each round takes a field away, or shortens one for good, so that the rounds end.
            names = {problem.field for problem in error.problems} & SPARED[model]
            if not names:
                raise
            found = _without(found, names)
            left_out |= dict.fromkeys(names)


def _without(found: Named, names: Iterable[str]) -> Named:
    values: dict[str, Any] = dict(found.values)
    for name in names:
        value = values.pop(name, None)
        if isinstance(value, str) and name in LONGEST and len(value) > LONGEST[name]:
            values[name] = value[: LONGEST[name] - 1] + "…"
    problems = [problem for problem in found.problems if problem.field not in names]
    return Named(values, found.came_as, problems)
