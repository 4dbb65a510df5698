"""The helper for tests, and the fake as a program."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.clinicea.testing import ControlClient, ControlError, RunningFake, running_fake

from .api import PLACES
from .sockets import LONG, PAST, SEARCH, connect, get, until

ROOT = Path(__file__).parents[3]


class TestHelper:
    def test_patients_are_added_and_found(self, fake: RunningFake) -> None:
        patient = fake.add_patient(first_name="Nila", mobile="9999900044")
        assert patient in [each["patient_id"] for each in fake.patients()]
        assert patient in fake.core.store.patients

    def test_cancelled_appointments_do_not_stand(self, fake: RunningFake) -> None:
        wanted = fake.standing()[0]["appointment_id"]
        fake.cancel(wanted, "Patient asked")
        assert wanted not in [each["appointment_id"] for each in fake.standing()]
        assert wanted in [each["appointment_id"] for each in fake.appointments()]

    def test_the_log_can_be_asked_for_one_call(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        get(client)
        get(client, PAST, {"patientID": "P-01"})
        assert [each["status"] for each in fake.requests(PAST)] == [200]
        assert len(fake.requests()) == 2

    def test_faults_are_cleared(self, fake: RunningFake, client: http.client.HTTPConnection) -> None:
        fake.fault("*", "html")
        fake.clear_faults()
        assert get(client)[1].startswith(b"{")

    def test_a_reset_brings_the_sample_back(self, fake: RunningFake) -> None:
        fake.add_patient(first_name="Nila", mobile="9999900044")
        fake.reset()
        assert [each["patient_id"] for each in fake.patients()] == ["P-01", "P-02", "P-03"]

    def test_bad_input_raises_with_the_reason(self, fake: RunningFake) -> None:
        with pytest.raises(ControlError, match="kind"):
            fake.fault("*", "explode")

    def test_after_the_end_nobody_is_there(self) -> None:
        with running_fake() as fake:
            client = connect(fake.url)
            assert get(client)[0] == 204
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            get(client)
        with pytest.raises(ConnectionRefusedError):
            get(connect(fake.url))

    def test_the_end_does_not_wait_for_held_connections(self) -> None:
        with running_fake() as fake:
            fake.fault("*", "timeout_before", seconds=600)
            client = connect(fake.url)
            client.request("GET", PLACES[SEARCH])
            assert until(fake.requests)
            start = time.monotonic()
        assert time.monotonic() - start < LONG
        client.close()


class TestProgram:
    def start(self, *arguments: str, **env: str) -> tuple[subprocess.Popen[str], str]:
        # -S leaves the installed packages out: the standard library is to be enough.
        command = [sys.executable, "-S", "-m", "local.clinicea", "--port", "0", *arguments]
        program = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert program.stdout is not None
        line = program.stdout.readline().strip()
        assert line.startswith("fake Clinicea on http://127.0.0.1:"), line
        return program, line.removeprefix("fake Clinicea on ")

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_it_serves_until_a_signal_and_logs_nothing(self, number: signal.Signals) -> None:
        program, url = self.start("--sample")
        client = connect(url)
        try:
            assert get(client)[0] == 200
            assert get(client, query={"patmobile": "9999900001"})[0] == 400
            assert len(ControlClient(url).patients()) == 3
        finally:
            program.send_signal(number)
            output, errors = program.communicate(timeout=LONG)
            client.close()
        assert (program.returncode, output, errors) == (0, "", "")

    def test_credentials_come_from_arguments_or_environment(self) -> None:
        program, url = self.start("--api-key", "other-key", FAKE_CLINICEA_USER="other-user")
        client = connect(url)
        try:
            assert get(client)[0] == 401
            login = {"apiKey": "other-key", "loginUserName": "other-user", "pwd": "local-password"}
            assert get(client, "getTokenByStaffUsernamePwd", login)[0] == 200
        finally:
            program.terminate()
            program.communicate(timeout=LONG)
            client.close()

    @pytest.mark.parametrize("arguments", [["--port", "70000"], ["--time-zone", "Asia/Nowhere"]])
    def test_it_says_why_it_cannot_start(self, arguments: list[str]) -> None:
        command = [sys.executable, "-m", "local.clinicea", *arguments]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONG, check=False)
        assert ended.returncode == 1
        assert ended.stderr.startswith("fake Clinicea: cannot start")
