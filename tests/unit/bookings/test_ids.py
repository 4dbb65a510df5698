"""Ids that Clinicea writes in another case, or in braces: one patient, one clinic, one appointment; and stored keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.calendar import CalendarSnapshot
from convox_clinicea.bookings.ledger import AppointmentOwned
from convox_clinicea.bookings.locks import HolderParked
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.reconcile import Finding, Reconciler
from convox_clinicea.bookings.record import Booking
from convox_clinicea.clinicea import Appointment
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.table import Put, Table, timestamp
from tests.support.bench import Bench
from tests.support.bookings import START, accepted, known_request
from tests.support.calendars import read

PATIENT = "41a0c5de-0000-4000-8000-00000000ab41"
CLINIC = "c1a0c5de-0000-4000-8000-00000000abc1"
STAFF = "d1a0c5de-0000-4000-8000-00000000abd1"
VISIT = "a1a0c5de-0000-4000-8000-00000000aba1"
READ_BACK = "getAppointmentsByPatient"
POST = "postAppointmentByPatientID"
LOCAL = START.replace(tzinfo=None).isoformat()


def written_otherwise(identifier: str) -> list[str]:
    return [identifier.upper(), f"{{{identifier}}}", f"{{{identifier.upper()}}}"]


def standing(**changes: Any) -> dict[str, Any]:
    record = {"ID": VISIT, "PatientID": PATIENT, "ClinicID": CLINIC, "StaffID": STAFF, "StartDateTime": LOCAL}
    return {**record, "AppointmentStatus": "Confirmed", **changes}


def asked(bench: Bench, **changes: Any) -> Booking:
    return bench.accept(known_request(patient_id=PATIENT, clinic_id=CLINIC, practitioner_id=STAFF, **changes))


def shows(bench: Bench, *records: dict[str, Any]) -> None:
    """One reading of the calendar, and its end."""
    bench.fake.fault(READ_BACK, "status", status=200, body=json.dumps(records), count=1)
    bench.fake.fault(READ_BACK, "status", status=200, body="[]", count=1)


@pytest.mark.parametrize("field", ["PatientID", "ClinicID", "StaffID"])
@pytest.mark.parametrize("way", range(3))
def test_booked_appointment_is_recognized_in_any_form_of_its_ids(bench: Bench, field: str, way: int) -> None:
    shows(bench, standing(**{field: written_otherwise(str(standing()[field]))[way]}))

    booked = bench.ends(asked(bench))

    assert (booked.state, booked.reason) == (State.BOOKED, Reason.ALREADY_THERE)
    assert bench.fake.posted() == 0


@pytest.mark.parametrize("told", [PATIENT.upper(), f"{{{PATIENT}}}", PATIENT.replace("-", "")])
def test_answer_to_a_post_is_accepted_in_any_form_of_patient_id(bench: Bench, told: str) -> None:
    shows(bench)
    bench.fake.fault(POST, "status", status=200, body=json.dumps(standing(PatientID=told)), count=1)

    booked = bench.ends(asked(bench))

    assert (booked.state, booked.reason, booked.appointment_id) == (State.BOOKED, None, VISIT)


@pytest.mark.parametrize("told", [41.0, 41, "41", "41.0"])
def test_a_number_with_decimals_is_the_number(bench: Bench, told: object) -> None:
    shows(bench, standing(PatientID=told))

    booked = bench.ends(bench.accept(known_request(patient_id="41", clinic_id=CLINIC)))

    assert (booked.state, booked.reason) == (State.BOOKED, Reason.ALREADY_THERE)


def test_what_was_seen_before_the_post_is_known_in_another_form() -> None:
    shown = CalendarSnapshot(PATIENT, (VISIT.upper(),), ("41.0",))

    assert shown.new(accepted(seen=(VISIT, "41"))).ids == ()
    assert shown.same_as(CalendarSnapshot(PATIENT.upper(), (VISIT,), ("41",)))
    assert not shown.same_as(CalendarSnapshot(CLINIC, (VISIT,), ("41",)))


def test_another_id_is_still_another() -> None:
    other = PATIENT[:-1] + "2"
    appointment = Appointment(appointment_id="A-1", patient_id=other, start=START)

    assert read(known_request(), appointment, patient_id=PATIENT).matching == ()


class TestStoredKeys:
    """Items that a release before has left under ids as Clinicea wrote them."""

    @staticmethod
    def left(bench: Bench, key: str, booking: Booking) -> None:
        item = bench.ledger.claim(key, booking).item
        Table(aws.dynamodb(), bench.stack.table).put(Put(item, "attribute_not_exists(pk)"))

    @pytest.mark.parametrize("written", [VISIT.upper(), VISIT])
    @pytest.mark.parametrize("told", [VISIT, VISIT.upper(), f"{{{VISIT}}}"])
    def test_an_appointment_that_was_claimed_belongs_to_its_booking(
        self, bench: Bench, written: str, told: str
    ) -> None:
        mine, yours = bench.accept(), bench.accept(clinic_id="C-02")
        self.left(bench, f"appointment#{written}", yours)

        assert bench.ledger.owner_of(told) == yours.booking_id
        with pytest.raises(AppointmentOwned):
            bench.ledger.book(mine, told)
        assert bench.ledger.book(yours, told).appointment_id == told

    def test_two_bookings_never_own_one_appointment_in_two_forms(self, bench: Bench) -> None:
        mine, yours = bench.accept(), bench.accept(clinic_id="C-02")
        bench.ledger.book(yours, VISIT.upper())

        with pytest.raises(AppointmentOwned):
            bench.ledger.book(mine, f"{{{VISIT}}}")

    def test_a_start_that_is_held_is_held_in_every_form(self, bench: Bench) -> None:
        mine, yours = bench.accept(), bench.accept(clinic_id="C-02")

        assert bench.locks.acquire_slot_lock(yours, PATIENT.upper())
        assert not bench.locks.acquire_slot_lock(mine, PATIENT)
        assert bench.locks.acquire_slot_lock(yours, f"{{{PATIENT}}}")

    def test_start_locked_by_previous_release_is_kept_until_final(self, bench: Bench) -> None:
        mine, yours = bench.accept(), bench.accept(clinic_id="C-02")
        self.left(bench, f"slot#{PATIENT.upper()}#{timestamp(yours.start)}", yours)

        assert not bench.locks.acquire_slot_lock(mine, PATIENT)
        assert bench.locks.acquire_slot_lock(yours, PATIENT)
        bench.ledger.book(bench.now(yours), "A-1")
        assert bench.locks.acquire_slot_lock(mine, PATIENT.upper())

    def test_the_holder_under_any_earlier_key_is_looked_at(self, bench: Bench) -> None:
        mine, ended, yours = bench.accept(), bench.accept(clinic_id="C-02"), bench.accept(clinic_id="C-03")
        self.left(bench, f"slot#{{{PATIENT}}}#{timestamp(ended.start)}", ended)
        self.left(bench, f"slot#{PATIENT.upper()}#{timestamp(yours.start)}", yours)
        bench.ledger.book(bench.now(ended), "A-1")

        assert not bench.locks.acquire_slot_lock(mine, f"{{{PATIENT}}}")

    @pytest.mark.parametrize("written", [PATIENT, PATIENT.upper()])
    def test_holder_that_was_posted_and_parked_parks_the_next(self, bench: Bench, written: str) -> None:
        mine, yours = bench.accept(), bench.accept(clinic_id="C-02")
        self.left(bench, f"slot#{written}#{timestamp(yours.start)}", yours)
        in_doubt = bench.ledger.move(bench.claimed(yours), State.UNKNOWN)
        bench.ledger.move(in_doubt, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

        with pytest.raises(HolderParked):
            bench.locks.acquire_slot_lock(mine, PATIENT)
        assert bench.locks.acquire_slot_lock(yours, PATIENT)


@pytest.mark.parametrize(
    ("record", "finding"),
    [
        ({"AppointmentID": VISIT.upper()}, None),
        ({"AppointmentID": f"{{{VISIT}}}"}, None),
        ({"AppointmentID": PATIENT}, Finding.MISSING),
    ],
)
def test_reconciling_knows_an_appointment_in_any_form(
    bench: Bench, record: dict[str, Any], finding: Finding | None
) -> None:
    bench.ledger.book(bench.accept(), VISIT)
    shown = {"PatientID": PATIENT, "StartDateTime": LOCAL, "AppointmentStatus": "Confirmed", **record}
    bench.fake.fault("getAppointmentsByDate", "status", status=200, body=json.dumps([shown]), count=1)
    clinics = Clinics.from_document({"schema": 1, "clinics": []}, "Asia/Kolkata")

    report = Reconciler(bench.ledger, bench.clinicea, clinics).compare(START.date(), Deadline.after(bench.clock, 20))

    assert [each.finding for each in report.discrepancies] == ([finding] if finding else [])


def test_a_clinic_is_found_in_any_form() -> None:
    clinics = Clinics.from_document(
        {"schema": 1, "clinics": [{"clinic_id": CLINIC.upper(), "time_zone": "Asia/Dubai"}]}, "Asia/Kolkata"
    )

    for written in (CLINIC, *written_otherwise(CLINIC)):
        assert clinics.zone(written).key == "Asia/Dubai"
