"""Settings of each function from its environment variables, and their configuration documents."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from convox_clinicea import aws
from convox_clinicea.deployment_documents import ZoneName
from convox_clinicea.errors import ConfigurationError, field_problems, raise_alone

_PACKED = Path(__file__).with_name("documents")  # a layer is unpacked; `importlib.resources` would import zipfile


def packed(name: str) -> dict[str, Any]:
    """Return the document `name` packed with the layer."""
    text = (_PACKED / f"{name}.json").read_text("utf-8")
    return _parsed(name, text)


def replacement(name: str, source: str) -> dict[str, Any] | None:
    """Return the deployer's document `name`, or None if `source` is empty.

    Args:
        source: ``""``, ``ssm:/parameter/name`` or ``s3://bucket/key``.

    Raises:
        ConfigurationError: the source cannot be read, or is not a JSON object. A missing document never falls back
            silently to the packed one.
    """
    if not source:
        return None
    if source.startswith("ssm:/"):
        return _parsed(name, _from_ssm(name, source.removeprefix("ssm:")))
    if source.startswith("s3://"):
        bucket, _, key = source.removeprefix("s3://").partition("/")
        return _parsed(name, _from_s3(name, bucket, key))
    raise ConfigurationError(f"the source of document {name} is neither ssm:/… nor s3://…")


def _from_ssm(name: str, parameter: str) -> str:
    try:
        return str(aws.client_in_time("ssm").get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])
    except aws.AWS_ERRORS:
        raise_alone(ConfigurationError(f"document {name}: its SSM parameter cannot be read"))


def _from_s3(name: str, bucket: str, key: str) -> str:
    try:
        return str(aws.client_in_time("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())
    except (*aws.AWS_ERRORS, UnicodeDecodeError):
        raise_alone(ConfigurationError(f"document {name}: its S3 object cannot be read"))


def _parsed(name: str, text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise_alone(ConfigurationError(f"document {name} is not JSON"))
    if not isinstance(document, dict):
        raise ConfigurationError(f"document {name} is not a JSON object")
    return document


class Settings(BaseModel):
    """Settings from environment variables: the field `ledger_table` is `LEDGER_TABLE`. Bounds are the template's."""

    model_config = ConfigDict(
        defer_build=True, frozen=True, extra="ignore", alias_generator=str.upper, hide_input_in_errors=True
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the variables; raises ConfigurationError, which names invalid ones but never their values."""
        try:
            return cls.model_validate(dict(os.environ if environment is None else environment))
        except ValidationError as error:
            wrong = "; ".join(f"{p.field}: {p.message}" for p in field_problems(error, "environment"))
            raise_alone(ConfigurationError(f"environment variables: {wrong}"))


class CliniceaSettings(Settings):
    """Access to Clinicea; ledger and key are for the shared session."""

    clinicea_url: str = Field(
        pattern=r"^(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?)/?$"
    )
    clinicea_secret_arn: str = Field(min_length=1)
    clinicea_authentication: Literal["api_key", "staff_session"]
    call_table: str = ""
    ledger_table: str = Field(min_length=1)
    kms_key_arn: str = Field(min_length=1)


class PlaceSettings(Settings):
    """The deployment's clinics, time zone, and country of numbers without a dialling code."""

    clinics: str = ""
    time_zone: ZoneName
    default_country: str = Field(pattern=r"^[A-Z]{2}$")


class NamingSettings(Settings):
    """Identity key and country, to recognise ids that hold a number and to store them as digests."""

    identity_secret_arn: str = Field(min_length=1)
    default_country: str = Field(pattern=r"^[A-Z]{2}$")


class CallNamingSettings(NamingSettings):
    """Settings for functions that look up calls."""

    earlier_call_names: bool


class CallContextSettings(Settings):
    """Whether requests must name their call and agent."""

    require_call_context: bool


class DisclosureSettings(Settings):
    """The register of disclosures: its table, its retention, and whether it fails closed."""

    disclosures_table: str = Field(min_length=1)
    disclosure_failure: Literal["closed", "open"]
    disclosure_retention_days: int = Field(ge=30, le=3650)


class DialectSettings(Settings):
    """The dialects of clients."""

    dialect: str = ""


class LookupLimitSettings(Settings):
    """How long a look-up may take, and how many a client and its agents may make."""

    lookup_budget_seconds: float = Field(ge=0.5, le=8)
    lookups_per_caller_minute: int = Field(ge=0, le=100_000)
    lookups_per_agent_minute: int = Field(ge=0, le=100_000)
    suspected_after_misses: int = Field(ge=0, le=100_000)
    patients_per_caller_ten_minutes: int = Field(ge=1, le=2000)
    patients_per_agent_ten_minutes: int = Field(ge=0, le=2000)
    patients_per_caller_day: int = Field(ge=0, le=1_000_000)
    patients_per_agent_day: int = Field(ge=0, le=1_000_000)
    visits_only_if_shown: bool


class LookupSettings(
    CliniceaSettings,
    PlaceSettings,
    NamingSettings,
    CallContextSettings,
    DialectSettings,
    DisclosureSettings,
    LookupLimitSettings,
):
    """`past_appointments`; with `search_by_get` also `search_patient` and `call_popup`."""


class DeskClientSettings(Settings):
    """The client whose calls the desk shows, and in whose name it books; "" without a desk."""

    desk_client: str = Field(pattern=r"^([a-z0-9][a-z0-9_-]{0,31})?$")


class DeskSocketSettings(Settings):
    """Address of the WebSocket API for its management client; with `wss` it is the pages'. "" without a desk."""

    desk_sockets: str = Field(pattern=r"^(|https://[^\s\"'<>;,]+|http://(127\.0\.0\.1|localhost)[^\s\"'<>;,]*)$")


class CallEndSettings(Settings):
    """After which time a booking that waits for its call's end is made without a status callback."""

    call_end_minutes: int = Field(ge=1, le=240)


class SearchSettings(LookupSettings):
    """`search_patient`, by POST or by GET; with more, `call_popup`."""

    search_by_get: bool


class PopUpSettings(SearchSettings, DeskClientSettings, DeskSocketSettings):
    """`call_popup`."""

    prefetch_seconds: int = Field(ge=0, le=600)
    popup_answer: Literal["full", "acknowledge"]


class IntakeSettings(PlaceSettings, CallNamingSettings, CallContextSettings, DialectSettings):
    """`book_appointment` and `book_new_patient`."""

    bookings_per_caller_minute: int = Field(ge=0, le=100_000)
    bookings_per_agent_minute: int = Field(ge=0, le=100_000)
    open_bookings_per_number: int = Field(ge=0, le=100)
    call_table: str = ""
    ledger_table: str = Field(min_length=1)
    queue_url: str = Field(min_length=1)
    kms_key_arn: str = Field(min_length=1)
    default_duration_minutes: int = Field(ge=5, le=480)
    disclosures_table: str = Field(min_length=1)
    disclosure_retention_days: int = Field(ge=30, le=3650)
    consent_retention_days: int = Field(ge=365, le=36500)
    consent_text_version: str = Field(min_length=1, max_length=64)
    consent_texts: str = ""
    accepted_status: Annotated[Literal[200, 202], BeforeValidator(int)]


class CallStatusSettings(IntakeSettings, DeskClientSettings):
    """`call_status`."""

    retention_days: int = Field(ge=5, le=3650)


class DataRequestSettings(NamingSettings):
    """`data_requests`."""

    ledger_table: str = Field(min_length=1)
    disclosures_table: str = Field(min_length=1)
    retention_days: int = Field(ge=5, le=3650)
    consent_retention_days: int = Field(ge=365, le=36500)
    time_zone: ZoneName


class SweeperSettings(Settings):
    """Ledger, queues and topic, for `booking_worker`; with more, `sweeper`."""

    ledger_table: str = Field(min_length=1)
    queue_url: str = Field(min_length=1)
    dead_letter_queue_url: str = Field(min_length=1)
    notices_topic_arn: str = Field(min_length=1)
    default_country: str = Field(pattern=r"^[A-Z]{2}$")
    retention_days: int = Field(ge=5, le=3650)
    age_limit_hours: float = Field(ge=1, le=72)


class SweepSettings(SweeperSettings, IntakeSettings, CallEndSettings):
    """`sweeper`, which also makes what waited for a call's end."""


class WorkerSettings(SweeperSettings, CliniceaSettings, PlaceSettings):
    """`booking_worker`; the protocol's timings are checked for consistency."""

    suspected_after_misses: int = Field(ge=0, le=100_000)
    read_backs: bool
    canary: str = Field(pattern=r"^(on|off|again-[0-9]{1,6})$")
    clinicea_per_second: int = Field(ge=0, le=1000)
    settle_seconds: int = Field(ge=30, le=1800)
    lease_seconds: int = Field(ge=30, le=900)
    worker_seconds: int = Field(ge=15, le=900)
    visibility_seconds: int = Field(ge=30, le=43200)


class ActionSettings(Settings):
    """`booking_actions`."""

    ledger_table: str = Field(min_length=1)
    queue_url: str = Field(min_length=1)
    retention_days: int = Field(ge=5, le=3650)
    settle_seconds: int = Field(ge=30, le=1800)


class StatusSettings(CallNamingSettings, DisclosureSettings):
    """`booking_status`."""

    ledger_table: str = Field(min_length=1)
    status_per_caller_minute: int = Field(ge=0, le=100_000)
    time_zone: ZoneName


class CalendarSettings(CliniceaSettings, PlaceSettings):
    """Access to Clinicea's calendar."""


class ReconcileSettings(CalendarSettings):
    """`reconcile`."""

    identity_secret_arn: str = Field(min_length=1)
    read_backs: bool
    clinicea_per_second: int = Field(ge=0, le=1000)


class AuthorizerSettings(Settings):
    """`authorizer`."""

    access_tokens_secret_arn: str = Field(min_length=1)
    access_token_header: str = Field(min_length=1)
    shared_usage_key: str = Field(min_length=1)
