"""Records in Clinicea's form: PascalCase, naive local times, 0001-01-01 for an unset date."""

from datetime import date, datetime
from typing import Any

from local.clinicea.calling import Call
from local.clinicea.records import Appointment, Clinic, Patient, Practitioner, plain_status

UNSET = "0001-01-01T00:00:00"


def moment(value: date | None) -> str:
    """Return a date or time in Clinicea's form."""
    if value is None:
        return UNSET
    # isoformat, because strftime drops leading zeros of early years on some platforms.
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else f"{value}T00:00:00"


def patient_record(call: Call, patient: Patient, id_name: str, full_name: str) -> dict[str, Any]:
    """Return a patient's record. The names of id and full name differ between calls [live]."""
    visits = [call.shown(each.start) for each in call.store.appointments_of(patient.patient_id) if each.checked_out]
    return {
        id_name: patient.patient_id,
        "FileNo": patient.file_no,
        full_name: patient.full_name,
        "FirstName": patient.first_name,
        "LastName": patient.last_name,
        "Mobile": patient.mobile,
        "MobileCountryCode": f"+{patient.country_code}",
        "Email": patient.email,
        "Gender": patient.gender,
        "DOB": moment(patient.date_of_birth),
        "Address1": patient.address1,
        "Address2": patient.address2,
        "City": patient.city,
        "State": patient.state,
        "PostalCode": patient.postal_code,
        "LastAppointmentDate": moment(max(visits, default=None)),
    }


def appointment_record(call: Call, appointment: Appointment, id_name: str) -> dict[str, Any]:
    """Return an appointment's record in lists: no address, and by default no id of clinic or practitioner."""
    store, switches = call.store, call.switches
    patient = store.patients[appointment.patient_id]
    staff = store.practitioners.get(appointment.practitioner_id or "", Practitioner("", "", ""))
    start = call.shown(appointment.start)
    arrived = start if appointment.checked_out else None
    mobile = _typed(appointment.mobile or patient.mobile, switches.lists_show_number)
    record: dict[str, Any] = {
        id_name: appointment.appointment_id,
        "StartDateTime": moment(start),
        "EndDateTime": moment(call.shown(appointment.end)),
        "AppointmentStatus": _spelled(appointment.status, switches.status_words),
        "ServiceName": appointment.service,
        "ServiceCategory": "Consultation" if appointment.service else "",
        "StaffFirstName": staff.first_name,
        "StaffLastName": staff.last_name,
        "DoctorName": f"{staff.first_name} {staff.last_name}".strip(),
        "PatientID": patient.patient_id,
        "PatientName": patient.full_name,
        "PatientFirstName": patient.first_name,
        "PatientLastName": patient.last_name,
        "PatientMobile": mobile,
        "AppointmentWithName": patient.full_name,
        "AppointmentWithPhone": mobile,
        "ArrivalDate": moment(arrived),
        "EngagedStartTime": moment(arrived),
        "IsServiceCompleted": appointment.checked_out,
        "CancellationReason": appointment.cancellation_reason or None,
    }
    if not switches.omit_notes:
        record["Notes"] = appointment.notes or None
    if switches.reference_ids:
        record["ClinicID"] = appointment.clinic_id
        record["StaffID"] = appointment.practitioner_id
    return record


def _typed(mobile: str, form: str) -> str:
    forms = {
        "masked": f"{mobile[:2]}XXXXXX{mobile[-2:]}",
        "remark": f"{mobile} (wife)",
        "pair": f"{mobile}, 9999900099",
    }
    return forms.get(form, mobile) if mobile else mobile


def _spelled(status: str, words: dict[str, str]) -> str:
    return next((shown for kept, shown in words.items() if plain_status(kept) == plain_status(status)), status)


def clinic_fields(clinic: Clinic) -> dict[str, Any]:
    """Return the clinic's fields of a past completed appointment; all names are [assumed]."""
    return {"ClinicID": clinic.clinic_id, "ClinicName": clinic.name, "ClinicAddress": clinic.address}
