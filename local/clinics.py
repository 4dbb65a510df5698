"""The clinics document of a stack on this machine: one clinic has opening hours and services, the other has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from local.clinicea.records import DEFAULT_CLINICS, DEFAULT_PRACTITIONERS, DEFAULT_SERVICES

WITH_HOURS = "C-01"
DAY = ("09:00-13:00", "14:00-18:00")
SCHEDULE: Mapping[str, Any] = {
    "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY) | {"sat": DAY[:1]},
    "practitioners": [
        {"practitioner_id": each.practitioner_id, "name": f"Dr {each.first_name} {each.last_name}"}
        for each in DEFAULT_PRACTITIONERS
    ],
    "services": [{"name": each.name, "minutes": each.minutes} for each in DEFAULT_SERVICES],
    "grid_minutes": 15,
    "lead_minutes": 30,
}


def clinics_document() -> dict[str, Any]:
    """Return the document."""
    known = [asdict(each) for each in DEFAULT_CLINICS]
    return {
        "schema": 1,
        "clinics": [each | ({"schedule": SCHEDULE} if each["clinic_id"] == WITH_HOURS else {}) for each in known],
    }
