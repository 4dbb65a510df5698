"""What the DynamoDB double and the emulators must all do, as AWS documents it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.chaos.contract import INDEX, TABLE, Side, code, get, put

Json = dict[str, Any]


def test_an_item_is_read_as_it_was_written(side: Side) -> None:
    item = put(side, "a", text="t", number=3, raw=b"\x00\xff", many=["x", "y"])

    assert get(side, "a") == item
    assert get(side, "b") is None


def test_a_failed_condition_returns_the_old_item_when_asked(side: Side) -> None:
    item = put(side, "a", owner_="me")

    with pytest.raises(ClientError) as error:
        side.dynamodb.put_item(
            TableName=TABLE,
            Item={"pk": {"S": "a"}},
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    response: Json = dict(error.value.response)
    assert response["Item"] == item
    with pytest.raises(ClientError) as error:
        side.dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "a"}}, ConditionExpression="attribute_not_exists(pk)")
    assert "Item" not in error.value.response


def test_an_update_changes_only_what_it_names(side: Side) -> None:
    put(side, "a", kept="k", tally=1, gone="g")

    answer = side.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": "a"}},
        UpdateExpression="SET fresh = :f, tally = tally + :one, first_ = if_not_exists(first_, :f) REMOVE gone",
        ConditionExpression="tally = :one",
        ExpressionAttributeValues={":f": {"S": "f"}, ":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )

    wanted = {
        "pk": {"S": "a"},
        "kept": {"S": "k"},
        "tally": {"N": "2"},
        "fresh": {"S": "f"},
        "first_": {"S": "f"},
    }
    assert answer["Attributes"] == wanted
    assert get(side, "a") == wanted


def test_an_update_makes_an_item_that_is_not_there(side: Side) -> None:
    side.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": "new"}},
        UpdateExpression="ADD tally :n",
        ExpressionAttributeValues={":n": {"N": "5"}},
    )

    assert get(side, "new") == {"pk": {"S": "new"}, "tally": {"N": "5"}}


def test_adding_to_a_set_returns_the_previous_members(side: Side) -> None:
    put(side, "a", tally=1, gone="g")
    before: list[Json] = []
    for members in (["x", "y"], ["y", "z"]):
        answer = side.dynamodb.update_item(
            TableName=TABLE,
            Key={"pk": {"S": "a"}},
            UpdateExpression="ADD shown :m, tally :one REMOVE gone",
            ExpressionAttributeValues={":m": {"SS": members}, ":one": {"N": "1"}},
            ReturnValues="ALL_OLD",
        )
        before.append({**answer["Attributes"]})

    assert before[0] == {"pk": {"S": "a"}, "tally": {"N": "1"}, "gone": {"S": "g"}}
    assert {**before[1], "shown": {"SS": sorted(before[1]["shown"]["SS"])}} == {
        "pk": {"S": "a"},
        "tally": {"N": "2"},
        "shown": {"SS": ["x", "y"]},
    }
    standing = get(side, "a") or {}
    assert sorted(standing["shown"]["SS"]) == ["x", "y", "z"]


def test_an_update_cannot_touch_the_key(side: Side) -> None:
    with pytest.raises(ClientError) as error:
        side.dynamodb.update_item(
            TableName=TABLE,
            Key={"pk": {"S": "a"}},
            UpdateExpression="SET pk = :b",
            ExpressionAttributeValues={":b": {"S": "b"}},
        )

    assert code(error) == "ValidationException"


def test_a_deletion_on_condition(side: Side) -> None:
    put(side, "a", owner_="me")
    condition: Json = {"ConditionExpression": "owner_ = :o", "TableName": TABLE, "Key": {"pk": {"S": "a"}}}

    with pytest.raises(ClientError) as error:
        side.dynamodb.delete_item(**condition, ExpressionAttributeValues={":o": {"S": "you"}})
    assert code(error) == "ConditionalCheckFailedException"
    side.dynamodb.delete_item(**condition, ExpressionAttributeValues={":o": {"S": "me"}})

    assert get(side, "a") is None


def _writes(pk: str = "a", **more: Any) -> list[Json]:
    return [
        {
            "Put": {
                "TableName": TABLE,
                "Item": {"pk": {"S": pk}},
                "ConditionExpression": "attribute_not_exists(pk)",
                **more,
            }
        },
        {"Put": {"TableName": TABLE, "Item": {"pk": {"S": "other"}}}},
    ]


def test_a_transaction_is_all_or_nothing(side: Side) -> None:
    item = put(side, "a")

    with pytest.raises(ClientError) as error:
        side.dynamodb.transact_write_items(TransactItems=_writes(ReturnValuesOnConditionCheckFailure="ALL_OLD"))

    assert code(error) == "TransactionCanceledException"
    failed, none = error.value.response["CancellationReasons"]
    assert (failed["Code"], failed["Item"], none["Code"]) == ("ConditionalCheckFailed", item, "None")
    assert "Item" not in none
    assert get(side, "other") is None
    side.dynamodb.transact_write_items(TransactItems=_writes("b"))
    assert get(side, "b")
    assert get(side, "other")


def test_a_transaction_checks_updates_and_deletes(side: Side) -> None:
    put(side, "a", n=1)
    put(side, "b")
    one = {":one": {"N": "1"}}

    side.dynamodb.transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": TABLE,
                    "Key": {"pk": {"S": "a"}},
                    "UpdateExpression": "SET n = n + :one",
                    "ConditionExpression": "n = :one",
                    "ExpressionAttributeValues": one,
                }
            },
            {"Delete": {"TableName": TABLE, "Key": {"pk": {"S": "b"}}}},
            {
                "ConditionCheck": {
                    "TableName": TABLE,
                    "Key": {"pk": {"S": "c"}},
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            },
        ]
    )

    assert get(side, "a") == {"pk": {"S": "a"}, "n": {"N": "2"}}
    assert get(side, "b") is None
    assert get(side, "c") is None


def test_a_transaction_takes_each_item_once(side: Side) -> None:
    with pytest.raises(ClientError) as error:
        side.dynamodb.transact_write_items(TransactItems=[*_writes("a"), *_writes("a")[:1]])

    assert code(error) == "ValidationException"


def test_a_repeated_transaction_token_does_nothing_more(side: Side, request: pytest.FixtureRequest) -> None:
    side.known_deviation(request, "carries a repeated token out again", "moto")
    writes = _writes()

    side.dynamodb.transact_write_items(TransactItems=writes, ClientRequestToken="token-1")
    side.dynamodb.transact_write_items(TransactItems=writes, ClientRequestToken="token-1")

    with pytest.raises(ClientError) as error:
        side.dynamodb.transact_write_items(TransactItems=_writes("z"), ClientRequestToken="token-1")
    assert code(error) == "IdempotentParameterMismatchException"


def test_an_index_holds_what_has_its_attributes_in_their_order(side: Side) -> None:
    put(side, "late", sort_of="stuck", due=30)
    put(side, "early", sort_of="stuck", due=4)
    put(side, "other", sort_of="fine", due=1)
    put(side, "without", sort_of="stuck")
    side.dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": "late"}})
    put(side, "late", sort_of="stuck", due=20)

    def pks(condition: str, **values: int) -> list[str]:
        answer = side.dynamodb.query(
            TableName=TABLE,
            IndexName=INDEX,
            KeyConditionExpression=f"sort_of = :s{condition}",
            ExpressionAttributeValues={
                ":s": {"S": "stuck"},
                **{f":{name}": {"N": str(value)} for name, value in values.items()},
            },
        )
        return [item["pk"]["S"] for item in answer["Items"]]

    assert pks("") == ["early", "late"]
    assert pks(" AND due <= :d", d=19) == ["early"]
    assert pks(" AND due BETWEEN :a AND :b", a=5, b=20) == ["late"]


def test_a_query_comes_in_pages(side: Side) -> None:
    for number in range(5):
        put(side, f"p{number}", sort_of="paged", due=number)

    asked: Json = {
        "TableName": TABLE,
        "IndexName": INDEX,
        "KeyConditionExpression": "#k = :p",
        "ExpressionAttributeNames": {"#k": "sort_of"},
        "ExpressionAttributeValues": {":p": {"S": "paged"}},
        "Limit": 2,
    }
    found: list[str] = []
    for _ in range(4):
        page = side.dynamodb.query(**asked)
        found += [item["pk"]["S"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    assert found == [f"p{number}" for number in range(5)]


def test_a_filter_is_applied_after_the_page_is_cut(side: Side) -> None:
    for number in range(4):
        put(side, f"p{number}", sort_of="paged", due=number)

    page = side.dynamodb.query(
        TableName=TABLE,
        IndexName=INDEX,
        KeyConditionExpression="sort_of = :p",
        FilterExpression="due > :zero",
        ExpressionAttributeValues={":p": {"S": "paged"}, ":zero": {"N": "0"}},
        Limit=2,
    )

    assert [item["pk"]["S"] for item in page["Items"]] == ["p1"]
    assert (page["Count"], page["ScannedCount"]) == (1, 2)
    assert "LastEvaluatedKey" in page


def test_a_scan_finds_what_its_filter_lets_through(side: Side) -> None:
    put(side, "booking#1")
    put(side, "session")

    page = side.dynamodb.scan(
        TableName=TABLE,
        FilterExpression="begins_with(pk, :b)",
        ExpressionAttributeValues={":b": {"S": "booking#"}},
        ProjectionExpression="pk",
    )

    assert page["Items"] == [{"pk": {"S": "booking#1"}}]


def test_unknown_parameters_are_refused_before_anything_is_sent(side: Side) -> None:
    with pytest.raises(ParamValidationError):
        side.dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "a"}}, Consistent=True)


def test_an_unknown_table(side: Side) -> None:
    with pytest.raises(ClientError) as error:
        side.dynamodb.get_item(TableName="nowhere", Key={"pk": {"S": "a"}})

    assert code(error) == "ResourceNotFoundException"
