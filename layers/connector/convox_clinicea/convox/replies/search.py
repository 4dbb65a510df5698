"""Who has the number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convox_clinicea.clinicea.models import Patient
from convox_clinicea.convox.replies.answer import SUCCESS, revealed
from convox_clinicea.mobile import Mobile
from convox_clinicea.patients.search import Match, MatchKind

if TYPE_CHECKING:  # the shapes are for the type checker and for docs/openapi.json; a cold start needs none
    from convox_clinicea.convox import answers

_MATCH_MESSAGES = {
    MatchKind.NONE: "No patient has this number.",
    MatchKind.ONE: "One patient has this number.",
    MatchKind.MANY: "Several patients share this number. Ask who is calling.",
}


def match(found: Match, mobile: Mobile) -> answers.Match:
    """Of several patients only what tells a family apart; `mobile` is the number that was searched."""
    one = found.kind is MatchKind.ONE
    return {
        "status": SUCCESS,
        "message": _MATCH_MESSAGES[found.kind],
        "match": found.kind.value,
        "patients": [_patient(patient, mobile if one else None) for patient in found.patients],
    }


def _patient(patient: Patient, mobile: Mobile | None) -> answers.Patient:
    whole = mobile is not None
    return {
        "patient_id": patient.patient_id,
        "file_no": revealed(patient.file_no),
        "name": revealed(patient.full_name),
        "mobile": revealed(mobile),
        "gender": revealed(patient.gender),
        "date_of_birth": patient.date_of_birth.reveal().isoformat() if patient.date_of_birth else None,
        "email": revealed(patient.email) if whole else None,
        "address": revealed(patient.address) if whole else None,
        "last_visit": patient.last_visit.reveal().isoformat() if whole and patient.last_visit else None,
    }
