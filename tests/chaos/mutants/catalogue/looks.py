"""Mutants of rules 1 to 3: the look, what is remembered, and when an appointment is certainly absent."""

from __future__ import annotations

from tests.chaos.mutants.mutant import DOUBLED, ELSEWHERE, FAILED, LOST, NEEDLESS, OWNED_TWICE, RESURRECTED, Mutant
from tests.chaos.mutants.patching import Patch

WORKER, POSTING = "bookings/worker.py", "bookings/posting.py"
CALENDAR, LEDGER = "bookings/calendar.py", "bookings/ledger.py"
PAGING, ANSWERS = "clinicea/lists.py", "clinicea/responses.py"
LOOK = "shown = self._calendar.read(patient_id, request, deadline)\n"
EXAMPLES = "tests/unit/bookings/"

LOOKS = (
    Mutant(
        "no look at all",
        "1",
        (Patch(WORKER, LOOK, "shown = CalendarSnapshot(patient_id)\n"),),
        "already_there",
        DOUBLED,
        True,
    ),
    Mutant(
        "no look before the first POST",
        "1",
        (
            Patch(
                WORKER,
                LOOK,
                "shown = self._calendar.read(patient_id, request, deadline) if booking.posted else "
                "CalendarSnapshot(patient_id)\n",
            ),
        ),
        "already_there",
        DOUBLED,
    ),
    Mutant(
        "only the first page is read",
        "1",
        (Patch(PAGING, "if not items or spec.page_size is None:", "if True:"),),
        "long_history",
        DOUBLED,
    ),
    Mutant(
        "HTML is an empty calendar",
        "3",
        (
            Patch(
                ANSWERS,
                'return UnexpectedAnswer(call, status, "not JSON") if answer.body.lstrip()[:1] == b"<" else None',
                "return None",
            ),
            Patch(
                ANSWERS,
                "    parsed = json_value(call, answer)\n    if parsed is None or",
                '    parsed = None if answer.body.lstrip()[:1] == b"<" else json_value(call, answer)\n'
                "    if parsed is None or",
            ),
        ),
        "blind",
        DOUBLED,
    ),
    Mutant(
        "a reading that failed is an empty one",
        "3",
        (
            Patch(
                CALENDAR,
                "        return _classify(self._clinicea.appointments_by_patient(patient_id, deadline), "
                "patient_id, request)\n",
                "        from convox_clinicea.errors import ConnectorError\n"
                "        try:\n"
                "            found = self._clinicea.appointments_by_patient(patient_id, deadline)\n"
                "        except ConnectorError:\n"
                "            return CalendarSnapshot(patient_id)\n"
                "        return _classify(found, patient_id, request)\n",
            ),
        ),
        "blind",
        DOUBLED,
    ),
    Mutant(
        "a record without an id is left out",
        "3",
        (Patch(PAGING, 'raise UnexpectedAnswer(call, detail="a record without an id")', "continue"),),
        "tests/unit/clinicea/test_client_reads.py",
        FAILED,
    ),
    Mutant(
        "what was seen is not remembered",
        "2",
        (Patch(POSTING, "seen=tuple(dict.fromkeys(booking.seen + shown.ids)),", "seen=(),"),),
        "history",
        NEEDLESS,
    ),
    Mutant(
        "cancelled appointments are not looked at",
        "2",
        (
            Patch(
                CALENDAR,
                "        nearby.append(appointment.appointment_id)\n"
                "        if appointment.status is Status.CANCELLED:\n",
                "        if appointment.status is Status.CANCELLED:\n            continue\n"
                "        nearby.append(appointment.appointment_id)\n"
                "        if appointment.status is Status.CANCELLED:\n",
            ),
        ),
        "cancelled_meanwhile",
        RESURRECTED,
    ),
    Mutant(
        "only the days round the start are looked at",
        "2",
        (
            Patch(
                CALENDAR,
                "        nearby.append(appointment.appointment_id)\n",
                "        if appointment.start is not None and abs((appointment.start - wanted.start).days) > 1:\n"
                "            continue\n"
                "        nearby.append(appointment.appointment_id)\n",
            ),
        ),
        "moved_meanwhile",
        DOUBLED,
    ),
    Mutant(
        "a new one elsewhere means absent",
        "2",
        (Patch(WORKER, "if self._calendar.has_ambiguous(booking, shown):", "if False:"),),
        "rounded_and_lost",
        DOUBLED,
    ),
    Mutant(
        "a new one that another booking owns may be ours",
        "2",
        (
            Patch(
                CALENDAR,
                "each for each in sorted(doubtful) if self._ledger.owner_of(each) in (None, booking.booking_id)",
                "sorted(doubtful)",
            ),
        ),
        f"{EXAMPLES}test_calendar.py::test_new_nearby_appointment_is_ambiguous_unless_owned",
        FAILED,
    ),
    Mutant(
        "what another booking may have made is left to a person at once",
        "2",
        (
            Patch(
                WORKER,
                "            wait = self._until_others_settle(booking, shown, received)\n",
                "            wait = None\n",
            ),
        ),
        f"{EXAMPLES}test_worker_settles.py",
        FAILED,
    ),
    Mutant(
        "an unclear status counts as cancelled",
        "2",
        (Patch(WORKER, "if shown.unclear:  #", "if False:  #"),),
        "unclear",
        DOUBLED,
    ),
    Mutant(
        "any appointment of the patient is the wanted one",
        "2",
        (
            Patch(
                CALENDAR,
                "if wanted.start.astimezone(UTC) not in appointment.starts:",
                "if not appointment.starts:",
            ),
        ),
        "history",
        LOST,
    ),
    Mutant(
        "practitioners are not compared",
        "2",
        (Patch(CALENDAR, "_may_be(appointment.practitioner_id, wanted.practitioner_id)\n", "True\n"),),
        f"{EXAMPLES}test_worker_known_patient.py::test_known_practitioners_tell_two_appointments_apart",
        FAILED,
    ),
    Mutant(
        "any 200 with an id is ours, whatever its start",
        "9",
        (
            Patch(
                ANSWERS,
                "if isinstance(shown[0], str) and start.astimezone(UTC) in table.times.instants(shown[0], reading):",
                "if True:",
            ),
        ),
        "answer_elsewhere",
        ELSEWHERE,
        telling=True,
    ),
    Mutant(
        "an appointment may belong to two bookings",
        "2",
        (
            Patch(
                LEDGER,
                "self._table.put_all([self._unchanged(booking, moved), claim, *held, *beside], moved.write_token)",
                "self._table.put_all([self._unchanged(booking, moved), *held, *beside], moved.write_token)",
            ),
        ),
        "named_twice",
        OWNED_TWICE,
    ),
    Mutant(
        "no settle time",
        "settle time",
        (
            Patch(
                WORKER,
                "return (booking.unsettled_since + self._limits.settle - self._clock.now()).total_seconds()",
                "return 0.0",
            ),
        ),
        "late_commits",
        DOUBLED,
        telling=True,
    ),
    Mutant(
        "a settle time of 60 s",
        "settle time",
        (
            Patch(
                "/template.yaml",
                "Default: 120, MinValue: 30, MaxValue: 1800,",
                "Default: 60, MinValue: 30, MaxValue: 1800,",
            ),
        ),
        "late_commits",
        DOUBLED,
    ),
    Mutant(
        "one reading instead of two",
        "3",
        (
            Patch(
                WORKER,
                "        if not self._calendar.read_again(booking, request, deadline).same_as(shown):\n"
                "            return Wait(1)\n",
                "",
            ),
        ),
        "last_moment",
        DOUBLED,
    ),
    Mutant(
        "the settle time counts from the claim",
        "3",
        (
            Patch(
                POSTING,
                "            unsettled_since=lease_until,\n",
                "            unsettled_since=self._clock.now(),\n",
            ),
            Patch(
                POSTING,
                "            self._ledger.move(claimed, State.UNKNOWN, unsettled_since=self._clock.now())\n"
                "            return wait_for(error, attempt.soon)\n",
                "            self._ledger.move(claimed, State.UNKNOWN)\n"
                "            return wait_for(error, attempt.soon)\n",
            ),
        ),
        "frozen_before_its_post",
        DOUBLED,
    ),
    Mutant(
        "a start that comes twice is the first of the two",
        "2",
        (
            Patch(
                "clinicea/models.py",
                "for each in (self.start, self.other_start) if each is not None)",
                "for each in (self.start,) if each is not None)",
            ),
        ),
        f"{EXAMPLES}test_hour_that_comes_twice.py",
        FAILED,
    ),
)
