"""What the functions count, as an operator's dashboard sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support import emf, events, invented
from tests.support.bookings import in_days, known_body, known_request
from tests.support.clock import VirtualClock
from tests.support.deployment import Deployment


@pytest.fixture
def said(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    return capsys


def test_an_answer_is_timed_from_its_arrival_at_the_gateway(
    deployment: Deployment, said: pytest.CaptureFixture[str]
) -> None:
    deployment.search({"mobile": "oops"}, age_ms=1500)

    output = said.readouterr().out
    (milliseconds,) = emf.values(output, "AnswerMilliseconds")
    assert milliseconds >= 1500
    assert (emf.values(output, "Refused"), emf.values(output, "Failed")) == ([1], [0])


@pytest.mark.parametrize("age_ms", [-5_000, 3_600_000])
def test_a_time_of_arrival_that_makes_no_sense_is_not_counted(
    deployment: Deployment, said: pytest.CaptureFixture[str], age_ms: int
) -> None:
    deployment.search({"mobile": "oops"}, age_ms=age_ms)

    (milliseconds,) = emf.values(said.readouterr().out, "AnswerMilliseconds")
    assert 0 <= milliseconds < 5_000


def test_a_look_up_that_clinicea_spoils_counts_as_failed(
    deployment: Deployment, said: pytest.CaptureFixture[str]
) -> None:
    deployment.fake.fault("searchPatientByMobileNumber", "status", status=503)

    deployment.search({"mobile": "9999900041", "call_id": "c1", "agent_id": "a1"})

    output = said.readouterr().out
    assert (emf.values(output, "Refused"), emf.values(output, "Failed")) == ([0], [1])
    assert emf.values(output, "CliniceaErrors")


def test_look_up_with_refused_credentials_is_a_deployment_fault(
    deployment: Deployment, said: pytest.CaptureFixture[str]
) -> None:
    deployment.fake.fault("searchPatientByMobileNumber", "status", status=403)

    deployment.search({"mobile": "9999900041", "call_id": "c1", "agent_id": "a1"})

    assert emf.values(said.readouterr().out, "CliniceaSetupFault") == [1]


def test_booking_is_counted_once_accepted_and_timed_when_booked(
    deployment: Deployment, said: pytest.CaptureFixture[str]
) -> None:
    for repeated in (0, 1):
        deployment.book_known("P-41", known_body())
        assert emf.values(said.readouterr().out, "BookingAccepted") == [1 - repeated]

    assert deployment.deliver().acknowledged

    output = said.readouterr().out
    assert emf.values(output, "BookingBooked") == [1]
    assert len(emf.values(output, "BookingSeconds")) == 1


def test_wrong_zone_canary_and_each_waiting_booking_are_counted(
    deployment: Deployment, said: pytest.CaptureFixture[str]
) -> None:
    deployment.fake.switch(shift_zones=330)
    deployment.book_known("P-41", known_body())
    waiting = deployment.deliver()
    assert not waiting.acknowledged
    assert emf.values(said.readouterr().out, "CanaryOff") == []
    deployment.hurry(waiting)
    assert deployment.deliver().acknowledged

    output = said.readouterr().out
    assert emf.values(output, "CanaryOff") == [1]
    assert emf.values(output, "BookingNeedsAttention") == [1]

    deployment.fake.switch(shift_zones=0)
    deployment.book_known("P-41", known_body(start=in_days(4).isoformat()))
    assert not deployment.deliver().acknowledged
    assert emf.values(said.readouterr().out, "CanaryOff") == [1]


def test_an_end_is_counted_once_however_often_its_message_comes(
    deployment: Deployment, said: pytest.CaptureFixture[str]
) -> None:
    deployment.book_known("P-41", known_body())
    delivered = deployment.deliver()
    said.readouterr()

    again = deployment.function("booking_worker").invoke(events.sqs(delivered.message, "q"))

    output = said.readouterr().out
    assert again == {"batchItemFailures": []}
    assert [emf.values(output, name) for name in ("BookingBooked", "BookingSeconds")] == [[], []]
    assert '"message":"booking worked"' in output.replace(": ", ":"), "the log tells of the message all the same"


def test_sweeper_reports_the_age_of_the_oldest_open_booking(
    deployment: Deployment, said: pytest.CaptureFixture[str]
) -> None:
    a_quarter_of_an_hour_ago = VirtualClock(datetime.now(UTC) - timedelta(minutes=15))
    deployment.accepted_at(a_quarter_of_an_hour_ago, known_request(start=in_days(2)))

    deployment.sweep()

    output = said.readouterr().out
    assert (emf.values(output, "OpenBookings"), emf.values(output, "ParkedBookings")) == ([1], [0])
    assert emf.values(output, "OldestOpenBooking")[0] >= 900
