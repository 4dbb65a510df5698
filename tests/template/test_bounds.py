"""Whatever the template lets a deployment choose, the functions take: its bounds against those of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from tests.template.test_functions import SETTINGS, properties

Json = dict[str, Any]


def chosen(parameter: Json) -> list[str]:
    """The outermost values that a parameter may have, as CloudFormation writes them."""
    numbers = [parameter[bound] for bound in ("MinValue", "Default", "MaxValue") if bound in parameter]
    values = numbers if parameter["Type"] == "Number" else parameter.get("AllowedValues", [])
    return list(map(str, values))


def taken(name: str, variable: str, value: str) -> bool:
    """Whether a function's settings take a variable's value, whatever else they lack."""
    try:
        SETTINGS[name].model_validate({variable: value})
    except ValidationError as error:
        return (variable,) not in [each["loc"] for each in error.errors(include_input=False)]
    return True


def read(source: Json, resources: Json, name: str) -> Iterator[tuple[str, str]]:
    """Each parameter that a function reads, with its variable."""
    fields = SETTINGS[name].model_fields
    for variable, value in properties(resources, name)["Environment"]["Variables"].items():
        parameter = str(value.get("Ref")) if isinstance(value, dict) else ""
        if parameter in source["Parameters"] and variable.lower() in fields:
            yield parameter, variable


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_takes_what_a_parameter_may_be(source: Json, resources: Json, name: str) -> None:
    refused = [
        (parameter, value)
        for parameter, variable in read(source, resources, name)
        for value in chosen(source["Parameters"][parameter])
        if not taken(name, variable, value)
    ]

    assert refused == []


def test_each_number_has_both_bounds_and_is_tried(source: Json, resources: Json) -> None:
    parameters = {parameter for name in SETTINGS for parameter, _ in read(source, resources, name)}
    numbers = {each for each in parameters if source["Parameters"][each]["Type"] == "Number"}

    assert len(numbers) > 15
    assert [each for each in sorted(numbers) if not {"MinValue", "MaxValue"} <= set(source["Parameters"][each])] == []


def test_a_value_beyond_a_setting_is_refused() -> None:
    assert taken("sweeper", "AGE_LIMIT_HOURS", "72")
    assert not taken("sweeper", "AGE_LIMIT_HOURS", "169")
    assert not taken("sweeper", "AGE_LIMIT_HOURS", "0")
