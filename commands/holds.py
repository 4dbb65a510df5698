"""`connector holds` and `connector erase`: a person's stored data, by mobile or patient id, and its erasure."""

from dataclasses import dataclass
from typing import Any

import click

from commands import booking_lines, cli_support, data_copy, person_search
from commands.cli_support import Output, Session
from commands.confirming import confirmed
from commands.person_search import parts, patient_option, person
from commands.target import Target
from convox_clinicea.text import each_once, id_spellings

Json = dict[str, Any]
WHY_NOT = {
    "open": "is still open; --open ends it without an appointment",
    "posted": "may be booked in Clinicea already; let it end or resolve it, then erase",
    "changed_meanwhile": "has changed; repeat",
    "unreadable": "was written by a later release; erase it with that release",
}


@cli_support.verb("holds", "holds", "holds --patient P-41", 'holds --full --why "asked in writing, ticket 7"')
@patient_option
@click.option("--full", is_flag=True, help="Print the personal data itself, as one JSON document.")
@click.option("--why", default="", metavar="TEXT", help="With --full: who asked, and how their identity was verified.")
def holds(out: Output, patient: str | None, *, full: bool, why: str, stack: str) -> int:
    """Show which data of a person is stored; with --full, the data itself.

    The person is found by mobile, from the variable MOBILE or a prompt, by --patient, or by both. The exit
    code is 2 if the stack could not be reached, or the data may not be opened.
    """
    if full:
        cli_support.require_reason(why)
    elif why:
        raise click.UsageError("--why is for --full")
    named = person(patient)

    def command(target: Target) -> int:
        session = person_search.session(out, target)
        if full:
            return data_copy.tell(session, named, why, kms=target.client("kms"))
        out.document(show(session, named).document)
        return 0

    return cli_support.run(out, stack, command)


@cli_support.verb("erase", "erase --patient P-41", changes=True)
@patient_option
@click.option("--open", "open_too", is_flag=True, help="Also end and erase open bookings that were never posted.")
@click.option("--why", default="asked by the person", metavar="TEXT", help="Reason for the audit entry.")
def erase(out: Output, patient: str | None, *, open_too: bool, why: str, yes: bool, stack: str) -> int:
    """Show a person's stored data, ask, and erase it.

    The person is found as in `holds`. The exit code is 1 if something was kept or the answer was not yes, 2 if the
    stack could not be reached.
    """
    cli_support.require_reason(why)
    named = person(patient)
    return cli_support.run(
        out,
        stack,
        lambda target: carry_out(person_search.session(out, target), named, open_too=open_too, why=why, yes=yes),
    )


@dataclass(frozen=True)
class Held:
    """A person's stored data: `document` for programs, and whether there is anything to erase."""

    document: Json
    anything: bool


def show(session: Session, person: Json) -> Held:
    """Print the person's stored data."""
    out = session.out
    mobile, patient = person.get("mobile"), person.get("patient_id")
    held = list(parts(session, {"action": "holds", **person}))
    bookings = [booking for part in held for booking in part["bookings"]]
    calls = [call for part in held for call in part["calls"]]
    desk = [record for part in held for record in part["desk"]]
    unreadable = sum(part["unreadable"] for part in held)
    consents = sum(part["consents"] for part in held)
    if mobile is not None:
        consents += _count(session, {"mobile": mobile})
    found = sorted({each["patient_id"] for each in bookings} - {None}) if mobile is not None else []
    asked = [] if patient is None else [patient]
    patients = sorted(each_once([*asked, *found], str))  # a patient id in two spellings counts once
    disclosures = sum(_count(session, {"patient_id": each}) for each in patients)
    searched = scope(patient, patients, by_number=mobile is not None)

    counts = f"{len(bookings)} bookings, {consents} consents, {disclosures} disclosures"
    out.line(f"{session.where}: {counts}{''.join(f', a kept callback of call {each}' for each in calls)}")
    for record in desk:
        out.line(f"  at the desk, sealed, until {record['until'] or 'it is done'}: {record['kind']}")
    for booking in bookings:
        out.line(f"  {booking_lines.line(booking, booking_lines.wall_clock())}")
        out.line(f"    {', '.join(booking['holds'])}")
    if unreadable:
        out.line(f"  {unreadable} matching records are unreadable for this version: neither shown nor erased")
    for line in searched:
        out.line(line)
    document = {
        "bookings": bookings,
        "kept_callbacks": calls,
        "desk": desk,
        "consents": consents,
        "disclosures": disclosures,
        "unreadable": unreadable,
        "scope": searched,
    }
    return Held(document, bool(bookings or calls or desk or unreadable))


def carry_out(session: Session, person: Json, *, open_too: bool = False, why: str, yes: bool) -> int:
    """Print the person's stored data, and erase it if confirmed."""
    out, held = session.out, show(session, person)
    results: list[Json] = []
    kept = 0
    if held.anything:
        if not confirmed(session.where, "erase them", yes=yes, say=out.note):
            return cli_support.NOT_WANTED
        results, kept = erased(session, person, open_too=open_too, why=why)
    out.document({**held.document, "erased": results, "kept": kept})
    return 1 if kept else 0


def scope(patient: str | None, patients: list[str], *, by_number: bool) -> list[str]:
    """Return lines about what was searched, and what was not."""
    ids = ", ".join(patients) or "none"
    spellings = [] if patient is None else id_spellings(patient)
    how = f"as {', '.join(spellings)}" if len(spellings) > 1 else "exact"
    if patient is None:
        return [
            "searched by number: bookings, kept callbacks, records of the desk, consents; disclosures of the bookings' "
            f"patients: {ids}",
            "not searched: bookings made for a known patient without a mobile, and disclosures of patients who were "
            "never booked, are found by --patient only",
        ]
    if not by_number:
        return [
            f"searched by patient id {patient} ({how}): bookings and their consents, kept callbacks, records of the "
            "desk, disclosures",
            "not searched: the number; bookings, kept callbacks, announced calls and consents that came with it alone "
            "are found by MOBILE only",
        ]
    return [
        f"searched by number and by patient id {patient} ({how}): bookings, kept callbacks, records of the desk, "
        f"consents; disclosures of: {ids}",
        "not searched: other numbers and other patient ids of the same person",
    ]


def _count(session: Session, of: Json) -> int:
    return sum(int(part["count"]) for part in parts(session, {"action": "count", **of}))


def erased(session: Session, person: Json, *, open_too: bool, why: str) -> tuple[list[Json], int]:
    """Erase part by part; return each record's result, and the number of kept records."""
    order = {"action": "erase", **person, "open_too": open_too, "who": session.who(), "why": why}
    results: list[Json] = []
    unreadable = 0
    for part in parts(session, order):
        for result in part["results"]:
            results.append({"booking_id": result["booking"]["booking_id"], "kept": result["kept"]})
            _became(session.out, results[-1]["booking_id"], result["kept"], "erased; its tombstone remains")
        for call in part["calls"]:
            results.append({"call_id": call["call_id"], "kept": call["kept"]})
            _became(session.out, f"the kept callback of call {call['call_id']}", call["kept"], "erased")
        for each in part["desk"]:
            results.append({"desk": each["kind"], "kept": each["kept"]})
            _became(session.out, f"at the desk: {each['kind']}", each["kept"], "erased")
        unreadable += part["unreadable"]
    return results, unreadable + sum(each["kept"] is not None for each in results)


def _became(out: Output, what: str, kept: str | None, otherwise: str) -> None:
    out.line(f"  {what}  {WHY_NOT[kept] if kept else otherwise}")
