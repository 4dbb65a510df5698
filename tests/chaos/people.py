"""People who do not exist, on numbers that nobody has."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

import phonenumbers

_FIRST = ("Meera", "Rohan", "Diya", "Kabir", "Leela", "Arjun", "Anika", "Vikram", "Tara", "Ishaan", "Naina", "Dev")
_LAST = ("Testkar", "Samplewala", "Madeupkar", "Fictionwala", "Inventedova", "Exampleswami")


@dataclass(frozen=True)
class Number:
    """A mobile number, as ConVox sends it and as Clinicea keeps it."""

    country_code: str
    national: str

    @property
    def e164(self) -> str:
        return f"+{self.country_code}{self.national}"


@dataclass(frozen=True)
class Person:
    """Somebody with a number."""

    first_name: str
    last_name: str
    number: Number
    born: date | None = None

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class People:
    """Gives each run new people. Names repeat in a family only.

    Args:
        lasts: the last two digits of their numbers, in the order in which they are used.
    """

    def __init__(self, chance: Random, *, lasts: Iterable[int] = range(100)) -> None:
        self._chance = chance
        self._numbers = _unused_numbers(lasts)
        self._made = itertools.count(1)

    def number(self) -> Number:
        """Return a number that nobody has had in this run."""
        return next(self._numbers)

    def shared_number(self) -> Number:
        """Return a number that a family of patients may share."""
        return Number("91", f"99999000{self._chance.randrange(100):02d}")

    def person(self, number: Number, *, last_name: str | None = None) -> Person:
        first = self._chance.choice(_FIRST)
        last = last_name or f"{self._chance.choice(_LAST)} {_letters(next(self._made))}"
        born = date(1950, 1, 1) + timedelta(days=self._chance.randrange(27_000))
        return Person(first, last, number, born if self._chance.random() < 0.5 else None)

    def relative(self, person: Person) -> Person:
        """Return another person of the same family and number, with another first name."""
        first = self._chance.choice([each for each in _FIRST if each != person.first_name])
        return Person(first, person.last_name, person.number)


def _unused_numbers(lasts: Iterable[int]) -> Iterator[Number]:
    # India keeps no numbers free for fiction beyond the hundred used here; North America does, in each area.
    return (Number("1", f"{area}55501{last:02d}") for last in lasts for area in _areas())


@cache
def _areas() -> tuple[int, ...]:
    numbers = {area: phonenumbers.parse(f"+1{area}5550123") for area in range(201, 990)}
    return tuple(area for area, number in numbers.items() if phonenumbers.is_valid_number(number))


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("a") + place) + letters
    return letters
