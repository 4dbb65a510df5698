"""One sample call of each kind on the deployed stack, in visible steps."""

import json
import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Protocol

from commands.api import Answer, Api, Json
from local.clinicea.sample import REGULAR
from local.clinicea.testing import ControlClient
from local.deploy import Stack

BOOKED_SECONDS = 60
POLL_SECONDS = 0.5
CALL = {"call_id": "sample-call-1", "agent_id": "agent-7"}
NEW_CALL = {"call_id": "sample-call-2", "agent_id": "agent-7"}
KNOWN_MOBILE = f"+91{REGULAR.mobile}"
NEW_MOBILE = "+919999900077"
CLINIC_ZONE = timezone(timedelta(hours=5, minutes=30))


class SampleFailed(Exception):
    """A step of the sample call failed."""


def api_of(stack: Stack) -> Api:
    """Return the API of the stack on this machine."""
    return Api(stack.api_url, stack.access_token_header, stack.access_token)


class Calls(Protocol):
    """Sender of requests to the functions."""

    def call(self, method: str, path: str, body: Json | None = None, query: dict[str, str] | None = None) -> Answer: ...


class SampleCall:
    """The steps of the sample calls, each with its check.

    Args:
        zone: the clinics' time zone.
    """

    def __init__(
        self, api: Calls, control: ControlClient, *, new_patients: bool = True, zone: tzinfo = CLINIC_ZONE
    ) -> None:
        self._new_patients = new_patients
        self._zone = zone
        self._api = api
        self._control = control
        self._step = 0

    def play(self) -> None:
        """Play all steps; raises SampleFailed or NoAnswer at the first failed one."""
        start = datetime.now(UTC).astimezone(self._zone).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
        start = start.replace(hour=11)
        self._see_the_pop_up()
        patient = self._find_the_caller()
        self._read_past_visits(patient)
        starts = [start, start + timedelta(hours=2), start + timedelta(hours=4)]
        known = self._book_for(patient, starts[0])
        new = self._book_for_a_stranger(starts[1])
        third = self._end_a_call(patient, starts[2])
        self._look_into_the_calendar({each: at for each, at in zip((known, new, third), starts, strict=True) if each})

    def _see_the_pop_up(self) -> None:
        self._say(f"A call from {KNOWN_MOBILE} reaches an agent: ConVox's pop-up, in its own words")
        sent = {
            "call_hit_reference_number": CALL["call_id"],
            "agent_id": CALL["agent_id"],
            "mobile_number": KNOWN_MOBILE,
        }
        answer = self._expect(200, "POST", "/calls/popup", sent)
        if answer.body["match"] != "one" or not answer.body["appointments"]:
            raise SampleFailed(f"one patient with visits was expected: {answer.body['message']}")
        self._tell(answer.body["message"])

    def _find_the_caller(self) -> str:
        self._say(f"Another system searches, too: who is {KNOWN_MOBILE}?")
        answer = self._expect(200, "POST", "/patients/search", {"mobile": KNOWN_MOBILE, **CALL})
        if answer.body["match"] != "one":
            raise SampleFailed(f"one patient was expected, the answer says {answer.body['match']}")
        patient = answer.body["patients"][0]
        self._tell(f"{patient['name']}, patient {patient['patient_id']}, last visit {patient['last_visit']}")
        return str(patient["patient_id"])

    def _read_past_visits(self, patient: str) -> None:
        self._say("The agent sees the completed visits, with the clinic's address")
        path = f"/patients/{patient}/appointments/completed"
        answer = self._expect(200, "GET", path, query={"limit": "3", **CALL})
        for visit in answer.body["appointments"]:
            clinic = visit["clinic"] or {}
            place = f"{clinic.get('name')}, {clinic.get('address')}"
            self._tell(f"{visit['start']}  {visit['service']} with {visit['practitioner']}, {place}")
        if not answer.body["appointments"]:
            raise SampleFailed("a completed visit was expected")

    def _book_for(self, patient: str, start: datetime) -> str:
        self._say(f"The call ends with an appointment for {start:%d %B, %H:%M}")
        body = {"clinic_id": "C-01", "start": start.isoformat(), "service": "Follow-up", **CALL}
        return self._until_booked(self._expect(202, "POST", f"/patients/{patient}/appointments", body))

    def _book_for_a_stranger(self, start: datetime) -> str | None:
        self._say(f"A call from {NEW_MOBILE}: who is it?")
        answer = self._expect(200, "POST", "/patients/search", {"mobile": NEW_MOBILE, **NEW_CALL})
        if answer.body["match"] != "none":
            raise SampleFailed(f"no patient was expected, the answer says {answer.body['match']}")
        self._tell("no patient has this number")
        body = {
            "mobile": NEW_MOBILE,
            "first_name": "Asha",
            "last_name": "Placeholder",
            "clinic_id": "C-02",
            "start": start.isoformat(),
            **NEW_CALL,
        }
        self._say("The agent books for the new caller, without asking for consent")
        refused = self._expect(400, "POST", "/appointments", body)
        if refused.body["code"] != "consent_required":
            raise SampleFailed(f"consent_required was expected, the answer says {refused.body['code']}")
        self._tell(f"{refused.body['code']}: {refused.body['message']}")
        self._say(f"The caller consents: a new patient and an appointment for {start:%d %B, %H:%M}")
        consented = body | {"consent": {"given": True}}
        if self._new_patients:
            return self._until_booked(self._expect(202, "POST", "/appointments", consented))
        impossible = self._expect(502, "POST", "/appointments", consented)
        self._tell(f"{impossible.body['code']}: {impossible.body['message']}")
        return None

    def _end_a_call(self, patient: str, start: datetime) -> str:
        self._say(f"Another call ends: ConVox's status callback, with an appointment for {start:%d %B, %H:%M}")
        sent = {
            "CALL_REFERENCE_ID": "sample-call-3",
            "USER_ID": "agent-7",
            "DISPOSITION": "Appointment Booked",
            "patient_id": patient,
            "clinic_id": "C-01",
            "appointment_date": f"{start:%Y-%m-%d}",
            "appointment_time": f"{start:%H:%M}",
        }
        return self._until_booked(self._expect(202, "POST", "/calls/status", sent))

    def _until_booked(self, accepted: Answer) -> str:
        booking = str(accepted.body["booking_id"])
        self._tell(f"accepted as {booking}")
        end = time.monotonic() + BOOKED_SECONDS
        while time.monotonic() < end:
            now = self._api.call("GET", f"/bookings/{booking}")
            state = now.body.get("state")
            if state == "booked":
                self._tell(f"booked: appointment {now.body['appointment_id']} of patient {now.body['patient_id']}")
                return str(now.body["appointment_id"])
            if state in ("rejected", "needs_attention"):
                raise SampleFailed(f"the booking ended as {state}, reason {now.body['reason']}")
            time.sleep(POLL_SECONDS)
        raise SampleFailed(f"the booking was not booked within {BOOKED_SECONDS} s")

    def _look_into_the_calendar(self, wanted: dict[str, datetime]) -> None:
        self._say("Is each appointment in Clinicea's calendar once, at the requested time?")
        calendar = [(each["appointment_id"], each["start"]) for each in self._control.standing()]
        for appointment, start in wanted.items():
            standing = [at for each, at in calendar if each == appointment]
            if len(standing) != 1:
                raise SampleFailed(f"appointment {appointment} is in the calendar {len(standing)} times")
            if datetime.fromisoformat(standing[0]) != start:
                raise SampleFailed(f"appointment {appointment} is at {standing[0]} instead of {start.isoformat()}")
        self._tell(f"{', '.join(wanted)}: yes")

    def _expect(
        self,
        status: int,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        answer = self._api.call(method, path, body, query)
        self._tell(f"{method} {path}  ->  {answer.status} in {answer.milliseconds:.0f} ms")
        if answer.status != status:
            raise SampleFailed(
                f"{method} {path} answered {answer.status} instead of {status}: {json.dumps(answer.body)}"
            )
        return answer

    def _say(self, text: str) -> None:
        self._step += 1
        print(f"\n {self._step}. {text}", flush=True)

    def _tell(self, text: str) -> None:
        print(f"    {text}", flush=True)
