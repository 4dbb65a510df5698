"""`./connector doctor --book-test`: one appointment, after a yes, read back and never made twice."""

from __future__ import annotations

import pytest

from local.clinicea.testing import RunningFake
from tests.support.doctor import BY_PATIENT, KNOWN, START_THERE, TEST_APPOINTMENT, DoctorRunner, types


class TestBooking:
    def test_it_asks_and_a_no_books_nothing(
        self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for said in ("", "no\n", "y\n"):
            types(monkeypatch, said)
            report = doctor(fake.url, *TEST_APPOINTMENT)
            assert report.errors.endswith('{"note": "nothing was changed"}\n')
            assert report.findings["post.answer"]["verdict"] == "could not check"
        assert not fake.requests(KNOWN)

    def test_without_a_terminal_and_a_yes_it_asks_clinicea_nothing(
        self, fake: RunningFake, doctor: DoctorRunner
    ) -> None:
        report = doctor(fake.url, *TEST_APPOINTMENT)

        assert (report.status, fake.requests()) == (2, [])
        assert "no terminal to confirm on" in report.errors
        assert report.errors.endswith('repeat with --yes"}\n')

    def test_a_yes_books_one_and_shows_it(
        self, fake: RunningFake, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        types(monkeypatch, "yes\n")
        report = doctor(fake.url, *TEST_APPOINTMENT)
        (made,) = [each for each in fake.standing() if each["start"] == f"{START_THERE}:00+05:30"]
        told = ("post.answer", "post.read_back", "read_back.notes", f"permission.{KNOWN}")
        assert set(told) <= report.of("confirmed")
        assert report.findings["post.answer"]["detail"] == f"appointment {made['appointment_id']}"
        assert len(fake.requests(KNOWN)) == 1

    def test_a_second_one_at_that_time_is_not_made(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        doctor(fake.url, *TEST_APPOINTMENT, "--yes")
        report = doctor(fake.url, *TEST_APPOINTMENT, "--yes")
        assert "has an appointment at that time" in report.findings["post.answer"]["detail"]
        assert len(fake.requests(KNOWN)) == 1

    def test_a_start_that_clinicea_rounds(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.switch(shift_zones=330)
        report = doctor(fake.url, *TEST_APPOINTMENT, "--yes")
        assert "it is +330 minutes from the sent start" in report.findings["post.read_back"]["detail"]

    def test_a_slot_that_is_taken_shows_its_text(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        slot = {"clinic_id": "C-01", "start": f"{START_THERE}:00"}
        fake.add_patient(first_name="Asha", mobile="9999900055", appointments=[slot])
        report = doctor(fake.url, *TEST_APPOINTMENT, "--yes")
        assert "refusals.slot_taken" in report.of("confirmed")

    def test_a_refusal_that_is_not_listed(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.fault(KNOWN, "status", status=400, body="Nicht moeglich fuer Meera")
        report = doctor(fake.url, *TEST_APPOINTMENT, "--yes")
        assert "refused with status 400" in report.findings["post.answer"]["detail"]
        assert "Meera" not in report.output

    def test_a_lost_answer_is_settled_by_reading_back(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.fault(KNOWN, "reset_after")
        report = doctor(fake.url, *TEST_APPOINTMENT, "--yes")
        assert report.findings["post.answer"]["verdict"] == "wrong"
        assert "post.read_back" in report.of("confirmed")
        assert len(fake.requests(KNOWN)) == 1

    def test_without_a_read_back_nothing_is_made(self, fake: RunningFake, doctor: DoctorRunner) -> None:
        fake.switch(denied_calls=[BY_PATIENT])
        report = doctor(fake.url, *TEST_APPOINTMENT, "--yes")
        assert "cannot be read back" in report.findings["post.answer"]["detail"]
        assert not fake.requests(KNOWN)
