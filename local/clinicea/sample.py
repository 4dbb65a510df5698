"""Initial data: a few invented people with unassigned numbers."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from local.clinicea.records import Appointment, Patient

if TYPE_CHECKING:
    from local.clinicea.core import FakeClinicea

REGULAR = Patient(
    patient_id="P-01",
    file_no="F0001",
    first_name="Meera",
    last_name="Samplewala",
    mobile="9999900001",
    gender="Female",
    date_of_birth=date(1988, 4, 17),
    email="meera@example.com",
    address1="7 Imaginary Lane",
    address2="Indiranagar",
    city="Bengaluru",
    state="Karnataka",
    postal_code="560000",
)
PARENT = Patient(
    patient_id="P-02",
    file_no="F0002",
    first_name="Rohan",
    last_name="Testkar",
    mobile="9999900002",
    gender="Male",
    date_of_birth=date(1979, 11, 2),
)
CHILD = Patient(
    patient_id="P-03",
    file_no="F0003",
    first_name="Diya",
    last_name="Testkar",
    mobile="9999900002",
    gender="Female",
)

# Days from today, hour, clinic, practitioner, service, status: words seen live.
_VISITS: tuple[tuple[str, int, int, str, str | None, str, str], ...] = (
    ("P-01", -200, 10, "C-01", "D-01", "Consultation", "Check Out"),
    ("P-01", -30, 16, "C-02", "D-02", "Follow-up", "Check Out"),
    ("P-01", -90, 11, "C-01", "D-01", "Blood test", "Check Out"),
    ("P-01", -60, 9, "C-01", "D-03", "Consultation", "No Show"),
    ("P-01", -45, 12, "C-01", None, "Consultation", "Cancelled"),
    ("P-01", 14, 10, "C-01", "D-01", "Follow-up", "Scheduled"),
    ("P-02", -10, 15, "C-02", "D-02", "Consultation", "Check Out"),
    ("P-02", 3, 15, "C-02", "D-02", "Follow-up", "Confirmed"),
)


def seed_sample(fake: "FakeClinicea") -> None:
    """Add the sample people and their visits, with constant ids and visits relative to the clock."""
    now = fake.clock.now()
    today = now.astimezone(fake.account.zone).date()
    for patient in (REGULAR, PARENT, CHILD):
        fake.store.add_patient(patient)
    for number, visit in enumerate(_VISITS, start=1):
        patient_id, days, hour, clinic, practitioner, service, status = visit
        start = datetime.combine(today + timedelta(days=days), time(hour))
        made = now - timedelta(days=max(1, 1 - days))
        fake.store.add_appointment(
            Appointment(
                appointment_id=f"A-{number:02d}",
                patient_id=patient_id,
                clinic_id=clinic,
                practitioner_id=practitioner,
                start=start,
                end=start + timedelta(minutes=30),
                service=service,
                status=status,
                cancellation_reason="Patient asked" if status == "Cancelled" else "",
                created_at=made,
                modified_at=made,
                made_by="sample",
            )
        )
