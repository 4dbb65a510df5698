"""Mutants of rules 11 to 13 and 17: waiting, the sweeper, intake, and notices."""

from __future__ import annotations

from tests.chaos.mutants.mutant import FAILED, FALSE_REJECTED, LOST, NEEDLESS, STARVED, UNTOLD, Mutant, Redundant
from tests.chaos.mutants.patching import Patch

WORKER = "bookings/worker.py"
LEDGER = "bookings/ledger.py"
SWEEPER = "bookings/sweeper.py"
NOTICES = "bookings/messages.py"
DELIVERY = "bookings/delivery.py"
INTAKE = "bookings/intake.py"
IDENTITY = "bookings/identity.py"
EXAMPLES = "tests/unit/bookings/"

WAITS = (
    Mutant(
        "a message is deleted though its booking waits",
        "11",
        (
            Patch(DELIVERY, "        raise NotDoneYet(message.booking_id)\n", ""),
            Patch(
                DELIVERY,
                "            self._wait(message, record.receipt_handle, outcome, received)\n",
                "            self._wait(message, record.receipt_handle, outcome, received)\n            return\n",
            ),
        ),
        "rests",
        LOST,
    ),
    Mutant(
        "a message that is not understood comes again for ever",
        "11",
        (
            Patch(
                DELIVERY,
                "            self._dead_letters.bury(record.body)\n",
                "            raise\n",
            ),
        ),
        "tests/integration/test_booking_worker.py",
        FAILED,
    ),
    Mutant(
        "nothing that lies is sent anew",
        "12",
        (
            Patch(
                SWEEPER,
                '            ("requeued", self._requeue_stuck),\n',
                '            ("requeued", lambda _deadline: 0),\n',
            ),
        ),
        "upgraded",
        LOST,
    ),
    Mutant(
        "what could not be sent counts as sent",
        "12",
        (Patch(SWEEPER, "            self._ledger.not_sent(requeued, last_queued_at=booking.queued_at)\n", ""),),
        f"{EXAMPLES}test_sweeper_stuck.py::test_silent_queue_is_reported_and_retried_a_minute_later",
        FAILED,
    ),
    Mutant(
        "the sweeper parks what a worker is at",
        "12",
        (
            Patch(
                SWEEPER,
                "return booking.lease_until is not None and booking.lease_until > self._clock.now()",
                "return False",
            ),
        ),
        "worn_out_at_work",
        NEEDLESS,
    ),
    Mutant(
        "dead letters are left where they are",
        "12",
        (
            Patch(
                SWEEPER,
                '            ("parked", self._park_dead_letters),\n',
                '            ("parked", lambda _deadline: 0),\n',
            ),
        ),
        f"{EXAMPLES}test_sweeper_dead_letters.py::test_a_booking_found_among_them_is_parked_and_told_of",
        FAILED,
    ),
    Mutant(
        "one task of the sweeper that fails keeps the others back",
        "12",
        (
            Patch(
                SWEEPER,
                "                failure = failure or error  # a failure of the queue must not delay the notices\n",
                "                raise error\n",
            ),
        ),
        f"{EXAMPLES}test_sweeper_stuck.py::test_notices_are_published_while_the_queues_are_away",
        FAILED,
    ),
    Mutant(
        "what the worker should have parked is sent anew for ever",
        "12",
        (Patch(SWEEPER, '            ("parked", self._park_overdue),\n', ""),),
        "tests/chaos/test_always_failing.py",
        FAILED,
    ),
    Mutant(
        "another booking is waited for past the start",
        "6",
        (
            Patch(
                "bookings/protocol.py",
                "    wait = wait_for(None, received)\n    left",
                "    return wait_for(None, received)\n    left",
            ),
            Patch(SWEEPER, '            ("parked", self._park_before_start),\n', ""),
        ),
        "same_soon",
        STARVED,
    ),
    Mutant(
        "one that waits in a slow queue is left there past its start",
        "12",
        (Patch(SWEEPER, '            ("parked", self._park_before_start),\n', ""),),
        f"{EXAMPLES}test_sweeper_before_start.py",
        FAILED,
    ),
    Mutant(
        "202 though the ledger has not confirmed",
        "13",
        (
            Patch(
                INTAKE,
                "        self._calls.write(asked, self._ledger.put_of(new), *place, start=new.start)\n",
                "        try:\n"
                "            self._calls.write(asked, self._ledger.put_of(new), *place, start=new.start)\n"
                "        except TableUnavailable:\n"
                "            pass\n",
            ),
        ),
        "bad_intake",
        LOST,
    ),
    Mutant(
        "202 though the queue has not confirmed",
        "13",
        (
            Patch(
                INTAKE,
                "            self._queue.send(booking)\n",
                "            try:\n"
                "                self._queue.send(booking)\n"
                "            except QueueUnavailable:\n"
                "                pass\n",
            ),
        ),
        "queue_away_at_intake",
        LOST,
    ),
    Mutant(
        "the start is judged before the ledger is asked",
        "13",
        (
            Patch(
                INTAKE,
                "        standing = next(filter(None, map(self._ledger.get, intent.ids)), None)\n",
                "        self._drafter._check_start(intent.request.start)\n"
                "        standing = next(filter(None, map(self._ledger.get, intent.ids)), None)\n",
            ),
        ),
        f"{EXAMPLES}test_intake.py::test_late_repeat_of_a_past_start_gets_the_first_answer",
        FAILED,
    ),
    Mutant(
        "ids are compared letter by letter",
        "identity",
        (
            Patch(
                IDENTITY,
                "    return _booking_id(key, _with_ids(request, id_key))\n",
                "    return _booking_id(key, request)\n",
            ),
        ),
        f"{EXAMPLES}test_ids_of_requests.py",
        FAILED,
    ),
    Mutant(
        "a random id for each request",
        "identity",
        (
            Patch(
                IDENTITY,
                '            "booking",\n            request.caller.name,\n',
                '            __import__("convox_clinicea.deadline").deadline.fresh_token(),\n'
                "            request.caller.name,\n",
            ),
        ),
        "repeats",
        FALSE_REJECTED,
        telling=True,
    ),
    Mutant(
        "two children of one number are one booking",
        "identity",
        (
            Patch(
                IDENTITY,
                'return f"{kind} {details.mobile.reveal()} {birth} {_folded_name(details)}"',
                'return f"{kind} {details.mobile.reveal()}"',
            ),
        ),
        "children",
        LOST,
    ),
    Mutant(
        "two starts are one booking",
        "identity",
        (
            Patch(
                IDENTITY,
                "            _instant(request),\n            request.practitioner_id",
                "            request.practitioner_id",
            ),
        ),
        "two_slots",
        LOST,
    ),
    Mutant(
        "no notice is ever published",
        "17",
        (Patch(NOTICES, "        if not booking.notice_due:\n", "        if True:\n"),),
        "notices_away",
        UNTOLD,
        telling=True,
    ),
    Mutant(
        "a notice that failed is not published later",
        "17",
        (Patch(SWEEPER, '            ("told", self._tell),\n', '            ("told", lambda _deadline: 0),\n'),),
        "notices_away",
        UNTOLD,
    ),
    Mutant(
        "a notice counts as told before it is published",
        "17",
        (
            Patch(
                NOTICES,
                '            self._topic.publish(f"Booking {booking.state.value}", notice(booking, self._country))\n'
                "            self._ledger.mark_notified(booking)\n",
                "            self._ledger.mark_notified(booking)\n"
                '            self._topic.publish(f"Booking {booking.state.value}", notice(booking, self._country))\n',
            ),
        ),
        "notices_away",
        UNTOLD,
    ),
    Mutant(
        "that a notice is due is not written",
        "17",
        (Patch(LEDGER, 'changes = {"notice_due": True, **changes}', 'changes = {"notice_due": False, **changes}'),),
        "notices_away",
        UNTOLD,
    ),
)
REDUNDANT_WAITS = (
    Redundant(
        "an old message still counts",
        "12",
        (Patch(WORKER, "if booking is None or message.generation < booking.generation:", "if booking is None:"),),
        "workers_on_one_booking",
        "the ledger's versions, leases and locks decide who may post, whatever message woke the worker",
    ),
)
