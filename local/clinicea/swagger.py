"""The Swagger 2.0 documents, in the shape that Swashbuckle gives them, made from the route table."""

from typing import Any

from local.clinicea.messages import HTML_TYPE, Answer, Request, json_answer
from local.clinicea.routes import ROUTES, Field, Route
from local.clinicea.switches import VERSIONS, Switches

_BODY_TYPES = ["application/json", "text/json", "application/x-www-form-urlencoded"]
_STRING = {"type": "string"}
_MOMENT = {"type": "string", "format": "date-time"}
_PATIENT = (
    "ID", "FileNo", "FullName", "FirstName", "LastName", "Mobile", "MobileCountryCode", "Email", "Gender",
    "Address1", "Address2", "City", "State", "PostalCode",
)  # fmt: skip
_APPOINTMENT = (
    "ID", "AppointmentStatus", "ServiceName", "ServiceCategory", "StaffFirstName", "StaffLastName",
    "DoctorName", "PatientID", "PatientName", "PatientFirstName", "PatientLastName", "PatientMobile",
    "AppointmentWithName", "AppointmentWithPhone", "CancellationReason", "Notes",
)  # fmt: skip


def answer(request: Request, switches: Switches) -> Answer | None:
    """The Swagger page or a document, or None where the path is neither."""
    if request.method != "GET":
        return None
    path = request.path.casefold().rstrip("/")
    if path == "/swagger":
        return Answer(301, headers={"Location": "/swagger/ui/index"})
    if path == "/swagger/ui/index":
        links = "".join(f'<li><a href="/swagger/docs/{each}">{each}</a></li>' for each in VERSIONS)
        return Answer(200, f"<!DOCTYPE html><title>fake Clinicea</title><ul>{links}</ul>".encode(), HTML_TYPE)
    version = path.removeprefix("/swagger/docs/")
    if version == path or version not in VERSIONS:
        return None
    return json_answer(document(version, switches, request.headers.get("host", "localhost")))


def document(version: str, switches: Switches, host: str) -> dict[str, Any]:
    """The document of one API version."""
    routes = [route for route in ROUTES if version in route.versions_now(switches)]
    definitions: dict[str, Any] = {"Patient": _patient(), "Appointment": _appointment()}
    paths: dict[str, Any] = {}
    for route in routes:
        verb = route.verb_now(switches).lower()
        paths[f"/api/{version}/{route.controller}/{route.call}"] = {verb: _operation(route, switches)}
        if route.in_body(switches):
            definitions[_model(route)] = _definition(route)
    return {
        "swagger": "2.0",
        "info": {"version": version, "title": "Clinicea API (fake)"},
        "host": host,
        "schemes": ["http"],
        "paths": paths,
        "definitions": definitions,
        "securityDefinitions": {
            "api_key": {"type": "apiKey", "name": "api_key", "in": "header"},
            "token": {"type": "apiKey", "name": "api_key", "in": "query"},
        },
    }


def _operation(route: Route, switches: Switches) -> dict[str, Any]:
    in_body = route.in_body(switches)
    return {
        "tags": [route.controller.capitalize()],
        "operationId": f"{route.controller.capitalize()}_{route.call}",
        "consumes": _BODY_TYPES if in_body else [],
        "produces": ["application/json", "text/json"],
        "parameters": [_body(route)] if in_body else [_query(field) for field in route.fields],
        "responses": {"200": {"description": "OK", "schema": _schema(route)}},
    }


def _model(route: Route) -> str:
    return f"{route.call[0].upper()}{route.call[1:]}Model"


def _body(route: Route) -> dict[str, Any]:
    schema = {"$ref": f"#/definitions/{_model(route)}"}
    return {"name": "model", "in": "body", "required": True, "schema": schema}


def _query(field: Field) -> dict[str, Any]:
    return {"name": field.name, "in": "query", "required": field.required, **_type(field)}


def _type(field: Field) -> dict[str, Any]:
    return {"type": field.kind} | ({"format": field.format} if field.format else {})


def _definition(route: Route) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [field.name for field in route.fields if field.required],
        "properties": {field.name: _type(field) for field in route.fields},
    }


def _schema(route: Route) -> dict[str, Any]:
    return dict(_STRING) if route.answer == "Token" else {"$ref": f"#/definitions/{route.answer}"}


def _patient() -> dict[str, Any]:
    properties: dict[str, Any] = dict.fromkeys(_PATIENT, _STRING)
    return {"type": "object", "properties": properties | {"DOB": _MOMENT, "LastAppointmentDate": _MOMENT}}


def _appointment() -> dict[str, Any]:
    properties: dict[str, Any] = dict.fromkeys(_APPOINTMENT, _STRING)
    for name in ("StartDateTime", "EndDateTime", "ArrivalDate", "EngagedStartTime"):
        properties[name] = _MOMENT
    return {"type": "object", "properties": properties | {"IsServiceCompleted": {"type": "boolean"}}}
