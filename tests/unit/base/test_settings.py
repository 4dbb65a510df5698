"""Settings: read from the environment, named when wrong, never shown."""

from __future__ import annotations

import pytest

from convox_clinicea.errors import ConfigurationError
from convox_clinicea.settings import (
    CliniceaSettings,
    IntakeSettings,
    SearchSettings,
    StatusSettings,
    WorkerSettings,
)
from tests.support import environment

ENVIRONMENT = dict(environment.defaults())


def test_environment_is_read_unless_another_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert StatusSettings.from_environment().ledger_table == environment.MADE


def test_texts_become_the_types_that_are_meant() -> None:
    texts = {"LOOKUP_BUDGET_SECONDS": "1.5", "REQUIRE_CALL_CONTEXT": "true", "SEARCH_BY_GET": "false"}
    search = SearchSettings.from_environment(ENVIRONMENT | texts)
    assert (search.lookup_budget_seconds, search.require_call_context, search.search_by_get) == (1.5, True, False)
    intake = IntakeSettings.from_environment(ENVIRONMENT | {"DEFAULT_DURATION_MINUTES": "45", "ACCEPTED_STATUS": "200"})
    assert (intake.default_duration_minutes, intake.accepted_status) == (45, 200)


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
            ("LOOKUP_BUDGET_SECONDS", "8.1"),
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
            ("SETTLE_SECONDS", "29"),
            ("SETTLE_SECONDS", "1801"),
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
