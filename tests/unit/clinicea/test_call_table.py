"""The call table: a document that a deployer replaces, whole or in part."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.clinicea.calls import LOGIN, Endpoint, writes
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.settings import packed
from tests.support.clients import call_table
from tests.support.properties import PROPERTY, json_values

SEARCH, KNOWN = Endpoint.SEARCH_PATIENT.value, Endpoint.POST_BY_PATIENT.value


class TestReplacement:
    def test_without_one_the_packed_table_holds(self) -> None:
        spec = call_table().calls[Endpoint.SEARCH_PATIENT]
        assert (spec.verb, spec.address) == ("GET", "/api/v1/patients/searchByMobileNumber")

    def test_a_part_changes_only_what_it_names(self) -> None:
        table = call_table({"calls": {SEARCH: {"version": "v3", "parameters": {"country_code": "cc"}}}})
        spec = table.calls[Endpoint.SEARCH_PATIENT]
        assert spec.address == "/api/v3/patients/searchByMobileNumber"
        assert spec.parameters == {"national_number": "patMobile", "country_code": "cc"}
        assert table.calls[Endpoint.BY_DATE] == call_table().calls[Endpoint.BY_DATE]

    def test_lists_are_replaced_as_a_whole(self) -> None:
        refusal = {"status": [422], "contains": "Doppelt", "reason": "slot_taken"}
        table = call_table({"refusals": [refusal]})
        assert table.refusal(422, "doppelt gebucht") == "slot_taken"
        assert table.refusal(400, "Slot is already booked") is None

    def test_the_packed_document_is_left_as_it_was(self) -> None:
        below = packed("call_table")
        CallTable.build(below, {"calls": {SEARCH: {"version": "v9"}}})
        assert below == packed("call_table")

    @pytest.mark.parametrize("call", [LOGIN, *Endpoint])
    def test_every_entry_states_its_evidence(self, call: str) -> None:
        table = call_table()
        spec = table.login if call == LOGIN else table.calls[Endpoint(call)]
        assert {"version", "path", "verb", "style", "parameters"} <= set(spec.evidence)


class TestParameters:
    def test_they_get_clinicea_s_names_and_missing_ones_are_left_out(self) -> None:
        spec = call_table().calls[Endpoint.POST_BY_PATIENT]
        given = {"patient_id": "P-1", "notes": None, "clinic_id": "C-1", "unknown": "x"}
        assert spec.named(given) == {"PatientID": "P-1", "ClinicID": "C-1"}

    def test_one_whose_name_is_null_is_not_sent(self) -> None:
        table = call_table({"calls": {Endpoint.POST_BY_PATIENT.value: {"parameters": {"mobile": None}}}})
        assert table.calls[Endpoint.POST_BY_PATIENT].named({"mobile": "+919999900042"}) == {}

    def test_fixed_ones_are_always_sent(self) -> None:
        spec = call_table().calls[Endpoint.BY_PATIENT]
        assert spec.named({"patient_id": "P-1"}) == {"appointmentType": "2", "patientID": "P-1"}

    def test_values_are_translated_where_the_table_says_so(self) -> None:
        spec = call_table().calls[Endpoint.POST_WITH_PATIENT]
        assert spec.named({"gender": "female"}) == {"Gender": "Female"}
        assert spec.named({"gender": "unlisted"}) == {"Gender": "unlisted"}


class TestWrongTables:
    @pytest.mark.parametrize(
        ("replacement", "place"),
        [
            ({"schema": 3}, "schema"),
            ({"calls": {"postApointment": {}}}, "calls.postApointment"),
            ({"calls": {SEARCH: {"verb": "PUT"}}}, f"calls.{SEARCH}.verb"),
            ({"calls": {SEARCH: {"path": "api"}}}, f"calls.{SEARCH}.path"),
            ({"calls": {SEARCH: {"path": "/api?x=1"}}}, f"calls.{SEARCH}.path"),
            ({"calls": {SEARCH: {"version": "2"}}}, f"calls.{SEARCH}.version"),
            ({"calls": {SEARCH: {"verbs": "GET"}}}, f"calls.{SEARCH}.verbs"),
            ({"calls": {SEARCH: None}}, f"calls.{SEARCH}"),
            ({"calls": {SEARCH: {"style": "json"}}}, f"calls.{SEARCH}: .*style must be query"),
            ({"calls": {Endpoint.BY_PATIENT.value: {"page_size": 9}}}, r"getAppointmentsByPatient\.page_size"),
            ({"calls": {SEARCH: {"evidence": {"verb": "seen"}}}}, f"calls.{SEARCH}.evidence.verb"),
            ({"refusals": [{"status": [400], "contains": "no", "reason": "slot_taken"}]}, r"refusals\.0\.contains"),
            ({"refusals": [{"status": [400], "contains": "full", "reason": "other"}]}, r"refusals\.0\.reason"),
            ({"credentials": {"token_lifetime_minutes": 0}}, r"credentials\.token_lifetime_minutes"),
            ({"statuses": {"cancelled": "Cancelled"}}, r"statuses\.cancelled"),
            (
                {"calls": {SEARCH: {"parameters": {"patmobile": "x"}}}},
                f"{SEARCH}.parameters: .*unknown parameter patmobile",
            ),
            ({"calls": {SEARCH: {"values": {"sex": {"f": "F"}}}}}, f"{SEARCH}.values: .*unknown parameter sex"),
            ({"login": {"parameters": {"user": "x"}}}, r"login\.parameters: .*unknown parameter user"),
            ({"times": {"stamp": "%Y-%m-%d"}}, r"times\.stamp: .*to the second"),
            ({"times": {"stamp": "%Y-%m-%d %I:%M:%S"}}, r"times\.stamp: .*to the second"),
            ({"times": {"stamp": "%Y-%m-%d %H:%M"}}, r"times\.stamp: .*to the second"),
            ({"times": {"stamp": "%a %d.%m. %H:%M:%S"}}, r"times\.stamp: .*to the second"),  # strptime may warn
            ({"times": {"stamp": "soon"}}, r"times\.stamp"),
            ({"times": {"stamp": "%Y%Y-%m-%d %H:%M:%S"}}, r"times\.stamp"),
            ({"times": {"stamp": "%"}}, r"times\.stamp"),
            ({"times": {"date": "%Y-%m"}}, r"times\.date: .*the date"),
            ({"times": {"writing_zone": "Asia/Nowhere"}}, r"times\.writing_zone: .*clinic, utc or an IANA"),
            ({"datetime_format": "%Y-%m-%dT%H:%M:%S"}, r"datetime_format: belongs to schema 1; write times\.stamp"),
            ({"schema": 1, "flows": {"search": "modern"}}, 'flows: belongs to schema 2: write "schema": 2'),
            ({"flows": {"search": "soap"}}, r"flows\.search"),
            ({"flows": {"book_known": "modern"}}, r"flows\.book_known is modern.*values\.service"),
            (
                {"calls": {SEARCH: {"parameters": {"national_number": None}}}},
                f"flows.search uses {SEARCH}, but .*does not send national_number",
            ),
            ({"calls": {KNOWN: {"formats": {"start": "date"}}}}, f"{KNOWN}: start needs a time of day"),
            ({"calls": {KNOWN: {"formats": {"notes": "date"}}}}, f"{KNOWN}: formats has notes"),
            ({"calls": {KNOWN: {"zones": {"day": "utc"}}}}, f"{KNOWN}: zones has day"),
            ({"calls": {KNOWN: {"zones": {"start": "Mars"}}}}, f"{KNOWN}.zones.start"),
            (
                {"calls": {KNOWN: {"style": "json", "colons": {"start": "bare"}}}},
                f"{KNOWN}: bare colons need style query",
            ),
            ({"calls": {KNOWN: {"listed": ["servis"]}}}, f"{KNOWN}.listed: .*unknown parameter servis"),
            ({"calls": {SEARCH: {"country_code_format": "dots"}}}, f"{SEARCH}.country_code_format"),
        ],
    )
    def test_the_error_names_the_place(self, replacement: dict[str, Any], place: str) -> None:
        with pytest.raises(ConfigurationError, match=f"call table is not valid: .*{place}"):
            call_table(replacement)

    @pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p"])
    def test_a_format_that_tells_the_second_is_taken(self, form: str) -> None:
        assert call_table({"times": {"stamp": form}}).times.stamp == form
        assert call_table({"schema": 1, "datetime_format": form}).times.stamp == form

    def test_one_that_lacks_a_call_is_refused(self) -> None:
        document = packed("call_table")
        del document["calls"][SEARCH]
        with pytest.raises(ConfigurationError, match=f"calls lacks {SEARCH}"):
            CallTable.build(document)

    def test_a_booking_by_get_needs_its_style_changed_too(self) -> None:
        booking = Endpoint.POST_WITH_PATIENT.value
        with pytest.raises(ConfigurationError, match="style must be query"):
            call_table({"calls": {booking: {"verb": "GET", "style": "json"}}})
        table = call_table({"calls": {booking: {"verb": "GET", "style": "query"}}})
        assert table.calls[Endpoint.POST_WITH_PATIENT].verb == "GET"

    @PROPERTY
    @given(st.dictionaries(st.sampled_from([*packed("call_table"), "x"]), json_values, max_size=3))
    def test_partial_document_is_a_table_or_a_configuration_error(self, replacement: dict[str, Any]) -> None:
        with contextlib.suppress(ConfigurationError):
            assert set(call_table(replacement).calls) == set(Endpoint)

    @PROPERTY
    @given(
        st.sampled_from([call.value for call in Endpoint]),
        st.dictionaries(st.sampled_from([*packed("call_table")["calls"][SEARCH], "fixed", "values", "x"]), json_values),
    )
    def test_so_it_is_for_a_part_of_one_call(self, call: str, part: dict[str, Any]) -> None:
        with contextlib.suppress(ConfigurationError):
            assert call_table({"calls": {call: part}}).calls[Endpoint(call)].address.startswith("/")


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "text", "reason"),
        [
            (400, "Slot is already booked", "slot_taken"),
            (409, "SLOT ALREADY BOOKED", "slot_taken"),
            (400, "Unknown patient.", "unknown_patient"),
            (404, '{"Message": "Unknown clinic"}', "unknown_clinic"),
            (422, "Slot is already booked", None),
            (400, "Get Operation Failed", None),
            (400, "", None),
        ],
    )
    def test_only_listed_texts_with_their_statuses_are_known(self, status: int, text: str, reason: str | None) -> None:
        assert call_table().refusal(status, text) == reason


def test_what_writes_does_not_depend_on_the_verb() -> None:
    assert [call for call in Endpoint if writes(call)] == [
        Endpoint.POST_BY_PATIENT,
        Endpoint.POST_WITH_PATIENT,
        Endpoint.CREATE_APPOINTMENT,
    ]
    assert not writes(LOGIN)
