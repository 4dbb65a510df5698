"""A deployer's call table changes what goes over the wire, without any code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from convox_clinicea.clinicea import Clinicea, errors
from convox_clinicea.settings import packed
from tests.support.canaries import CREATED, MOBILE, new_appointment, new_patient
from tests.support.clients import client_for, within
from tests.support.small_server import Reply, Seen, SmallServer, json_reply

SEARCH, PAST = "searchPatientByMobileNumber", "getPatientPastCompletedAppointment"
KNOWN, NEW = "postAppointmentByPatientID", "postAppointment"
BY_PATIENT, BY_DATE = "getAppointmentsByPatient", "getAppointmentsByDate"
USES: dict[str, Callable[[Clinicea], object]] = {
    SEARCH: lambda client: client.search_patient_by_mobile_number(MOBILE, within(9)),
    PAST: lambda client: client.past_completed_appointments("P-1", within(9)),
    KNOWN: lambda client: client.post_appointment_by_patient_id("P-1", new_appointment(), within(9)),
    NEW: lambda client: client.post_appointment(new_patient(), new_appointment(), within(9)),
    BY_PATIENT: lambda client: client.appointments_by_patient("P-1", within(9)),
    BY_DATE: lambda client: client.appointments_by_date(date(2031, 3, 10), within(9)),
}
WRITES = (KNOWN, NEW)


def seen_of(call: str, table: dict[str, Any] | None = None, reply: Reply | None = None) -> Seen:
    """The one request that a call makes under a table."""
    usual = json_reply(CREATED if call in WRITES else [])
    with SmallServer(lambda _request: reply or usual) as server:
        USES[call](client_for(server.url, table=table))
    (seen,) = server.seen
    return seen


def sent(seen: Seen) -> dict[str, str]:
    """Its parameters, wherever they were."""
    if "json" in seen.headers.get("content-type", ""):
        return dict(seen.json)
    return {**seen.query, **seen.form}


@pytest.mark.parametrize("call", USES)
class TestEveryCall:
    def test_its_path_and_version(self, call: str) -> None:
        part = {"path": "/gateway/{version}/Clinics.svc/" + call, "version": "v7"}
        assert seen_of(call, {"calls": {call: part}}).path == f"/gateway/v7/Clinics.svc/{call}"

    def test_its_verb_and_style(self, call: str) -> None:
        usual = seen_of(call)
        assert usual.verb == ("POST" if call in WRITES else "GET")
        for verb, style, content_type in (
            ("GET", "query", None),
            ("POST", "query", None),
            ("POST", "form", "application/x-www-form-urlencoded"),
            ("POST", "json", "application/json; charset=utf-8"),
        ):
            seen = seen_of(call, {"calls": {call: {"verb": verb, "style": style}}})
            assert (seen.verb, seen.headers.get("content-type")) == (verb, content_type)
            assert sent(seen) == sent(usual)
            assert bool(seen.query) == (style == "query")

    def test_its_parameters_names(self, call: str) -> None:
        names = packed("call_table")["calls"][call]["parameters"]
        renamed = {ours: f"X{theirs}" for ours, theirs in names.items()}
        usual, seen = seen_of(call), seen_of(call, {"calls": {call: {"parameters": renamed}}})
        fixed = packed("call_table")["calls"][call].get("fixed", {})
        assert sent(seen) == {name if name in fixed else f"X{name}": value for name, value in sent(usual).items()}

    def test_parameters_can_be_left_out_or_always_sent(self, call: str) -> None:
        names = packed("call_table")["calls"][call]["parameters"]
        part: dict[str, Any] = {"parameters": dict.fromkeys(names), "fixed": {"tenant": "7"}}
        usual = packed("call_table")["calls"][call].get("fixed", {})
        if call in (SEARCH, PAST, KNOWN, NEW):  # a flow without what it is about is refused
            essential = {"national_number", "patient_id", "start"}
            part["parameters"] = {ours: theirs if ours in essential else None for ours, theirs in names.items()}
        kept = {theirs for theirs in part["parameters"].values() if theirs}
        seen = sent(seen_of(call, {"calls": {call: part}}))
        assert {name: value for name, value in seen.items() if name not in kept} == {**usual, "tenant": "7"}
        assert kept <= set(seen)


class TestAround:
    def test_the_format_of_times(self) -> None:
        seen = seen_of(KNOWN, {"times": {"stamp": "%d/%m/%Y %H:%M:%S"}})
        assert seen.query["StartDateTime"] == "10/03/2031 10:00:00"

    def test_values_that_are_translated(self) -> None:
        part = {"values": {"gender": {"female": "2"}, "clinic_id": {"C-01": "817"}}}
        seen = seen_of(NEW, {"calls": {NEW: part}})
        assert (seen.query["Gender"], seen.query["ClinicID"]) == ("2", "817")

    def test_the_header_of_the_key(self) -> None:
        seen = seen_of(SEARCH, {"credentials": {"api_key_header": "X-Clinicea-Key"}})
        assert seen.headers["x-clinicea-key"] == "local-api-key"
        assert "api_key" not in seen.headers

    def test_the_names_of_fields_in_answers(self) -> None:
        table = {"patient_fields": {"patient_id": ["Nr"], "name": ["Wer"]}}
        with SmallServer(lambda _request: json_reply([{"Nr": 5, "Wer": "Meera", "ID": "other"}])) as server:
            (found,) = client_for(server.url, table=table).search_patient_by_mobile_number(MOBILE, within(9))
        assert found.patient_id == "5"
        assert found.full_name is not None
        assert found.full_name.reveal() == "Meera"

    def test_what_a_404_means(self) -> None:
        nobody = Reply(404, b"")
        assert seen_of(SEARCH, reply=nobody).verb == "GET"
        with pytest.raises(errors.NotFoundInClinicea):
            seen_of(SEARCH, {"calls": {SEARCH: {"not_found": "error"}}}, nobody)

    def test_the_texts_of_refusals(self) -> None:
        refusal = {"status": [422], "contains": "overlaps", "reason": "slot_taken"}
        with pytest.raises(errors.Rejected) as caught:
            seen_of(KNOWN, {"refusals": [refusal]}, Reply(422, b"Overlaps with another appointment"))
        assert caught.value.reason == "slot_taken"

    def test_the_mark_of_a_missing_route(self) -> None:
        with pytest.raises(errors.RouteMissing):
            seen_of(SEARCH, {"missing_route_markers": ["Nothing here"]}, Reply(404, b"Nothing here"))

    def test_a_base_address_may_end_in_a_slash(self) -> None:
        with SmallServer(lambda _request: json_reply([])) as server:
            USES[SEARCH](client_for(server.url + "/"))
        assert server.seen[0].path == "/api/v1/patients/searchByMobileNumber"
