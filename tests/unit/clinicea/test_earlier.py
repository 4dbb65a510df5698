"""A call table of schema 1 keeps the meaning that it had when it was written."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.clinicea.calls import Endpoint, Flows, flows_of
from convox_clinicea.errors import InvalidDocument
from convox_clinicea.settings import packed

SEARCH, NEW = Endpoint.SEARCH_PATIENT, Endpoint.POST_WITH_PATIENT


def built(document: dict[str, Any]) -> CallTable:
    return CallTable.build(packed("call_table"), document)


@pytest.mark.parametrize("said", [{}, {"schema": 1}], ids=["not said", "said"])
def test_what_it_leaves_out_is_as_it_was(said: dict[str, Any]) -> None:
    table = built({**said, "calls": {NEW.value: {"verb": "GET", "style": "query"}}})
    search, new = table.calls[SEARCH], table.calls[NEW]
    assert (search.address, search.country_code_format) == (
        "/api/v2/patients/searchPatientByMobileNumber",
        "digits",
    )
    assert search.parameters == {"national_number": "patmobile", "country_code": "countrycode"}
    assert (new.verb, new.style, new.version) == ("GET", "query", "v2")
    assert (table.calls[Endpoint.POST_BY_PATIENT].style, table.calls[Endpoint.BY_DATE].formats) == (
        "json",
        {"day": "stamp"},
    )


def test_its_format_of_times_is_the_stamp() -> None:
    assert built({"datetime_format": "%d/%m/%Y %H:%M:%S"}).times.stamp == "%d/%m/%Y %H:%M:%S"


def test_its_status_words_are_valid_beside_the_packed_ones() -> None:
    statuses = built({"statuses": {"checked_out": ["Settled"], "cancelled": ["Struck"]}}).statuses
    meanings = {word: statuses.meaning(word) for word in ("settled", "Struck", "Confirmed", "No Show", "Cancelled")}
    assert meanings == {
        "settled": "checked_out",
        "Struck": "cancelled",
        "Confirmed": "standing",
        "No Show": "no_show",
        "Cancelled": None,
    }
    assert built({}).statuses == CallTable.build(packed("call_table")).statuses


def test_one_of_schema_2_is_laid_over_the_defaults_of_now() -> None:
    assert built({"schema": 2}) == CallTable.build(packed("call_table"))
    assert built({"schema": 2}).calls[SEARCH].address == "/api/v1/patients/searchByMobileNumber"


@pytest.mark.parametrize("schema", [True, "1", 1.0, None, 3, [1]])
def test_any_other_schema_is_refused(schema: object) -> None:
    with pytest.raises(InvalidDocument, match="schema"):
        built({"schema": schema})


def test_the_flows_can_be_read_without_the_rest() -> None:
    assert flows_of(None) == flows_of({"calls": 5}) == Flows()
    assert flows_of({"flows": {"book_new": "modern"}}).book_new_call is None
    with pytest.raises(InvalidDocument, match="call table is not valid: book_new"):
        flows_of({"flows": {"book_new": "soap"}})


def test_each_flow_chooses_its_own_dialect() -> None:
    flows = Flows(search="modern", book_known="modern")
    assert (flows.search_call, flows.completed_call) == (Endpoint.GET_PATIENT, Endpoint.PAST_COMPLETED)
    assert (flows.book_known_call, flows.book_new_call) == (Endpoint.CREATE_APPOINTMENT, NEW)
    assert set(Flows().needed()) == {
        SEARCH,
        Endpoint.PAST_COMPLETED,
        Endpoint.POST_BY_PATIENT,
        NEW,
        Endpoint.BY_PATIENT,
        Endpoint.BY_DATE,
    }


def test_services_go_by_their_ids_in_the_modern_booking() -> None:
    one, other = "5e1f0000-0000-4000-8000-000000000001", "5e1f0000-0000-4000-8000-000000000002"
    part = {"fixed": {"appointmentServiceID": one}, "values": {"service": {"Follow-up": other}}}
    table = built({"schema": 2, "flows": {"book_known": "modern"}, "calls": {Endpoint.CREATE_APPOINTMENT.value: part}})
    spec = table.calls[Endpoint.CREATE_APPOINTMENT]
    sent = {said: spec.named({"service": said})["appointmentServiceID"] for said in ("Follow-up", "Massage", other)}
    assert sent == {"Follow-up": other, "Massage": one, other: other}
