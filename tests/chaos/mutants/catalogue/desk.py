"""Mutants of rule 24: what the desk keeps for the call's end, makes, books at once and says."""

from __future__ import annotations

from tests.chaos.mutants.mutant import DOUBLED, LOST, NEEDLESS, UNTRUE, WITHOUT_CONSENT, Mutant
from tests.chaos.mutants.patching import Patch

CALL_ENDS, BOOKING = "bookings/call_ends.py", "desk/booking.py"

OF_THE_DESK = (
    Mutant(
        "the sweeper forgets what waits for a call's end",
        "24",
        (Patch("bookings/sweeper.py", '            ("made", self._make_waiting),\n', ""),),
        "desk_day",
        LOST,
    ),
    Mutant(
        "the desk says that it is kept, and keeps nothing",
        "24",
        (Patch(CALL_ENDS, "            self._change(key, lambda waiting: _with(waiting, new))\n", ""),),
        "desk_day",
        LOST,
    ),
    Mutant(
        "the status callback does not see what the desk keeps",
        "24",
        (Patch("bookings/callback_flow.py", "            if of_the_desk:\n", "            if False:\n"),),
        "desk_in_fair_weather",
        NEEDLESS,
    ),
    Mutant(
        "a corrected time waits beside the first",
        "24",
        (
            Patch(
                CALL_ENDS,
                "    others = _others(waiting, new.persons[0], new.wish_id)\n",
                "    others = waiting\n",
            ),
        ),
        "desk_in_fair_weather",
        NEEDLESS,
    ),
    Mutant(
        "what is booked now still waits for the call's end",
        "24",
        (Patch(CALL_ENDS, "            if self._table.get(key) is not None:\n", "            if False:\n"),),
        "desk_in_fair_weather",
        NEEDLESS,
    ),
    Mutant(
        "two forms at once make two appointments",
        "24",
        (
            Patch(
                CALL_ENDS,
                "Beside.WAITS_BESIDE_A_CALLBACKS if another else Beside.IS_REFUSED",
                "Beside.WAITS_BESIDE_A_CALLBACKS",
            ),
        ),
        "two_forms_at_once",
        DOUBLED,
        telling=True,
    ),
    Mutant(
        "what waits is made a second time beside the next agent's booking",
        "24",
        (
            Patch(
                CALL_ENDS,
                "Beside.WAITS_BESIDE_A_CALLBACKS if each.another else Beside.WAITS",
                "Beside.WAITS_BESIDE_A_CALLBACKS",
            ),
        ),
        "transferred_desks",
        DOUBLED,
    ),
    Mutant(
        "the desk says booked before it is",
        "24",
        (Patch("desk/states.py", "State.SENDING: Progress.BEING_BOOKED", "State.SENDING: Progress.BOOKED"),),
        "desk_day",
        UNTRUE,
    ),
    Mutant(
        "the desk registers a newcomer who refuses",
        "consent",
        (Patch(BOOKING, "        if not is_agreed(filled):\n", "        if False:\n"),),
        "desk_day",
        WITHOUT_CONSENT,
    ),
)
