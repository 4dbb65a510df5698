"""Each field of a request is in the dialect's vocabulary: one that is not would be dropped in silence."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from convox_clinicea import bookings, convox, lookups, new_patient
from convox_clinicea.bookings.callback_fields import KEPT
from convox_clinicea.bookings.requests import ConsentGiven, NewPatientBooking
from convox_clinicea.bookings.status import TasksRequest
from convox_clinicea.convox.fields import LIMITS
from convox_clinicea.convox.request import Inbound, WithCall
from tests.support.dialects import PACKED

for package in (bookings, convox, lookups):
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)


def subclasses(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every request model of the product, once for each way to it."""
    for each in model.__subclasses__():
        if each.__module__.startswith("convox_clinicea."):
            yield each
            yield from subclasses(each)


MEMBERS: dict[type[BaseModel], str] = {ConsentGiven: "consent."}
"""Models that stand inside of others, and what their fields' names begin with."""
OF_A_QUERY = {TasksRequest}
"""Models that are read from a query by their own names, in no dialect."""
REQUESTS = sorted({*subclasses(Inbound)} - OF_A_QUERY, key=lambda model: model.__name__)


def unknown(names: Iterator[str]) -> list[str]:
    """Names under which a field does not come, whatever stands in a dialect's own aliases."""
    known = {each.canonical for each in PACKED.names.values()}
    return [name for name in names if not any(name == each or each.startswith(f"{name}.") for each in known)]


@pytest.mark.parametrize("model", REQUESTS, ids=lambda model: model.__name__)
def test_each_field_of_a_request_is_known(model: type[BaseModel]) -> None:
    assert unknown(MEMBERS.get(model, "") + name for name in model.model_fields) == []


def test_the_flows_requests_are_among_them() -> None:
    assert {WithCall, NewPatientBooking, ConsentGiven} <= set(REQUESTS)
    assert {"KnownPatientBooking", "StatusRequest", "SearchRequest", "CompletedRequest", "CallRequest"} <= {
        each.__name__ for each in REQUESTS
    }


def test_a_field_that_no_dialect_knows_is_found() -> None:
    class Odd(BaseModel):
        mobile: str
        consent: str
        shoe_size: str

    assert unknown(iter(Odd.model_fields)) == ["shoe_size"]


def test_what_is_kept_of_a_callback_is_known() -> None:
    assert unknown(iter(KEPT)) == []
    assert len(set(KEPT)) == len(KEPT)
    assert set(new_patient.RULES) <= set(KEPT)


@pytest.mark.parametrize("name", new_patient.RULES)
def test_the_limits_of_a_field_make_its_personal_type(name: str) -> None:
    held: Any = new_patient.NewPatientFields.model_fields[name].annotation
    limited: Any = LIMITS[new_patient.RULES[name].limits].__origin__

    assert limited in (held, *get_args(held))
