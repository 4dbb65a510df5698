"""Mutants of rules 4 to 8 and 19: claims and leases, locks, and who is registered."""

from __future__ import annotations

from tests.chaos.mutants.mutant import (
    DOUBLED,
    FAILED,
    HALF,
    INTERLEAVED,
    TWO_PATIENTS,
    WRONG_PATIENT,
    Mutant,
    Redundant,
)
from tests.chaos.mutants.patching import Patch

WORKER, POSTING, LOCKS = "bookings/worker.py", "bookings/posting.py", "bookings/locks.py"
LEDGER, CLAIMS = "bookings/ledger.py", "bookings/claims.py"
NEWCOMER, LIMITS, TABLE = "bookings/calendar.py", "bookings/protocol.py", "table.py"
EXAMPLES = "tests/unit/bookings/"
WAITS_FOR_THE_LEASE = Patch(WORKER, "                if lease_left > 0:\n", "                if False:\n")

HOLDS = (
    Mutant(
        "no lease",
        "4",
        (
            Patch(
                POSTING,
                "            lease_until=lease_until,\n            posted=True,\n"
                "            unsettled_since=lease_until,\n",
                "            lease_until=self._clock.now(),\n            posted=True,\n"
                "            unsettled_since=self._clock.now(),\n",
            ),
            Patch(
                POSTING,
                "return (lease_until - self._clock.now()).total_seconds() - POST_ENDS_BEFORE_LEASE_SECONDS",
                "return 35.0",
            ),
        ),
        "frozen_before_its_post",
        DOUBLED,
        telling=True,
    ),
    Mutant(
        "a write whatever stands",
        "4",
        (
            Patch(
                LEDGER,
                '_UNCHANGED = "#version = :version"',
                '_UNCHANGED = "#version = :version OR attribute_exists(pk)"',
            ),
        ),
        "frozen_before_its_claim",
        DOUBLED,
        telling=True,
    ),
    Mutant(
        "a repeated request is stored over its booking",
        "13",
        (
            Patch(
                LEDGER,
                '_ABSENT = "attribute_not_exists(pk)"',
                '_ABSENT = "attribute_not_exists(pk) OR attribute_exists(pk)"',
            ),
        ),
        "tests/unit/bookings/test_intake.py",
        FAILED,
    ),
    Mutant(
        "our own repeated write is taken for another's",
        "5",
        (
            Patch(
                TABLE,
                "if WRITE_TOKEN not in item or item[WRITE_TOKEN] != put.item.get(WRITE_TOKEN):",
                "if True:",
            ),
        ),
        "tests/unit/base/test_table.py",
        FAILED,
    ),
    Mutant(
        "no lock on a number",
        "6",
        (
            Patch(
                LOCKS,
                "        return self._acquire(claims.number_lock_key(booking), booking, after)\n",
                "        return True\n",
            ),
        ),
        "newcomers",
        TWO_PATIENTS,
        telling=True,
    ),
    Mutant(
        "no lock on a patient's start",
        "6",
        (
            Patch(
                LOCKS,
                "        key, *earlier = claims.slot_keys(patient_id, booking.start)\n",
                "        return True\n        key, *earlier = claims.slot_keys(patient_id, booking.start)\n",
            ),
        ),
        "play: one start, two calls",
        INTERLEAVED,
    ),
    Mutant(
        "a lock is taken over by its holder's name, not as it was seen",
        "6",
        (
            Patch(
                LOCKS,
                '_AS_SEEN = f"booking_id = :booking AND {WRITE_TOKEN} = :seen"',
                '_AS_SEEN = f"booking_id = :booking AND ({WRITE_TOKEN} = :seen OR attribute_exists(pk))"',
            ),
        ),
        "play: a parked holder comes back",
        INTERLEAVED,
    ),
    Mutant(
        "a parked holder is free though it has posted",
        "6",
        (
            Patch(
                CLAIMS,
                "if holder.state.ended or (holder.state.parked and not holder.posted):",
                "if holder.state.ended or holder.state.parked:",
            ),
        ),
        "moved_twice",
        DOUBLED,
    ),
    Mutant(
        "a booking waits unseen behind a parked holder",
        "6",
        (Patch(LOCKS, 'raise_alone(HolderParked("the lock\'s holder waits for a person"))', "return True"),),
        f"{EXAMPLES}test_worker_holds.py::test_behind_a_holder_parked_in_doubt_the_next_is_parked",
        FAILED,
    ),
    Mutant(
        "what a booked holder has made is not asked for",
        "6",
        (Patch(LOCKS, "if same_person and claims.same_visit(holder, booking) and", "if False and"),),
        "play: one start, two calls, without read-backs",
        INTERLEAVED,
    ),
    Mutant(
        "a number is free as soon as its creator is booked",
        "6",
        (
            Patch(
                LOCKS,
                "return not holder.posted or self._clock.now() >= holder.updated_at + self._settle",
                "return True",
            ),
        ),
        f"{EXAMPLES}test_worker_visits.py::test_somebody_else_on_that_number_is_searched_for_as_before",
        FAILED,
    ),
    Mutant(
        "a newcomer who is booked is searched for all the same",
        "6",
        (
            Patch(
                LOCKS,
                "if claims.of_number(key) and same_person and holder.patient_id:",
                "if False:",
            ),
        ),
        "registered_and_shown_late",
        TWO_PATIENTS,
    ),
    Mutant(
        "a booked newcomer of no known patient answers for nothing",
        "6",
        (Patch(LOCKS, "if same_person and claims.same_visit", "if not claims.of_number(key) and claims.same_visit"),),
        f"{EXAMPLES}test_worker_visits.py",
        FAILED,
    ),
    Mutant(
        "a known patient's booking does not wait for the newcomer's",
        "6",
        (
            Patch(
                WORKER,
                "return not booking.posted and self._locks.creator_may_post(booking)",
                "return False",
            ),
        ),
        f"{EXAMPLES}test_worker_visits.py",
        FAILED,
    ),
    Mutant(
        "what is not wanted any more is held",
        "19",
        (Patch(CLAIMS, 'return key.endswith(f"#{timestamp(holder.start)}")', "return True"),),
        f"{EXAMPLES}test_callbacks_races.py",
        FAILED,
    ),
    Mutant(
        "names are not compared",
        "7",
        (
            Patch(
                NEWCOMER,
                "if told not in [_words(name.reveal()) for name in patient.names]:",
                "if False:",
            ),
        ),
        "relatives",
        WRONG_PATIENT,
    ),
    Mutant(
        "birth dates are not compared",
        "7",
        (Patch(NEWCOMER, "return patient.date_of_birth == details.date_of_birth", "return True"),),
        "namesakes",
        WRONG_PATIENT,
    ),
    Mutant(
        "of several patients the first is taken",
        "7",
        (
            Patch(NEWCOMER, "    if len(found) > 1:\n        raise CannotDecide(Reason.SEVERAL_PATIENTS)\n", ""),
            Patch(NEWCOMER, "    (patient,) = found\n", "    patient = found[0]\n"),
        ),
        f"{EXAMPLES}test_worker_new_patient.py::test_several_patients_on_one_number_are_left_to_a_person",
        FAILED,
    ),
    Mutant(
        "what the search finds is believed whatever its number",
        "7",
        (
            Patch(
                NEWCOMER,
                "found = registered_with(clinicea.search_patient_by_mobile_number(details.mobile, deadline), "
                "details.mobile)",
                "found = list(clinicea.search_patient_by_mobile_number(details.mobile, deadline))",
            ),
        ),
        f"{EXAMPLES}test_newcomer.py::test_namesake_with_another_number_gets_no_booking",
        FAILED,
    ),
    Mutant(
        "after a refusal the number is not searched again",
        "8",
        (
            Patch(
                POSTING,
                "        if claimed.patient_id is None and shown.patient_id is not None:\n",
                "        if False:\n",
            ),
            Patch(
                WORKER,
                "if booking.refusal is not None and booking.patient_id is None and shown.patient_id is not None:",
                "if False:",
            ),
        ),
        "half_done",
        HALF,
    ),
)
REDUNDANT_HOLDS = (
    Redundant(
        "a live lease is not waited for",
        "4",
        (WAITS_FOR_THE_LEASE,),
        "workers_on_one_booking",
        "who takes over a booking settles from the lease's end, and the version keeps the first one's write out",
    ),
    Redundant(
        "the POST may outlast the lease",
        "4",
        (Patch(LIMITS, "POST_ENDS_BEFORE_LEASE_SECONDS = 10.0", "POST_ENDS_BEFORE_LEASE_SECONDS = -1000.0"),),
        "workers_on_one_booking",
        "the invocation's own deadline ends 15 s before the lease",
    ),
    Redundant(
        "what a person gave to another booking is not looked for",
        "2",
        (
            Patch(
                WORKER,
                "standing = next(iter(shown.matching), None) or self._calendar.stands_for_another(booking, shown)",
                "standing = next(iter(shown.matching), None)",
            ),
        ),
        "attended_twice",
        "whoever takes a lock over from a booked holder of the same visit takes its appointment",
    ),
)
