"""What every request tells: its call and its agent."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from convox_clinicea.convox import fields
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.free_text_ids import tells


class Inbound(BaseModel):
    """The base of all requests."""

    # Unknown fields are ignored: ConVox sends more than we asked for.
    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore", hide_input_in_errors=True)


class WithCall(Inbound):
    """Every request names its call and its agent, unless the deployment relaxes that."""

    call_id: fields.Reference | None = None
    agent_id: fields.Reference | None = None

    def with_context(self, *, required: bool, country: str | None = None) -> Self:
        """Return itself.

        Args:
            country: of numbers without a dialling code. An agent's id that holds a number or an address is refused;
                without it the id is taken, as a status callback's is: nobody would send that again.

        Raises:
            InvalidRequest: the context is required and missing, or the agent's id is not to be stored.
        """
        missing = [name for name in ("call_id", "agent_id") if required and getattr(self, name) is None]
        if missing:
            raise InvalidRequest(*(FieldProblem(name, "is required") for name in missing))
        if country is not None and self.agent_id is not None and tells(self.agent_id, country):
            raise InvalidRequest(FieldProblem("agent_id", "must hold neither a telephone number nor an e-mail address"))
        return self


class CallRequest(Inbound):
    """`GET /calls/{call_id}/bookings`; with an agent, only what that one asked for."""

    call_id: fields.Reference
    agent_id: fields.Reference | None = None
