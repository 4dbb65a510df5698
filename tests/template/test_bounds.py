"""Whatever the template lets a deployment choose, the functions take, and no more: its bounds and the settings'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from tests.template.test_functions import SETTINGS, properties

Json = dict[str, Any]
BOUNDS = {"ge": "MinValue", "le": "MaxValue"}


def read(source: Json, resources: Json, name: str) -> Iterator[tuple[Json, str]]:
    """Each parameter that a function reads, with its variable."""
    fields = SETTINGS[name].model_fields
    for variable, value in properties(resources, name)["Environment"]["Variables"].items():
        parameter = source["Parameters"].get(value.get("Ref")) if isinstance(value, dict) else None
        if parameter is not None and variable.lower() in fields:
            yield parameter, variable


def bounds(field: FieldInfo) -> dict[str, float]:
    """A setting's own bounds, in the template's words."""
    return {
        ours: getattr(each, word) for each in field.metadata for word, ours in BOUNDS.items() if hasattr(each, word)
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_a_number_has_the_same_bounds_in_both(source: Json, resources: Json, name: str) -> None:
    numbers = [each for each in read(source, resources, name) if each[0]["Type"] == "Number"]

    assert {variable: bounds(SETTINGS[name].model_fields[variable.lower()]) for _, variable in numbers} == {
        variable: {word: parameter[word] for word in BOUNDS.values()} for parameter, variable in numbers
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_takes_each_value_that_may_be_chosen(source: Json, resources: Json, name: str) -> None:
    refused = [
        (variable, value)
        for parameter, variable in read(source, resources, name)
        for value in parameter.get("AllowedValues", [])
        if not taken(name, variable, value)
    ]

    assert refused == []


def taken(name: str, variable: str, value: str) -> bool:
    """Whether a function's settings take a variable's value, whatever else they lack."""
    try:
        SETTINGS[name].model_validate({variable: value})
    except ValidationError as error:
        return (variable,) not in [each["loc"] for each in error.errors(include_input=False)]
    return True


def test_numbers_and_choices_are_compared(source: Json, resources: Json) -> None:
    found = [parameter for name in SETTINGS for parameter, _ in read(source, resources, name)]

    assert sum(each["Type"] == "Number" for each in found) > 15
    assert sum("AllowedValues" in each for each in found) > 5
    assert not taken("sweeper", "AGE_LIMIT_HOURS", "169")
