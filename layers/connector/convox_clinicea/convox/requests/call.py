"""What every request tells: its call and its agent."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from convox_clinicea.convox import fields
from convox_clinicea.errors import FieldProblem, InvalidRequest


class Inbound(BaseModel):
    """The base of all requests."""

    # Unknown fields are ignored: ConVox sends more than we asked for.
    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore", hide_input_in_errors=True)


class WithCall(Inbound):
    """Every request names its call and its agent, unless the deployment relaxes that."""

    call_id: fields.Reference | None = None
    agent_id: fields.Reference | None = None

    def with_context(self, *, required: bool) -> Self:
        """Return itself; raises InvalidRequest if the context is required and missing."""
        missing = [name for name in ("call_id", "agent_id") if required and getattr(self, name) is None]
        if missing:
            raise InvalidRequest(*(FieldProblem(name, "is required") for name in missing))
        return self


class CallRequest(Inbound):
    """`GET /calls/{call_id}/bookings`."""

    call_id: fields.Reference
