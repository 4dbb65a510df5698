"""Every look-up is limited before anything goes to Clinicea; bookings are no look-ups."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convox_clinicea import aws
from tests.support import emf, invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment
from tests.support.functions import NAMES, ROOT, Answer
from tests.support.rate_limits import recorded_calls

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
VISIT = {"clinic_id": "C-01", "start": "2024-02-03T10:00:00", "status": "Check Out", "service": invented.SERVICE}
LOOK_UPS: dict[str, Callable[[Deployment, dict[str, str]], Answer]] = {
    "search": lambda deployment, call: deployment.search({"mobile": invented.MOBILE, **call}),
    "search by GET": lambda deployment, call: deployment.search_by_get({"mobile": invented.MOBILE, **call}),
    "popup": lambda deployment, call: deployment.popup({"mobile": invented.MOBILE, **call}),
    "completed": lambda deployment, call: deployment.completed("P-41", call),
}


@pytest.mark.parametrize("name", LOOK_UPS)
@pytest.mark.parametrize("limit", ["LOOKUPS_PER_CALLER_MINUTE", "LOOKUPS_PER_AGENT_MINUTE"])
def test_one_look_up_too_many_is_refused_without_clinicea(deployment: Deployment, name: str, limit: str) -> None:
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
    looking = {name for name in NAMES if "look_up=True" in (ROOT / "functions" / name / "app.py").read_text()}

    assert looking == {"search_patient", "past_appointments", "call_popup"}, "add it to LOOK_UPS"


def test_look_ups_of_all_kinds_count_together(deployment: Deployment) -> None:
    deployment.configure(LOOKUPS_PER_AGENT_MINUTE="1")
    statuses = [look_up(deployment, CALL).status for look_up in LOOK_UPS.values()]

    assert 429 in statuses


def test_without_the_ledger_s_table_each_process_counts_alone(deployment: Deployment) -> None:
    deployment.configure(
        LOOKUPS_PER_AGENT_MINUTE="2",
        LOOKUPS_PER_CALLER_MINUTE="2",
        SUSPECTED_AFTER_MISSES="1",
        VISITS_ONLY_IF_SHOWN="true",
    )
    aws.dynamodb().delete_table(TableName=deployment.stack.table)

    assert [look_up(deployment, CALL).status for look_up in LOOK_UPS.values()] == [200] * len(LOOK_UPS)
    # The minute may end in between: of five, three in one minute are certain.
    assert 429 in [LOOK_UPS["search"](deployment, CALL).status for _ in range(5)]


@pytest.mark.parametrize("rotating", [True, False])
def test_a_walk_over_patients_who_exist_is_seen_and_ends(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], rotating: bool
) -> None:
    deployment.configure(PATIENTS_PER_CALLER_TEN_MINUTES="20")
    for number in range(33):
        deployment.fake.add_patient(**invented.patient(patient_id=f"P-{number}", appointments=[VISIT]))

    walked = [
        deployment.completed(f"P-{number}", {"call_id": f"c-{number}", "agent_id": f"a-{number if rotating else 0}"})
        for number in range(33)
    ]

    assert [answer.status for answer in walked].count(200) in (20, 33), "all only if ten minutes ended in between"
    for answer in walked[20:]:
        if answer.status != 200:
            answer.is_error(429, "rate_limited")
            assert 1 <= int(answer.headers["Retry-After"]) <= 600
    assert len(emf.values(capsys.readouterr().out, "EnumerationSuspected")) > 3


class TestVisitsOnlyIfShown:
    """Completed visits are handed out only of a patient whom this client was shown on this call."""

    @pytest.fixture(autouse=True)
    def closed(self, deployment: Deployment) -> None:
        deployment.configure(VISITS_ONLY_IF_SHOWN="true")
        for number in (41, 42):
            mobile = f"+9199999000{number}"
            deployment.fake.add_patient(
                **invented.patient(patient_id=f"P-{number}", mobile=mobile, appointments=[VISIT])
            )

    @pytest.mark.parametrize("way", ["search", "search_by_get", "popup"])
    def test_after_a_search_or_a_pop_up_they_are(self, deployment: Deployment, way: str) -> None:
        found: Answer = getattr(deployment, way)({"mobile": "+919999900041", **CALL})
        assert found.body["patients"][0]["patient_id"] == "P-41"

        answer = deployment.completed("P-41", CALL)

        assert answer.status == 200
        assert answer.body["appointments"]

    def test_whether_they_were_shown_costs_no_read(self, deployment: Deployment) -> None:
        deployment.configure(LOOKUPS_PER_CALLER_MINUTE="100")
        deployment.search({"mobile": "+919999900041", **CALL})
        deployment.completed("P-41", CALL)

        with recorded_calls() as asked:
            assert deployment.completed("P-41", CALL).status == 200

        assert sorted(asked) in (["PutItem", "UpdateItem"], ["PutItem", "UpdateItem", "UpdateItem"]), (
            "a second count only if ten minutes ended in between"
        )

    @pytest.mark.parametrize("patient_id", ["P-41", "P-42", "nobody"])
    def test_without_a_search_the_patients_existence_is_hidden(self, deployment: Deployment, patient_id: str) -> None:
        asked = len(deployment.fake.requests())

        deployment.completed(patient_id, CALL).is_error(403, "forbidden")

        assert len(deployment.fake.requests()) == asked
        assert deployment.stack.entries() == []

    def test_another_patient_s_call_s_or_client_s_are_not(self, deployment: Deployment) -> None:
        deployment.search({"mobile": "+919999900041", **CALL})

        deployment.completed("P-42", CALL).is_error(403, "forbidden")
        deployment.completed("P-41", CALL | {"call_id": "another"}).is_error(403, "forbidden")
        deployment.completed("P-41", CALL, caller="north").is_error(403, "forbidden")

    def test_agent_after_a_transfer_needs_their_own_search(self, deployment: Deployment) -> None:
        transferred = CALL | {"agent_id": "agent-77"}
        deployment.search({"mobile": "+919999900041", **CALL})

        deployment.completed("P-41", transferred).is_error(403, "forbidden")

        deployment.search({"mobile": "+919999900041", **transferred})
        assert deployment.completed("P-41", transferred | {"agent_id": "AGENT-77"}).status == 200
        assert deployment.completed("P-41", CALL).status == 200

    def test_a_walk_over_refusals_is_seen(self, deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
        deployment.configure(SUSPECTED_AFTER_MISSES="2")
        for number in range(6):
            deployment.completed(f"P-{number}", CALL).is_error(403, "forbidden")

        assert len(emf.values(capsys.readouterr().out, "EnumerationSuspected")) == 4


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
