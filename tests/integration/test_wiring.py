"""How collaborators are built from settings, documents and secrets."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.intake import booking_collaborators
from convox_clinicea.bookings.ledger import ledger_from
from convox_clinicea.bookings.protocol import State
from convox_clinicea.clinicea_account import clinicea_from
from convox_clinicea.convox.request import clinics_from
from convox_clinicea.deadline import Deadline, SystemClock
from convox_clinicea.errors import ConfigurationError, NotStored
from convox_clinicea.mobile import parse_mobile
from convox_clinicea.settings import IntakeSettings, SearchSettings
from local.clinicea.testing import RunningFake
from tests.support import invented
from tests.support.account import Stack, age_secrets, change, document, secret
from tests.support.bookings import known_request
from tests.support.clock import VirtualClock

CLINICS = {"schema": 1, "clinics": [{"clinic_id": "C-09", "name": "Ninth", "time_zone": "Asia/Dubai"}]}
MOBILE = parse_mobile(invented.MOBILE, default_country="IN")


@pytest.fixture
def stack() -> Stack:
    return Stack.create()


@pytest.fixture
def variables(stack: Stack, fake: RunningFake) -> dict[str, str]:
    return stack.environment(fake.url)


def search(variables: dict[str, str], **changes: str) -> SearchSettings:
    return SearchSettings.from_environment(variables | changes)


def intake(variables: dict[str, str], **changes: str) -> IntakeSettings:
    return IntakeSettings.from_environment(variables | changes)


def found(settings: SearchSettings) -> int:
    clock = SystemClock()
    client = clinicea_from(settings, clinics_from(settings), clock)
    return len(client.search_patient_by_mobile_number(MOBILE, Deadline.after(clock, 5)))


def test_the_layers_own_document_names_no_clinic(variables: dict[str, str]) -> None:
    clinics = clinics_from(search(variables))

    assert clinics.get("C-09") is None
    assert clinics.zone("C-09").key == "Asia/Kolkata"


def test_clinics_come_from_the_parameter_store_if_configured(variables: dict[str, str]) -> None:
    boto3.client("ssm").put_parameter(Name="/stack/clinics", Value=json.dumps(CLINICS), Type="String")

    clinics = clinics_from(search(variables, CLINICS="ssm:/stack/clinics"))

    assert clinics.zone("C-09").key == "Asia/Dubai"


def test_clinics_come_from_a_bucket_where_the_deployment_says_so(variables: dict[str, str]) -> None:
    clinics = clinics_from(search(variables, CLINICS=document(CLINICS)))

    assert clinics.zone("C-09").key == "Asia/Dubai"


@pytest.mark.parametrize(
    "content", ["[]", "not json", {"schema": 2}, {"schema": 1, "clinics": [{"name": "x"}]}], ids=str
)
def test_invalid_document_is_an_error_never_a_silent_default(variables: dict[str, str], content: Any) -> None:
    settings = search(variables, CLINICS=document(content))

    with pytest.raises(ConfigurationError):
        clinics_from(settings)


def test_the_call_table_can_be_replaced_in_part(variables: dict[str, str], fake: RunningFake) -> None:
    fake.add_patient(**invented.patient())
    fake.switch(call_versions={"searchPatientByMobileNumber": ["v3"]})
    table = {"calls": {"searchPatientByMobileNumber": {"version": "v3"}}}

    assert found(search(variables, CALL_TABLE=document(table))) == 1


def test_rotated_secret_takes_effect_without_a_cold_start(variables: dict[str, str], fake: RunningFake) -> None:
    fake.add_patient(**invented.patient())
    arn = secret("rotating", {"api_key": "old-key"})
    settings = search(variables, CLINICEA_SECRET_ARN=arn)
    clock = SystemClock()
    client = clinicea_from(settings, clinics_from(settings), clock)
    with pytest.raises(Exception, match="401"):
        client.search_patient_by_mobile_number(MOBILE, Deadline.after(clock, 5))

    change(arn, {"api_key": invented.API_KEY})
    age_secrets(aws.SECRET_SECONDS + 1)

    assert len(client.search_patient_by_mobile_number(MOBILE, Deadline.after(clock, 5))) == 1


@pytest.mark.parametrize("content", [{}, {"api_key": ""}, {"api_key": "x", "more": "y"}, "text"], ids=str)
def test_invalid_clinicea_secret_is_named_without_its_content(variables: dict[str, str], content: Any) -> None:
    settings = search(variables, CLINICEA_SECRET_ARN=secret(f"no-credentials-{hash(str(content))}", content))

    with pytest.raises(ConfigurationError) as caught:
        found(settings)
    assert not invented.leaks(str(caught.value))


def test_a_staff_session_needs_a_user(variables: dict[str, str]) -> None:
    only_key = secret("only-key", {"api_key": invented.API_KEY})
    settings = search(variables, CLINICEA_SECRET_ARN=only_key, CLINICEA_AUTHENTICATION="staff_session")

    with pytest.raises(ConfigurationError, match="user_name"):
        found(settings)


def test_a_desk_accepts_bookings_into_ledger_and_queue(variables: dict[str, str], stack: Stack) -> None:
    desk = booking_collaborators(intake(variables, DEFAULT_DURATION_MINUTES="45"), VirtualClock())

    accepted = desk.intake.accept(known_request())

    assert desk.defaults.default_duration_minutes == 45
    assert accepted.booking.state is State.ACCEPTED
    assert len(stack.items("booking#")) == len(stack.messages()) == 1


@pytest.mark.parametrize("content", [{}, {"key": ""}, {"key": "x" * 31}, {"other": "x" * 40}, "[1]"], ids=str)
def test_an_identity_key_that_is_too_short_derives_nothing(
    variables: dict[str, str], stack: Stack, content: Any
) -> None:
    settings = intake(variables, IDENTITY_SECRET_ARN=secret(f"identity-{hash(str(content))}", content))
    desk = booking_collaborators(settings, VirtualClock())

    with pytest.raises(NotStored, match="ConfigurationError"):
        desk.intake.accept(known_request())
    assert stack.items() == []


def test_the_retention_is_the_deployments(stack: Stack) -> None:
    clock = VirtualClock()
    desk_ledger = ledger_from(stack.table, clock, timedelta(days=90))
    booking = booking_collaborators(
        IntakeSettings.from_environment(stack.environment("http://127.0.0.1:9")), clock
    ).intake.accept(known_request())

    ended = desk_ledger.move(desk_ledger.move(booking.booking, State.SENDING), State.REJECTED)

    assert ended.expires_at == clock.now() + timedelta(days=90)
