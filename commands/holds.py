"""`make holds` and `make erase`: what is held on a person, by mobile or patient id, and its erasure."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from commands import desk
from commands.confirming import confirmed
from commands.target import FunctionFailed, Target
from convox_clinicea.normalization import each_once, id_spellings

Json = dict[str, Any]
FUNCTION_SECONDS = 60
MOST_PARTS = 100_000
"""Parts of a search: 20 MB of the ledger each, or 100 records found."""
WHY_NOT = {
    "open": "has not ended; with OPEN=yes it is ended and will not be made",
    "posted": "may stand in Clinicea already: let it end, or resolve it, then erase",
    "changed_meanwhile": "was changed meanwhile; repeat",
    "unreadable": "a later release has written something of it; erase it with that release",
}


def main() -> int:
    """Tell, or erase; 1 if something was kept, 2 if the stack could not be asked."""
    parser = argparse.ArgumentParser(prog="holds", description=f"{__doc__} The mobile comes from MOBILE or a prompt.")
    parser.add_argument("--patient", default=None, help="Clinicea's id of the patient, as Clinicea writes it")
    parser.add_argument("--erase", action="store_true", help="erase what may be erased")
    parser.add_argument("--open", action="store_true", help="with --erase: end and erase what was never posted, too")
    parser.add_argument("--yes", action="store_true", help="with --erase: do not ask")
    parser.add_argument("--why", default="asked by the person", help="for the audit's line")
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    desk.require_reason(parser, wanted.why)
    mobile = person(wanted.patient).get("mobile")
    return desk.run(
        wanted.stack, lambda target: carry_out(wanted, asking(target), target.address(), target.caller, mobile)
    )


def person(patient: str | None) -> Json:
    """Return whom an order is about: by the mobile in the environment, the patient's id, or a number that is typed.

    The mobile is no argument: those stand in the shell's history and in every list of processes.
    """
    mobile = os.environ.get("MOBILE") or (typed_mobile() if patient is None else None)
    named = {"mobile": mobile, "patient_id": patient}
    return {name: value for name, value in named.items() if value is not None}


def typed_mobile() -> str:
    """Return the mobile from the environment, or as it is typed."""
    return os.environ.get("MOBILE") or getpass.getpass("Mobile, with its dialling code: ")


def asking(target: Target) -> desk.Ask:
    """Return a way to ask the stack's function, which alone knows how to find a person."""
    return lambda order: target.invoke("DataRequestsFunctionName", order, FUNCTION_SECONDS)


def carry_out(wanted: argparse.Namespace, ask: desk.Ask, where: str, who: Callable[[], str], mobile: str | None) -> int:
    """Print what is held; where it is wanted and confirmed, erase it."""
    person = {"mobile": mobile, "patient_id": wanted.patient}
    about = {name: value for name, value in person.items() if value is not None}
    held = list(parts(ask, {"action": "holds", **about}))
    bookings = [booking for part in held for booking in part["bookings"]]
    calls = [call for part in held for call in part["calls"]]
    unreadable = sum(part["unreadable"] for part in held)
    consents = sum(part["consents"] for part in held)
    if mobile is not None:
        consents += _count(ask, {"mobile": mobile})
    found = sorted({each["patient_id"] for each in bookings} - {None}) if mobile is not None else []
    asked = [] if wanted.patient is None else [wanted.patient]
    patients = sorted(each_once([*asked, *found], str))  # whose id was written in two ways is counted once
    disclosures = sum(_count(ask, {"patient_id": each}) for each in patients)

    counts = f"{len(bookings)} bookings, {consents} consents, {disclosures} disclosures"
    print(f"{where}: {counts}{''.join(f', a kept callback of call {each}' for each in calls)}")
    for booking in bookings:
        print(f"  {desk.line(booking, desk.wall_clock())}")
        print(f"    {', '.join(booking['holds'])}")
    if unreadable:
        print(f"  {unreadable} records match and cannot be read by this version: they are neither shown nor erased")
    for line in scope(wanted.patient, patients, by_number=mobile is not None):
        print(line)
    if not wanted.erase or not (bookings or calls or unreadable):
        return 0
    if not confirmed(where, "erase them", yes=wanted.yes):
        return desk.NOT_WANTED
    order = {"action": "erase", **about, "open_too": wanted.open, "who": who(), "why": wanted.why}
    return 1 if _erased(ask, order) else 0


def scope(patient: str | None, patients: list[str], *, by_number: bool) -> list[str]:
    """Return what was searched, and what was not."""
    ids = ", ".join(patients) or "none"
    spellings = [] if patient is None else id_spellings(patient)
    how = f"as {', '.join(spellings)}" if len(spellings) > 1 else "exact"
    if patient is None:
        return [
            f"searched by number: bookings, kept callbacks, consents; disclosures of the bookings' patients: {ids}",
            "not searched: bookings made for a known patient without a mobile, and disclosures of patients who were "
            "never booked, are found by PATIENT= only",
        ]
    if not by_number:
        return [
            f"searched by patient id {patient} ({how}): bookings and their consents, kept callbacks, disclosures",
            "not searched: the number; bookings, kept callbacks and consents that came with it alone are found by "
            "MOBILE only",
        ]
    return [
        f"searched by number and by patient id {patient} ({how}): bookings, kept callbacks, consents; "
        f"disclosures of: {ids}",
        "not searched: other numbers and other patient ids of the same person",
    ]


def parts(ask: desk.Ask, order: Json) -> Iterator[Json]:
    """Give an order for one part of the ledger after the other, and yield the answers.

    Raises:
        FunctionFailed: the ledger does not end.
    """
    after: Json = {}
    pages = 0
    for _ in range(MOST_PARTS):
        answer = ask(order | after)
        yield answer
        if answer["after"] is None:
            return
        after = {"after": answer["after"]}
        pages += answer.get("pages", 0)
        print(f"  {pages} pages of the ledger read, going on …", file=sys.stderr)
    raise FunctionFailed(f"stopped after {MOST_PARTS} parts: not all was searched")


def _count(ask: desk.Ask, of: Json) -> int:
    return sum(int(part["count"]) for part in parts(ask, {"action": "count", **of}))


def _erased(ask: desk.Ask, order: Json) -> int:
    """Erase part by part, and return how many records were kept."""
    kept = 0
    for part in parts(ask, order):
        for result in part["results"]:
            kept += _became(result["booking"]["booking_id"], result["kept"], "erased; its tombstone stays")
        for call in part["calls"]:
            kept += _became(f"the kept callback of call {call['call_id']}", call["kept"], "erased")
        kept += part["unreadable"]
    return kept


def _became(what: str, kept: str | None, otherwise: str) -> bool:
    print(f"  {what}  {WHY_NOT[kept] if kept else otherwise}")
    return kept is not None


if __name__ == "__main__":
    sys.exit(main())
