"""Checks a double's parameters against the AWS service's own model, as a real client does before it sends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ParamValidationError
from botocore.model import OperationModel
from botocore.validate import ParamValidator

_checked: set[tuple[object, ...]] = set()


def check(service: str, operation: str, given: Mapping[str, Any]) -> None:
    """Raise botocore's ParamValidationError for parameters that the service does not have.

    One shape of call is checked once: the same names come with the same kinds of values.
    """
    call = (service, operation, *given)
    if call in _checked:
        return
    shape = _model(service, operation).input_shape
    if shape is None:
        raise ValueError(f"{operation} takes nothing")
    report = ParamValidator().validate(dict(given), shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    _checked.add(call)


@cache
def _model(service: str, operation: str) -> OperationModel:
    model: OperationModel = _service(service).operation_model(operation)
    return model


@cache
def _service(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)
