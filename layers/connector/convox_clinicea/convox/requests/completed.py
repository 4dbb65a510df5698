"""What was done at the last visits?"""

from __future__ import annotations

from convox_clinicea.convox import fields
from convox_clinicea.convox.requests.call import WithCall
from convox_clinicea.patients.completed import LAST_VISITS


class CompletedRequest(WithCall):
    """`GET /patients/{patient_id}/appointments/completed`."""

    patient_id: fields.PatientId
    limit: fields.Limit = LAST_VISITS
