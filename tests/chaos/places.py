"""The judge of the rule on a number's open bookings: counts them at each write, as nobody in the product does."""

from __future__ import annotations

from collections import defaultdict

from tests.chaos.table import Item, Key

MOST_OPEN = 2
"""Open bookings that a number may have in a run with this injection."""
OPEN_BOOKINGS = "open_bookings"
"""The injection's name."""
ENDED = frozenset({"booked", "rejected"})


class OpenPlaces:
    """Watches the ledger's table.

    Attributes:
        crowded: the bookings that were stored though their number had as many open ones as it may have.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[str, set[str]] = defaultdict(set)
        self._whose: dict[str, str] = {}
        self.crowded: list[str] = []

    def write(self, key: Key, before: Item | None, after: Item | None) -> None:
        """Note one write; a correction takes no place, and an erasure removes the list as a whole."""
        name = str(key[0][1])
        kind, _, rest = name.partition("#")
        if kind == "person" and after is None:
            self._open.pop(rest, None)
        if kind != "booking":
            return
        if after is None or after["state"]["S"] in ENDED:
            self._open[self._whose.get(rest, "")].discard(rest)
        elif before is None:
            person = after.get("number_key") or after["patient_key"]
            whose = self._whose[rest] = f"{after['caller']['S']}#{person['S']}"
            if len(self._open[whose]) >= self._most:
                self.crowded.append(rest)
            self._open[whose].add(rest)
