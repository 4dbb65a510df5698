"""The calls that write, without idempotency: the same POST twice makes two appointments."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from local.clinicea.calling import Call
from local.clinicea.messages import Answer, RefusalError, json_answer
from local.clinicea.parameters import DATE_REFUSED
from local.clinicea.records import Appointment, Patient, id_kept
from local.clinicea.rendering import appointment_record

# The texts of all refusals are [assumed]; that they are plain text with status 400 is [live].
SLOT_TAKEN = "Slot is already booked"
UNKNOWN_PATIENT = "Unknown patient"
UNKNOWN_CLINIC = "Unknown clinic"
UNKNOWN_STAFF = "Unknown staff"
END_BEFORE_START = "EndDateTime should be after StartDateTime"
UNKNOWN_SERVICE = "Unknown service"
CALENDAR_LOCKED = "The calendar is locked until old appointments have their final status"
HALF_DONE = "Operation incomplete"
NO_ID = "00000000-0000-0000-0000-000000000000"
SAVED = {"SavingErrorCode": "", "SavingErrorText": ""}
IN_THE_PAST = "StartDateTime should not be in the past"


def post_appointment_by_patient_id(call: Call) -> Answer:
    """Create an appointment for a known patient; the parameters are [assumed]."""
    patient_id = id_kept(call.parameters.required("PatientID"), call.store.patients)
    wanted = _wanted(call, patient_id, "postAppointmentByPatientID")
    patient = call.store.patients.get(patient_id)
    if patient is None:
        raise RefusalError(400, UNKNOWN_PATIENT)
    _check(call, wanted, patient)
    return _created(call, wanted)


def create_appointment(call: Call) -> Answer:
    """Create an appointment for a known patient by the modern call [code]; its end follows the service's length."""
    given = call.parameters
    patient = call.store.patients.get(id_kept(given.required("patientID"), call.store.patients))
    service = call.store.services.get(id_kept(given.required("appointmentServiceID"), call.store.services))
    start = call.given_moment("appointmentDateTime", call.switches.create_zone)
    if patient is None:
        raise RefusalError(400, UNKNOWN_PATIENT)
    if service is None:
        raise RefusalError(400, UNKNOWN_SERVICE)
    given.integer("serviceType")
    given.integer("appointmentType")
    wanted = Appointment(
        patient_id=patient.patient_id,
        clinic_id=id_kept(given.required("clinicID"), call.store.clinics),
        practitioner_id=_staff(call, "staffID"),
        start=start,
        end=start + timedelta(minutes=service.minutes),
        service=service.name,
        notes=given.text("notes") or "",
        created_at=call.now,
        modified_at=call.now,
        made_by="createAppointment",
    )
    _check(call, wanted, patient)
    return _created(call, wanted, "object")


def post_appointment(call: Call) -> Answer:
    """Create a new patient and an appointment [doc]; the parameters are [assumed].

    A registered number gets a second patient: nothing says that Clinicea checks [assumed].
    """
    newcomer = _newcomer(call)
    wanted = _wanted(call, "", "postAppointment")
    first = call.switches.patient_before_slot or call.switches.create_patient_then_refuse_slot
    if not first:
        _check(call, wanted, newcomer)
    patient = call.store.add_patient(replace(newcomer, patient_id=_new_id(call, "patient")))
    if call.switches.create_patient_then_refuse_slot:
        raise RefusalError(call.switches.slot_conflict_status, SLOT_TAKEN)
    mine = replace(wanted, patient_id=patient.patient_id)
    if first:
        _check(call, mine, patient)
    if call.switches.half_commit_seconds:
        later = call.now + timedelta(seconds=call.switches.half_commit_seconds)
        call.store.add_appointment(replace(mine, created_at=later, modified_at=later))
        raise RefusalError(500, HALF_DONE)
    return _created(call, mine)


def _newcomer(call: Call) -> Patient:
    given = call.parameters
    return Patient(
        first_name=given.required("FirstName"),
        last_name=given.text("LastName") or "",
        mobile=given.required("Mobile"),
        country_code=given.country_code("MobileCountryCode"),
        gender=given.text("Gender") or "",
        date_of_birth=_birth_date(call),
        email=given.text("Email") or "",
        made_by="postAppointment",
        created_at=call.now,
    )


def _birth_date(call: Call) -> date | None:
    if not call.parameters.has("DOB"):
        return None
    born = call.parameters.moment("DOB", call.form("DOB")).date()
    return None if born == date.min else born


def _wanted(call: Call, patient_id: str, made_by: str) -> Appointment:
    given, switches = call.parameters, call.switches
    clinic_id = id_kept(given.required("ClinicID"), call.store.clinics)
    length = given.moment("EndDateTime") - given.moment("StartDateTime")
    if length <= timedelta():
        raise RefusalError(400, END_BEFORE_START)
    # The length as written: the store's wall-clock times lose it across a change of clocks.
    start = call.given_moment("StartDateTime", switches.writing_zone)
    if switches.refuse_past_starts and start < call.local_now:
        raise RefusalError(400, IN_THE_PAST)
    try:
        moved = _rounded(start, switches.round_starts) - start + timedelta(minutes=switches.shift_zones)
        start = start + moved if moved else start  # after a sum the ambiguous hour is lost
        end = start + length
    except OverflowError:
        raise RefusalError(400, DATE_REFUSED) from None
    return Appointment(
        patient_id=patient_id,
        clinic_id=clinic_id,
        practitioner_id=_staff(call, "StaffID"),
        start=start,
        end=end,
        service=given.text("ServiceName") or "",
        notes=given.text("Notes") or "",
        mobile=given.text("Mobile") or "",
        created_at=call.now,
        modified_at=call.now,
        made_by=made_by,
    )


def _staff(call: Call, name: str) -> str | None:
    given = call.parameters.text(name)
    return None if given is None else id_kept(given, call.store.practitioners)


def _rounded(start: datetime, minutes: int) -> datetime:
    if not minutes:
        return start
    midnight = datetime.combine(start.date(), time())
    step = timedelta(minutes=minutes)
    return midnight + step * ((start - midnight + step / 2) // step)


def _check(call: Call, wanted: Appointment, patient: Patient) -> None:
    if call.switches.locked_calendar:
        raise RefusalError(400, CALENDAR_LOCKED)
    if wanted.clinic_id not in call.store.clinics:
        raise RefusalError(400, UNKNOWN_CLINIC)
    if wanted.practitioner_id is not None and wanted.practitioner_id not in call.store.practitioners:
        raise RefusalError(400, UNKNOWN_STAFF)
    if not call.switches.slot_conflicts:
        return
    for other in call.store.appointments.values():
        own = _same_person(patient, call.store.patients[other.patient_id])
        if (call.switches.own_slot_conflicts or not own) and _holds_slot(other, wanted):
            raise RefusalError(call.switches.slot_conflict_status, SLOT_TAKEN)


def _holds_slot(other: Appointment, wanted: Appointment) -> bool:
    """Return whether `other` occupies the slot [assumed rule].

    The same practitioner at the same clinic at an overlapping time; without a practitioner on either side,
    the same start at the same clinic.
    """
    place = (wanted.clinic_id, wanted.practitioner_id)
    if other.cancelled or place != (other.clinic_id, other.practitioner_id):
        return False
    if wanted.practitioner_id is None:
        return wanted.start == other.start
    return wanted.start < other.end and other.start < wanted.end


def _same_person(one: Patient, other: Patient) -> bool:
    # A repeated postAppointment makes a second patient of the same person. The first one must not block the
    # slot, or this fake would hide a double from the tests.
    def person(patient: Patient) -> tuple[str, str, str]:
        return patient.country_code, patient.mobile, patient.full_name.casefold()

    return one.patient_id == other.patient_id or person(one) == person(other)


def _created(call: Call, wanted: Appointment, usual: str = "record") -> Answer:
    made = call.store.add_appointment(replace(wanted, appointment_id=_new_id(call, "appointment")))
    tell(call, "Add", made)
    match call.switches.created_answer or usual:
        case "bare":
            return json_answer(made.appointment_id)
        case "object":
            record: dict[str, Any] = {"ID": made.appointment_id}
        case _:
            record = appointment_record(call, made, "ID")  # 200 with the record is [assumed]
    return json_answer(record | (SAVED if call.switches.saving_errors else {}))


def _new_id(call: Call, kind: str) -> str:
    """Return a new GUID, or an empty text for an id of the store's own form."""
    if not call.switches.guid_ids:
        return ""
    number = len(call.store.appointments) + len(call.store.patients)
    return str(uuid5(NAMESPACE_OID, f"{kind}:{call.store.seed}:{number}:{call.now.isoformat()}"))


def refused(call: Call, refusal: RefusalError) -> Answer:
    """Return a refused booking: plain text, or by switch a record with the error [code: other v3 writes]."""
    if not call.switches.saving_errors or refusal.status >= 500:
        raise refusal
    return json_answer({"ID": NO_ID, "SavingErrorCode": refusal.status, "SavingErrorText": refusal.text})


def tell(call: Call, operation: str, appointment: Appointment) -> None:
    """Queue the patient's message and the web hook for a change of an appointment."""
    account = call.account
    if account.switches.notifications:
        account.notifications.append({"operation": operation, "appointment_id": appointment.appointment_id})
    url = account.switches.webhooks.get(operation)
    if url is not None:
        record = appointment_record(call, appointment, "ID")
        # The payload's form is [assumed]; it is not published.
        account.outgoing.append((url, {"Feature": "Appointment", "Operation": operation, "Data": record}))
