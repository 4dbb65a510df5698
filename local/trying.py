"""Sample curl commands for the running stack."""

import os
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local import paths
from local.clinicea.sample import PARENT, REGULAR
from local.deploy import Stack
from local.desk import OpenDesk
from local.sample_call import CLINIC_ZONE

TEXT = """
Try it (Ctrl-C ends it and leaves nothing behind):

  API={api}
  TOKEN={token}

  # Who is calling? One patient; a family that shares a number; nobody.
  curl -s "$API/patients/search" -H "$TOKEN" -d '{{"mobile": "{known}", "call_id": "c1", "agent_id": "a1"}}'
  curl -s "$API/patients/search" -H "$TOKEN" -d '{{"mobile": "{family}", "call_id": "c1", "agent_id": "a1"}}'
  curl -s "$API/patients/search" -H "$TOKEN" -d '{{"mobile": "+919999900099", "call_id": "c1", "agent_id": "a1"}}'

  # The last completed visits
  curl -s "$API/patients/{patient}/appointments/completed?limit=3&call_id=c1&agent_id=a1" -H "$TOKEN"

  # ConVox's own callbacks: the call reaches an agent; it has ended
  curl -s "$API/calls/popup" -H "$TOKEN" \\
    -d '{{"call_hit_reference_number": "c2", "agent_id": "a1", "mobile_number": "{known}"}}'
  curl -s "$API/calls/status" -H "$TOKEN" \\
    -d '{{"CALL_REFERENCE_ID": "c2", "USER_ID": "a1", "DISPOSITION": "Appointment Booked", "patient_id": "{patient}",
      "clinic_id": "C-01", "appointment_date": "{day}", "appointment_time": "17:00"}}'

  # An appointment, and its booking's state
  curl -s "$API/patients/{patient}/appointments" -H "$TOKEN" \\
    -d '{{"clinic_id": "C-01", "start": "{day}T15:00:00", "call_id": "c1", "agent_id": "a1"}}'
  curl -s "$API/bookings/<booking_id>" -H "$TOKEN"

  # Clinicea's calendar, as the fake has it
  curl -s {clinicea}/_control/appointments

Addresses for tools: {stack_file}.  Logs: {logs}.
"""


DAYS_AHEAD = 4
"""Days ahead of the sample appointments: the sample call uses the third day, and a stack may run for days."""


DESK = """
  Desk       {desk}
  Simulator  {simulator}
  API        {api}

Sign in at the desk, then let a call come in the simulator:
{people}
"""


def where_to_go(stack: Stack, desk: OpenDesk) -> str:
    """Return the addresses for a browser, and this run's people with their passwords."""
    told = (
        f"  {person.group.removesuffix('s'):<11}{person.agent_id:<9} user {person.user:<6} password {person.password}"
        for person in desk.people
    )
    return DESK.format(desk=stack.desk_url, simulator=desk.simulator_url, api=stack.api_url, people="\n".join(told))


def how_to_try(stack: Stack, stack_file: Path, now: datetime | None = None) -> str:
    """Return the commands with this run's addresses and token, and a day in the clinics' zone."""
    today = (now or datetime.now(UTC)).astimezone(CLINIC_ZONE).date()
    return TEXT.format(
        api=stack.api_url,
        token=shlex.quote(f"{stack.access_token_header}: {stack.access_token}"),
        known=f"+91{REGULAR.mobile}",
        family=f"+91{PARENT.mobile}",
        patient=REGULAR.patient_id,
        day=today + timedelta(days=DAYS_AHEAD),
        clinicea=stack.clinicea_url,
        stack_file=os.path.relpath(stack_file),
        logs=paths.LOGS.relative_to(paths.ROOT),
    )
