"""Ids of ConVox's in a log line: they are free text, and some exchanges make them of the caller's number."""

from __future__ import annotations

from convox_clinicea.free_text_ids import tells
from convox_clinicea.privacy import MASK, is_telling


def loggable_agent(agent_id: str | None) -> str | None:
    """Return the agent's id, masked if it may hold a telephone number or an address."""
    return MASK if is_telling(agent_id or "") else agent_id


def loggable_call(call_id: str, country: str) -> str:
    """Return the call's id, masked if it holds an address or a mobile number."""
    return MASK if tells(call_id, country) else call_id
