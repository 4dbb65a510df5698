"""A backup of the bench's ledger, what is lost since, and putting it back."""

from __future__ import annotations

from typing import Any

import pytest

from commands.restore import entries_of, put_back_missing
from convox_clinicea import aws
from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.callback_fields import Grounds
from convox_clinicea.bookings.person_search import Journal, Subject
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from tests.support import invented
from tests.support.account import Stack
from tests.support.bench import Bench
from tests.support.bookings import status_callback

PERSON = Person("arn:aws:iam::123456789012:user/asha", "a test")
MEERA = Mobile.from_e164(invented.MOBILE)
CALL_STANDS = "call: exists, unchanged"
"""It names the booking, which was taken with a call id."""


def backup(bench: Bench) -> Stack:
    """The ledger as it stands now, in a table of its own."""
    copy = Stack.create()
    for item in bench.stack.items():
        aws.dynamodb().put_item(TableName=copy.table, Item=item)
    return copy


def put_back(bench: Bench, copy: Stack, *, go: bool = True, journal: Journal | None = None) -> dict[str, int]:
    dynamodb: Any = aws.dynamodb()
    return dict(put_back_missing(dynamodb, copy.table, bench.stack.table, bench.clock.now(), go=go, journal=journal))


def journal(bench: Bench) -> Journal:
    dynamodb: Any = aws.dynamodb()
    return Journal(invented.IDENTITY_KEY.encode(), entries_of(dynamodb, bench.stack.disclosures_table))


def erase(bench: Bench, *, open_too: bool = True, ended: bool = False) -> None:
    """Erase what is held on Meera; `ended`: her bookings are rejected first."""
    if ended:
        for each in bench.subjects.part(Subject(MEERA), None).bookings:
            bench.ledger.move(bench.ledger.move(each, State.NEEDS_ATTENTION, reason=Reason.TOO_LATE), State.REJECTED)
    bench.holdings.erase(Subject(MEERA), PERSON, open_too=open_too)


def kept_callback(bench: Bench) -> None:
    """One of Meera's that cannot be booked, and is kept for a person."""
    refused = InvalidRequest(FieldProblem("start", "is missing"))
    said = PersonalText('{"mobile": "…"}')
    with pytest.raises(InvalidRequest):
        bench.callbacks.handle(status_callback(refusal=refused, said=said, grounds=Grounds.CONSENT, mobile=MEERA))


def lose(bench: Bench, *prefixes: str) -> None:
    for item in bench.stack.items():
        if item["pk"]["S"].startswith(prefixes):
            bench.stack.delete(item["pk"]["S"])
