"""Mutants of rules 18 and 20 to 22, and of consent: changed minds, a person's word, and what the sender is told."""

from __future__ import annotations

from tests.chaos.mutants.mutant import CROWDED, DOUBLED, FAILED, FALSE_REJECTED, LOST, WITHOUT_CONSENT, Mutant
from tests.chaos.mutants.patching import Patch

LEDGER, CALL, CALLBACKS = "bookings/ledger.py", "bookings/call.py", "bookings/callbacks.py"
ACTING, DRAFTING, MIND = "bookings/operator.py", "bookings/drafting.py", "bookings/call_persons.py"
OPEN = "bookings/drafting.py"
EXAMPLES = "tests/unit/bookings/"

MINDS = (
    Mutant(
        "a changed mind replaces whatever stands",
        "18",
        (
            Patch(
                LEDGER,
                "return Put(to_item(stamped), _ABSENT) if standing is None else self._unchanged(standing, stamped)",
                "return Put(to_item(stamped), _ABSENT if standing is None else 'attribute_exists(pk)')",
            ),
        ),
        "changed_minds",
        (LOST, DOUBLED),
        telling=True,
    ),
    Mutant(
        "a booking that was posted is replaced",
        "18",
        (Patch(MIND, "if current is None or current.posted:", "if current is None:"),),
        "changed_after_a_redrive",
        DOUBLED,
    ),
    Mutant(
        "a change that comes too late is booked beside the first",
        "18",
        (
            Patch(
                CALLBACKS,
                "new = self._drafter.draft(intent, booking_id, reason)",
                "new = self._drafter.draft(intent, booking_id, None)",
            ),
        ),
        "changed_late",
        DOUBLED,
    ),
    Mutant(
        "the agents of one call are not told apart",
        "18",
        (
            Patch(
                CALL,
                "if self.agent_id == EVERYBODYS or self.is_of(agent_id):",
                "if True:",
            ),
        ),
        "transferred_calls",
        LOST,
    ),
    Mutant(
        "what another agent of the call has booked is not seen",
        "18",
        (
            Patch(
                CALLBACKS,
                "others = [each for each in mind.bookings.values() if each is not replaced]",
                "others = [each for each in mind.bookings.values() if each is not replaced"
                " and each.booking_id not in stored.booking_ids_elsewhere]",
            ),
        ),
        "transferred_calls",
        DOUBLED,
    ),
    Mutant(
        "an agent's appointment wipes the trace of another's",
        "18",
        (
            Patch(
                CALL,
                "for each in _OF_A_LEG}, others=others)",
                "for each in _OF_A_LEG}, others=tuple(each.cleared() for each in others))",
            ),
        ),
        f"{EXAMPLES}test_callbacks_legs.py",
        FAILED,
    ),
    Mutant(
        "a number may have as many open bookings as it likes",
        "open bookings",
        (
            Patch(
                OPEN,
                "            raise TooManyOpenBookings(",
                "            return ()\n            raise TooManyOpenBookings(",
            ),
        ),
        "crowded_numbers",
        CROWDED,
    ),
    Mutant(
        "two bookings at once take the last place of a number",
        "open bookings",
        (
            Patch(OPEN, 'return Put(item, _AS_SEEN, {":seen": standing[WRITE_TOKEN]})', "return Put(item)"),
            Patch(OPEN, "return Put(item, _ABSENT)", "return Put(item)"),
        ),
        "crowded_numbers",
        CROWDED,
    ),
    Mutant(
        "a call forgets what it asked for before",
        "18",
        (
            Patch(
                CALL,
                "wishes={**self.wishes, wish_id: booking.booking_id}",
                "wishes={wish_id: booking.booking_id}",
            ),
        ),
        "changed_and_repeated",
        LOST,
    ),
    Mutant(
        "callbacks count in the order of their arrival",
        "18",
        (
            Patch(
                CALL,
                "return moment is not None and self.recorded_at is not None and moment < self.recorded_at",
                "return False",
            ),
        ),
        "overtaken",
        LOST,
    ),
    Mutant(
        "after a refusal the call cannot be booked any more",
        "18",
        (
            Patch(
                "bookings/call_persons.py",
                "if not was_refused(each) and not (each.state.parked",
                "if not (each.state.parked",
            ),
        ),
        f"{EXAMPLES}test_callbacks_changed.py",
        FAILED,
    ),
    Mutant(
        "a redriven booking forgets its POST",
        "20",
        (
            Patch(
                ACTING,
                "                redriven_at=now,\n",
                "                redriven_at=now,\n                posted=False,\n"
                "                unsettled_since=None,\n                seen=(),\n",
            ),
        ),
        "attended",
        DOUBLED,
    ),
    Mutant(
        "a person may resolve what has not settled",
        "20",
        (
            Patch(
                ACTING,
                "if booking is not None and obstacle is None and not self._settled(booking):",
                "if False:",
            ),
        ),
        "resolved_too_soon",
        FALSE_REJECTED,
    ),
    Mutant(
        "what is not parked may be redriven",
        "20",
        (
            Patch(
                ACTING,
                "return booking, None if booking.state.parked else Obstacle.NOT_PARKED",
                "return booking, None",
            ),
        ),
        f"{EXAMPLES}test_redrive.py {EXAMPLES}test_resolve.py",
        FAILED,
    ),
    Mutant(
        "no proof of consent",
        "consent",
        (
            Patch(
                DRAFTING,
                "            self._consents.add(drafted, request.new_patient.consent, caller.request_id)\n",
                "            pass\n",
            ),
        ),
        "namesakes",
        WITHOUT_CONSENT,
    ),
    Mutant(
        "a callback that fails does not ring",
        "21",
        (Patch("bookings/callback_traces.py", '"CallStatusFailed"', '"CallStatusFailedUnseen"'),),
        "tests/integration/test_call_status_failed.py",
        FAILED,
    ),
    Mutant(
        "a call to AWS is waited for beyond the function's time",
        "22",
        (
            Patch(
                "convox/http.py",
                "    with deadline_scope(Deadline.after(clock, max(0.0, left - SECONDS_FOR_THE_ANSWER))):\n"
                "        yield\n",
                "    yield\n",
            ),
        ),
        "tests/contract/test_bookings_in_time.py tests/contract/test_total_deadline.py",
        FAILED,
    ),
)
