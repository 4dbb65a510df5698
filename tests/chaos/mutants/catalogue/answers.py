"""Mutants of rules 9 and 10: refusals, doubtful answers, bare ids, the canary, and what is the deployment's fault."""

from __future__ import annotations

from tests.chaos.mutants.mutant import DOUBLED, ELSEWHERE, FALSE_REJECTED, INTERLEAVED, LOST, NEEDLESS, STRAY, Mutant
from tests.chaos.mutants.patching import Patch

WORKER, POSTING = "bookings/worker.py", "bookings/posting.py"
CANARY, ANSWERS = "bookings/canary.py", "clinicea/responses.py"
RETRYING = "clinicea/http.py"

ANSWERED = (
    Mutant(
        "an unlisted refusal counts at once",
        "9",
        (
            Patch(
                POSTING,
                "unsettled = self._clock.now() if by_ourselves or not refusal.outcome_known else None",
                "unsettled = self._clock.now() if by_ourselves else None",
            ),
        ),
        "unlisted",
        FALSE_REJECTED,
    ),
    Mutant(
        "an unlisted refusal rejects once it has settled",
        "9",
        (Patch(WORKER, "if booking.refusal is Reason.REFUSED:", "if False:"),),
        "unlisted",
        FALSE_REJECTED,
        telling=True,
    ),
    Mutant(
        "a listed refusal is not read back",
        "9",
        (
            Patch(
                POSTING,
                "        by_ourselves = reason.by_ourselves and self._calendar.readable\n",
                "        if refusal.reason:\n"
                "            return self.reject(claimed, reason, attempt.shown)\n"
                "        by_ourselves = False\n",
            ),
        ),
        "refused_though_done",
        FALSE_REJECTED,
    ),
    Mutant(
        "a refusal by our own appointment counts after one reading",
        "9",
        (Patch("bookings/protocol.py", "return self is Reason.SLOT_TAKEN", "return False"),),
        "refused_and_shown_late",
        FALSE_REJECTED,
    ),
    Mutant(
        "a transient error is a refusal",
        "9",
        (
            Patch(
                ANSWERS, "_TRANSIENT = frozenset({408, 421, 423, 425, 499})", "_TRANSIENT: frozenset[int] = frozenset()"
            ),
        ),
        "transient",
        NEEDLESS,
    ),
    Mutant(
        "a saving error is not read",
        "9",
        (Patch(ANSWERS, "            return _saving_error(call, answer, table)\n", "            return None\n"),),
        "saving_errors",
        LOST,
    ),
    Mutant(
        "a POST without an answer was not carried out",
        "3",
        (Patch(ANSWERS, "if writes(call) and cause.left:", "if False:"),),
        "late_commits",
        DOUBLED,
    ),
    Mutant(
        "a POST that met an error 500 was not carried out",
        "9",
        (
            Patch(
                ANSWERS,
                "    if is_write:\n        return OutcomeUnknown(call, status)\n    return Unavailable",
                "    return Unavailable",
            ),
        ),
        "half_commit",
        DOUBLED,
    ),
    Mutant(
        "a POST is sent again like a reading",
        "3",
        (
            Patch(
                RETRYING,
                "repeatable = never_left if writes else error.retryable",
                "repeatable = never_left or error.retryable or not error.outcome_known",
            ),
        ),
        "late_commits",
        DOUBLED,
    ),
    Mutant(
        "a wrong form is a refusal",
        "10",
        (
            Patch(
                ANSWERS,
                "_FORM_REFUSED = frozenset({406, 407, 415, 426, 431})",
                "_FORM_REFUSED: frozenset[int] = frozenset()",
            ),
        ),
        "transient",
        NEEDLESS,
    ),
    Mutant(
        "a missing permission is a refusal",
        "10",
        (
            Patch(
                ANSWERS,
                'return PermissionDenied(call, status, "the API role lacks the permission for this call")',
                "return UnlistedRefusal(call, status)",
            ),
        ),
        "transient",
        NEEDLESS,
    ),
    Mutant(
        "a bare id is a booking",
        "9",
        (
            Patch(
                POSTING,
                "if self._calendar.readable and (attempt.alone or not created.shown):",
                "if self._calendar.readable and attempt.alone:",
            ),
        ),
        "answer_elsewhere",
        ELSEWHERE,
    ),
    Mutant(
        "a bare id that is not shown is forgotten",
        "9",
        (
            Patch(
                WORKER,
                "        if named:\n            # Clinicea's answer",
                "        if False:\n            # Clinicea's answer",
            ),
        ),
        "shown_late",
        DOUBLED,
    ),
    Mutant(
        "no canary",
        "9",
        (Patch(CANARY, "        self._on = on\n", "        self._on = False\n"),),
        "off_by_a_zone",
        STRAY,
    ),
    Mutant(
        "two canaries at once",
        "9",
        (
            Patch(CANARY, 'f"{WRITE_TOKEN} = :seen", {', 'f"{WRITE_TOKEN} = :seen OR attribute_exists(pk)", {'),
            Patch(
                CANARY,
                'self._table.put(Put(item, "attribute_not_exists(pk)"))',
                'self._table.put(Put(item, "attribute_not_exists(pk) OR attribute_exists(pk)"))',
            ),
        ),
        "play: two want to be the canary",
        INTERLEAVED,
    ),
    Mutant(
        "a canary off by a zone stops nothing",
        "9",
        (
            Patch(
                WORKER,
                "        if self._canary.stops(booking, request, shown):\n",
                "        if False:\n",
            ),
        ),
        "off_by_a_zone",
        STRAY,
    ),
    Mutant(
        "only the zone of India is mistaken",
        "9",
        (Patch("clinicea/arguments.py", "_QUARTER = timedelta(minutes=15)", "_QUARTER = timedelta(minutes=330)"),),
        "off_by_a_zone",
        STRAY,
    ),
)
