"""A look-up that Lambda keeps warm has built all it can before anybody asks."""

from __future__ import annotations

import pytest

from tests.support.deployment import Deployment
from tests.support.functions import LOOK_UPS


@pytest.mark.parametrize("name", LOOK_UPS)
@pytest.mark.parametrize(("start", "built"), [("provisioned-concurrency", 1), ("snap-start", 0), ("on-demand", 0)])
def test_pipeline_is_built_before_requests_only_if_provisioned(
    name: str, start: str, built: int, deployment: Deployment
) -> None:
    deployment.configure(AWS_LAMBDA_INITIALIZATION_TYPE=start)

    assert deployment.function(name).module.function.parts.cache_info().currsize == built


def test_unreadable_document_is_answered_and_stops_no_start(deployment: Deployment) -> None:
    deployment.configure(AWS_LAMBDA_INITIALIZATION_TYPE="provisioned-concurrency", CLINICS="ssm:/stack/none")

    deployment.search({"mobile": "9999900001", "call_id": "c", "agent_id": "a"}).is_error(500, "internal")
