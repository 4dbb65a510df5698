"""The ledger's table: conditional writes, what a failed condition means, and reading page by page."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from convox_clinicea import aws
from convox_clinicea.table import MAX_PAGES, ConditionFailed, Contended, Item, Put, Table, TableUnavailable
from tests.support.account import Stack

pytestmark = pytest.mark.usefixtures("account")

ABSENT = "attribute_not_exists(pk)"
LOST = [
    EndpointConnectionError(endpoint_url="https://dynamodb.invalid"),
    ReadTimeoutError(endpoint_url="https://dynamodb.invalid"),
    ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "PutItem"),
    ClientError({"Error": {"Code": "InternalServerError"}}, "PutItem"),
]


@pytest.fixture
def table(stack: Stack) -> Table:
    return Table(aws.dynamodb(), stack.table)


def item(key: str, token: str = "", **more: Any) -> Item:
    return {"pk": {"S": key}, "write_token": {"S": token or f"token of {key}"}, **more}


class Answering:
    """DynamoDB that gives one answer, or error, to everything."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.calls: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append(arguments)
            if isinstance(self._answer, Exception):
                raise self._answer
            return self._answer

        return call


def answering(answer: Any) -> Table:
    client: Any = Answering(answer)
    return Table(client, "t")


def cancelled(*codes: str, items: dict[int, Any] | None = None) -> ClientError:
    reasons = [
        {"Code": code, **({"Item": (items or {})[n]} if n in (items or {}) else {})} for n, code in enumerate(codes)
    ]
    response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    return ClientError(response, "TransactWriteItems")


class TestPut:
    def test_what_was_written_is_read(self, table: Table) -> None:
        table.put(Put(item("a", n={"N": "1"}), ABSENT))

        assert table.get("a") == item("a", n={"N": "1"})
        assert table.get("b") is None

    def test_a_condition_that_fails_names_what_stands(self, table: Table) -> None:
        table.put(Put(item("a", "first"), ABSENT))

        with pytest.raises(ConditionFailed) as caught:
            table.put(Put(item("a", "second"), ABSENT))
        assert caught.value.standing == item("a", "first")
        assert table.get("a") == item("a", "first")

    def test_put_that_fails_because_it_was_already_written_succeeds(self, table: Table) -> None:
        put = Put(item("a", "first"), ABSENT)
        table.put(put)

        table.put(put)

        assert table.get("a") == item("a", "first")

    def test_an_item_without_a_token_is_never_taken_for_ours(self, table: Table) -> None:
        bare: Item = {"pk": {"S": "a"}}
        table.put(Put(bare, ABSENT))

        with pytest.raises(ConditionFailed):
            table.put(Put(bare, ABSENT))

    def test_where_nothing_stands_the_condition_failed_all_the_same(self, table: Table) -> None:
        with pytest.raises(ConditionFailed) as caught:
            table.put(Put(item("a"), "#version = :v", {":v": {"N": "1"}}))
        assert caught.value.standing == {}
        assert table.get("a") is None

    @pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
    def test_any_other_trouble_leaves_it_open_whether_it_stands(self, error: Exception) -> None:
        with pytest.raises(TableUnavailable) as caught:
            answering(error).put(Put(item("a"), ABSENT))
        assert not caught.value.outcome_known
        assert caught.value.retryable
        assert "dynamodb.invalid" not in str(caught.value)


class TestPutAll:
    def test_all_are_written(self, table: Table) -> None:
        table.put_all([Put(item("a"), ABSENT), Put(item("b"), ABSENT)], "token-1")

        assert table.get("a")
        assert table.get("b")

    def test_or_none_and_the_first_that_failed_is_named(self, table: Table) -> None:
        table.put(Put(item("b", "theirs"), ABSENT))

        with pytest.raises(ConditionFailed) as caught:
            table.put_all([Put(item("a"), ABSENT), Put(item("b", "ours"), ABSENT)], "token-1")
        assert caught.value.standing == item("b", "theirs")
        assert table.get("a") is None

    def test_items_written_by_the_same_request_are_accepted(self) -> None:
        puts = [Put(item("a"), ABSENT), Put(item("b"), ABSENT)]
        error = cancelled("ConditionalCheckFailed", "ConditionalCheckFailed", items={0: item("a"), 1: item("b")})

        answering(error).put_all(puts, "token-1")

    def test_unless_one_of_them_is_somebody_elses(self) -> None:
        error = cancelled(
            "ConditionalCheckFailed", "ConditionalCheckFailed", items={0: item("a"), 1: item("b", "theirs")}
        )

        with pytest.raises(ConditionFailed) as caught:
            answering(error).put_all([Put(item("a"), ABSENT), Put(item("b"), ABSENT)], "token-1")
        assert caught.value.standing == item("b", "theirs")

    @pytest.mark.parametrize(
        "codes",
        [("TransactionConflict", "None"), ("None", "ThrottlingError"), ("ProvisionedThroughputExceeded",), ()],
        ids=str,
    )
    def test_a_conflict_with_another_transaction_is_no_answer(self, codes: tuple[str, ...]) -> None:
        with pytest.raises(TableUnavailable, match="TransactionCanceledException") as caught:
            answering(cancelled(*codes)).put_all([Put(item("a"), ABSENT), Put(item("b"), ABSENT)], "token-1")
        assert isinstance(caught.value, Contended) is ("TransactionConflict" in codes)

    def test_a_single_write_meets_a_transaction_too(self) -> None:
        error = ClientError({"Error": {"Code": "TransactionConflictException"}}, "PutItem")

        with pytest.raises(Contended):
            answering(error).put(Put(item("a"), ABSENT))

    def test_a_conflict_beside_a_condition_is_a_failed_condition(self) -> None:
        error = cancelled("ConditionalCheckFailed", "TransactionConflict", items={0: item("a", "theirs")})

        with pytest.raises(ConditionFailed):
            answering(error).put_all([Put(item("a"), ABSENT), Put(item("b"), ABSENT)], "token-1")

    @pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
    def test_so_is_any_other_trouble(self, error: Exception) -> None:
        with pytest.raises(TableUnavailable):
            answering(error).put_all([Put(item("a"), ABSENT)], "token-1")


class TestIncrease:
    def test_it_counts_up_to_the_limit(self, table: Table) -> None:
        assert [table.increase("pace#1", 3, 99) for _ in range(5)] == [True, True, True, False, False]
        assert table.get("pace#1") == {"pk": {"S": "pace#1"}, "taken": {"N": "3"}, "expires_at": {"N": "99"}}

    @pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
    def test_trouble_is_said(self, error: Exception) -> None:
        with pytest.raises(TableUnavailable):
            answering(error).increase("pace#1", 3, 99)


class TestReading:
    def test_all_pages_are_read(self) -> None:
        pages = iter([{"Items": [item("a")], "LastEvaluatedKey": {"pk": {"S": "a"}}}, {"Items": [item("b")]}])

        class Paging(Answering):
            def query(self, **arguments: Any) -> Any:
                self.calls.append(arguments)
                return next(pages)

        client: Any = Paging(None)

        assert list(Table(client, "t").query("open", "x", {}, {})) == [item("a"), item("b")]
        assert [call.get("ExclusiveStartKey") for call in client.calls] == [None, {"pk": {"S": "a"}}]

    def test_but_not_for_ever_and_what_is_cut_short_is_an_error(self) -> None:
        endless = Answering({"Items": [item("a")], "LastEvaluatedKey": {"pk": {"S": "a"}}})
        client: Any = endless

        with pytest.raises(TableUnavailable, match="pages"):
            list(Table(client, "t").query("open", "x", {}, {}))

        assert len(endless.calls) == MAX_PAGES

    @pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
    def test_trouble_is_said(self, error: Exception) -> None:
        with pytest.raises(TableUnavailable):
            answering(error).get("a")
        with pytest.raises(TableUnavailable):
            list(answering(error).query("open", "x", {}, {}))
        with pytest.raises(TableUnavailable):
            answering(error).scan_page("x", {}, {}, None)
        with pytest.raises(TableUnavailable):
            answering(error).query_page("open", "x", {}, {}, None)
        with pytest.raises(TableUnavailable):
            answering(error).delete("a", ABSENT, {})

    def test_a_single_read_is_of_what_stands_now(self) -> None:
        client: Any = Answering({})

        assert Table(client, "t").get("a") is None
        assert client.calls == [{"TableName": "t", "Key": {"pk": {"S": "a"}}, "ConsistentRead": True}]
