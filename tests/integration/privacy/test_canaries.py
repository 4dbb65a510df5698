"""Nothing that leaves a function holds a canary, whatever Clinicea does: every fault and every switch of the fake."""

from __future__ import annotations

import inspect
import itertools
import threading
from contextlib import suppress
from dataclasses import fields
from types import FrameType
from typing import Any

import pytest
from botocore import client
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ParamValidationError

from convox_clinicea import aws as prompt
from convox_clinicea.errors import ConnectorError
from local.clinicea.faults import DEFAULT_SECONDS, KINDS
from local.clinicea.messages import ControlInputError
from local.clinicea.switches import Switches
from tests.support.canary_day import CANARY, whole_day
from tests.support.deployment import Deployment
from tests.support.exits import Watch, api_call
from tests.support.functions import NAMES, ROOT

LAYER = ROOT / "layers"
SWITCHES = [each.name for each in fields(Switches)]
STATUSES = (302, 400, 401, 403, 404, 405, 409, 429, 500, 503)
ECHO = {"body": f"{CANARY} No HTTP resource was found that matches /api?api_key=local-api-key"}
SOME: dict[str, Any] = {
    "slow_pages": 0.05,
    "denied_calls": ["postAppointmentByPatientID"],
    "call_versions": {"postAppointment": ["v2"]},
    "status_words": {"Check Out": "Checked Out"},
    "created_answer": "bare",
    "reading_zone": "utc",
    "writing_zone": "utc",
    "create_zone": "clinic",
    "sync_zone": "clinic",
    "staff_zone": "Asia/Dubai",
    "lists_show_number": "masked",
    "date_forms": {"appointmentDate": "stamp"},
    "refused_colons": ["StartDateTime"],
    "webhooks": {"Add": "http://127.0.0.1:9/hook"},
    "shapes": {"searchPatientByMobileNumber": {"array": True}},
}
CANDIDATES: tuple[object, ...] = (True, False, "list", "404", 409, 1, 403, 30, "GET", ["v1"], "plus", "other")


def spoilt(kind: str) -> dict[str, Any]:
    """A rule of this kind that costs the test no time."""
    rule: dict[str, Any] = {"kind": kind}
    if kind in DEFAULT_SECONDS:
        rule["seconds"] = 0.01 if kind == "drip" else 0.1
    if kind == "status":
        rule["status"] = 503
    if kind == "late_commit":
        rule["reset"] = True
    return rule


def turned(name: str) -> object:
    """A setting of the switch that is not its default."""
    default = getattr(Switches(), name)
    return SOME.get(name) or next(each for each in CANDIDATES if each != default and can_be(name, each))


def can_be(name: str, value: object) -> bool:
    """Whether a switch takes the value."""
    try:
        Switches().turn({name: value}, frozenset())
    except ControlInputError:
        return False
    return True


def test_a_day_on_which_all_goes_well_touches_every_function(deployment: Deployment, watch: Watch) -> None:
    whole_day(deployment)

    assert watch.leaks() == []
    assert watch.invoked == set(NAMES), "a new function has its place in the day"
    assert watch.failed == {"booking_actions", "data_requests"}, "orders that are none are refused by an error"
    assert "booking worked" in watch.text()
    assert len(deployment.fake.standing()) >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_every_other_request_goes_wrong(deployment: Deployment, watch: Watch, kind: str) -> None:
    deployment.configure(CLINICEA_AUTHENTICATION="staff_session")

    whole_day(deployment, ({**spoilt(kind), "probability": 0.5, "seed": 3},))

    assert any(each["fault"] == kind for each in deployment.fake.requests())
    assert watch.leaks() == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_request_goes_wrong(deployment: Deployment, watch: Watch, kind: str) -> None:
    whole_day(deployment, (spoilt(kind),))

    assert watch.leaks() == []


@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_that_repeats_what_was_sent(deployment: Deployment, watch: Watch, status: int) -> None:
    whole_day(deployment, ({"kind": "status", "status": status, "after_work": status in (400, 500), **ECHO},))

    assert watch.leaks() == []


@pytest.mark.parametrize("service", ["dynamodb", "sqs", "sns", "kms", "secretsmanager"])
@pytest.mark.parametrize("operations", ["all", "every third"])
def test_aws_refuses_and_repeats_what_was_sent(
    deployment: Deployment, watch: Watch, monkeypatch: pytest.MonkeyPatch, service: str, operations: str
) -> None:
    refuse(monkeypatch, service, operations)

    with suppress(ConnectorError):
        whole_day(deployment)

    assert watch.leaks() == []


def refuse(patch: pytest.MonkeyPatch, service: str, operations: str) -> None:
    """Let a service of AWS refuse what the functions ask of it, with an error that holds canaries."""
    call = api_call()
    count = itertools.count(1)

    def refusing(asked: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        ours = is_ours(inspect.currentframe()) and asked.meta.service_model.service_name == service
        writes = not operation.startswith(("Get", "Query", "Scan", "Receive"))
        if ours and (operations == "all" or next(count) % 3 == 0):
            if writes:
                raise ParamValidationError(report=f"Invalid type for parameter Item, value: {CANARY} {parameters}")
            raise ClientError(
                {"Error": {"Code": "ValidationException", "Message": f"{CANARY} {parameters}"}}, operation
            )
        return call(asked, operation, parameters)

    patch.setattr(BaseClient, "_make_api_call", refusing)


def is_ours(frame: FrameType | None) -> bool:
    """Whether the layer asks, by itself or in the thread of a `Prompt`, and not a test."""
    while frame is not None and frame.f_code.co_filename in (__file__, client.__file__, prompt.__file__):
        frame = frame.f_back
    in_its_thread = threading.current_thread().name.startswith("aws")
    return in_its_thread or (frame is not None and frame.f_code.co_filename.startswith(str(LAYER)))


@pytest.mark.parametrize("names", [SWITCHES[n : n + 3] for n in range(0, len(SWITCHES), 3)], ids="-".join)
def test_an_account_that_behaves_otherwise(deployment: Deployment, watch: Watch, names: list[str]) -> None:
    deployment.fake.switch(**{name: turned(name) for name in names})

    whole_day(deployment)

    assert watch.leaks() == []
