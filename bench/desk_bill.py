"""AWS's charge for the desk of a call centre with 50 agents, for a month: by polling, and by push.

Measured: what each kind of request asks of AWS (`desk_requests`). Assumed: the numbers below, and what a socket asks.
"""

from __future__ import annotations

from dataclasses import astuple
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
OF_A_CALL = {"list": 1, "call": 1, "caller": 1, "draft": 2, "book": 1, "bookings": 3}
"""Requests of one call."""
PAGES_OF_A_CALL = 2
"""The list and the call: each page opens a socket with a ticket that it asks for."""
MESSAGES_OF_A_CALL = 1
WRITES_OF_A_SOCKET = 4
"""Of DynamoDB: the ticket and the connection, each written and removed."""


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
    sockets, minutes = calls * PAGES_OF_A_CALL, AGENTS * HOURS * 60 * DAYS
    messages = calls * MESSAGES_OF_A_CALL
    of_calls = _sum(*(_times(one[kind], count * calls) for kind, count in OF_A_CALL.items()))
    polled = _times(one["poll"], polls)
    people = max(0, AGENTS - prices["cognito_free_users"]) * prices["cognito_user"]
    pushed = _pushed(one["poll"], sockets, messages, minutes, prices)
    return {
        "agents": AGENTS,
        "calls": calls,
        "polls": polls,
        "sockets": sockets,
        "connection_minutes": minutes,
        "rows": {
            "calls": of_calls.as_json(),
            "polling": polled.as_json(),
            "push": pushed.as_json(),
        },
        "million": {kind: each.total * 1000 for kind, each in one.items()},
        "cognito": people,
        "by_polling": of_calls.total + polled.total + people,
        "by_push": of_calls.total + pushed.total + people,
    }


def _pushed(poll: Bill, sockets: int, messages: int, minutes: int, prices: Json) -> Bill:
    """Return the cost of waiting on sockets: ticket, connect and disconnect each cost the function what a poll does."""
    of_sockets = _times(poll, 3 * sockets)
    gateway = sockets * prices["api_gateway_rest_request"]  # connect and disconnect have no price of their own
    gateway += messages * prices["websocket_message"] + minutes * prices["websocket_connection_minute"]
    writes = sockets * WRITES_OF_A_SOCKET * prices["dynamodb_write_unit"]
    return Bill(of_sockets.lambda_, gateway, of_sockets.dynamodb + writes, of_sockets.others, of_sockets.logs)


def _times(a_thousand: Bill, count: int) -> Bill:
    return Bill(*(amount * count / 1000 for amount in astuple(a_thousand)))


def _sum(*bills: Bill) -> Bill:
    return Bill(*map(sum, zip(*map(astuple, bills), strict=True)))
