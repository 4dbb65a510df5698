"""A caller of the fake over a socket."""

import http.client
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from local.clinicea.auth import LOCAL_API_KEY
from local.clinicea.testing import RunningFake

from .api import PLACES, newcomer

SEARCH, NEW, PAST = "searchPatientByMobileNumber", "postAppointment", "getPatientPastCompletedAppointment"
QUERY = {"patmobile": "9999900001", "countrycode": "91"}
KEY = {"api_key": LOCAL_API_KEY}
LONG = 20.0


def connect(url: str, timeout: float = LONG) -> http.client.HTTPConnection:
    address = urlsplit(url)
    return http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout)


def get(
    connection: http.client.HTTPConnection, call: str = SEARCH, query: dict[str, str] | None = None
) -> tuple[int, bytes]:
    connection.request("GET", f"{PLACES[call]}?{urlencode(query or QUERY)}", headers=KEY)
    response = connection.getresponse()
    return response.status, response.read()


def post(connection: http.client.HTTPConnection, **changes: object) -> tuple[int, bytes]:
    connection.request("POST", f"{PLACES[NEW]}?{urlencode(newcomer(**changes))}", headers=KEY)
    response = connection.getresponse()
    return response.status, response.read()


def booked(fake: RunningFake) -> list[dict[str, Any]]:
    return [each for each in fake.standing() if each["made_by"] == NEW]


def until(condition: Callable[[], object]) -> bool:
    """Whether it becomes true before long."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
