"""A caller of the fake's core, without a socket."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from local.clinicea import Answer, FakeClinicea, ManualClock, Request
from local.clinicea.auth import LOCAL_API_KEY, LOCAL_LOGIN
from local.clinicea.routes import LOGIN, ROUTES
from local.clinicea.switches import Switches

# 11:30 in the clinic's zone
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
TOMORROW = "2026-03-03"
PLACES = {route.call: route.path_now(Switches(), route.versions[0]) for route in ROUTES}
ALL_PLACES = {route.call: [route.path_now(Switches(), each) for each in route.versions] for route in ROUTES}
PAGE = {"pageNo": "1", "pageSize": "10"}


class Api:
    """Calls a fake in the same process, by default with the key of full access."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.core = FakeClinicea(self.clock, seed=7)
        self.headers: dict[str, str] = {"api_key": LOCAL_API_KEY}

    def get(self, call: str, headers: Mapping[str, str] | None = None, /, **query: object) -> Answer:
        target = f"{PLACES[call]}?{urlencode(query)}"
        return self.core.handle(Request.to("GET", target, self.headers if headers is None else headers))

    def post(self, call: str, fields: Mapping[str, object]) -> Answer:
        query = urlencode({name: value for name, value in fields.items() if value is not None}, errors="surrogatepass")
        return self.core.handle(Request.to("POST", f"{PLACES[call]}?{query}", self.headers))

    def login(self, **changes: str) -> Answer:
        query = {"apiKey": LOCAL_API_KEY, "loginUserName": LOCAL_LOGIN[0], "pwd": LOCAL_LOGIN[1]} | changes
        return self.get(LOGIN, {}, **query)

    def token(self) -> str:
        token = self.login().json()
        assert isinstance(token, str)
        return token

    def control(self, verb: str, name: str, body: object = None) -> Any:
        answer = self.core.handle(Request.with_json(verb, f"/_control/{name}", body))
        assert answer.status == 200, answer.text
        return answer.json()

    def patient(self, **fields: object) -> str:
        """A patient's id."""
        given = {"first_name": "Meera", "last_name": "Samplewala", "mobile": "9999900001"} | fields
        return str(self.control("POST", "patients", given)["patients"][0]["patient_id"])

    def switch(self, **settings: object) -> None:
        self.control("POST", "switches", settings)

    def fault(self, call: str, kind: str, **fields: object) -> None:
        self.control("POST", "faults", {"call": call, "kind": kind, **fields})

    def appointments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "appointments")["appointments"]
        return found

    def log(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "requests")["requests"]
        return found


def visit(**fields: object) -> dict[str, object]:
    """An appointment for the control interface: yesterday, completed."""
    return {"clinic_id": "C-01", "start": "2026-03-01T10:00:00", "status": "Check Out"} | fields


def slot(start: str = f"{TOMORROW}T10:00:00", end: str = f"{TOMORROW}T10:30:00", **fields: object) -> dict[str, object]:
    """The part that both POSTs share."""
    return {"ClinicID": "C-01", "StartDateTime": start, "EndDateTime": end} | fields


def newcomer(**fields: object) -> dict[str, object]:
    """What postAppointment takes."""
    person = {"FirstName": "Ravi", "LastName": "Nobody", "Mobile": "9999900003", "MobileCountryCode": "91"}
    return {**person, **slot(), **fields}


def rows(answer: Answer) -> list[dict[str, Any]]:
    value = answer.json()
    assert isinstance(value, list)
    return value


def row(answer: Answer) -> dict[str, Any]:
    value = answer.json()
    assert isinstance(value, dict)
    return value
