"""`make disclosures`: who was shown which patient's data, and who consented; by patient, agent, call, client or day."""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from commands import desk
from commands.register_reading import KEYS, Reading, Span, moment
from commands.target import Target
from convox_clinicea.bookings.subject_entries import asked
from convox_clinicea.disclosures.record import subjects_of_patient
from convox_clinicea.privacy import is_telling

Json = dict[str, Any]
FUNCTION_SECONDS = 60
NOT_ALL = 3
"""The exit code where the register holds more than one command reads."""


def main() -> int:
    """Print what the register holds; 2 if it could not be asked, 3 if there is more."""
    parser = argparse.ArgumentParser(prog="disclosures", description=__doc__)
    by = parser.add_mutually_exclusive_group()
    by.add_argument("--patient", help="Clinicea's id of a patient: who saw their data")
    by.add_argument("--agent", help="an agent's id: whose data they saw")
    by.add_argument("--call", help="a call's id, as ConVox has it: what was shown and agreed on it")
    by.add_argument("--client", help="the name of a client (its access token): whose data it was shown")
    by.add_argument("--day", type=desk.day, help="YYYY-MM-DD in the stack's time zone")
    parser.add_argument("--since", type=_moment, help="a day or a moment; in UTC unless it says its offset")
    parser.add_argument("--until", type=_moment, help="the same")
    parser.add_argument("--not-from", type=_networks, default=(), help="addresses to leave out: 203.0.113.0/24,…")
    parser.add_argument("--after", default=None, help="where to go on, as the command before said")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="one JSON document for each entry instead of the table")
    how.add_argument("--persons", action="store_true", help="one line for each patient instead of each entry")
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    if all(getattr(wanted, kind) in (None, "") for kind in KEYS):
        parser.error("CLIENT=, PATIENT=, AGENT=, CALL= or DAY= (--client, --patient, …): one of them is needed")
    ((kind, value),) = [(kind, str(getattr(wanted, kind))) for kind in KEYS if getattr(wanted, kind) is not None]
    span = Span(wanted.since, wanted.until, wanted.not_from)
    return desk.run(
        wanted.stack,
        lambda target: tell(
            target, kind, value, as_json=wanted.json, persons=wanted.persons, span=span, after=wanted.after
        ),
    )


def tell(
    target: Target,
    kind: str,
    value: str,
    *,
    as_json: bool,
    persons: bool = False,
    span: Span | None = None,
    after: str | None = None,
) -> int:
    """Ask the register, and print its entries, oldest first."""
    values = [value]
    if kind == "patient":
        values = [*subjects_of_patient(value), asked(subjects_of_patient(value)[0])]
    if kind == "call" and is_telling(value):
        # Only the stack has the key; releases before have stored the id itself.
        named = target.invoke("DataRequestsFunctionName", {"action": "call_name", "call_id": value}, FUNCTION_SECONDS)
        values = list(dict.fromkeys([str(named["name"]), value]))
    readings = [Reading(target, kind, each, span or Span(), after) for each in values]
    found = sorted((entry for each in readings for entry in each.entries()), key=lambda entry: str(entry["at"]))
    go_on = next((each.after for each in readings if each.after is not None), None)
    if as_json:
        for entry in found:
            print(json.dumps(entry))
    else:
        print(f"{target}, {kind} {value}{span or ''}: {counts(found)}")
        for text in person_lines(found) if persons else map(line, found):
            print(f"  {text}")
    if go_on is None:
        return 0
    print(f"there is more: the same with AFTER={go_on}", file=sys.stderr)
    return NOT_ALL


def counts(found: Iterable[Json]) -> str:
    """Return how many entries, patients and consents there are, and how often nobody was found."""
    entries = [each for each in found if each["kind"] != "misses"]
    patients = {each["patient_id"] for each in entries if "patient_id" in each}
    misses = sum(int(each["count"]) for each in found if each["kind"] == "misses")
    words = [f"{len(entries)} entries", f"{len(patients)} patients"]
    without = sum(each["kind"] == "disclosure" and "source_ip" not in each for each in entries)
    words += [f"{misses} look-ups that found nobody"] * bool(misses)
    words += [f"{without} without an address, of a release before"] * bool(without)
    return ", ".join(words)


def person_lines(found: Iterable[Json]) -> list[str]:
    """Return a line for each patient: how often, when first and last, and which fields were shown."""
    shown: dict[str, list[Json]] = defaultdict(list)
    for entry in found:
        if entry["kind"] == "disclosure":
            shown[entry["patient_id"]].append(entry)
    return [
        f"patient {patient}  {len(entries)} times  first {entries[0]['at']}  last {entries[-1]['at']}  "
        f"{', '.join(dict.fromkeys(name for each in entries for name in each['fields']))}"
        for patient, entries in sorted(shown.items())
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
    source = f"  from {entry['source_ip']}" if "source_ip" in entry else ""
    shown = f"patient {entry['patient_id']}  {entry['route']}: {', '.join(entry['fields'])}"
    return f"{entry['at']}  disclosure  {who}  {shown}{source}"


def _moment(text: str) -> datetime:
    try:
        return moment(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            "a moment is such as 2026-12-01, 2026-12-01T09:30+05:30 or 2026-12-01T04:00Z"
        ) from None


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(each.strip()) for each in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("addresses are such as 203.0.113.0/24,198.51.100.7") from None


if __name__ == "__main__":
    sys.exit(main())
