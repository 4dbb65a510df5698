"""Clinicea's own names of its calls, and which of them change the calendar."""

from __future__ import annotations

from enum import StrEnum


class Call(StrEnum):
    """Clinicea's own names of the calls."""

    SEARCH_PATIENT = "searchPatientByMobileNumber"
    PAST_COMPLETED = "getPatientPastCompletedAppointment"
    POST_BY_PATIENT = "postAppointmentByPatientID"
    POST_WITH_PATIENT = "postAppointment"
    BY_PATIENT = "getAppointmentsByPatient"
    BY_DATE = "getAppointmentsByDate"
    GET_PATIENT = "getPatient"
    PATIENT_BY_ID = "getPatientByID"
    CREATE_APPOINTMENT = "createAppointment"
    SERVICES = "getServicesByClinic"
    CHANGES = "getChanges"


LOGIN = "getTokenByStaffUsernamePwd"
_WRITES = frozenset({Call.POST_BY_PATIENT, Call.POST_WITH_PATIENT, Call.CREATE_APPOINTMENT})


def writes(call: str) -> bool:
    """Whether the call changes the calendar, whatever verb the call table gives it.

    The help page says GET for a call that creates: the verb must not decide what may be sent twice.
    """
    return call in _WRITES
