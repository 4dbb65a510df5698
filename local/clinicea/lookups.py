"""The calls that read: login, patients, appointments."""

from typing import Any

from local.clinicea.calling import Call
from local.clinicea.messages import Answer, RefusalError, json_answer, message_answer
from local.clinicea.records import Appointment, Patient, id_kept
from local.clinicea.rendering import appointment_record, clinic_fields, patient_record

UNAUTHORIZED = "Authorization has been denied for this request."


def get_token(call: Call) -> Answer:
    """Answer a staff login: a JSON string, or by switch an object with Token [live: both]."""
    given = call.parameters
    key, user, password = given.required("apiKey"), given.required("loginUserName"), given.required("pwd")
    token = call.account.sessions.login(key, user, password, call.now)
    if token is None:
        return message_answer(401, UNAUTHORIZED)
    return json_answer({"Token": token} if call.switches.token_as_object else token)


def search_patient_by_mobile_number(call: Call) -> Answer:
    """Answer the patients with exactly that national number and dialling code [assumed: no normalization]."""
    found = _with_mobile(call, call.parameters.required("patmobile"), "countrycode")
    return _patients(call, found, "ID", "FullName")


def _with_mobile(call: Call, mobile: str, code_name: str) -> list[Patient]:
    code = call.parameters.country_code(code_name)
    written = call.parameters.text(code_name) or ""
    form = "plus" if written.startswith("+") else "zeros" if written.startswith("00") else "digits"
    if call.switches.country_code_form not in ("any", form):
        return []
    return call.visible_patients(call.store.patients_with_mobile(mobile, code))


def get_patient(call: Call) -> Answer:
    """Answer a search by file number (0), unique id (1), mobile (2) or e-mail (3) [live]."""
    wanted = call.parameters.required("searchText")
    everybody = call.visible_patients(call.store.patients.values())
    match call.parameters.integer("searchBy"):
        case 0:
            found = [each for each in everybody if each.file_no == wanted]
        case 1:
            kept = id_kept(wanted, call.store.patients)
            found = [each for each in everybody if each.patient_id == kept]
        case 2:
            found = _with_mobile(call, wanted, "searchOption")
        case 3:
            found = [each for each in everybody if each.email and each.email.casefold() == wanted.casefold()]
        case _:
            raise RefusalError(400, "searchBy is not valid")
    return _patients(call, found, "PatientID", "Name", single=call.version == "v2")


def get_patient_by_id(call: Call) -> Answer:
    """Answer one patient, always as an object."""
    patient = call.store.patients.get(_patient_id(call))
    if patient is None:
        return call.nothing()
    return json_answer(patient_record(call, patient, "EntityID", "FullName"))


def _patient_id(call: Call) -> str:
    return id_kept(call.parameters.required("patientID"), call.store.patients)


def get_past_completed(call: Call) -> Answer:
    """Answer the patient's past appointments with status `Check Out` [live word], in the order of creation.

    Order, paging (here none) and the names of the clinic's address are not published [assumed].
    """
    found = [
        each
        for each in call.visible(call.store.appointments_of(_patient_id(call)))
        if each.checked_out and each.start <= call.local_now
    ]
    records = []
    for each in found:
        record = appointment_record(call, each, "ID")
        if call.switches.clinic_fields:
            record |= clinic_fields(call.store.clinics[each.clinic_id])
        records.append(record)
    return call.answer_list(records, single=call.switches.single_appointments)


def get_appointments_by_patient(call: Call) -> Answer:
    """Answer a patient's appointments: upcoming (0) or all (2) [live]; past (1) is [assumed].

    All includes cancelled ones, upcoming does not [assumed]; an unknown patient has none [assumed].
    """
    patient, kind = _patient_id(call), call.parameters.integer("appointmentType")
    now = call.local_now
    found = call.visible(call.store.appointments_of(patient))
    match kind:
        case 0:
            found = [each for each in found if each.start >= now and not each.cancelled]
        case 1:
            found = [each for each in found if each.start < now]
        case 2:
            pass
        case _:
            raise RefusalError(400, "appointmentType is not valid")
    return _page(call, found, "ID")


def get_appointments_by_date(call: Call) -> Answer:
    """Answer a day's appointments of all patients and clinics, with cancelled ones [assumed]."""
    day = call.parameters.moment("appointmentDate", call.form("appointmentDate")).date()
    everything = call.visible(call.store.appointments.values())
    found = [each for each in everything if call.shown(each.start).date() == day and not each.deleted]
    return _page(call, found, "AppointmentID")


def get_changes(call: Call) -> Answer:
    """Answer the appointments added, modified or deleted since a time, by default in UTC [doc]."""
    given = call.parameters.moment("lastSyncDTime", call.form("lastSyncDTime"))
    since = given.replace(tzinfo=call.zone(call.switches.sync_zone))
    found = [each for each in call.visible(call.store.appointments.values()) if each.modified_at >= since]
    found.sort(key=lambda each: each.modified_at)
    records = []
    for each in call.page(found):
        record = appointment_record(call, each, "AppointmentID")
        record["DataStatusValue"] = _change(each, call.switches.new_is_modified)
        record["IsDeleted"] = each.deleted
        records.append(record)
    return call.answer_list(records, single=call.switches.single_appointments)


def get_services(call: Call) -> Answer:
    """Answer a clinic's services whose name contains the text [code]; here all clinics have the same."""
    if id_kept(call.parameters.required("ClinicID"), call.store.clinics) not in call.store.clinics:
        raise RefusalError(400, "Unknown clinic")
    sought = (call.parameters.text("searchText") or "").casefold()
    found = [each for each in call.store.services.values() if sought in each.name.casefold()]
    records: list[dict[str, Any]] = [
        {"ID": each.service_id, "Name": each.name, "Price": 500.0, "DurationTotalInMin": each.minutes}
        for each in call.page(found)
    ]
    return call.answer_list(records, single=False)


def _change(appointment: Appointment, new_is_modified: bool) -> str:
    # The three words are [assumed]; a cancelled appointment is a modified one.
    if appointment.deleted:
        return "Deleted"
    new = appointment.modified_at == appointment.created_at and not new_is_modified
    return "Added" if new else "Modified"


def _patients(call: Call, found: list[Patient], id_name: str, full_name: str, *, single: bool = True) -> Answer:
    records: list[dict[str, Any]] = [patient_record(call, each, id_name, full_name) for each in found]
    return call.answer_list(records, single=single and call.switches.single_objects)


def _page(call: Call, found: list[Appointment], id_name: str) -> Answer:
    page = call.page(found)
    records = [appointment_record(call, each, id_name) for each in page]
    return call.answer_list(records, single=call.switches.single_appointments)
