"""Settings: read from the environment, named when wrong, never shown."""

from __future__ import annotations

import pytest

from convox_clinicea.errors import ConfigurationError
from convox_clinicea.settings import (
    AuthorizerSettings,
    CliniceaSettings,
    IntakeSettings,
    LookupSettings,
    ReconcileSettings,
    SearchSettings,
    Settings,
    StatusSettings,
    SweeperSettings,
    WorkerSettings,
)

ENVIRONMENT = {
    "POWERTOOLS_SERVICE_NAME": "search_patient",
    "CLINICEA_URL": "https://api.clinicea.com",
    "CLINICEA_SECRET_ARN": "arn:aws:secretsmanager:ap-south-1:123456789012:secret:x",
    "CLINICEA_AUTHENTICATION": "api_key",
    "CALL_TABLE": "",
    "CLINICS": "ssm:/convox/clinics",
    "DIALECT": "ssm:/convox/dialect",
    "TIME_ZONE": "Asia/Kolkata",
    "DEFAULT_COUNTRY": "IN",
    "EARLIER_CALL_NAMES": "false",
    "LOOKUP_BUDGET_SECONDS": "2",
    "LOOKUPS_PER_CALLER_MINUTE": "300",
    "LOOKUPS_PER_AGENT_MINUTE": "30",
    "SUSPECTED_AFTER_MISSES": "0",
    "PATIENTS_PER_CALLER_TEN_MINUTES": "250",
    "PATIENTS_PER_AGENT_TEN_MINUTES": "40",
    "PATIENTS_PER_CALLER_DAY": "6000",
    "PATIENTS_PER_AGENT_DAY": "600",
    "VISITS_ONLY_IF_SHOWN": "true",
    "BOOKINGS_PER_CALLER_MINUTE": "300",
    "BOOKINGS_PER_AGENT_MINUTE": "60",
    "OPEN_BOOKINGS_PER_NUMBER": "20",
    "STATUS_PER_CALLER_MINUTE": "600",
    "REQUIRE_CALL_CONTEXT": "true",
    "SEARCH_BY_GET": "false",
    "DISCLOSURES_TABLE": "disclosures",
    "DISCLOSURE_FAILURE": "closed",
    "DISCLOSURE_RETENTION_DAYS": "365",
    "LEDGER_TABLE": "bookings",
    "QUEUE_URL": "https://sqs/queue",
    "DEAD_LETTER_QUEUE_URL": "https://sqs/dead",
    "IDENTITY_SECRET_ARN": "arn:identity",
    "KMS_KEY_ARN": "key",
    "DEFAULT_DURATION_MINUTES": "30",
    "ACCEPTED_STATUS": "202",
    "CONSENT_TEXT_VERSION": "1",
    "CONSENT_RETENTION_DAYS": "3650",
    "CONSENT_TEXTS": "",
    "RETENTION_DAYS": "30",
    "NOTICES_TOPIC_ARN": "arn:topic",
    "READ_BACKS": "true",
    "CANARY": "on",
    "CLINICEA_PER_SECOND": "0",
    "SETTLE_SECONDS": "120",
    "LEASE_SECONDS": "45",
    "AGE_LIMIT_HOURS": "12",
    "WORKER_SECONDS": "30",
    "VISIBILITY_SECONDS": "180",
    "ACCESS_TOKENS_SECRET_ARN": "arn:tokens",
    "ACCESS_TOKEN_HEADER": "Access-Token",
    "SHARED_USAGE_KEY": "0f0f0f0f-0000-4000-8000-000000000000-shared",
}
ALL = [
    SearchSettings,
    LookupSettings,
    IntakeSettings,
    WorkerSettings,
    SweeperSettings,
    StatusSettings,
    ReconcileSettings,
    AuthorizerSettings,
]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_function_reads_its_own_variables(kind: type[Settings]) -> None:
    read = kind.from_environment(ENVIRONMENT)
    assert {name.upper() for name in type(read).model_fields} <= set(ENVIRONMENT)


def test_environment_is_read_unless_another_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert StatusSettings.from_environment().ledger_table == "bookings"


def test_texts_become_the_types_that_are_meant() -> None:
    search = SearchSettings.from_environment(ENVIRONMENT)
    assert (search.lookup_budget_seconds, search.require_call_context, search.search_by_get) == (2.0, True, False)
    intake = IntakeSettings.from_environment(ENVIRONMENT)
    assert (intake.default_duration_minutes, intake.accepted_status) == (30, 202)


class TestWrongValues:
    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("CLINICEA_URL", "http://api.clinicea.com"),
            ("CLINICEA_URL", "https://api.clinicea.com/api"),
            ("CLINICEA_URL", "http://127.0.0.1.example.com"),
            ("CLINICEA_URL", "https://"),
            ("CLINICEA_URL", "https://canary:canary@api.clinicea.com"),
            ("CLINICEA_URL", "https://api.clinicea.com?canary=1"),
            ("CLINICEA_URL", "https://api.clinicea.com\n"),
            ("CLINICEA_SECRET_ARN", ""),
            ("CLINICEA_AUTHENTICATION", "canary"),
            ("TIME_ZONE", "Asia/Canary"),
            ("DEFAULT_COUNTRY", "in"),
            ("DEFAULT_COUNTRY", "IND"),
            ("LOOKUP_BUDGET_SECONDS", "0"),
            ("LOOKUP_BUDGET_SECONDS", "21"),
            ("LOOKUP_BUDGET_SECONDS", "nan"),
            ("LOOKUPS_PER_CALLER_MINUTE", "-1"),
            ("LOOKUPS_PER_AGENT_MINUTE", ""),
            ("SUSPECTED_AFTER_MISSES", "1.5"),
            ("REQUIRE_CALL_CONTEXT", "canary"),
            ("SEARCH_BY_GET", ""),
        ],
    )
    def test_the_variable_is_named_and_its_value_is_not(self, variable: str, value: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            SearchSettings.from_environment(ENVIRONMENT | {variable: value})
        assert f"environment variables: {variable}: " in str(caught.value)
        assert "canary" not in str(caught.value).lower()
        assert caught.value.__cause__ is None

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("DEFAULT_DURATION_MINUTES", "4"),
            ("DEFAULT_DURATION_MINUTES", "481"),
            ("ACCEPTED_STATUS", "201"),
            ("LEDGER_TABLE", ""),
        ],
    )
    def test_so_it_is_for_the_intake(self, variable: str, value: str) -> None:
        with pytest.raises(ConfigurationError, match=variable):
            IntakeSettings.from_environment(ENVIRONMENT | {variable: value})

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("READ_BACKS", "maybe"),
            ("CANARY", "again"),
            ("CLINICEA_PER_SECOND", "-1"),
            ("SETTLE_SECONDS", "-1"),
            ("SETTLE_SECONDS", "3601"),
            ("LEASE_SECONDS", "29"),
            ("AGE_LIMIT_HOURS", "0"),
            ("NOTICES_TOPIC_ARN", ""),
            ("KMS_KEY_ARN", ""),
        ],
    )
    def test_so_it_is_for_the_worker(self, variable: str, value: str) -> None:
        with pytest.raises(ConfigurationError, match=variable):
            WorkerSettings.from_environment(ENVIRONMENT | {variable: value})

    def test_every_missing_variable_is_named_at_once(self) -> None:
        with pytest.raises(ConfigurationError) as caught:
            CliniceaSettings.from_environment({"CLINICEA_URL": "https://api.clinicea.com"})
        assert "CLINICEA_SECRET_ARN" in str(caught.value)
        assert "CLINICEA_AUTHENTICATION" in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://api.clinicea.com", "https://api.clinicea.com/", "http://127.0.0.1:8080", "http://localhost"]
)
def test_clinicea_is_reached_over_tls_except_on_this_machine(url: str) -> None:
    assert CliniceaSettings.from_environment(ENVIRONMENT | {"CLINICEA_URL": url}).clinicea_url == url
