"""What Clinicea commits late, or the clinic moves: the comparison of ledger and calendar sees it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.audit import OperatorAction, Person
from convox_clinicea.bookings.identity import digest_of_number
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.reconcile import Discrepancy, Finding, Reconciler, Report
from convox_clinicea.bookings.record import Booking
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics, ClinicsDocument
from convox_clinicea.mobile import parse_mobile
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import START, known_request, new_request

BY_PATIENT = "getAppointmentsByPatient"
KNOWN, NEW = "postAppointmentByPatientID", "postAppointment"
LATE = 900.0
PERSON = Person("arn:aws:iam::123456789012:user/front-desk", "looked into the calendar")
SHOWN = {"notes and numbers": False, "numbers alone": True}
"""Whether lists leave the notes out: that they return them is assumed."""


def reconciler(bench: Bench, **changes: Any) -> Reconciler:
    clinics = Clinics(ClinicsDocument(schema=1), "Asia/Kolkata")
    return Reconciler(bench.ledger, bench.clinicea, clinics, **{"number_key": _key, **changes})


def report(bench: Bench, **changes: Any) -> Report:
    return reconciler(bench, **changes).compare_all(bench.clock.now(), Deadline.after(bench.clock, 60))


def found(bench: Bench, **changes: Any) -> list[Discrepancy]:
    return [*report(bench, **changes).discrepancies]


def _key(text: str) -> str:
    return digest_of_number(invented.IDENTITY_KEY.encode(), parse_mobile(text, default_country="IN"))


def commits_late(bench: Bench, call: str, booking: Booking) -> Booking:
    """Post a booking twice; the first POST is carried out long after the settle time."""
    bench.fake.fault(call, "late_commit", seconds=LATE, reset=True, count=1)
    bench.waits(booking)
    ended = bench.settles(booking)
    assert ended.state is State.BOOKED
    return ended


def after_the_late_commit(bench: Bench) -> None:
    bench.clock.advance(LATE)
    assert len(bench.fake.standing()) == 2


@pytest.mark.parametrize("omit_notes", SHOWN.values(), ids=SHOWN)
def test_second_record_of_the_same_newcomer_is_a_double(bench: Bench, omit_notes: bool) -> None:
    bench.fake.switch(omit_notes=omit_notes)
    booked = commits_late(bench, NEW, bench.accept(new_request()))
    assert found(bench) == []
    after_the_late_commit(bench)
    (other,) = {each["appointment_id"] for each in bench.fake.standing()} - {booked.appointment_id}

    (discrepancy,) = found(bench)

    assert discrepancy == Discrepancy(Finding.DOUBLED, booked.booking_id, (str(booked.appointment_id), other))


def test_without_the_number_key_the_calendar_shows_the_double(bench: Bench) -> None:
    bench.fake.switch(omit_notes=True)
    commits_late(bench, NEW, bench.accept(new_request()))
    after_the_late_commit(bench)

    assert [each.finding for each in found(bench, number_key=lambda _text: None)] == [Finding.DOUBLED]


def test_a_known_patient_s_late_commit_doubles_the_booking(bench: Bench) -> None:
    bench.patient()
    commits_late(bench, KNOWN, bench.accept())
    after_the_late_commit(bench)

    assert [each.finding for each in found(bench)] == [Finding.DOUBLED]


@pytest.mark.parametrize(
    ("who", "ours", "theirs"),
    [
        ({"first_name": "Ravi", "last_name": "Invented"}, None, None),
        ({"mobile": "9999900077"}, None, None),
        ({}, "D-01", "D-02"),
    ],
    ids=["another name", "another number", "another practitioner"],
)
def test_another_person_at_the_same_time_does_not(
    bench: Bench, who: dict[str, str], ours: str | None, theirs: str | None
) -> None:
    bench.fake.switch(omit_notes=True, reference_ids=True)
    booked = bench.ends(bench.accept(new_request(practitioner_id=ours)))
    start = START.replace(tzinfo=None).isoformat()
    theirs_too = {"clinic_id": "C-01", "start": start, **({"practitioner_id": theirs} if theirs else {})}
    bench.fake.add_patient(**invented.patient(patient_id="P-77", appointments=[theirs_too]) | who)

    assert booked.state is State.BOOKED
    assert found(bench) == []


def by_hand(bench: Bench, patient_id: str, reference: str = "front desk", **changes: Any) -> str:
    wanted = known_request(**changes).for_clinicea(reference=reference)
    return bench.clinicea.post_appointment_by_patient_id(
        patient_id, wanted, Deadline.after(bench.clock, 10)
    ).appointment_id


class TestNotBooked:
    """A booking was given up, and its POST is carried out after all."""

    @pytest.mark.parametrize("omit_notes", SHOWN.values(), ids=SHOWN)
    @pytest.mark.parametrize("call", [KNOWN, NEW])
    def test_what_stands_for_a_rejected_one_is_unexpected(self, bench: Bench, call: str, omit_notes: bool) -> None:
        bench.fake.switch(omit_notes=omit_notes)
        booking = self.given_up(bench, call)
        rejected = bench.acting.resolve(booking.booking_id, OperatorAction.REJECTED, PERSON).booking
        assert rejected is not None
        assert (rejected.state, rejected.posted) == (State.REJECTED, True)
        assert found(bench) == []
        bench.clock.advance(LATE)
        (standing,) = bench.fake.standing()

        assert found(bench) == [Discrepancy(Finding.UNEXPECTED, booking.booking_id, (standing["appointment_id"],))]

    @pytest.mark.parametrize("call", [KNOWN, NEW])
    def test_so_is_what_stands_for_a_parked_one(self, bench: Bench, call: str) -> None:
        booking = self.given_up(bench, call)
        bench.clock.advance(LATE)

        assert [(each.finding, each.booking_id) for each in found(bench)] == [(Finding.UNEXPECTED, booking.booking_id)]

    def test_what_belongs_to_another_booking_is_not(self, bench: Bench) -> None:
        bench.patient()
        parked = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION)
        booked = bench.ledger.book(bench.accept(service=None, clinic_id="C-02"), by_hand(bench, "P-41"))

        assert parked.start == booked.start
        assert found(bench) == []

    def test_nor_what_stood_there_before_the_post(self, bench: Bench) -> None:
        bench.patient()
        before = by_hand(bench, "P-41")
        claimed = bench.ledger.move(bench.claimed(bench.accept()), State.UNKNOWN, seen=(before,), patient_id="P-41")
        bench.ledger.move(claimed, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

        assert found(bench) == []

    def test_one_that_is_still_on_its_way_is_the_worker_s_business(self, bench: Bench) -> None:
        bench.patient()
        booking = bench.claimed(bench.accept())
        by_hand(bench, "P-41", reference=booking.booking_id)

        assert report(bench) == Report(0, ())

    @staticmethod
    def given_up(bench: Bench, call: str) -> Booking:
        """A booking whose POST is under way when nobody waits for it any more."""
        if call == KNOWN:
            bench.patient()
        booking = bench.accept() if call == KNOWN else bench.accept(new_request())
        bench.fake.fault(call, "late_commit", seconds=LATE, reset=True, count=1)
        bench.waits(booking)
        parked = bench.ledger.move(bench.now(booking), State.NEEDS_ATTENTION, reason=Reason.AGE_LIMIT)
        bench.clock.advance(180)
        return parked


def test_a_reference_that_no_booking_has_is_unexpected(bench: Bench) -> None:
    bench.patient()
    booked = bench.ends(bench.accept())
    unknown = f"bk_{'z' * 26}"
    bench.fake.add_patient(**invented.child(patient_id="P-42", mobile=invented.OTHER_NATIONAL))
    standing = by_hand(bench, "P-42", reference=unknown, start=START + timedelta(hours=2))

    assert booked.state is State.BOOKED
    assert found(bench) == [Discrepancy(Finding.UNEXPECTED, unknown, (standing,))]


class TestMoved:
    @pytest.fixture
    def booked(self, bench: Bench) -> Booking:
        bench.patient()
        return bench.ends(bench.accept())

    @pytest.mark.parametrize("days", [0.02, -0.1, 1, -1, 2, 40], ids=lambda days: f"{days} days")
    def test_what_stands_at_another_time_was_moved(self, bench: Bench, booked: Booking, days: float) -> None:
        move(bench, booked, START + timedelta(days=days))

        assert found(bench) == [Discrepancy(Finding.MOVED, booked.booking_id, (str(booked.appointment_id),))]

    def test_distant_move_is_missing_if_patient_reads_are_forbidden(self, bench: Bench, booked: Booking) -> None:
        move(bench, booked, START + timedelta(days=40))

        assert [each.finding for each in found(bench, by_patient=False)] == [Finding.MISSING]
        bench.fake.fault(BY_PATIENT, "status", status=403)
        assert [each.finding for each in found(bench)] == [Finding.MISSING]

    def test_one_that_a_person_chose_stands_where_they_wanted_it(self, bench: Bench) -> None:
        bench.patient()
        parked = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
        elsewhere = by_hand(bench, "P-41", start=START + timedelta(hours=1))
        bench.acting.resolve(
            parked.booking_id, OperatorAction.BOOKED, PERSON, appointment_id=elsewhere, patient_id="P-41"
        )

        assert report(bench) == Report(1, ())


def move(bench: Bench, booking: Booking, start: datetime) -> None:
    """Move an appointment, as the front desk does."""
    bench.fake.move(str(booking.appointment_id), start.strftime("%Y-%m-%dT%H:%M:%S"))
