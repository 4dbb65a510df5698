"""Requests as ConVox may write them, in the encodings that it uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.deployment_documents import Clinics
from tests.support import events
from tests.support.events import Event

CLINICS = {"schema": 1, "clinics": [{"clinic_id": "C-AE", "time_zone": "Asia/Dubai"}]}
PLACE = RequestDefaults(Clinics.from_document(CLINICS, "Asia/Kolkata"), "IN")
FORM = "application/x-www-form-urlencoded"


def post(body: object, content_type: str = "application/json", query: Mapping[str, str] | None = None) -> Event:
    return events.gateway("POST", "/anything", body=body, query=query, headers={"Content-Type": content_type})


def form(fields: Mapping[str, Any], content_type: str = FORM) -> Event:
    return post(urlencode(fields), content_type)


def get(query: Mapping[str, str]) -> Event:
    return events.gateway("GET", "/anything", query=query)
