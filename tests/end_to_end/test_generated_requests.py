"""Thousands of requests that schemathesis makes from docs/openapi.json: good ones, and ones that break it.

Every answer is one that the document describes for that route, to the last key, and none is a 5xx. The reader takes
more than is documented (other spellings, numbers without quotes, form posts), so what breaks the document need not be
refused.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok
from schemathesis.generation.modes import GenerationMode

from convox_clinicea.convox import contract as answers
from tests.end_to_end.api import Api, slot
from tests.support import documented

AT_LEAST = 2_000
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# What a schema cannot say: which digits are a number, and which dates are to come. One in four starts is bookable.
MOBILES = st.sampled_from(["+919999900088", "9999900089", "09999900001", " 919999900088", "99999 000XX", "12345"])
STARTS = st.sampled_from([slot(200, 10), slot(-1, 10), slot(400, 10), "2027-02-30T10:00:00", f"{slot(90, 10)}Z"])
CALLS = st.sampled_from(["FUZZ-1", "FUZZ-2"]) | st.text(min_size=1, max_size=128)
DISPOSITIONS = st.sampled_from(["Appointment", "appointment booked", "no answer"])
FORMATS = {
    "mobile": MOBILES,
    "start": STARTS,
    "at": STARTS,
    "recorded_at": STARTS,
    "call_id": CALLS,
    "disposition": DISPOSITIONS,
}
Json = dict[str, Any]


def with_formats(document: Json) -> Json:
    """Name the fields of requests whose good values need more than a schema, by a format of their own."""
    found = copy.deepcopy(document)
    for name, schema in found["components"]["schemas"].items():
        if not hasattr(answers, name):
            for field in FORMATS.keys() & schema["properties"].keys():
                schema["properties"][field] = {"type": "string", "format": f"convox-{field}"}
    for operation in (operation for verbs in found["paths"].values() for operation in verbs.values()):
        for parameter in operation.get("parameters", []):
            if parameter["name"] in FORMATS:
                parameter["schema"] = {"type": "string", "format": f"convox-{parameter['name']}"}
    return found


for name, strategy in FORMATS.items():
    schemathesis.openapi.format(f"convox-{name}", strategy)
SCHEMA = schemathesis.openapi.from_dict(with_formats(documented.document()))
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)}
EACH = 2_200 // (len(OPERATIONS) * len(GenerationMode)) + 1
"""Requests of one kind to one route."""


@pytest.fixture(scope="module")
def answered() -> Counter[int]:
    """How many requests were answered, by status."""
    return Counter()


@pytest.fixture(scope="module")
def session() -> requests.Session:
    return requests.Session()


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_that_is_described(
    api: Api, session: requests.Session, answered: Counter[int], label: str, mode: GenerationMode
) -> None:
    @settings(
        max_examples=EACH,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def is_answered(case: Any) -> None:
        answer = case.call(base_url=api.url, session=session, headers=api.headers)
        answered[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)
        flat = {name: values[0] for name, values in answer.headers.items()}
        documented.check(case.operation.method, case.operation.path, answer.status_code, flat, answer.json())

    is_answered()


def test_there_were_enough_of_them_of_both_kinds(answered: Counter[int]) -> None:
    assert answered.total() >= AT_LEAST, answered
    assert answered[200] + answered[202] > AT_LEAST / 10
    assert answered[400] > AT_LEAST / 10
