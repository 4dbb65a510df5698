"""Builds the parameters of calls in the call table's formats and zones."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from convox_clinicea.clinicea.call_table import CODE_PREFIXES, CallTable
from convox_clinicea.clinicea.calls import Endpoint
from convox_clinicea.clinicea.errors import AmbiguousTime
from convox_clinicea.clinicea.formats import zone_of
from convox_clinicea.deployment_documents import Clinics

if TYPE_CHECKING:  # callers that parse numbers have loaded it
    from convox_clinicea.clinicea.writes import NewAppointment, NewPatient
    from convox_clinicea.mobile import Mobile


_QUARTER = timedelta(minutes=15)
_FARTHEST_ZONES = timedelta(hours=26)
_EVIDENCE = {"evidence", "confirmed_on"}


class Setup:
    """The effective call table with the deployment's clinics."""

    def __init__(self, table: CallTable, clinics: Clinics) -> None:
        self._table = table
        self._clinics = clinics

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the settings that decide form and instants of bookings; evidence is left out."""
        flows, calls = self._table.flows, self._table.calls
        used = [call for call in (flows.book_known_call, flows.book_new_call, Endpoint.BY_PATIENT) if call is not None]
        described = {
            "calls": {call.value: calls[call].model_dump(mode="json", exclude=_EVIDENCE) for call in used},
            "fields": self._table.appointment_fields,
            "times": self._table.times.model_dump(mode="json", exclude=_EVIDENCE),
            "clinics": self._clinics.zones_by_clinic,
        }
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()

    def form(self, clinic_id: str, start: datetime, *, known: bool) -> str | None:
        """Return the form that one correct booking proves: its call, and its clinic's zone with the UTC offset.

        One zone proves nothing for another, and winter nothing for summer: an offset of zero hides mistakes.
        None if the flow has no such call.
        """
        call = self._table.flows.book_known_call if known else self._table.flows.book_new_call
        zone = self._clinics.zone(clinic_id)
        return None if call is None else f"{call.value} {zone.key} {_minutes(start.astimezone(zone)):+d}"


def may_be_another_zone(meant: datetime, shown: datetime) -> bool:
    """Return whether a start is off by a possible difference of two zones.

    Any two zones count, because a staff member may have a zone of their own [doc] that no setting names. Offsets are
    multiples of 15 minutes, from -12:00 to +14:00.
    """
    off = shown.astimezone(UTC) - meant.astimezone(UTC)
    return timedelta() < abs(off) <= _FARTHEST_ZONES and off % _QUARTER == timedelta()


def _minutes(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // timedelta(minutes=1)


class Arguments:
    """Formats instants, days, numbers and appointments as Clinicea's parameters."""

    def __init__(self, table: CallTable, clinics: Clinics) -> None:
        self._table = table
        self._clinics = clinics

    def appointment(self, call: Endpoint, appointment: NewAppointment) -> dict[str, str | None]:
        zone, writing = self._clinics.zone(appointment.clinic_id), self._table.times.writing_zone
        return {
            "clinic_id": appointment.clinic_id,
            "start": self.moment(call, "start", appointment.start, zone, writing),
            "end": self.moment(call, "end", appointment.end, zone, writing),
            "practitioner_id": appointment.practitioner_id,
            "service": appointment.service.reveal() if appointment.service else None,
            "notes": appointment.notes.reveal() if appointment.notes else None,
        }

    def moment(self, call: Endpoint, name: str, moment: datetime, clinic: ZoneInfo, rule: str) -> str:
        """Return an instant in the call's format; raises AmbiguousTime if its wall-clock time occurs twice."""
        spec = self._table.calls[call]
        local = moment.astimezone(zone_of(spec.zones.get(name, rule), clinic))
        form = spec.formats.get(name, "stamp")
        if form == "stamp" and local.replace(fold=0).utcoffset() != local.utcoffset() and spec.parameters.get(name):
            raise AmbiguousTime(call, name)
        return self._table.times.written(local, form)

    def day(self, call: Endpoint, name: str, day: date) -> str:
        return self._table.times.written(day, self._table.calls[call].formats.get(name, "stamp"))

    def patient(self, call: Endpoint, patient: NewPatient) -> dict[str, str | None]:
        """Return a new patient's details, with the mobile in two parts."""
        told = {
            name: self.day(call, name, value) if isinstance(value, date) else value
            for name, value in patient.revealed().items()
        }
        return {**self.mobile(call, patient.mobile), **told}

    def mobile(self, call: Endpoint, mobile: Mobile) -> dict[str, str]:
        code = CODE_PREFIXES[self._table.calls[call].country_code_format] + mobile.country_code
        return {"national_number": mobile.national_number, "country_code": code}
