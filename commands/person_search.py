"""Requests to the stack about a person, by mobile, patient id or both, and a search of the ledger in parts."""

import getpass
import os
from collections.abc import Iterator
from typing import Any

import click

from commands.cli_support import FUNCTION_SECONDS, Output, Session
from commands.target import FunctionFailed, Target

Json = dict[str, Any]
MOST_PARTS = 100_000
"""Largest number of parts of a search; each has 20 MB of the ledger or 100 records."""
patient_option = click.option("--patient", metavar="ID", help="Clinicea's id of the patient, as Clinicea writes it.")


def person(patient: str | None) -> Json:
    """Return the person of a request: from the mobile in the environment, the patient's id, or a typed number.

    The mobile is not an argument, because arguments are in the shell's history and in process lists.
    """
    return about(os.environ.get("MOBILE") or (typed_mobile() if patient is None else None), patient)


def about(mobile: str | None, patient: str | None) -> Json:
    """Return the fields of a request that name the person."""
    named = {"mobile": mobile, "patient_id": patient}
    return {name: value for name, value in named.items() if value is not None}


def typed_mobile() -> str:
    """Return the mobile from the environment, or from a prompt."""
    return os.environ.get("MOBILE") or getpass.getpass("Mobile, with its dialling code: ")


def session(out: Output, target: Target) -> Session:
    """Return a session with the stack's function that finds persons."""

    def ask(order: Json) -> Json:
        return target.invoke("DataRequestsFunctionName", order, FUNCTION_SECONDS)

    return Session(out, ask, target.address(), target.caller)


def parts(session: Session, order: Json) -> Iterator[Json]:
    """Request one part of the ledger after the other, and yield the answers.

    Raises:
        FunctionFailed: the ledger does not end.
    """
    after: Json = {}
    pages = 0
    for _ in range(MOST_PARTS):
        answer = session.ask(order | after)
        yield answer
        if answer["after"] is None:
            return
        after = {"after": answer["after"]}
        pages += answer.get("pages", 0)
        session.out.note(f"  {pages} pages of the ledger read, continuing")
    raise FunctionFailed(f"stopped after {MOST_PARTS} parts: the search is incomplete")
