"""What was done at the last visits?"""

from __future__ import annotations

from convox_clinicea.convox.lookups.desk import Found
from convox_clinicea.convox.replies.completed import completed
from convox_clinicea.convox.requests.completed import CompletedRequest
from convox_clinicea.deadline import Deadline
from convox_clinicea.patients.completed import CompletedAppointments


class Completed:
    """Asks for a patient's completed appointments."""

    request = CompletedRequest

    def __init__(self, service: CompletedAppointments) -> None:
        self._service = service

    def understood(self, request: CompletedRequest) -> CompletedRequest:
        return request

    def find(self, asked: CompletedRequest, deadline: Deadline) -> Found:
        found = self._service.of(asked.patient_id, asked.limit, deadline)
        return Found(completed(found), found, asked.patient_id)
