"""Whose data an answer holds, and which fields of it."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea.convox.disclosing import handed_out
from convox_clinicea.disclosures import HandedOut

MEERA = {"patient_id": "P-41", "name": "Meera Example", "mobile": None, "gender": "female"}
CHILD = {"patient_id": "P-42", "name": "Arun Example", "mobile": None, "gender": None}
VISIT = {"appointment_id": "A-1", "start": None, "clinic": {"clinic_id": "C-01", "name": None, "address": "1 Street"}}
LATER = {"appointment_id": "A-2", "start": "2025-01-01T10:00:00+05:30", "clinic": {"clinic_id": "C-01"}}
VISITED = ("appointments.appointment_id", "appointments.clinic.clinic_id", "appointments.clinic.address")


@pytest.mark.parametrize(
    ("body", "patient_id", "told"),
    [
        ({"patients": []}, None, []),
        ({"patients": [MEERA]}, None, [HandedOut("P-41", ("name", "gender"))]),
        ({"patients": [MEERA, CHILD]}, None, [HandedOut("P-41", ("name", "gender")), HandedOut("P-42", ("name",))]),
        ({"appointments": [VISIT]}, "P-41", [HandedOut("P-41", VISITED)]),
        ({"appointments": [VISIT, LATER]}, "P-41", [HandedOut("P-41", (*VISITED, "appointments.start"))]),
        ({"appointments": []}, "P-41", [HandedOut("P-41", ("appointments",))]),
        ({"patients": [MEERA], "appointments": None}, None, [HandedOut("P-41", ("name", "gender"))]),
        ({"patients": [MEERA], "appointments": [VISIT]}, None, [HandedOut("P-41", ("name", "gender", *VISITED))]),
        ({"patients": [], "appointments": None}, None, []),
    ],
)
def test_what_is_not_null_is_told_by_name(body: dict[str, Any], patient_id: str | None, told: list[HandedOut]) -> None:
    assert handed_out(body, patient_id) == told
