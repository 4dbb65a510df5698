"""What is wrong with a document, in words; also where its shape is not one of the simple ones."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from convox_clinicea.deployment_documents import problems


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = Field(default=1, ge=1, alias="Size")
    words: list[str] = Field(default=[], max_length=2)


class Other(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")
    one: Part | None = None
    several: dict[str, list[Part]] = {}
    either: Part | Other | None = None


def found(**document: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate(document)
    return problems(caught.value, Whole)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"two": 1}, "two: is not known here; known are one, several, either"),
        ({"one": {"wide": 1}}, "one.wide: is not known here; known are Size, words"),
        ({"one": 5}, "one: must be an object"),
        ({"one": {"Size": 0}}, "one.Size: must be greater than or equal to 1"),
        ({"one": {"Size": "canary"}}, "one.Size: must be a valid integer, unable to parse string as an integer"),
        ({"one": {"words": ["a", "b", "c"]}}, "one.words: must have at most 2 items"),
        ({"several": {"x": [{}, {"wide": 1}]}}, "several.x.1.wide: is not known here; known are Size, words"),
        ({"several": {"x": {}}}, "several.x: must be a list"),
        ({"several": []}, "several: must be an object"),
        ({"a\nb": 1}, "a?b: is not known here; known are one, several, either"),
    ],
    ids=str,
)
def test_a_problem_names_its_place_and_what_is_allowed(document: dict[str, Any], told: str) -> None:
    assert found(**document) == [told]


def test_each_allowed_shape_says_what_it_misses() -> None:
    told = found(either={"wide": 1})

    assert "either.Part.wide: is not known here; leave it out" in told
    assert "either.Other.name: is required" in told


def test_what_is_no_document_at_all_is_told_so() -> None:
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate([])

    assert problems(caught.value, Whole) == ["document: must be an object"]
