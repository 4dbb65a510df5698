"""Mutants of rules 14 to 16, and of the numbers: how long things take, and how long they are kept."""

from __future__ import annotations

from tests.chaos.mutants.mutant import DOUBLED, FAILED, LOST, NEEDLESS, PAST, Mutant
from tests.chaos.mutants.patching import Patch

WORKER = "bookings/worker.py"
POSTING = "bookings/posting.py"
LEDGER = "bookings/ledger.py"
LIMITS = "bookings/protocol.py"
TEMPLATE = "/template.yaml"
EXAMPLES = "tests/unit/bookings/"

NUMBERS = (
    Mutant(
        "a message is given up after 8 receives",
        "receive limit",
        (Patch(TEMPLATE, "maxReceiveCount: 100 ", "maxReceiveCount: 8 "),),
        "outage",
        NEEDLESS,
    ),
    Mutant(
        "what lies is sent anew after three days",
        "sweeper",
        (Patch(LIMITS, "stuck: timedelta = timedelta(minutes=30)", "stuck: timedelta = timedelta(days=3)"),),
        "lost_message",
        LOST,
    ),
    Mutant(
        "posted after its start",
        "14",
        (Patch(WORKER, "            if not self._still_ahead(request.start):\n", "            if False:\n"),),
        "too_late",
        PAST,
    ),
    Mutant(
        "no margin before the start",
        "margin",
        (Patch(LIMITS, "margin: timedelta = timedelta(minutes=1)", "margin: timedelta = timedelta(0)"),),
        "too_late",
        PAST,
    ),
    Mutant(
        "no age limit",
        "age limit",
        (
            Patch(
                WORKER,
                "if self._clock.now() > (booking.redriven_at or booking.accepted_at) + self._limits.age:",
                "if False:",
            ),
            Patch("bookings/sweeper.py", '            ("parked", self._park_overdue),\n', ""),
        ),
        "long_outage",
        LOST,
    ),
    Mutant(
        "an age limit of one hour",
        "age limit",
        (
            Patch(
                TEMPLATE,
                "Default: 12, MinValue: 1, MaxValue: 72,",
                "Default: 1, MinValue: 1, MaxValue: 72,",
            ),
        ),
        "outage",
        NEEDLESS,
    ),
    Mutant(
        "an ended record is forgotten before its appointment",
        "15",
        (
            Patch(
                LEDGER,
                "expiry = max(self._clock.now() + self._retention, booking.start + timedelta(days=2))",
                "expiry = self._clock.now() + self._retention",
            ),
        ),
        f"{EXAMPLES}test_ledger.py::test_a_record_outlives_its_appointment",
        FAILED,
    ),
    Mutant(
        "a record that has not ended expires",
        "15",
        (Patch(LEDGER, "        if to.ended:\n", "        if True:\n"),),
        f"{EXAMPLES}test_ledger.py::test_what_has_not_ended_keeps_its_request_and_never_expires",
        FAILED,
    ),
    Mutant(
        "a doubtful POST is repeated without read-backs",
        "16",
        (
            Patch(
                WORKER,
                "        if not self._calendar.readable:\n            raise CannotDecide(Reason.OUTCOME_UNKNOWN)\n",
                "        if not self._calendar.readable:\n            return None\n",
            ),
        ),
        "without_read_backs",
        DOUBLED,
    ),
    Mutant(
        "numbers that contradict one another are accepted",
        "numbers",
        (
            Patch(
                LIMITS,
                "if not worker_seconds + LEASE_BEYOND_DEADLINE_SECONDS <= self.lease_seconds < visibility_seconds:",
                "if False:",
            ),
        ),
        f"{EXAMPLES}test_worker_limits.py",
        FAILED,
    ),
    Mutant(
        "a lease that ends with the invocation",
        "lease",
        (
            Patch(
                POSTING,
                "lease = max(self._limits.lease_seconds, attempt.deadline.remaining() + LEASE_BEYOND_DEADLINE_SECONDS)",
                "lease = attempt.deadline.remaining()",
            ),
        ),
        f"{EXAMPLES}test_worker_doubt.py::test_the_lease_outlives_the_invocation",
        FAILED,
    ),
)
