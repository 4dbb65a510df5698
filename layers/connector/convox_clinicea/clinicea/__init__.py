"""The Clinicea API client, complete and usable on its own.

clinicea = connect(
    "https://api.clinicea.com", credentials=lambda: Credentials(api_key="…"), default_zone="Asia/Kolkata"
)
mobile = parse_mobile("99999 00001", default_country="IN")
patients = clinicea.search_patient_by_mobile_number(mobile, Deadline.after(SystemClock(), seconds=2))

Each name is loaded on first use, so code that needs only the errors does not load the HTTP client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convox_clinicea.clinicea.call_table import CallTable
    from convox_clinicea.clinicea.calls import Endpoint
    from convox_clinicea.clinicea.client import Clinicea
    from convox_clinicea.clinicea.connecting import connect
    from convox_clinicea.clinicea.http import Credentials
    from convox_clinicea.clinicea.lists import Change, Service
    from convox_clinicea.clinicea.models import (
        Appointment,
        CreatedAppointment,
        Patient,
        Status,
    )
    from convox_clinicea.clinicea.writes import NewAppointment, NewPatient

__all__ = [
    "Appointment",
    "CallTable",
    "Change",
    "Clinicea",
    "CreatedAppointment",
    "Credentials",
    "Endpoint",
    "NewAppointment",
    "NewPatient",
    "Patient",
    "Service",
    "Status",
    "connect",
]

_HOMES = {
    "NewAppointment": "writes",
    "NewPatient": "writes",
    "Endpoint": "calls",
    "CallTable": "call_table",
    "Change": "lists",
    "Clinicea": "client",
    "Credentials": "http",
    "Service": "lists",
    "connect": "connecting",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'models')}"), name)
