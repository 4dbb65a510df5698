"""What the DynamoDB double and the emulators must make of condition expressions, as AWS documents them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.chaos.contract import TABLE, Side, attribute, code, get, put

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("attribute_exists(pk)", True),
        ("attribute_not_exists(pk)", False),
        ("attribute_not_exists(absent)", True),
        ("attribute_not_exists(pk) OR number_ = :three", True),
        ("attribute_exists(pk) AND number_ = :four", False),
        ("number_ = :three", True),
        ("number_ <> :three", False),
        ("number_ < :four", True),
        ("number_ <= :three", True),
        ("number_ > :three", False),
        ("number_ >= :four", False),
        ("number_ BETWEEN :three AND :four", True),
        ("number_ IN (:four, :three)", True),
        ("absent = :three", False),
        ("absent <> :three", True),
        ("absent < :three", False),
        ("text_ = :three", False),
        ("text_ < :four", False),
        ("#t = :text", True),
        ("begins_with(text_, :te)", True),
        ("begins_with(text_, :text) AND NOT (number_ = :four)", True),
        ("contains(text_, :te)", True),
        ("NOT attribute_exists(pk)", False),
        ("number_ = :four OR number_ = :three AND text_ = :text", True),
        ("(number_ = :four OR number_ = :three) AND text_ = :te", False),
        ("size(text_) = :four", True),
        ("attribute_type(text_, :kind)", True),
    ],
)
def test_conditions(side: Side, request: pytest.FixtureRequest, expression: str, holds: bool) -> None:
    if expression == "text_ < :four":
        side.known_deviation(request, "compares text with numbers", "moto")
    put(side, "a", number_=3, text_="text")
    values = {":three": 3, ":four": 4, ":text": "text", ":te": "te", ":kind": "S"}
    used = {name: attribute(value) for name, value in values.items() if _uses(expression, name)}
    names = {"#t": "text_"} if "#t" in expression else None

    def write() -> None:
        side.dynamodb.put_item(
            TableName=TABLE,
            Item={"pk": {"S": "a"}, "written": {"N": "1"}},
            ConditionExpression=expression,
            **({"ExpressionAttributeValues": used} if used else {}),
            **({"ExpressionAttributeNames": names} if names else {}),
        )

    if holds:
        write()
    else:
        with pytest.raises(ClientError) as error:
            write()
        assert code(error) == "ConditionalCheckFailedException"
    assert ("written" in (get(side, "a") or {})) is holds


def _uses(expression: str, name: str) -> bool:
    return name in expression.replace("(", " ").replace(")", " ").replace(",", " ").split()


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("attribute_exists(pk) AND", {}),
        ("unheard_of(pk)", {}),
        ("n = :missing", {}),
        ("attribute_exists(pk)", {":unused": {"N": "1"}}),
    ],
)
def test_what_makes_no_sense_is_refused(
    side: Side, request: pytest.FixtureRequest, expression: str, values: Json
) -> None:
    side.known_deviation(request, "does not check condition expressions before it uses them", "moto")
    if expression == "unheard_of(pk)":
        side.known_deviation(request, "lets an unknown function fail the condition", "embedded")
    with pytest.raises(ClientError) as error:
        side.dynamodb.put_item(
            TableName=TABLE,
            Item={"pk": {"S": "a"}},
            ConditionExpression=expression,
            **({"ExpressionAttributeValues": values} if values else {}),
        )

    assert code(error) == "ValidationException"


def test_reserved_words_are_no_names(side: Side) -> None:
    with pytest.raises(ClientError) as error:
        side.dynamodb.put_item(
            TableName=TABLE, Item={"pk": {"S": "a"}}, ConditionExpression="attribute_not_exists(state)"
        )

    assert code(error) == "ValidationException"
