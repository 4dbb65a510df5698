"""What an answer's status means, for a read and for a write."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.clinicea import errors
from convox_clinicea.clinicea.calls import Endpoint
from convox_clinicea.clinicea.errors import CliniceaError
from convox_clinicea.clinicea.responses import failure_of, failure_without_answer
from convox_clinicea.clinicea.wire import WireAnswer
from tests.support.clients import answer, call_table, html, lost, nothing
from tests.support.properties import PROPERTY

TABLE = call_table()
NOW = datetime(2031, 3, 3, 12, 0, tzinfo=UTC)
SEARCH, PAGES, BOOK = Endpoint.SEARCH_PATIENT, Endpoint.BY_PATIENT, Endpoint.POST_BY_PATIENT


def failure(call: Endpoint, given: WireAnswer) -> CliniceaError | None:
    return failure_of(call, TABLE.calls[call], given, TABLE, NOW)


def asp_net_404() -> WireAnswer:
    return answer({"Message": "No HTTP resource was found that matches the request URI 'http://x?api_key=s'."}, 404)


@pytest.mark.parametrize("call", [SEARCH, BOOK])
class TestForBoth:
    @pytest.mark.parametrize("given", [answer([]), nothing(), answer({}, 201)], ids=["200", "204", "201"])
    def test_success_is_no_failure(self, call: Endpoint, given: WireAnswer) -> None:
        assert failure(call, given) is None

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(401, errors.AuthenticationFailed), (403, errors.PermissionDenied), (405, errors.MethodRefused)],
    )
    def test_certainly_not_executed_is_the_deployments_fault(
        self, call: Endpoint, status: int, kind: type[CliniceaError]
    ) -> None:
        error = failure(call, answer(status=status, text="whatever"))
        assert type(error) is kind
        assert isinstance(error, errors.SetupFault)

    @pytest.mark.parametrize("given", [html(404), asp_net_404()], ids=["page of IIS", "text of ASP.NET"])
    def test_a_404_for_the_address_itself_is_a_missing_route(self, call: Endpoint, given: WireAnswer) -> None:
        error = failure(call, given)
        assert isinstance(error, errors.RouteMissing)
        assert "http:" not in str(error)


class TestReads:
    def test_a_404_says_nothing_where_the_table_says_so(self) -> None:
        assert failure(SEARCH, answer(status=404, text="")) is None

    @pytest.mark.parametrize(
        "said", ['{"message": "no Route matched with those values"}', "404 page not found", "Not Found"]
    )
    def test_a_404_with_a_text_that_is_not_listed_may_be_a_gateway_s(self, said: str) -> None:
        assert isinstance(failure(SEARCH, answer(status=404, text=said)), errors.UnexpectedAnswer)

    def test_a_404_with_a_text_that_is_listed_says_nothing(self) -> None:
        assert failure(SEARCH, answer(status=404, text='{"Message": "No patient found"}')) is None

    def test_elsewhere_it_is_an_error_and_not_an_empty_calendar(self) -> None:
        assert isinstance(failure(PAGES, answer(status=404, text="")), errors.NotFoundInClinicea)

    @pytest.mark.parametrize("given", [html(), answer(text=" \r\n\t<html>")])
    def test_a_page_instead_of_an_answer_is_unexpected(self, given: WireAnswer) -> None:
        assert isinstance(failure(SEARCH, given), errors.UnexpectedAnswer)

    @pytest.mark.parametrize("status", [408, 421, 423, 425, 499, 500, 502, 503, 504, 599])
    def test_a_server_in_trouble_is_unavailable(self, status: int) -> None:
        error = failure(SEARCH, answer(status=status, text=""))
        assert isinstance(error, errors.Unavailable)
        assert error.status == status

    @pytest.mark.parametrize("status", [101, 301, 302, 307, 308])
    def test_a_redirect_is_unexpected(self, status: int) -> None:
        assert isinstance(failure(SEARCH, answer(status=status, text="")), errors.UnexpectedAnswer)

    @pytest.mark.parametrize("status", [400, 409, 418, 422])
    def test_any_other_refusal_is_a_rejection(self, status: int) -> None:
        error = failure(SEARCH, answer(status=status, text="Page number should start from 1"))
        assert type(error) is errors.Rejected
        assert "Page" not in str(error)


class TestWrites:
    def test_a_listed_refusal_is_a_rejection_with_its_reason(self) -> None:
        error = failure(BOOK, answer(status=400, text="Slot is already booked"))
        assert type(error) is errors.Rejected
        assert error.reason == "slot_taken"

    @pytest.mark.parametrize("status", [400, 404, 409, 410, 418, 422, 451])
    def test_any_other_4xx_leaves_the_outcome_unknown(self, status: int) -> None:
        error = failure(BOOK, answer(status=status, text="Get Operation Failed"))
        assert type(error) is errors.UnlistedRefusal
        assert not error.outcome_known

    def test_a_406_is_the_deployments_fault_with_unknown_outcome(self) -> None:
        error = failure(BOOK, answer(status=406, text=""))
        assert isinstance(error, errors.SetupFault)
        assert not error.outcome_known

    @pytest.mark.parametrize("status", [407, 415, 426, 431])
    def test_a_refused_form_is_the_deployments_fault(self, status: int) -> None:
        error = failure(BOOK, answer(status=status, text="Slot is already booked"))
        assert type(error) is errors.FormRefused
        assert error.outcome_known

    @pytest.mark.parametrize("status", [101, 301, 302, 307, 408, 421, 423, 425, 499, 500, 502, 503, 504, 599])
    def test_everything_else_leaves_the_outcome_unknown(self, status: int) -> None:
        error = failure(BOOK, answer(status=status, text="Slot is already booked"))
        assert type(error) is errors.OutcomeUnknown

    def test_a_write_stays_one_when_the_table_gives_it_the_verb_get(self) -> None:
        part = {"verb": "GET", "style": "query", "not_found": "nothing"}
        table = call_table({"calls": {BOOK.value: part}})
        for status in (404, 408, 503):
            error = failure_of(BOOK, table.calls[BOOK], answer(status=status, text=""), table, NOW)
            assert error is not None
            assert not error.outcome_known


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("3", 3.0),
            ("0", 0.0),
            ("2.5", 2.5),
            ("Mon, 03 Mar 2031 12:00:07 GMT", 7.0),
            ("Mon, 03 Mar 2031 11:00:00 GMT", None),
            ("Mon, 03 Mar 2031 12:00:07 -0000", None),
            ("-1", None),
            ("inf", None),
            ("nan", None),
            ("soon", None),
            ("", None),
            ("Mon, 03 Mar 99999999999999999999 12:00:07 GMT", None),
            ("Mon, 03 Mar 2031 12:00:07 +99999999999999999999", None),
            (None, None),
        ],
    )
    @pytest.mark.parametrize("call", [SEARCH, BOOK])
    def test_seconds_and_dates_are_read_and_nonsense_is_not(
        self, call: Endpoint, header: str | None, seconds: float | None
    ) -> None:
        error = failure(call, answer(status=429, text="", retry_after=header))
        assert isinstance(error, errors.CliniceaRateLimited)
        assert error.retry_after == seconds

    @PROPERTY
    @given(st.text(max_size=40) | st.text(alphabet="MonMarGMT0123456789:,+- ", max_size=40))
    def test_no_header_makes_it_fail(self, header: str) -> None:
        assert isinstance(failure(SEARCH, answer(status=429, text="", retry_after=header)), errors.CliniceaRateLimited)


class TestWithoutAnswer:
    @pytest.mark.parametrize(
        ("left", "timed_out", "read", "write"),
        [
            (True, True, errors.TimedOut, errors.OutcomeUnknown),
            (True, False, errors.Unavailable, errors.OutcomeUnknown),
            (False, True, errors.TimedOut, errors.TimedOut),
            (False, False, errors.Unavailable, errors.Unavailable),
        ],
    )
    def test_only_a_write_that_left_is_in_doubt(
        self, left: bool, timed_out: bool, read: type[CliniceaError], write: type[CliniceaError]
    ) -> None:
        cause = lost(left=left, timed_out=timed_out)
        assert type(failure_without_answer(SEARCH, cause)) is read
        assert type(failure_without_answer(BOOK, cause)) is write


@PROPERTY
@given(
    st.sampled_from(list(Endpoint)),
    st.integers(min_value=100, max_value=999),
    st.binary(max_size=60) | st.sampled_from([b"<", b"null", b"already booked", b"No HTTP resource was found"]),
    st.text(max_size=12) | st.sampled_from(["text/html", ""]),
)
def test_any_answer_is_a_success_or_one_of_the_tree(call: Endpoint, status: int, body: bytes, kind: str) -> None:
    error = failure(call, WireAnswer(status, kind, body))
    assert error is None or isinstance(error, CliniceaError)
    if error is not None and status >= 500 and call in (Endpoint.POST_BY_PATIENT, Endpoint.POST_WITH_PATIENT):
        assert not error.outcome_known
