"""The quick Clinicea of the simulation answers exactly as the fake that it speeds up."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlencode

from local.clinicea import FakeClinicea, Request
from local.clinicea.auth import LOCAL_API_KEY, Credentials
from local.clinicea.records import Patient
from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.clock import TrueClock
from tests.chaos.scheduler import Scheduler
from tests.chaos.trace import Trace

MONDAY = datetime.fromisoformat("2031-03-10T09:00:00")  # naive, as Clinicea's times are
HEADERS = {"api_key": LOCAL_API_KEY}


def requests(chance: Random, count: int) -> list[Request]:
    """Requests that meet on few slots, numbers and patients."""
    made = []
    for number in range(count):
        start = MONDAY + timedelta(minutes=10 * chance.randrange(400))
        slot = {
            "ClinicID": chance.choice(("C-01", "C-02", "C-99")),
            "StartDateTime": start.isoformat(),
            "EndDateTime": (start + timedelta(minutes=30)).isoformat(),
            "Notes": f"#{number}#",
            **({"StaffID": chance.choice(("D-01", "D-02"))} if chance.random() < 0.7 else {}),
        }
        patient, mobile = f"P-{chance.randrange(12)}", f"99999000{chance.randrange(6):02d}"
        newcomer = {"FirstName": "Meera", "LastName": "Testkar", "Mobile": mobile, "MobileCountryCode": "91"}
        v1 = "/api/v1/appointments"
        made.append(
            chance.choice(
                (
                    Request.to("POST", f"{v1}/postAppointment?{urlencode(slot | newcomer)}", HEADERS),
                    Request.to(
                        "POST",
                        f"{v1}/postAppointmentByPatientID?{urlencode(slot | {'PatientID': patient})}",
                        HEADERS,
                    ),
                    Request.to(
                        "GET",
                        f"/api/v2/appointments/getAppointmentsByPatient?patientID={patient}&appointmentType=2&pageNo=1&pageSize=10",
                        HEADERS,
                    ),
                    Request.to(
                        "GET",
                        f"/api/v1/patients/searchByMobileNumber?patMobile={mobile}&countryCode=91",
                        HEADERS,
                    ),
                    Request.to(
                        "GET",
                        f"/api/v3/appointments/getAppointmentsByDate?appointmentDate={start.date()}"
                        "&pageNo=1&pageSize=100",
                        HEADERS,
                    ),
                )
            )
        )
    return made


def test_it_answers_as_the_fake_does() -> None:
    clock = TrueClock(Scheduler(Trace()))
    plain = FakeClinicea(clock, 5, credentials=Credentials())
    quick = SimulatedClinicea(clock, 5, Credentials())
    for fake in (plain, quick):
        for number in range(10):
            mobile = f"99999000{number % 5:02d}"
            fake.store.add_patient(Patient(f"Person {number}", mobile, patient_id=f"P-{number}"))
        fake.switches.shift_zones = -330

    refused = 0
    for request in requests(Random(5), 1500):
        expected, answer = plain.handle(request), quick.handle(request)
        assert (answer.status, answer.body) == (expected.status, expected.body)
        refused += expected.status == 400

    assert refused > 100
    assert len(quick.moved) > 100
    assert [each.appointment_id for each in quick.store.appointments.values()] == list(plain.store.appointments)
