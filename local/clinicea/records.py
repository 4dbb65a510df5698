"""Records of the fake account: clinics, practitioners, patients, appointments; no rules and no wire format."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime


def plain_status(status: str) -> str:
    """Return a status without case and separators, because Clinicea's spellings differ."""
    return "".join(letter for letter in status.casefold() if letter.isalnum())


_GUID = re.compile(r"[{(]?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})[)}]?", re.ASCII | re.I)


def id_kept(identifier: str, among: Mapping[str, object]) -> str:
    """Return the id as stored: .NET accepts a GUID in any case, with or without braces and hyphens [assumed]."""
    if identifier in among or not _GUID.fullmatch(identifier.strip()):
        return identifier
    return next((each for each in among if _digits(each) == _digits(identifier)), identifier)


def _digits(guid: str) -> str:
    return guid.strip(" {()}").replace("-", "").lower()


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic of the account."""

    clinic_id: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A practitioner of appointments."""

    practitioner_id: str
    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service; its length is that of its appointments."""

    service_id: str
    name: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient; an empty id is filled in by the store."""

    first_name: str
    mobile: str
    patient_id: str = ""
    file_no: str = ""
    last_name: str = ""
    country_code: str = "91"
    gender: str = ""
    date_of_birth: date | None = None
    email: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    made_by: str = "control"
    created_at: datetime | None = None

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment; times are naive, in the clinic's zone. An empty id is filled in by the store."""

    patient_id: str
    clinic_id: str
    start: datetime
    end: datetime
    created_at: datetime
    modified_at: datetime
    appointment_id: str = ""
    practitioner_id: str | None = None
    service: str = ""
    status: str = "Scheduled"
    notes: str = ""
    mobile: str = ""
    cancellation_reason: str = ""
    deleted: bool = False
    made_by: str = "control"

    @property
    def cancelled(self) -> bool:
        """Whether it is cancelled."""
        return self.deleted or plain_status(self.status).startswith(("cancelled", "canceled"))

    @property
    def checked_out(self) -> bool:
        """Whether the visit is completed."""
        return plain_status(self.status) in ("checkout", "checkedout", "completed")


DEFAULT_CLINICS = (
    Clinic(
        "C-01",
        "Example Clinic Indiranagar",
        "1 Invented Street, Indiranagar, Bengaluru, Karnataka 560000",
    ),
    Clinic("C-02", "Example Clinic Andheri", "22 Nowhere Road, Andheri West, Mumbai, Maharashtra 400000"),
)
DEFAULT_PRACTITIONERS = (
    Practitioner("D-01", "Anika", "Inventedova"),
    Practitioner("D-02", "Kabir", "Fictionwala"),
    Practitioner("D-03", "Leela", "Madeupkar"),
)

DEFAULT_SERVICES = (
    Service("5e1f0000-0000-4000-8000-000000000001", "Consultation", 30),
    Service("5e1f0000-0000-4000-8000-000000000002", "Follow-up", 15),
    Service("5e1f0000-0000-4000-8000-000000000003", "Blood test", 10),
)


@dataclass(slots=True)
class Store:
    """The account's records. Ids continue after `clear`, because Clinicea never uses an id twice."""

    seed: int
    clinics: dict[str, Clinic] = field(default_factory=dict)
    practitioners: dict[str, Practitioner] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    patients: dict[str, Patient] = field(default_factory=dict)
    appointments: dict[str, Appointment] = field(default_factory=dict)
    _prefix: str = ""
    _patients_made: int = 0
    _appointments_made: int = 0

    def __post_init__(self) -> None:
        # Runs with different seeds share no id, so that a ledger can be used for several runs.
        self._prefix = hashlib.sha256(f"ids:{self.seed}".encode()).hexdigest()[:6]
        self.clear()

    def clear(self) -> None:
        """Remove patients and appointments, and restore the default clinics and practitioners."""
        self.clinics = {clinic.clinic_id: clinic for clinic in DEFAULT_CLINICS}
        self.practitioners = {each.practitioner_id: each for each in DEFAULT_PRACTITIONERS}
        self.services = {each.service_id: each for each in DEFAULT_SERVICES}
        self.patients = {}
        self.appointments = {}

    def add_patient(self, patient: Patient) -> Patient:
        """Store a patient with an id and a file number, without a check for duplicates."""
        self._patients_made += 1
        number = self._patients_made
        kept = replace(
            patient,
            patient_id=patient.patient_id or f"P-{self._prefix}-{number:04d}",
            file_no=patient.file_no or f"F{self._prefix[:3]}{number:04d}",
        )
        self.patients[kept.patient_id] = kept
        return kept

    def add_appointment(self, appointment: Appointment) -> Appointment:
        """Store an appointment with an id, without a check for duplicates."""
        self._appointments_made += 1
        made = appointment.appointment_id or f"A-{self._prefix}-{self._appointments_made:04d}"
        kept = replace(appointment, appointment_id=made)
        self.appointments[made] = kept
        return kept

    def cancel(self, appointment_id: str, reason: str, now: datetime, *, delete: bool = False) -> Appointment:
        """Cancel or delete an appointment; raises KeyError."""
        before = self.appointments[appointment_id]
        status = before.status if delete else "Cancelled"
        after = replace(before, status=status, cancellation_reason=reason, deleted=delete, modified_at=now)
        self.appointments[appointment_id] = after
        return after

    def move(self, appointment_id: str, start: datetime, end: datetime, now: datetime) -> Appointment:
        """Move an appointment to another time; raises KeyError."""
        after = replace(self.appointments[appointment_id], start=start, end=end, modified_at=now)
        self.appointments[appointment_id] = after
        return after

    def patients_with_mobile(self, mobile: str, country_code: str) -> list[Patient]:
        """Return the patients with exactly that national number and dialling code."""
        wanted = (country_code, mobile)
        return [each for each in self.patients.values() if (each.country_code, each.mobile) == wanted]

    def appointments_of(self, patient_id: str) -> Iterable[Appointment]:
        """Return a patient's appointments in the order of creation, without deleted ones."""
        return (each for each in self.appointments.values() if each.patient_id == patient_id and not each.deleted)
