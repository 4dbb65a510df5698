"""The game day: Clinicea is down while calls come in, then is up again, and the backlog drains without losses.

The result is judged by the fake Clinicea's calendar, not by the connector's answers.
"""

import json
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from commands.api import NoAnswer
from local.clinicea.testing import ControlClient
from local.deploy import Stack
from local.sample_call import CLINIC_ZONE, api_of

KNOWN, NEW = 10, 50
"""Last two digits of the first caller with a patient record, and of the first without: +91 99999 000xx."""
MOST_CALLS = 80
QUIET_SHARE = 0.25
"""Share of the calls before Clinicea is down."""
PROGRESS_SECONDS = 5.0
DRAIN_SECONDS = 900.0
ENDED = ("booked", "rejected", "needs_attention")
DOWN: tuple[dict[str, Any], ...] = (
    {"call": "*", "kind": "status", "status": 503, "probability": 0.5},
    {"call": "*", "kind": "reset_before"},
)


@dataclass(frozen=True)
class Plan:
    """Number of calls, seconds between them, and seconds for which Clinicea is down."""

    calls: int = 40
    seconds_between: float = 1.5
    down_seconds: float = 40.0

    def __post_init__(self) -> None:
        if not 4 <= self.calls <= MOST_CALLS or self.seconds_between <= 0 or self.down_seconds <= 0:
            raise ValueError(f"4 to {MOST_CALLS} calls, and times above 0")


@dataclass
class Tally:
    """Results so far."""

    calls: int = 0
    accepted: dict[str, float] = field(default_factory=dict)
    """Booking id → time of its acceptance."""
    refused: Counter[int] = field(default_factory=Counter)
    lookups: Counter[int] = field(default_factory=Counter)
    slowest_lookup_ms: float = 0.0
    ended: dict[str, str] = field(default_factory=dict)


class GameDay:
    """A game day on a stack on this machine."""

    def __init__(self, stack: Stack, plan: Plan) -> None:
        self._api = api_of(stack)
        self._control = ControlClient(stack.clinicea_url)
        self._plan = plan
        self._tally = Tally()
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._start = (datetime.now(UTC).astimezone(CLINIC_ZONE) + timedelta(days=7)).replace(
            hour=9, minute=0, second=0, microsecond=0
        )

    def play(self) -> bool:
        """Play to the end and print the summary; returns whether nothing was lost or doubled."""
        self._register()
        away = min(round(self._plan.calls * QUIET_SHARE), self._plan.calls - 1)
        went_at = back_at = 0.0
        with ThreadPoolExecutor(max_workers=4) as callers:
            for number in range(self._plan.calls):
                if number == away:
                    went_at = self._go_away()
                if went_at and not back_at and time.monotonic() - went_at >= self._plan.down_seconds:
                    back_at = self._come_back()
                callers.submit(self._call, number)
                self._pause(self._plan.seconds_between, "down" if went_at and not back_at else "up")
            if not back_at:
                self._pause(self._plan.down_seconds - (time.monotonic() - went_at), "down")
                back_at = self._come_back()
        backlog = len(self._tally.accepted) - len(self._booked_in_calendar())
        drained_at = self._drain(back_at)
        return self._judge(backlog, drained_at - back_at if drained_at else None)

    def _register(self) -> None:
        self._control.clear_faults()
        known = range((self._plan.calls + 1) // 2)
        self._control.add_patients(
            *(
                {"patient_id": f"P-GD-{each:02d}", "first_name": "Gita", "last_name": f"Gameday{each:02d}"}
                | {"mobile": f"99999000{KNOWN + each}"}
                for each in known
            )
        )
        self._say(f"{self._plan.calls} calls, one every {self._plan.seconds_between:g} s; half of the callers are new")

    def _go_away(self) -> float:
        for rule in DOWN:
            self._control.fault(**rule)
        self._say(f"Clinicea is down for {self._plan.down_seconds:.0f} s")
        return time.monotonic()

    def _come_back(self) -> float:
        self._control.clear_faults()
        self._say("Clinicea is up again")
        return time.monotonic()

    def _call(self, number: int) -> None:
        """Play one call: a search, and an appointment at its end."""
        each, new = number // 2, number % 2 == 1
        mobile = f"+9199999000{(NEW if new else KNOWN) + each}"
        context = {"call_id": f"gameday-{number}", "agent_id": f"agent-{number % 7}"}
        start = self._start + timedelta(days=number // 16, minutes=30 * (number % 16))
        body: dict[str, Any] = {"clinic_id": "C-01", "start": start.isoformat(), **context}
        path = f"/patients/P-GD-{each:02d}/appointments"
        if new:
            path = "/appointments"
            body |= {"mobile": mobile, "first_name": "Nandini", "last_name": f"Gameday{each:02d}"}
            body |= {"consent": {"given": True}}
        try:
            found = self._api.call("POST", "/patients/search", {"mobile": mobile, **context})
            with self._lock:
                self._tally.lookups[found.status] += 1
                self._tally.slowest_lookup_ms = max(self._tally.slowest_lookup_ms, found.milliseconds)
            answer = self._api.call("POST", path, body)
        except NoAnswer:
            with self._lock:
                self._tally.calls += 1
                self._tally.refused[0] += 1
            return
        with self._lock:
            self._tally.calls += 1
            if answer.status in (200, 202):
                self._tally.accepted[str(answer.body["booking_id"])] = time.monotonic()
            else:
                self._tally.refused[answer.status] += 1

    def _pause(self, seconds: float, clinicea: str) -> None:
        end = time.monotonic() + max(0.0, seconds)
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, PROGRESS_SECONDS))
            self._progress(clinicea)

    def _drain(self, back_at: float) -> float | None:
        """Wait until every accepted booking has ended; returns the time of the last end, or None."""
        while time.monotonic() - back_at < DRAIN_SECONDS:
            for booking_id in [each for each in self._tally.accepted if each not in self._tally.ended]:
                try:
                    state = self._api.call("GET", f"/bookings/{booking_id}").body.get("state")
                except NoAnswer:
                    continue
                if state in ENDED:
                    self._tally.ended[booking_id] = str(state)
            if len(self._tally.ended) == len(self._tally.accepted):
                return time.monotonic()
            self._pause(PROGRESS_SECONDS, "up")
        return None

    def _judge(self, backlog: int, drain_seconds: float | None) -> bool:
        stands = self._booked_in_calendar()
        booked = [each for each, state in self._tally.ended.items() if state == "booked"]
        lost = [each for each in self._tally.accepted if each not in self._tally.ended or not stands[each]]
        doubled = [each for each, count in stands.items() if count > 1]
        summary = {
            "calls": self._tally.calls,
            "accepted": len(self._tally.accepted),
            "not_accepted": dict(self._tally.refused),
            "booked": len(booked),
            "ended_otherwise": dict(Counter(self._tally.ended.values()) - Counter({"booked": len(booked)})),
            "lost": len(lost),
            "doubled": len(doubled),
            "down_seconds": self._plan.down_seconds,
            "backlog_when_back": backlog,
            "drained_after_seconds": None if drain_seconds is None else round(drain_seconds, 1),
            "lookups": {str(status): count for status, count in sorted(self._tally.lookups.items())},
            "slowest_lookup_ms": round(self._tally.slowest_lookup_ms),
        }
        for booking_id in [*lost, *doubled]:
            print(f"  {booking_id}: {stands[booking_id]} times in the calendar", file=sys.stderr)
        print(json.dumps(summary), flush=True)
        return not lost and not doubled and len(self._tally.accepted) == self._plan.calls

    def _booked_in_calendar(self) -> Counter[str]:
        """Return the number of each booking's appointments in Clinicea's calendar, by the reference in the notes."""
        standing = self._control.standing()
        return Counter(
            booking_id
            for booking_id in self._tally.accepted
            for each in standing
            if f"[{booking_id}]" in (each["notes"] or "")
        )

    def _progress(self, clinicea: str) -> None:
        now = time.monotonic() - self._began
        if now < self._shown + PROGRESS_SECONDS:
            return
        self._shown = now
        with self._lock:
            accepted, calls = len(self._tally.accepted), self._tally.calls
        booked = sum(1 for count in self._booked_in_calendar().values() if count)
        self._say(
            f"Clinicea {clinicea:4}  calls {calls:3}  accepted {accepted:3}  "
            f"in the calendar {booked:3}  waiting {accepted - booked:3}"
        )

    _shown = 0.0

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:5.0f} s] {text}", flush=True)
