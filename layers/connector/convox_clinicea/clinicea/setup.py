"""What decides the form of a booking and the instants of its times: call table, clinics and zones."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import cached_property

from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.clinicea.calls import Call
from convox_clinicea.clinics import Clinics

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
        """SHA-256 of what decides form and instants of bookings; what is known of the evidence is left out."""
        flows, calls = self._table.flows, self._table.calls
        used = [call for call in (flows.book_known_call, flows.book_new_call, Call.BY_PATIENT) if call is not None]
        described = {
            "calls": {call.value: calls[call].model_dump(mode="json", exclude=_EVIDENCE) for call in used},
            "fields": self._table.appointment_fields,
            "times": self._table.times.model_dump(mode="json", exclude=_EVIDENCE),
            "clinics": self._clinics.zones_by_clinic,
        }
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()

    def form(self, clinic_id: str, start: datetime, *, known: bool) -> str | None:
        """Return the name of what one right booking proves: its call, and its clinic's zone with the UTC offset.

        A zone proves nothing for another, nor its winter for its summer: at an offset of zero no mistake shows.
        None where the flow has no such call.
        """
        call = self._table.flows.book_known_call if known else self._table.flows.book_new_call
        zone = self._clinics.zone(clinic_id)
        return None if call is None else f"{call.value} {zone.key} {_minutes(start.astimezone(zone)):+d}"


def may_be_another_zone(meant: datetime, shown: datetime) -> bool:
    """Whether a start is off by what may be the difference of two zones, whichever they are.

    A staff member may have a zone of their own [doc] that no setting names. Offsets are quarters of an hour, from
    -12:00 to +14:00.
    """
    off = shown.astimezone(UTC) - meant.astimezone(UTC)
    return timedelta() < abs(off) <= _FARTHEST_ZONES and off % _QUARTER == timedelta()


def _minutes(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // timedelta(minutes=1)
