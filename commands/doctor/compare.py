"""Compares the call table with Clinicea's Swagger documents: findings, and corrections of the table.

There is no network access here: documents in, findings and corrections out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from commands.doctor.answers import compare_answer
from commands.doctor.findings import DOCUMENT, IN_THE_ADDRESS, Register
from commands.doctor.locate import locate, place_of
from commands.doctor.parameters import compare_parameters
from commands.doctor.swagger import Document, Operation
from commands.doctor.words import bare
from convox_clinicea.clinicea.call_table import CallSpec, CallTable, laid_over
from convox_clinicea.clinicea.calls import LOGIN, Endpoint, writes

ASK = "not in the document: ask Clinicea's support for its address"
_CAN = "the connector can make the call as it is described"
Correction = dict[str, Any]


def compare(
    table: CallTable,
    documents: Sequence[Document],
    register: Register,
    values: Mapping[str, Mapping[str, str]] | None = None,
) -> Correction:
    """Return the corrections, as a document to merge over the table.

    Args:
        values: for each call, the deployer's values of required parameters that the connector does not have, by
            Clinicea's names.
    """
    if not documents:
        return {}
    correction: Correction = {}
    _compare_credentials(table, documents, register, correction)
    needed = [(call.value, table.calls[call]) for call in table.flows.needed()]
    specs: list[tuple[str, CallSpec]] = [(LOGIN, table.login), *needed]
    for call, spec in specs:
        compare_call(call, spec, documents, table, register, correction, (values or {}).get(call, {}))
    return correction


def compare_call(
    call: str,
    spec: CallSpec,
    documents: Sequence[Document],
    table: CallTable,
    register: Register,
    correction: Correction,
    values: Mapping[str, str],
) -> None:
    """Compare one call with its operation in the documents, and add to the correction."""
    operation = locate(call, spec, documents)
    if operation is None:
        _missing(call, register)
        return
    corrected = _compare_call(call, spec, operation, table, register, values)
    if corrected and call == LOGIN:
        correction["login"] = corrected
    elif corrected:
        known = correction.setdefault("calls", {})
        known[call] = laid_over(known.get(call, {}), corrected)
    if call != LOGIN:
        compare_answer(Endpoint(call), operation.answer, table, register, correction)


def place_in_table(call: str) -> str:
    """Return the place of a call in the call table."""
    return "login" if call == LOGIN else f"calls.{call}"


def _missing(call: str, register: Register) -> None:
    detail = ASK
    if call == Endpoint.BY_PATIENT:
        detail += "; until then deploy with ReadBacks=false"
    register.wrong(f"{place_in_table(call)}.path", DOCUMENT, detail=detail)


def _compare_call(
    call: str,
    spec: CallSpec,
    operation: Operation,
    table: CallTable,
    register: Register,
    values: Mapping[str, str],
) -> Correction:
    at = place_in_table(call)
    corrected = _compare_place(at, spec, operation, register)
    if operation.verb == spec.verb:
        register.confirm(f"{at}.verb", DOCUMENT)
    elif operation.verb in ("GET", "POST"):
        in_address = writes(call) and operation.verb == "GET"
        detail = IN_THE_ADDRESS if in_address else ""
        register.wrong(f"{at}.verb", DOCUMENT, use=operation.verb, detail=detail)
        corrected["verb"] = operation.verb
    else:
        register.wrong(
            f"{at}.verb", DOCUMENT, detail=f"Clinicea takes {operation.verb}; the connector sends GET or POST"
        )
    credentials = {bare(table.credentials.api_key_header), bare(table.credentials.token_parameter), "authorization"}
    taken = [
        each
        for each in operation.parameters
        if not (call != LOGIN and bare(each.name) in credentials) and "version" not in bare(each.name)
    ]
    corrected |= compare_parameters(at, spec, taken, corrected.get("verb", spec.verb), register, values)
    try:
        CallSpec.model_validate(laid_over(spec.model_dump(), corrected))
    except ValidationError as error:
        why = "; ".join(each["msg"] for each in error.errors(include_input=False))
        register.wrong(f"{at}.described", DOCUMENT, detail=f"cannot be put into the call table: {why}", assumption=_CAN)
        return {}
    if corrected:
        known = ("version", "path", "verb", "style", "parameters", "fixed", "places", "values")
        corrected["evidence"] = {name: "doc" for name in known if name in corrected}
    return corrected


def _compare_place(at: str, spec: CallSpec, operation: Operation, register: Register) -> Correction:
    place = place_of(operation)
    corrected: Correction = {}
    if place.path == spec.path:
        register.confirm(f"{at}.path", DOCUMENT)
    else:
        same = place.path.casefold() == spec.path.casefold()
        detail = "only capitals differ, which ASP.NET usually forgives" if same else ""
        register.wrong(f"{at}.path", DOCUMENT, use=place.path, detail=detail)
        corrected["path"] = place.path
    if place.version is None:
        register.unchecked(f"{at}.version", DOCUMENT, "the address has no version")
    elif place.version == spec.version:
        register.confirm(f"{at}.version", DOCUMENT)
    else:
        register.wrong(f"{at}.version", DOCUMENT, use=place.version)
        corrected["version"] = place.version
    return corrected


def _compare_credentials(
    table: CallTable, documents: Sequence[Document], register: Register, correction: Correction
) -> None:
    """Compare the key's header and the token's parameter, which many documents do not name."""
    known = table.credentials
    headers = sorted({name for each in documents for name in each.key_headers if name})
    if known.api_key_header.casefold() in (name.casefold() for name in headers):
        register.confirm("credentials.api_key_header", DOCUMENT)
    elif len(headers) == 1:
        register.wrong("credentials.api_key_header", DOCUMENT, use=headers[0])
        correction.setdefault("credentials", {})["api_key_header"] = headers[0]
    else:
        register.unchecked("credentials.api_key_header", DOCUMENT, "the document does not say")
    parameters = sorted({name for each in documents for name in each.key_parameters if name})
    if known.token_parameter in parameters:
        register.confirm("credentials.token_parameter", DOCUMENT)
    elif len(parameters) == 1:
        register.wrong("credentials.token_parameter", DOCUMENT, use=parameters[0])
        correction.setdefault("credentials", {})["token_parameter"] = parameters[0]
    else:
        register.unchecked("credentials.token_parameter", DOCUMENT, "the document does not say")
    if "credentials" in correction:
        correction["credentials"]["evidence"] = dict.fromkeys(correction["credentials"], "doc")
