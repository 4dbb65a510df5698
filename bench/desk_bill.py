"""AWS's charge for the desk of a call centre with 50 agents, for a month: by polling, and by push.

Measured: what each kind of request asks of AWS (`desk_requests`). Assumed: the numbers below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, replace
from typing import Any

from bench import bill
from bench.bill import Bill
from bench.stage import DESK

Json = dict[str, Any]
AGENTS, HOURS, DAYS = 50, 8, 26
"""Agents, hours of each with a visible page, days."""
CALLS_A_DAY = 40
"""Of each agent; each ends with an appointment."""
POLL_SECONDS = 2
OF_A_CALL = {"list": 1, "call": 1, "caller": 1, "ahead": 1, "draft": 2, "book": 1, "bookings": 3}
"""Requests of one call, as far as the desk has them."""
REST_SECONDS = 60
"""How often the list is asked for while a socket is open."""
POLLS_OF_A_CALL = 4
"""Beyond these by push: when the socket opens, at the message, and two while the call or its booking moves."""
SOCKETS_OF_A_CALL = 2
"""The list opens one each time it is shown, and once more after ten silent minutes."""


def of(requests: Json, memory_megabytes: int, listed: Json | None = None) -> Json:
    """Return a month's sums by row, in the price list's currency.

    Args:
        requests: a summary for each kind of the desk's requests.
        listed: the price list.
    """
    prices = bill.prices() if listed is None else listed
    one = {kind: bill.of(DESK, each, memory_megabytes, prices) for kind, each in requests.items()}
    calls = AGENTS * CALLS_A_DAY * DAYS
    polls = AGENTS * HOURS * 3600 // POLL_SECONDS * DAYS
    of_calls = _sum(*(_times(one[kind], count * calls) for kind, count in OF_A_CALL.items() if kind in one))
    polled = _times(one["poll"], polls)
    people = max(0, AGENTS - prices["cognito_free_users"]) * prices["cognito_user"]
    found = {
        "agents": AGENTS,
        "calls": calls,
        "polls": polls,
        "rows": {"calls": of_calls.as_json(), "polling": polled.as_json()},
        "million": {kind: each.total * 1000 for kind, each in one.items()},
        "cognito": people,
        "by_polling": of_calls.total + polled.total + people,
        "by_push": None,
    }
    return _with_push(found, one, of_calls.total + people, prices) if "ticket" in one else found


def _with_push(found: Json, one: Mapping[str, Bill], others: float, prices: Json) -> Json:
    """Return the sums with those of a desk that learns of calls by sockets."""
    calls, minutes = found["calls"], AGENTS * HOURS * 60 * DAYS
    polls, sockets = minutes * 60 // REST_SECONDS + calls * POLLS_OF_A_CALL, calls * SOCKETS_OF_A_CALL
    # A connect and a disconnect are no requests of the REST API; no price of theirs is known.
    events = [replace(_times(one[kind], sockets), gateway=0.0) for kind in ("connect", "disconnect")]
    sent = calls * prices["websocket_message"] + minutes * prices["websocket_connection_minute"]
    messages = Bill(0.0, sent, 0.0, 0.0, 0.0)
    pushed = _sum(_times(one["poll"], polls), _times(one["ticket"], sockets), *events, messages)
    rows = {**found["rows"], "push": pushed.as_json()}
    more = {"sockets": sockets, "connection_minutes": minutes, "polls_by_push": polls}
    return {**found, **more, "rows": rows, "by_push": others + pushed.total}


def _times(a_thousand: Bill, count: int) -> Bill:
    return Bill(*(amount * count / 1000 for amount in astuple(a_thousand)))


def _sum(*bills: Bill) -> Bill:
    return Bill(*map(sum, zip(*map(astuple, bills), strict=True)))
