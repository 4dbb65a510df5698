"""The ledger against Clinicea's calendar for a day: is what was booked still there, once?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.reconcile import Discrepancy, Finding, Reconciler, Report
from convox_clinicea.bookings.record import Booking
from convox_clinicea.clinicea.errors import Unavailable
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics, ClinicsDocument
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import INDIA, START, known_request

DAY = START.date()
BY_DATE = "getAppointmentsByDate"


def compared(bench: Bench, day: date = DAY) -> Report:
    clinics = Clinics(ClinicsDocument(schema=1), "Asia/Kolkata")
    return Reconciler(bench.ledger, bench.clinicea, clinics).compare(day, Deadline.after(bench.clock, 60))


def found(bench: Bench, day: date = DAY) -> tuple[Discrepancy, ...]:
    return compared(bench, day).discrepancies


@pytest.fixture
def booked(bench: Bench) -> Booking:
    bench.patient()
    booking = bench.ends(bench.accept())
    assert booking.state is State.BOOKED
    return booking


def by_hand(bench: Bench, patient_id: str = "P-41", **changes: Any) -> str:
    wanted = known_request(**changes).for_clinicea(reference="front desk")
    return bench.clinicea.post_appointment_by_patient_id(
        patient_id, wanted, Deadline.after(bench.clock, 10)
    ).appointment_id


def test_what_stands_once_is_no_finding(bench: Bench, booked: Booking) -> None:
    assert compared(bench) == Report(1, ())


def test_an_appointment_that_is_gone_is_missing(bench: Bench, booked: Booking) -> None:
    bench.fake.cancel(str(booked.appointment_id), delete=True)

    assert found(bench) == (Discrepancy(Finding.MISSING, booked.booking_id, (str(booked.appointment_id),)),)


def test_one_that_was_cancelled_is_cancelled(bench: Bench, booked: Booking) -> None:
    bench.fake.cancel(str(booked.appointment_id), "the patient rang")

    assert found(bench) == (Discrepancy(Finding.CANCELLED, booked.booking_id, (str(booked.appointment_id),)),)


def test_one_beside_it_at_the_same_start_doubles_it(bench: Bench, booked: Booking) -> None:
    second = by_hand(bench)

    assert found(bench) == (Discrepancy(Finding.DOUBLED, booked.booking_id, (str(booked.appointment_id), second)),)


def test_one_beside_it_that_was_cancelled_does_not(bench: Bench, booked: Booking) -> None:
    bench.fake.cancel(by_hand(bench), "a mistake")

    assert found(bench) == ()


def test_another_start_or_another_patient_does_not_double_it(bench: Bench, booked: Booking) -> None:
    bench.fake.add_patient(**invented.child(patient_id="P-42", mobile=invented.OTHER_NATIONAL))
    by_hand(bench, start=START + timedelta(minutes=30))
    by_hand(bench, patient_id="P-42", practitioner_id="D-02")

    assert found(bench) == ()


@pytest.mark.parametrize(("practitioner", "findings"), [("D-02", 0), ("D-01", 1)])
def test_practitioners_count_where_both_are_known(bench: Bench, practitioner: str, findings: int) -> None:
    bench.fake.switch(reference_ids=True)
    bench.patient()
    bench.ends(bench.accept(practitioner_id="D-01"))
    by_hand(bench, practitioner_id=practitioner)

    assert len(found(bench)) == findings


def test_only_what_is_booked_for_that_day_is_compared(bench: Bench, booked: Booking) -> None:
    bench.accept(start=START + timedelta(hours=2))
    bench.fake.cancel(str(booked.appointment_id))

    assert compared(bench, DAY + timedelta(days=1)) == Report(0, ())
    assert compared(bench, DAY - timedelta(days=1)).compared == 0
    assert compared(bench).compared == 1


@pytest.mark.parametrize("clock", ["00:00", "05:29", "23:59"])
def test_a_day_is_the_stacks_own_from_midnight_to_midnight(bench: Bench, clock: str) -> None:
    bench.patient()
    start = datetime.fromisoformat(f"{DAY}T{clock}").replace(tzinfo=INDIA)
    bench.ends(bench.accept(start=start))

    assert compared(bench) == Report(1, ())
    assert compared(bench, DAY + timedelta(days=1)).compared == 0
    assert compared(bench, DAY - timedelta(days=1)).compared == 0


def test_a_day_without_bookings_asks_clinicea_nothing(bench: Bench) -> None:
    assert compared(bench) == Report(0, ())
    assert bench.fake.requests(BY_DATE) == []


def test_a_calendar_that_cannot_be_read_is_no_report(bench: Bench, booked: Booking) -> None:
    bench.fake.fault(BY_DATE, "status", status=503)

    with pytest.raises(Unavailable):
        compared(bench)
