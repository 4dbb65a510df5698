"""The four flows, and in which of Clinicea's two dialects each is carried out.

`convox`: the four operations that Clinicea's page on ConVox names [doc]. `modern`: the calls that public clients use
[live; the booking: code]. The modern dialect has no call that makes a patient.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from convox_clinicea.clinicea.calls import Call
from convox_clinicea.validation import read_document

Dialect = Literal["convox", "modern"]


class Flows(BaseModel):
    """The call table's `flows`."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    search: Dialect = "convox"
    completed: Dialect = "convox"
    book_known: Dialect = "convox"
    book_new: Dialect = "convox"

    @property
    def search_call(self) -> Call:
        return Call.SEARCH_PATIENT if self.search == "convox" else Call.GET_PATIENT

    @property
    def completed_call(self) -> Call:
        return Call.PAST_COMPLETED if self.completed == "convox" else Call.BY_PATIENT

    @property
    def book_known_call(self) -> Call:
        return Call.POST_BY_PATIENT if self.book_known == "convox" else Call.CREATE_APPOINTMENT

    @property
    def book_new_call(self) -> Call | None:
        """None: this dialect has no call that makes a patient."""
        return Call.POST_WITH_PATIENT if self.book_new == "convox" else None

    def needed(self) -> tuple[Call, ...]:
        """The calls that the four flows and the read-backs rest on, each once."""
        flows = (self.search_call, self.completed_call, self.book_known_call, self.book_new_call)
        return tuple(dict.fromkeys(call for call in (*flows, Call.BY_PATIENT, Call.BY_DATE) if call is not None))


def flows_of(replacement: Mapping[str, Any] | None) -> Flows:
    """Return the flows of a deployer's call table, without reading the rest of it.

    Raises:
        InvalidDocument: its `flows` are none.
    """
    return read_document(Flows, (replacement or {}).get("flows", {}), "call table")
