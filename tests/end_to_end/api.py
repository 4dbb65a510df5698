"""The deployed API as ConVox uses it, for the end-to-end tests."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests

from local.clinicea.testing import ControlClient
from tests.support.clock import present

SECONDS_FOR_ONE_CALL = 30
SECONDS_FOR_A_BOOKING = 60
Json = dict[str, Any]
ENDED = ("booked", "rejected", "needs_attention")


class Api:
    """Calls routes of the stack that `stack.json` describes."""

    def __init__(self, stack: Mapping[str, str]) -> None:
        self.url = stack["api_url"].rstrip("/")
        self._token = (stack["access_token_header"], stack["access_token"])
        self.clinicea = ControlClient(stack["clinicea_url"])

    @property
    def headers(self) -> dict[str, str]:
        """The access token alone, in a dictionary of the test's own: some libraries add to what they are given."""
        return dict([self._token])

    def post(self, path: str, body: object = None, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("headers", self.headers)
        if body is not None:
            kwargs["json"] = body
        return requests.post(self.url + path, timeout=SECONDS_FOR_ONE_CALL, **kwargs)

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(self.url + path, params=query, headers=self.headers, timeout=SECONDS_FOR_ONE_CALL)

    def ended(self, booking_id: str) -> Json:
        """Wait until the booking has ended or is parked, and return it."""
        return self.reaches(booking_id, *ENDED)

    def reaches(self, booking_id: str, *states: str) -> Json:
        """Wait until the booking is in one of these states, and return it."""
        until = time.monotonic() + SECONDS_FOR_A_BOOKING
        while True:
            booking: Json = self.get(f"/bookings/{booking_id}").json()
            if booking["state"] in states or time.monotonic() > until:
                return booking
            time.sleep(0.2)

    def standing(self, patient_id: str, start: str) -> list[Json]:
        """Return the patient's standing appointments at that local start in the fake calendar."""
        wanted = (patient_id, f"{start}+05:30")
        return [a for a in self.clinicea.standing() if (a["patient_id"], a["start"]) == wanted]


def slot(days: int, hour: int, minute: int = 0) -> str:
    """Return a start in the clinic's local time, without an offset."""
    day = present().astimezone(ZoneInfo("Asia/Kolkata")).date() + timedelta(days=days)
    return f"{day.isoformat()}T{hour:02d}:{minute:02d}:00"


def call(number: int) -> Json:
    """Return the context of one ConVox call."""
    return {"call_id": f"E2E-{number:04d}", "agent_id": "agent-7"}
