"""The fake for tests: start, fill, disturb and inspect it.

    with running_fake() as fake:
        patient_id = fake.add_patient(first_name="Meera", mobile="9999900001")
        fake.fault("postAppointment", "timeout_after", count=1)
        ...                                # drive a client against fake.url
        assert len(fake.standing()) == 1

`ControlClient(url)` does the same for a fake that runs in another process.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from local.clinicea.auth import Credentials
from local.clinicea.clock import DEFAULT_ZONE, Clock
from local.clinicea.core import FakeClinicea
from local.clinicea.sample import seed_sample
from local.clinicea.server import FakeServer

_SECONDS = 10.0
Json = dict[str, Any]


class ControlError(Exception):
    """The control interface refused a request; the text is its reason."""


class ControlClient:
    """Client of a fake's control interface."""

    def __init__(self, url: str) -> None:
        self.url = url

    def add_patients(self, *patients: Mapping[str, object]) -> list[Json]:
        """Add patients with their `appointments`; returns `{patient_id, appointment_ids}` for each."""
        return self._list("POST", "patients", {"patients": list(patients)})

    def add_patient(self, **fields: object) -> str:
        """Add one patient; returns its id."""
        return str(self.add_patients(fields)[0]["patient_id"])

    def patients(self) -> list[Json]:
        """Return all registered patients."""
        return self._list("GET", "patients")

    def appointments(self) -> list[Json]:
        """Return all appointments, with cancelled ones."""
        return self._list("GET", "appointments")

    def standing(self) -> list[Json]:
        """Return the uncancelled appointments."""
        return [each for each in self.appointments() if each["standing"]]

    def cancel(self, appointment_id: str, reason: str = "", *, delete: bool = False) -> None:
        """Cancel an appointment as the clinic's staff would, or delete it."""
        self.call("POST", "cancel", {"appointment_id": appointment_id, "reason": reason, "delete": delete})

    def move(self, appointment_id: str, start: str) -> None:
        """Move an appointment as the clinic's staff would."""
        self.call("POST", "move", {"appointment_id": appointment_id, "start": start})

    def notifications(self) -> list[Json]:
        """Return the messages to patients: `{operation, appointment_id}` each."""
        return self._list("GET", "notifications")

    def requests(self, call: str | None = None) -> list[Json]:
        """Return the log, or a call's part of it: `{number, at, call, verb, status, fault, work_status}` each."""
        return [each for each in self._list("GET", "requests") if call in (None, each["call"])]

    def fault(self, call: str, kind: str, **fields: object) -> None:
        """Append a fault rule; see `local.clinicea.faults.Rule`."""
        self.call("POST", "faults", {"call": call, "kind": kind, **fields})

    def clear_faults(self) -> None:
        """Remove all fault rules."""
        self.call("DELETE", "faults")

    def switch(self, **settings: object) -> None:
        """Set switches; see `local.clinicea.switches.Switches`."""
        self.call("POST", "switches", settings)

    def reset(self) -> None:
        """Reset the fake to its start."""
        self.call("POST", "reset")

    def call(self, verb: str, name: str, body: object = None) -> Any:
        """Send one control request; raises ControlError for a status other than 200."""
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=_SECONDS)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(verb, f"/_control/{name}", text, {"Content-Type": "application/json"})
            response = connection.getresponse()
            value = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ControlError(value["error"])
        return value

    def _list(self, verb: str, name: str, body: object = None) -> list[Json]:
        found: list[Json] = self.call(verb, name, body)[name]
        return found


class RunningFake(ControlClient):
    """A fake that runs in this process."""

    def __init__(self, server: FakeServer) -> None:
        super().__init__(server.url)
        self.server = server

    @property
    def core(self) -> FakeClinicea:
        """The fake's core; hold `server.lock` for access while requests are in progress."""
        return self.server.core


@contextmanager
def running_fake(
    *,
    clock: Clock | None = None,
    seed: int = 0,
    sample: bool = False,
    time_zone: str = DEFAULT_ZONE,
    credentials: Credentials | None = None,
    port: int = 0,
    switches: Mapping[str, object] | None = None,
) -> Iterator[RunningFake]:
    """Run a fake on a free port of 127.0.0.1 during the block; `sample` adds the sample people."""
    fill: Callable[[FakeClinicea], None] | None = seed_sample if sample else None
    core = FakeClinicea(clock, seed, time_zone=time_zone, credentials=credentials, fill=fill, switches=switches)
    with FakeServer(core, port=port) as server:
        yield RunningFake(server)
