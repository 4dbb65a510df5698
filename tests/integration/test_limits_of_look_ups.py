"""Every look-up is limited before anything goes to Clinicea; bookings are no look-ups."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convox_clinicea import aws
from tests.support import emf, invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment
from tests.support.functions import NAMES, ROOT, Answer

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
LOOK_UPS: dict[str, Callable[[Deployment, dict[str, str]], Answer]] = {
    "search": lambda deployment, call: deployment.search({"mobile": invented.MOBILE, **call}),
    "search by GET": lambda deployment, call: deployment.search_by_get({"mobile": invented.MOBILE, **call}),
    "popup": lambda deployment, call: deployment.popup({"mobile": invented.MOBILE, **call}),
    "completed": lambda deployment, call: deployment.completed("P-41", call),
}


@pytest.mark.parametrize("name", LOOK_UPS)
@pytest.mark.parametrize("limit", ["LOOKUPS_PER_CALLER_MINUTE", "LOOKUPS_PER_AGENT_MINUTE"])
def test_one_look_up_too_many_is_refused_before_clinicea_is_asked(
    deployment: Deployment, name: str, limit: str
) -> None:
    deployment.configure(**{limit: "2"})
    look_up = LOOK_UPS[name]
    # The minute may end in between: of five, three in one minute are certain.
    answers = [look_up(deployment, CALL) for _ in range(5)]

    refused = [answer for answer in answers if answer.status != 200]
    assert refused
    for answer in refused:
        answer.is_error(429, "rate_limited")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert len(deployment.fake.requests()) == len(answers) - len(refused)


def test_every_function_that_looks_patients_up_is_tested_here() -> None:
    looking = {name for name in NAMES if "LookupDesk" in (ROOT / "functions" / name / "app.py").read_text()}

    assert looking == {"search_patient", "past_appointments", "call_popup"}, "add it to LOOK_UPS"


def test_look_ups_of_all_kinds_count_together(deployment: Deployment) -> None:
    deployment.configure(LOOKUPS_PER_AGENT_MINUTE="1")
    statuses = [look_up(deployment, CALL).status for look_up in LOOK_UPS.values()]

    assert 429 in statuses


def test_without_the_ledger_s_table_look_ups_are_answered(deployment: Deployment) -> None:
    deployment.configure(LOOKUPS_PER_AGENT_MINUTE="1", LOOKUPS_PER_CALLER_MINUTE="1", SUSPECTED_AFTER_MISSES="1")
    aws.dynamodb().delete_table(TableName=deployment.stack.table)

    assert [look_up(deployment, CALL).status for look_up in LOOK_UPS.values()] == [200] * len(LOOK_UPS)


WALKS: dict[str, Callable[[Deployment, int], Answer]] = {
    "search": lambda deployment, last: deployment.search({"mobile": f"+9199999000{last:02d}", **CALL}),
    "popup": lambda deployment, last: deployment.popup({"mobile": f"+9199999000{last:02d}", **CALL}),
    "visits": lambda deployment, last: deployment.completed(f"P-{last}", CALL),
}


@pytest.mark.parametrize("way", WALKS)
def test_who_walks_through_numbers_or_patients_is_noticed(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    deployment.configure(SUSPECTED_AFTER_MISSES="2")
    for last in range(6):
        assert WALKS[way](deployment, last).status == 200

    assert len(emf.values(capsys.readouterr().out, "EnumerationSuspected")) == 4
