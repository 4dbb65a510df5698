"""Mutants of rules 21 and 23, and of what is kept beside a booking: traces, proofs of consent, announced calls."""

from __future__ import annotations

from tests.chaos.mutants.mutant import FAILED, OVERWRITTEN, WITHOUT_CONSENT, Mutant
from tests.chaos.mutants.patching import Patch

VERSIONS, TABLE = "items.py", "items.py"
CALLBACKS, MIND = "bookings/callbacks.py", "bookings/call_persons.py"
LIMITS, CONSENTS, ANNOUNCED = "bookings/protocol.py", "bookings/request.py", "announcements.py"
EXAMPLES = "tests/unit/bookings/"

RECORDS = (
    Mutant(
        "a record of a later release is read for what is known of it",
        "23",
        (Patch(VERSIONS, "    if version_of(item) > newest:\n", "    if False:\n"),),
        f"{EXAMPLES}test_versions.py {EXAMPLES}test_versions_other_records.py",
        FAILED,
    ),
    Mutant(
        "attributes that are not known are let go of",
        "23",
        (
            Patch(
                VERSIONS,
                "    if attributes is not None and not item.keys() <= attributes:\n",
                "    if False:\n",
            ),
        ),
        f"{EXAMPLES}test_versions.py {EXAMPLES}test_versions_other_records.py {EXAMPLES}test_record.py",
        FAILED,
    ),
    Mutant(
        "a write takes the place of a later release's",
        "23",
        (Patch(TABLE, "    guarded = SCHEMA in item\n", "    guarded = False\n"),),
        f"{EXAMPLES}test_versions.py {EXAMPLES}test_versions_other_records.py",
        FAILED,
    ),
    Mutant(
        "what a later release wrote is written over",
        "23",
        (
            Patch(VERSIONS, "    if version_of(item) > newest:\n", "    if False:\n"),
            Patch(
                VERSIONS,
                "    if attributes is not None and not item.keys() <= attributes:\n",
                "    if False:\n",
            ),
            Patch(TABLE, "    guarded = SCHEMA in item\n", "    guarded = False\n"),
        ),
        "two_releases",
        OVERWRITTEN,
    ),
    Mutant(
        "a late repeat wipes the trace of what could not be booked",
        "18",
        (
            Patch(
                CALLBACKS,
                "return _corrected(stored, call, callback, intent) if first or later else call",
                "return _corrected(stored, call, callback, intent)",
            ),
        ),
        f"{EXAMPLES}test_callbacks_minds.py",
        FAILED,
    ),
    Mutant(
        "what is older wipes the trace of what could not be booked",
        "18",
        (
            Patch(
                CALLBACKS,
                "    if stored.recorded_after(callback.recorded_at):\n        return call\n    patient",
                "    patient",
            ),
        ),
        f"{EXAMPLES}test_callbacks_minds.py",
        FAILED,
    ),
    Mutant(
        "an agent who returns to what is booked frees nothing",
        "18",
        (Patch(MIND, "        if not stands or not self.is_newer:\n", "        if True:\n"),),
        f"{EXAMPLES}test_callbacks_minds.py",
        FAILED,
    ),
    Mutant(
        "what is given up is said to be too late",
        "14",
        (
            Patch(
                LIMITS,
                "return Reason.TOO_LATE if booking.start < now + self.margin else Reason.AGE_LIMIT",
                "return Reason.TOO_LATE",
            ),
        ),
        f"{EXAMPLES}test_worker_limits.py",
        FAILED,
    ),
    Mutant(
        "a content that takes another's place has no proof of consent",
        "consent",
        (
            Patch(
                CONSENTS,
                'return f"{_entries_of(booking)}#{booking.stands_for}#{sha256(content.encode()).hexdigest()[:16]}"',
                "return _entries_of(booking)",
            ),
        ),
        "newcomers_return",
        WITHOUT_CONSENT,
    ),
    Mutant(
        "a content that comes back to a wish has no proof of consent of its own",
        "consent",
        (
            Patch(
                CONSENTS,
                'return f"{_entries_of(booking)}#{booking.stands_for}#{sha256(content.encode()).hexdigest()[:16]}"',
                'return f"{_entries_of(booking)}#{booking.stands_for}"',
            ),
        ),
        "newcomers_return",
        WITHOUT_CONSENT,
    ),
    Mutant(
        "a pop-up after the end of its call opens it again",
        "21",
        (
            Patch(
                ANNOUNCED,
                'self._table.put(Put(item, "attribute_not_exists(pk)"))',
                'self._table.put(Put(item, "attribute_exists(pk) OR attribute_not_exists(pk)"))',
            ),
        ),
        "tests/integration/test_calls_without_end.py",
        FAILED,
    ),
    Mutant(
        "a call that has ended is listed as one without an end",
        "21",
        (
            Patch(
                ANNOUNCED,
                "self._table.put(Put(self._item(caller, call_id, agent_id), always))",
                'self._table.put(Put(self._item(caller, f"{call_id}-", agent_id), always))',
            ),
        ),
        "tests/integration/test_calls_without_end.py",
        FAILED,
    ),
    Mutant(
        "calls that are still on are listed as ones without an end",
        "21",
        (
            Patch(
                ANNOUNCED,
                "        before = timestamp(self._clock.now() - older_than)\n",
                "        before = timestamp(self._clock.now())\n",
            ),
        ),
        "tests/integration/test_calls_without_end.py",
        FAILED,
    ),
)
