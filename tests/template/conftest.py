"""The template, parsed and transformed once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import template
from tests.template.shape import under

Json = dict[str, Any]


@pytest.fixture(scope="session")
def both() -> Json:
    """The template in two forms."""
    return template.both()


@pytest.fixture(scope="session")
def source(both: Json) -> Json:
    """template.yaml as it is written."""
    template: Json = both["source"]
    return template


@pytest.fixture(scope="session")
def resources(both: Json) -> Json:
    """The resources that CloudFormation gets to see."""
    found: Json = both["transformed"]["Resources"]
    return found


@pytest.fixture(scope="session")
def api_body(resources: Json) -> Json:
    """The OpenAPI document of the API that ConVox calls, without the desk's pages."""
    body: Json = under(resources["Api"]["Properties"]["Body"], HasDesk=False)
    return body


@pytest.fixture(scope="session")
def body_with_desk(resources: Json) -> Json:
    """The same with them."""
    body: Json = under(resources["Api"]["Properties"]["Body"], HasDesk=True)
    return body
