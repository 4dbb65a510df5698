"""Calls that differ from the route table: the fake takes what its Swagger document then says, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from local.clinicea import FakeClinicea, Request
from local.clinicea.messages import ControlInputError
from local.clinicea.routes import CALLS

from .api import Api

SEARCH, KNOWN = "searchPatientByMobileNumber", "postAppointmentByPatientID"
USUAL = "/api/v1/patients/searchByMobileNumber?patMobile=1&countryCode=91"


def status(api: Api, method: str, target: str, body: dict[str, Any] | None = None, **headers: str) -> int:
    given = {**api.headers, **headers}
    request = Request.to(method, target, given) if body is None else Request.with_json(method, target, body, given)
    return api.core.handle(request).status


def shape(core: FakeClinicea, call: str, **parts: Any) -> None:
    core.switches.turn({"shapes": {call: parts}}, CALLS)


def test_shaped_name_is_case_sensitive_and_replaces_the_usual(api: Api) -> None:
    assert status(api, "GET", USUAL.replace("patMobile", "PATMOBILE")) == 204
    shape(api.core, SEARCH, names={"patMobile": "mobileNumber"})
    assert status(api, "GET", USUAL) == 400
    assert status(api, "GET", USUAL.replace("patMobile", "mobilenumber")) == 400
    assert status(api, "GET", USUAL.replace("patMobile", "mobileNumber")) == 204


def test_shaped_path_takes_its_values_and_replaces_the_usual(api: Api) -> None:
    shape(api.core, SEARCH, path="/x/{version}/{patMobile}/find", places={"patMobile": "path", "countryCode": "header"})
    assert status(api, "GET", USUAL) == 404
    assert status(api, "GET", "/x/v1/1/find", countryCode="91") == 204
    assert status(api, "GET", "/x/v1/1/find?countryCode=91") == 400


def test_a_shaped_body_has_its_type_only(api: Api) -> None:
    shape(api.core, KNOWN, style="form")
    assert status(api, "POST", f"/api/v1/appointments/{KNOWN}", {"PatientID": "P-1"}) == 415
    shape(api.core, KNOWN, style="json", names={"PatientID": "Patient.ID"})
    target = f"/api/v1/appointments/{KNOWN}"
    assert api.core.handle(Request.with_json("POST", target, {"Patient": {"ID": "P-1"}}, api.headers)).text == (
        "ClinicID is required"
    )


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 100_000])
def test_a_shaped_body_that_is_none_is_refused(api: Api, body: bytes) -> None:
    shape(api.core, KNOWN, verb="POST", style="json")
    headers = {**api.headers, "Content-Type": "application/json"}
    assert api.core.handle(Request.to("POST", f"/api/v1/appointments/{KNOWN}", headers, body)).status == 400


@pytest.mark.parametrize(
    "shapes",
    [
        [],
        {"noSuchCall": {}},
        {SEARCH: []},
        {SEARCH: {"colour": "red"}},
        {SEARCH: {"path": "no slash"}},
        {SEARCH: {"verb": "PUT"}},
        {SEARCH: {"style": "xml"}},
        {SEARCH: {"names": {"patMobile": 7}}},
        {SEARCH: {"places": {"patMobile": "cookie"}}},
        {SEARCH: {"missing": "yes"}},
    ],
)
def test_shapes_that_are_none_are_refused(api: Api, shapes: Any) -> None:
    with pytest.raises(ControlInputError):
        api.core.switches.turn({"shapes": shapes}, CALLS)
    assert api.core.switches.shapes == {}
