"""The Swagger 2.0 documents in Swashbuckle's form, from the route table."""

from dataclasses import dataclass
from typing import Any

from local.clinicea.messages import HTML_TYPE, Answer, Request, json_answer
from local.clinicea.routes import ROUTES, Field, Route
from local.clinicea.shapes import FORM_TYPE
from local.clinicea.switches import VERSIONS, Switches

_BODY_TYPES = ["application/json", "text/json", FORM_TYPE]
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
    """Return the Swagger page or a document, or None for another path."""
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
    """Return the document of one API version."""
    routes = [route for route in ROUTES if version in route.versions_now(switches)]
    definitions: dict[str, Any] = {"Patient": _patient(), "Appointment": _appointment(), "Service": _service()}
    paths: dict[str, Any] = {}
    for route in routes:
        path, verb = route.path_now(switches, version), route.verb_now(switches).lower()
        paths.setdefault(path, {})[verb] = _operation(route, switches)
        if route.style_now(switches) == "json":
            definitions |= _models(route, switches)
        if route.shape_now(switches).answer:
            renames = route.shape_now(switches).answer
            usual = definitions[route.answer]["properties"]
            properties = {renames.get(name, name): kind for name, kind in usual.items()}
            definitions[_answer(route, switches)] = {"type": "object", "properties": properties}
    return {
        "swagger": "2.0",
        "info": {"version": version, "title": "Clinicea API (fake)"},
        "host": host,
        "schemes": ["http"],
        "paths": paths,
        "definitions": definitions,
        "securityDefinitions": {
            "api_key": {"type": "apiKey", "name": switches.api_key_header, "in": "header"},
            "token": {"type": "apiKey", "name": switches.session_parameter, "in": "query"},
        },
    }


def _operation(route: Route, switches: Switches) -> dict[str, Any]:
    style, wanted = route.style_now(switches), _wanted(route, switches)
    apart = [each for each in wanted if style != "json" or each.place != style]
    parameters = [_parameter(each) for each in apart]
    if style == "json":
        schema = {"$ref": f"#/definitions/{_model(route)}"}
        parameters.append({"name": "model", "in": "body", "required": True, "schema": schema})
    return {
        "tags": [route.controller.capitalize()],
        "operationId": f"{route.controller.capitalize()}_{route.call}",
        "consumes": {"json": _BODY_TYPES, "form": [FORM_TYPE]}.get(style, []),
        "produces": ["application/json", "text/json"],
        "parameters": parameters,
        "responses": {"200": {"description": "OK", "schema": _schema(route, switches)}},
    }


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A parameter in the form on the wire."""

    name: str
    place: str
    required: bool
    kind: dict[str, Any]


def _wanted(route: Route, switches: Switches) -> list[_Wanted]:
    shape, style = route.shape_now(switches), route.style_now(switches)
    usual = [(shape.named(field.name), field.required, _type(field)) for field in route.fields]
    shown = [
        (name, True, _STRING | ({"enum": [value]} if shape.extra_shown else {})) for name, value in shape.extra.items()
    ]
    return [_Wanted(name, shape.place(name, style), required, kind) for name, required, kind in (*usual, *shown)]


def _parameter(wanted: _Wanted) -> dict[str, Any]:
    place = {"form": "formData"}.get(wanted.place, wanted.place)
    return {"name": wanted.name, "in": place, "required": wanted.required, **wanted.kind}


def _model(route: Route) -> str:
    return f"{route.call[0].upper()}{route.call[1:]}Model"


def _type(field: Field) -> dict[str, Any]:
    return {"type": field.kind} | ({"format": field.format} if field.format else {})


def _models(route: Route, switches: Switches) -> dict[str, Any]:
    """Return the models of the body and of the objects in it."""
    models: dict[str, Any] = {}
    for each in _wanted(route, switches):
        if each.place != "json":
            continue
        name, model = each.name, _model(route)
        while "." in name:
            outer, _, name = name.partition(".")
            _object(models, model)["properties"][outer] = {"$ref": f"#/definitions/{outer}Model"}
            model = f"{outer}Model"
        known = _object(models, model)
        known["properties"][name] = each.kind
        if each.required:
            known["required"].append(name)
    return models


def _object(models: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = models.setdefault(name, {"type": "object", "required": [], "properties": {}})
    return found


def _answer(route: Route, switches: Switches) -> str:
    return f"{route.call}{route.answer}" if route.shape_now(switches).answer else route.answer


def _schema(route: Route, switches: Switches) -> dict[str, Any]:
    if route.answer == "Token":
        return dict(_STRING)
    record = {"$ref": f"#/definitions/{_answer(route, switches)}"}
    return {"type": "array", "items": record} if route.shape_now(switches).array else record


def _patient() -> dict[str, Any]:
    properties: dict[str, Any] = dict.fromkeys(_PATIENT, _STRING)
    return {"type": "object", "properties": properties | {"DOB": _MOMENT, "LastAppointmentDate": _MOMENT}}


def _service() -> dict[str, Any]:
    minutes = {"type": "integer", "format": "int32"}
    return {"type": "object", "properties": {"ID": _STRING, "Name": _STRING, "DurationTotalInMin": minutes}}


def _appointment() -> dict[str, Any]:
    properties: dict[str, Any] = dict.fromkeys(_APPOINTMENT, _STRING)
    for name in ("StartDateTime", "EndDateTime", "ArrivalDate", "EngagedStartTime"):
        properties[name] = _MOMENT
    return {"type": "object", "properties": properties | {"IsServiceCompleted": {"type": "boolean"}}}
