"""Each role allows what its function was seen to do in the tests of this folder, all of it and nothing else."""

from __future__ import annotations

import pytest

from tests.support.permissions import BY_THE_EVENT_SOURCE, USED, functions, grants, resource_of

FED_BY_A_QUEUE = "booking_worker"


@pytest.mark.usefixtures("the_whole_folder")
def test_every_function_was_seen() -> None:
    assert {use.function for use in USED} == set(functions())


def test_no_function_does_what_its_role_does_not_allow() -> None:
    allowed = grants()

    refused = {
        f"{use.function}: {use.action} on {resource_of(use)} {use.key or use.item}"
        for use in USED
        if not any(grant.covers(use, resource_of(use)) for grant in allowed)
    }
    assert not refused, "\n".join(sorted(refused))


@pytest.mark.usefixtures("the_whole_folder")
def test_no_role_allows_what_its_function_never_does() -> None:
    needless = {
        f"{grant.function}: {grant.action} on {grant.resource} {grant.conditions}"
        for grant in grants()
        if not any(grant.covers(use, resource_of(use)) for use in USED)
        and not (grant.function == FED_BY_A_QUEUE and grant.action in BY_THE_EVENT_SOURCE)
    }
    assert not needless, "\n".join(sorted(needless))
