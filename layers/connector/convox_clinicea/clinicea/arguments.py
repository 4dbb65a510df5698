"""What calls are sent, in the forms and zones that the call table says."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from convox_clinicea.clinicea.call_table import CODE_PREFIXES, CallTable
from convox_clinicea.clinicea.calls import Call
from convox_clinicea.clinicea.errors import AmbiguousTime
from convox_clinicea.clinicea.models import NewAppointment
from convox_clinicea.clinicea.times import zone_of
from convox_clinicea.clinics import Clinics

if TYPE_CHECKING:  # parsing numbers is the caller's business, and what it loads
    from convox_clinicea.mobile import Mobile


class Arguments:
    """Writes instants, days, numbers and appointments as Clinicea's parameters."""

    def __init__(self, table: CallTable, clinics: Clinics) -> None:
        self._table = table
        self._clinics = clinics

    def appointment(self, call: Call, appointment: NewAppointment) -> dict[str, str | None]:
        zone, writing = self._clinics.zone(appointment.clinic_id), self._table.times.writing_zone
        return {
            "clinic_id": appointment.clinic_id,
            "start": self.moment(call, "start", appointment.start, zone, writing),
            "end": self.moment(call, "end", appointment.end, zone, writing),
            "practitioner_id": appointment.practitioner_id,
            "service": appointment.service.reveal() if appointment.service else None,
            "notes": appointment.notes.reveal() if appointment.notes else None,
        }

    def moment(self, call: Call, name: str, moment: datetime, clinic: ZoneInfo, rule: str) -> str:
        """Return an instant as the call sends it; raises AmbiguousTime where its zone's wall clock cannot tell it."""
        spec = self._table.calls[call]
        local = moment.astimezone(zone_of(spec.zones.get(name, rule), clinic))
        form = spec.formats.get(name, "stamp")
        if form == "stamp" and local.replace(fold=0).utcoffset() != local.utcoffset() and spec.parameters.get(name):
            raise AmbiguousTime(call, name)
        return self._table.times.written(local, form)

    def day(self, call: Call, name: str, day: date) -> str:
        return self._table.times.written(day, self._table.calls[call].formats.get(name, "stamp"))

    def mobile(self, call: Call, mobile: Mobile) -> dict[str, str]:
        code = CODE_PREFIXES[self._table.calls[call].country_code_format] + mobile.country_code
        return {"national_number": mobile.national_number, "country_code": code}
