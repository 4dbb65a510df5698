"""Running `connector doctor` against the fake, and trying what it wrote with the real client."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.__main__ import main
from convox_clinicea.clinicea import Clinicea, Endpoint, NewAppointment, NewPatient
from convox_clinicea.clinicea.http import Scheme
from convox_clinicea.errors import ConnectorError
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from local.clinicea.auth import LOCAL_API_KEY, LOCAL_LOGIN
from local.clinicea.testing import RunningFake
from tests.support.clients import client_for, within
from tests.support.terminal import Terminal

MEERA = Mobile("91", "9999900001")
MEERAS_ID = "P-01"
NEWCOMER = Mobile("91", "9999900088")
START = (datetime.now(UTC) + timedelta(days=30)).replace(hour=4, minute=30, second=0, microsecond=0)
"""Ahead of the wall clock, which the doctor goes by; 10:00 in Kolkata."""
START_THERE = f"{START:%Y-%m-%d}T10:00"

SEARCH, PAST = Endpoint.SEARCH_PATIENT.value, Endpoint.PAST_COMPLETED.value
KNOWN, BY_PATIENT, BY_DATE = Endpoint.POST_BY_PATIENT.value, Endpoint.BY_PATIENT.value, Endpoint.BY_DATE.value
ABOUT_MEERA = ("--mobile", "+919999900001")
TEST_APPOINTMENT = (*ABOUT_MEERA, "--book-test", "--clinic", "C-01", "--start", START_THERE)


@dataclass
class Report:
    """What a run told."""

    status: int
    output: str
    errors: str
    written: Path

    @property
    def findings(self) -> dict[str, dict[str, Any]]:
        """The findings by their subject."""
        return {each["subject"]: each for each in json.loads(self.output)["findings"]}

    def of(self, verdict: str) -> set[str]:
        """The subjects of all findings with a verdict."""
        return {subject for subject, each in self.findings.items() if each["verdict"] == verdict}

    @property
    def table(self) -> dict[str, Any] | None:
        """The corrected call table, if one was written."""
        found: dict[str, Any] | None = json.loads(self.written.read_text()) if self.written.exists() else None
        return found


@dataclass
class DoctorRunner:
    """Runs the command as a person would, in this process."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    folder: Path

    def __call__(self, url: str, *arguments: str, as_json: bool = True, key: str | None = LOCAL_API_KEY) -> Report:
        names = ("CLINICEA_API_KEY", "CLINICEA_USER_NAME", "CLINICEA_PASSWORD")
        for name, value in zip(names, (key or "", *LOCAL_LOGIN), strict=True):
            self.monkeypatch.setenv(name, value)
        written = self.folder / "call-table.json"
        written.unlink(missing_ok=True)
        status = main(["doctor", "--url", url, "--write", str(written), *(["--json"] if as_json else []), *arguments])
        told = self.capsys.readouterr()
        return Report(status, told.out, told.err, written)


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let a person type that."""
    monkeypatch.setattr("sys.stdin", Terminal(text))


def _new_appointment(hours: int) -> NewAppointment:
    start = START + timedelta(hours=hours)
    return NewAppointment(clinic_id="C-01", start=start, end=start + timedelta(minutes=30))


def what_works(fake: RunningFake, table: Mapping[str, Any] | None, scheme: Scheme = "api_key") -> set[str]:
    """The calls that the real client gets through with, under a call table, over real sockets."""
    client = client_for(fake.url, scheme=scheme, table=dict(table) if table else None)
    before = len(fake.standing())
    patient = NewPatient(mobile=NEWCOMER, first_name=PersonalText("Asha"))
    uses: dict[Endpoint, Callable[[Clinicea], bool]] = {
        Endpoint.SEARCH_PATIENT: lambda it: (
            [each.patient_id for each in it.search_patient_by_mobile_number(MEERA, within(9))] == [MEERAS_ID]
        ),
        Endpoint.PAST_COMPLETED: lambda it: len(it.past_completed_appointments(MEERAS_ID, within(9))) == 3,
        Endpoint.BY_PATIENT: lambda it: len(it.appointments_by_patient(MEERAS_ID, within(9))) >= 5,
        Endpoint.BY_DATE: lambda it: it.appointments_by_date((START + timedelta(days=1)).date(), within(9)) == [],
        Endpoint.POST_BY_PATIENT: lambda it: (
            it.post_appointment_by_patient_id(MEERAS_ID, _new_appointment(0), within(9)).patient_id == MEERAS_ID
        ),
        Endpoint.POST_WITH_PATIENT: lambda it: bool(
            it.post_appointment(patient, _new_appointment(2), within(9)).appointment_id
        ),
    }
    done = {call.value for call, use in uses.items() if _does(use, client)}
    made = len(done & {Endpoint.POST_BY_PATIENT.value, Endpoint.POST_WITH_PATIENT.value})
    assert len(fake.standing()) == before + made, "a POST that failed left an appointment"
    return done


def _does(use: Callable[[Clinicea], bool], client: Clinicea) -> bool:
    try:
        return use(client)
    except ConnectorError:
        return False
