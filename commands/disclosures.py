"""`connector disclosures`: who was shown which patient's data, and who consented."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import click

from commands import cli_support
from commands.cli_support import FUNCTION_SECONDS, Output, Read
from commands.register_reading import KEYS, Reading, Span, key_of, moment
from commands.target import Target
from convox_clinicea.bookings.audit import asked
from convox_clinicea.disclosures import subjects_of_patient
from convox_clinicea.privacy import is_telling

Json = dict[str, Any]
NOT_ALL = 3
"""Exit code if the register has more entries than one command reads."""


def _moment(text: str) -> datetime:
    try:
        return moment(text)
    except ValueError:
        raise ValueError("a moment is such as 2026-12-01, 2026-12-01T09:30+05:30 or 2026-12-01T04:00Z") from None


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(each.strip()) for each in text.split(","))
    except ValueError:
        raise ValueError("addresses are such as 203.0.113.0/24,198.51.100.7") from None


MOMENT = Read("moment", _moment)


@cli_support.verb(
    "disclosures",
    "disclosures --patient P-41",
    "disclosures --client north --since 2026-12-01 --not-from 203.0.113.0/24 --persons",
)
@click.option("--patient", metavar="ID", help="Clinicea's id of a patient: who saw their data.")
@click.option("--agent", metavar="ID", help="An agent's id: whose data they saw.")
@click.option("--call", metavar="ID", help="A call's id, as ConVox has it: what was shown and agreed on it.")
@click.option("--client", metavar="NAME", help="A client (its access token): whose data it was shown.")
@click.option("--day", type=cli_support.DAY, help="A day in the stack's time zone.")
@click.option("--since", type=MOMENT, help="A day or a moment, in UTC unless it has an offset.")
@click.option("--until", type=MOMENT, help="The same.")
@click.option("--not-from", type=Read("addresses", _networks), help="Leave these addresses out: 203.0.113.0/24,….")
@click.option("--after", type=Read("text", key_of), help="Where to continue, from the previous command.")
@click.option("--persons", is_flag=True, help="One line for each patient instead of each entry.")
def disclosures(
    out: Output,
    *,
    since: datetime | None,
    until: datetime | None,
    not_from: tuple[IPv4Network | IPv6Network, ...] | None,
    after: Json | None,
    persons: bool,
    stack: str,
    **by: str | date | None,
) -> int:
    """Show who was shown which patient's data, and who consented.

    One of --patient, --agent, --call, --client and --day is needed. The exit code is 2 if the register could not be
    asked, 3 if there is more.
    """
    given = [(kind, str(by[kind])) for kind in KEYS if by[kind] not in (None, "")]
    if len(given) != 1:
        options = ", ".join(f"--{kind}" for kind in KEYS)
        raise click.UsageError(f"{options}: one of them is needed, and not more")
    ((kind, value),) = given
    span = Span(since, until, not_from or ())
    return cli_support.run(
        out, stack, lambda target: tell(out, target, kind, value, persons=persons, span=span, after=after)
    )


def tell(
    out: Output,
    target: Target,
    kind: str,
    value: str,
    *,
    persons: bool = False,
    span: Span | None = None,
    after: Json | None = None,
) -> int:
    """Read the register, and print its entries, oldest first."""
    values = [value]
    if kind == "patient":
        values = [*subjects_of_patient(value), asked(subjects_of_patient(value)[0])]
    if kind == "call" and is_telling(value):
        # Only the stack has the key; earlier releases stored the id itself.
        named = target.invoke("DataRequestsFunctionName", {"action": "call_name", "call_id": value}, FUNCTION_SECONDS)
        values = list(dict.fromkeys([str(named["name"]), value]))
    readings = [Reading(target, kind, each, span or Span(), after) for each in values]
    found = sorted((entry for each in readings for entry in each.entries()), key=lambda entry: str(entry["at"]))
    go_on = next((each.token for each in readings if each.after is not None), None)
    out.line(f"{target}, {kind} {value}{span or ''}: {counts(found)}")
    for text in person_lines(found) if persons else map(line, found):
        out.line(f"  {text}")
    out.document({"patients": patients(found), "after": go_on} if persons else {"entries": found, "after": go_on})
    if go_on is None:
        return 0
    out.note(f"more entries exist; repeat with --after {go_on}")
    return NOT_ALL


def counts(found: Iterable[Json]) -> str:
    """Return the numbers of entries, patients, consents, and look-ups without a patient."""
    entries = [each for each in found if each["kind"] != "misses"]
    patients = {each["patient_id"] for each in entries if "patient_id" in each}
    misses = sum(int(each["count"]) for each in found if each["kind"] == "misses")
    words = [f"{len(entries)} entries", f"{len(patients)} patients"]
    without = sum(each["kind"] == "disclosure" and "source_ip" not in each for each in entries)
    words += [f"{misses} look-ups without a patient"] * bool(misses)
    words += [f"{without} without an address, from an earlier release"] * bool(without)
    return ", ".join(words)


def patients(found: Iterable[Json]) -> list[Json]:
    """Return for each patient the number of disclosures, the first and last, and the fields."""
    shown: dict[str, list[Json]] = defaultdict(list)
    for entry in found:
        if entry["kind"] == "disclosure":
            shown[entry["patient_id"]].append(entry)
    return [
        {
            "patient_id": patient,
            "times": len(entries),
            "first": entries[0]["at"],
            "last": entries[-1]["at"],
            "fields": list(dict.fromkeys(name for each in entries for name in each["fields"])),
        }
        for patient, entries in sorted(shown.items())
    ]


def person_lines(found: Iterable[Json]) -> list[str]:
    """Return a line for each patient."""
    return [
        f"patient {each['patient_id']}  {each['times']} times  first {each['first']}  last {each['last']}  "
        f"{', '.join(each['fields'])}"
        for each in patients(found)
    ]


def line(entry: Json) -> str:
    """Return an entry as one line of text."""
    if entry["kind"] == "misses":
        return f"{entry['at']}  nobody      {entry['caller']}  {entry['count']} look-ups  from {entry['source_ip']}"
    if entry["kind"] in ("copy", "withdrawal"):
        return f'{entry["at"]}  {entry["kind"]:10}  by {entry["who"]}: "{entry["why"]}"'
    who = f"{entry['caller']}  agent {entry.get('agent_id', '-')}  call {entry.get('call_id', '-')}"
    if entry["kind"] == "consent":
        return f"{entry['at']}  consent     {who}  {entry['booking_id']}  text {entry['text_version']}"
    person = f"  person {entry['person']}" if "person" in entry else ""
    source = f"{person}  from {entry['source_ip']}" if "source_ip" in entry else person
    shown = f"patient {entry['patient_id']}  {entry['route']}: {', '.join(entry['fields'])}"
    return f"{entry['at']}  disclosure  {who}  {shown}{source}"
