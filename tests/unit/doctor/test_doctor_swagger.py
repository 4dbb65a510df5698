"""Reading Swagger documents, odd ones above all: whatever is served, the doctor goes on."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.doctor.compare import compare
from commands.doctor.findings import Register, Verdict
from commands.doctor.report import document
from commands.doctor.swagger import DEEPEST, MOST_FIELDS, NotSwagger, Operation, read
from convox_clinicea.clinicea import Endpoint
from convox_clinicea.errors import ConfigurationError
from tests.support.clients import call_table
from tests.support.properties import PROPERTY, json_values

TODAY = date(2026, 12, 1)

SEARCH = "/api/v2/patients/searchPatientByMobileNumber"


def swagger(paths: dict[str, Any], **more: Any) -> str:
    return json.dumps({"swagger": "2.0", "paths": paths, **more})


def only(text: str) -> Operation:
    (operation,) = read("v2", text).operations
    return operation


def body(schema: Any, **more: Any) -> str:
    post = {"parameters": [{"name": "model", "in": "body", "schema": schema}]}
    return swagger({"/x": {"post": post}}, **more)


def names(operation: Operation) -> set[tuple[str, str]]:
    return {(each.name, each.place) for each in operation.parameters}


class TestReading:
    def test_the_base_path_is_part_of_the_path(self) -> None:
        assert only(swagger({"/api/v2/x": {"get": {}}}, basePath="/clinic/")).path == "/clinic/api/v2/x"

    def test_parameters_that_a_path_gives_to_all_its_verbs(self) -> None:
        shared = [{"name": "id", "in": "query", "required": True, "type": "string"}]
        assert names(only(swagger({"/x": {"parameters": shared, "get": {}}}))) == {("id", "query")}

    def test_a_body_s_fields_through_references_and_parts(self) -> None:
        base = {"type": "object", "properties": {"PatientID": {"type": "string"}}, "required": ["PatientID"]}
        whole = {"allOf": [{"$ref": "#/definitions/Base"}, {"properties": {"Slot": {"$ref": "#/definitions/Slot"}}}]}
        slot = {"properties": {"Start": {"type": "string"}}}
        operation = only(
            body({"$ref": "#/definitions/Whole"}, definitions={"Base": base, "Whole": whole, "Slot": slot})
        )
        assert names(operation) == {("PatientID", "json"), ("Slot.Start", "json")}
        assert [each.name for each in operation.parameters if each.required] == ["PatientID"]

    def test_a_body_that_is_no_json_is_a_form(self) -> None:
        schema: dict[str, Any] = {"properties": {"a": {}}}
        text = body(schema, consumes=["application/x-www-form-urlencoded"])
        assert names(only(text)) == {("a", "form")}

    def test_openapi_3(self) -> None:
        schema: dict[str, Any] = {"$ref": "#/components/schemas/M"}
        post = {
            "parameters": [{"name": "id", "in": "query", "schema": {"type": "string", "enum": ["7"]}}],
            "requestBody": {"content": {"application/json": {"schema": schema}}},
            "responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": schema}}}}},
        }
        components = {
            "schemas": {"M": {"properties": {"ID": {}, "Start": {}}}},
            "securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        }
        text = json.dumps({"openapi": "3.0.1", "paths": {"/x": {"post": post}}, "components": components})
        operation = only(text)
        assert names(operation) == {("id", "query"), ("ID", "json"), ("Start", "json")}
        assert operation.answer == frozenset({"ID", "Start"})
        assert operation.parameters[0].value == "7"
        assert read("v3", text).key_headers == ("X-Key",)


class TestOddDocuments:
    @pytest.mark.parametrize(
        "text", ["", "<html></html>", "[]", "null", "7", "{", "[" * 100_000, '{"paths": []}', '{"paths": null}']
    )
    def test_what_is_none_says_so_and_repeats_nothing(self, text: str) -> None:
        with pytest.raises(NotSwagger) as caught:
            read("v2", text)
        assert str(caught.value) in ("it is not a JSON object", "it has no paths")

    def test_a_reference_to_itself_ends(self) -> None:
        loop = {"A": {"$ref": "#/definitions/B"}, "B": {"$ref": "#/definitions/A"}}
        assert only(body({"$ref": "#/definitions/A"}, definitions=loop)).parameters == ()

    def test_an_object_within_itself_is_read_to_a_depth(self) -> None:
        person = {"properties": {"Name": {}, "Mother": {"$ref": "#/definitions/Person"}}}
        found = names(only(body({"$ref": "#/definitions/Person"}, definitions={"Person": person})))
        deepest = max(name.count(".") for name, _ in found)
        assert deepest == DEEPEST
        assert ("Mother.Name", "json") in found

    def test_an_array_of_arrays_of_itself_ends(self) -> None:
        loop = {"A": {"items": {"$ref": "#/definitions/A"}}}
        assert only(body({"$ref": "#/definitions/A"}, definitions=loop)).parameters == ()

    def test_a_huge_one_is_cut(self) -> None:
        fields: dict[str, Any] = {f"field{number}": {} for number in range(MOST_FIELDS * 3)}
        assert len(only(body({"properties": fields})).parameters) == MOST_FIELDS

    def test_objects_in_objects_beyond_counting_are_cut(self) -> None:
        wide: dict[str, Any] = {f"field{number}": {"$ref": "#/definitions/Wide"} for number in range(MOST_FIELDS)}
        text = body({"$ref": "#/definitions/Wide"}, definitions={"Wide": {"properties": wide}})
        assert len(only(text).parameters) == MOST_FIELDS

    @pytest.mark.parametrize(
        "reference", ["#/definitions/None", "other.json#/X", "#", "", "#/paths/~1x/get/0", 7, None, {"a": 1}]
    )
    def test_a_reference_that_leads_nowhere_is_empty(self, reference: Any) -> None:
        assert only(body({"$ref": reference})).parameters == ()

    @pytest.mark.parametrize("item", [None, 7, "get", [], {"get": None}, {"get": []}, {"parameters": 7}])
    def test_paths_that_hold_no_operation_are_left_out(self, item: Any) -> None:
        assert read("v2", swagger({SEARCH: item})).operations == ()

    @PROPERTY
    @given(operation=json_values, definitions=json_values, verb=st.sampled_from(["get", "post", "put"]))
    def test_any_operation_is_compared_and_yields_a_call_table(
        self, operation: Any, definitions: Any, verb: str
    ) -> None:
        text = swagger({SEARCH: {verb: operation}, "/api/v9/y": operation}, definitions=definitions)
        table = call_table()
        register = Register(table)
        correction = compare(table, [read("v2", text)], register)
        document(None, correction, TODAY)
        assert register.verdict(f"calls.{Endpoint.BY_DATE}.path") is Verdict.WRONG

    @PROPERTY
    @given(
        parameters=st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.text(max_size=9),
                    "in": st.sampled_from(["query", "header", "path", "body", "formData", "cookie"]),
                },
                optional={
                    "required": st.booleans(),
                    "enum": json_values,
                    "default": json_values,
                    "schema": json_values,
                    "properties": json_values,
                },
            ),
            max_size=6,
        )
    )
    def test_any_parameters_are_compared(self, parameters: Any) -> None:
        table = call_table()
        text = swagger({SEARCH: {"get": {"parameters": parameters}}})
        try:
            document(None, compare(table, [read("v2", text)], Register(table)), TODAY)
        except ConfigurationError as error:
            pytest.fail(f"a correction that is no call table: {error}")
