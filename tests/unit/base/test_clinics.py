"""The deployment's clinics, and whose time their appointments are in."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from convox_clinicea.convox.fields import OwnId
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.settings import packed
from tests.support.properties import PROPERTY, json_values

DUBAI = {"clinic_id": "C-09", "name": "Dubai", "address": "1 Invented Road", "time_zone": "Asia/Dubai"}


def clinics(*entries: dict[str, Any]) -> Clinics:
    return Clinics.from_document({"schema": 1, "clinics": list(entries)}, "Asia/Kolkata")


class TestLookingUp:
    def test_a_clinic_is_found_by_its_id(self) -> None:
        found = clinics(DUBAI).get("C-09")
        assert found is not None
        assert (found.name, found.address) == ("Dubai", "1 Invented Road")

    @pytest.mark.parametrize("clinic_id", ["C-09", "north.09", "IN:09", "north_09"])
    def test_it_takes_every_id_that_a_booking_may_name(self, clinic_id: str) -> None:
        TypeAdapter(OwnId).validate_python(clinic_id)

        assert clinics(DUBAI | {"clinic_id": clinic_id}).get(clinic_id) is not None

    @pytest.mark.parametrize("unknown", ["C-10", "", None])
    def test_an_unknown_one_is_not(self, unknown: str | None) -> None:
        assert clinics(DUBAI).get(unknown) is None

    def test_its_zone_is_its_own_or_else_the_deployments(self) -> None:
        known = clinics(DUBAI, {"clinic_id": "C-01"})
        zones = [known.zone(clinic).key for clinic in ("C-09", "C-01", "C-77", None)]
        assert zones == ["Asia/Dubai", "Asia/Kolkata", "Asia/Kolkata", "Asia/Kolkata"]

    def test_the_packed_document_is_valid_and_names_no_clinic(self) -> None:
        assert Clinics.from_document(packed("clinics"), "Asia/Kolkata").get("C-01") is None


class TestWrongDocuments:
    @pytest.mark.parametrize(
        ("document", "place"),
        [
            ({}, "schema"),
            ({"schema": 2}, "schema"),
            ({"schema": 1, "clinics": [{}]}, "clinics.0.clinic_id"),
            ({"schema": 1, "clinics": [DUBAI | {"time_zone": "Asia/Nowhere"}]}, "clinics.0.time_zone"),
            ({"schema": 1, "clinics": [DUBAI | {"time_zone": "../etc"}]}, "clinics.0.time_zone"),
            ({"schema": 1, "clinics": [DUBAI | {"time_zone": "Asia"}]}, "clinics.0.time_zone"),
            ({"schema": 1, "clinics": [DUBAI | {"clinic_id": "C 9"}]}, "clinics.0.clinic_id"),
            ({"schema": 1, "clinics": [DUBAI | {"adress": "misspelt"}]}, "clinics.0.adress"),
        ],
    )
    def test_the_error_names_the_place(self, document: dict[str, Any], place: str) -> None:
        with pytest.raises(ConfigurationError, match=f"clinics document is not valid: {place}"):
            Clinics.from_document(document, "Asia/Kolkata")

    @PROPERTY
    @given(st.dictionaries(st.sampled_from(["schema", "clinics", "x"]), json_values | st.lists(st.just(DUBAI))))
    def test_any_document_is_one_or_a_configuration_error(self, document: dict[str, Any]) -> None:
        with contextlib.suppress(ConfigurationError):
            assert Clinics.from_document(document, "Asia/Kolkata").zone(None).key == "Asia/Kolkata"
